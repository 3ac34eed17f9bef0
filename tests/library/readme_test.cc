// The test that docs/library.md and README.md show.

#include <gtest/gtest.h>

#include <powercut/gtest.hpp>

#include "tests/library/small_log.h"

TEST(SmallLog, SurvivesCrashes) {
  powercut::World world;
  SmallLog log(world);
  for (uint64_t n = 1; n <= 3; ++n) {
    world.attempt(n);  // from here on, n may be found
    log.Append(SmallLogText(n));
    world.ack(n);  // from here on, n must be found
  }
  for (powercut::State& state : powercut::ExpectAll(world)) {
    SmallLog recovered(state);  // as after a reboot
    for (uint64_t n = 1; n <= 3; ++n) {
      ASSERT_TRUE(!state.must_have(n) || n <= recovered.records().size());
    }
    for (uint64_t n = 1; n <= recovered.records().size(); ++n) {
      ASSERT_TRUE(state.may_have(n));
      ASSERT_EQ(recovered.records()[n - 1], SmallLogText(n));
    }
  }
}
