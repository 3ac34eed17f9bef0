// What the summary line of a workload says of how much was explored.

#include "harness/cli/report/checked_workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The summary of 515 visited states of 2^11.3, under `exhaustive`.
std::string Summary(bool exhausted, Shard shard = {},
                    ExplorationSpace::Mode mode = ExplorationSpace::kExhaustive,
                    uint32_t torn = 0) {
  CheckedWorkload checked;
  checked.file = "w.pcut";
  checked.backend = "simfs";
  checked.profile = "spec-strict";
  checked.space.mode = mode;
  checked.space.torn = torn;
  checked.atomic_bytes = 512;
  checked.shard = shard;
  checked.exploration.space_log2 = 11.31;
  checked.exploration.states = 515;
  checked.exploration.crash_points = 12;
  checked.exploration.exhausted = exhausted;
  if (!exhausted) checked.exploration.bound = "--max-runs 3";
  return Conclude(checked, {}).text;
}

TEST(CheckedWorkload, AWholeExplorationReadsAsWhole) {
  EXPECT_THAT(Summary(true),
              HasSubstr("all 2^11.3 crash states, decided by visiting 515, at "
                        "12 crash points (space exhaustive,"));
  EXPECT_THAT(Summary(true), Not(HasSubstr("515 of")));
  const std::string shard = Summary(true, {1, 2});
  EXPECT_THAT(shard, HasSubstr("all crash states of this shard, decided by "
                               "visiting 515 (all shards have 2^11.3), at 12"));
  EXPECT_THAT(shard, Not(HasSubstr("515 of")));
  EXPECT_THAT(shard, HasSubstr("; shard 1/2"));
}

TEST(CheckedWorkload, APartReadsAsAPart) {
  for (const Shard shard : {Shard{}, Shard{1, 2}}) {
    const std::string bounded = Summary(false, shard);
    EXPECT_THAT(bounded, HasSubstr("515 of 2^11.3 crash states visited"));
    EXPECT_THAT(bounded, HasSubstr("; not exhausted: --max-runs 3"));
    EXPECT_THAT(bounded, Not(HasSubstr("all ")));
  }
  EXPECT_THAT(Summary(true, {}, ExplorationSpace::kEpoch),
              HasSubstr("515 of 2^11.3 crash states visited"));
}

// The size of the space does not count the torn states, and more may be visited
// than it says.
TEST(CheckedWorkload, TornStatesAreNamed) {
  EXPECT_THAT(Summary(true, {}, ExplorationSpace::kExhaustive, 1),
              HasSubstr("all 2^11.3 crash states and those with torn writes, "
                        "decided by visiting 515, at"));
  EXPECT_THAT(Summary(false, {}, ExplorationSpace::kEpoch, 1),
              HasSubstr("515 of 2^11.3 crash states and those with torn writes "
                        "visited"));
}

}  // namespace
}  // namespace powercut
