// The entry for libFuzzer, driven by random bytes in its place: a log with a
// mistake is found, a right one is not, and a known cause does not end it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <powercut/fuzzer.hpp>

#include "tests/library/small_log.h"

namespace {

using powercut::FuzzInput;
using powercut::State;
using powercut::World;

SmallLogMistakes g_mistakes;

void Work(World& world, FuzzInput& input) {
  SmallLog log(world, g_mistakes);
  for (uint64_t n = 1; n <= 4 && !input.empty(); ++n) {
    world.attempt(n);
    log.Append(input.text(1'000) + "x");
    world.ack(n);
  }
}

void Look(State& state) { state.found(SmallLog(state, g_mistakes).Dump()); }

void FuzzALittle(SmallLogMistakes mistakes) {
  g_mistakes = mistakes;
  uint32_t state = 1;
  // A linear congruential generator; its high bits are good enough here.
  const auto random = [&state] {
    state = state * 1664525 + 1013904223;
    return state >> 16;
  };
  for (int i = 0; i < 20; ++i) {
    std::vector<uint8_t> bytes(random() % 3'000);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    powercut::FuzzOne(bytes.data(), bytes.size(), Work, Look);
  }
}

TEST(FuzzerTest, ARightLogGoesOn) { FuzzALittle({}); }

using FuzzerDeathTest = ::testing::Test;

TEST(FuzzerDeathTest, AMistakeEndsTheFuzzerWithItsReport) {
  EXPECT_DEATH(FuzzALittle({.no_sync = true}), "acknowledged-is-lost");
}

TEST(FuzzerDeathTest, AKnownCauseDoesNot) {
  setenv("POWERCUT_KNOWN_CAUSES", "other,acknowledged-is-lost,no-prefix", 1);
  FuzzALittle({.no_sync = true});
  unsetenv("POWERCUT_KNOWN_CAUSES");
}

TEST(FuzzerTest, NumbersAndTextsEnd) {
  const uint8_t bytes[] = {7, 1, 2, 3};
  FuzzInput input(bytes, 4);
  EXPECT_EQ(input.below(1), 0u);
  EXPECT_EQ(input.below(5), 2u);
  EXPECT_EQ(input.below(1'000), 0x102u);
  EXPECT_EQ(input.byte(), 3);
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(input.byte(), 0);
  EXPECT_EQ(input.text(9), "");
}

}  // namespace
