// Tests ReadTree::Arrange() against its contract, with random runs that read in
// any order: what it gives can be added, names each block once, and leaves out
// nothing that the run read.

#include "harness/cache/read_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 6;
constexpr uint32_t kVersions = 3;

// Each sector gets every version, one after the other.
Trace AllVersions() {
  Trace trace = EmptyTrace(kSectors);
  for (uint32_t v = 1; v < kVersions; ++v) {
    for (uint64_t s = 0; s < kSectors; ++s) {
      const auto word = static_cast<uint32_t>(10 * v + s);
      Write(trace, s, {word}, Layer::kHost);
    }
  }
  return trace;
}

class ReadTreeTest : public testing::Test {
 protected:
  CrashState DrawnState() {
    CrashState state{
        trace_.event_count(), 0, CrashKind::kPower, CrashState::kNewest, {}};
    for (Slot slot = 0; slot < kSectors; ++slot) {
      const auto version = static_cast<VersionIndex>(prng_.Below(kVersions));
      if (version + 1 < kVersions) {
        state.choices.push_back({slot, version, {}, 0});
      }
    }
    return state;
  }

  // What a run of the state reads: some of the blocks, in any order.
  std::vector<ContentId> DrawnRun(const CrashState& state) {
    std::vector<ContentId> path;
    for (Slot slot = 0; slot < kSectors; ++slot) {
      if (prng_.OneIn(2)) continue;
      const auto at = static_cast<ptrdiff_t>(prng_.Below(path.size() + 1));
      path.insert(path.begin() + at, contents_.In(state, slot));
    }
    return path;
  }

  Trace trace_ = AllVersions();
  CrashSpace space_{trace_, kSectorBytes};
  BlockContents contents_{space_};
  Prng prng_{1};
};

TEST_F(ReadTreeTest, WhatIsArrangedHasEachBlockOnceAndNothingIsLost) {
  int arranged = 0;
  int longer = 0;
  for (int round = 0; round < 300; ++round) {
    ReadTree tree(contents_);
    for (int turn = 0; turn < 20; ++turn) {
      const CrashState state = DrawnState();
      const std::vector<ContentId> run = DrawnRun(state);
      if (tree.Add(run)) continue;
      ++arranged;
      const bool decided = tree.Find(state, nullptr).found;
      std::vector<ContentId> path = run;
      tree.Arrange(state, path);
      std::set<Slot> slots;
      for (const ContentId content : path) {
        const Slot slot = contents_.slot(content);
        EXPECT_TRUE(slots.insert(slot).second) << "block " << slot << " twice";
        EXPECT_EQ(content, contents_.In(state, slot));
      }
      for (const ContentId content : run) {
        EXPECT_TRUE(decided || slots.contains(contents_.slot(content)));
      }
      longer += path.size() > run.size() ? 1 : 0;
      const auto runs = tree.run_count();
      const auto number = tree.Add(path);
      ASSERT_TRUE(number);
      EXPECT_EQ(*number < runs, decided);
      const ReadTree::Lookup found = tree.Find(state, nullptr);
      EXPECT_TRUE(found.found && found.run == *number);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(arranged, 1000);
  EXPECT_GT(longer, 100);
}

}  // namespace
}  // namespace powercut
