// StoreModel held against sets that were worked out by hand. Every cell of the
// rows of stores is shown to make a difference.

#include "model/logs/store_model.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

PromiseTable Table() { return PromisesOf(*FindProfile("spec-strict")); }

class Store {
 public:
  explicit Store(const PromiseTable& table = Table()) : model(table) {}

  uint32_t Begin(OpKind kind, std::vector<std::string> names = {},
                 std::vector<std::string> flags = {}) {
    Op op;
    op.kind = kind;
    op.names = std::move(names);
    op.flags = std::move(flags);
    op.number = ++number_;
    model.Begin(op, ++now_);
    return op.number;
  }
  void Do(OpKind kind, std::vector<std::string> names = {},
          std::vector<std::string> flags = {}, bool ok = true) {
    model.End(Begin(kind, std::move(names), std::move(flags)), ok, ++now_);
  }

  // Commits a=1 with the flag `nosync`, and then a=2 and b=2 with the flag
  // `last`.
  void TwoCommits(const std::string& last) {
    Do(OpKind::kPut, {"a", "1"});
    Do(OpKind::kCommit, {}, {"nosync"});
    Do(OpKind::kPut, {"a", "2"});
    Do(OpKind::kPut, {"b", "2"});
    Do(OpKind::kCommit, {}, {last});
  }

  StoreModel model;

 private:
  uint32_t number_ = 0;
  uint64_t now_ = 0;
};

const StoreState kEmpty;
const StoreState kFirst = {{"a", "1"}};
const StoreState kSecond = {{"a", "2"}, {"b", "2"}};

TEST(StoreModelTest, LazyCommitsSurviveAsAPrefix) {
  Store store;
  store.TwoCommits("nosync");
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower),
            (std::vector{kEmpty, kFirst, kSecond}));
  EXPECT_EQ(store.model.Live(), kSecond);
}

TEST(StoreModelTest, SynchronousCommitCarriesThoseBeforeIt) {
  Store store;
  store.TwoCommits("sync");
  for (const CrashKind kind : kCrashKinds) {
    EXPECT_EQ(store.model.Admissible(kind), std::vector{kSecond});
  }
  store.Do(OpKind::kDelete, {"a"});
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower), std::vector{kSecond});
  store.Begin(OpKind::kCommit);
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower),
            (std::vector{kSecond, StoreState{{"b", "2"}}}));
}

TEST(StoreModelTest, CheckpointCarriesLazyCommits) {
  Store store;
  store.TwoCommits("nosync");
  store.Do(OpKind::kCheckpoint);
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower), std::vector{kSecond});
}

TEST(StoreModelTest, WhatFailedIsNotPromisedByItself) {
  Store store;
  store.Do(OpKind::kPut, {"a", "1"});
  store.Do(OpKind::kCommit, {}, {"sync"}, false);
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower),
            (std::vector{kEmpty, kFirst}));
  store.Do(OpKind::kCheckpoint);
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower),
            (std::vector{kEmpty, kFirst}));
}

// A checkpoint that failed leaves in doubt what it was to carry, for the next
// one, too. A commit after it carries it along.
TEST(StoreModelTest, WhatAFailedCheckpointWasToCarryStaysInDoubt) {
  Store store;
  store.TwoCommits("nosync");
  store.Do(OpKind::kCheckpoint, {}, {}, false);
  store.Do(OpKind::kCheckpoint);
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower),
            (std::vector{kEmpty, kFirst, kSecond}));
  store.Do(OpKind::kPut, {"a", "1"});
  store.Do(OpKind::kDelete, {"b"});
  store.Do(OpKind::kCommit, {}, {"nosync"});
  store.Do(OpKind::kCheckpoint);
  EXPECT_EQ(store.model.Admissible(CrashKind::kPower), std::vector{kFirst});
}

TEST(StoreModelTest, ViolationsAreLostOrGhost) {
  Store store;
  store.TwoCommits("nosync");
  store.model.EndInit();
  EXPECT_TRUE(store.model.Check(kSecond, CrashKind::kPower).empty());
  const auto lost = store.model.Check(kFirst, CrashKind::kPower);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].kind, ViolationKind::kLost);
  EXPECT_EQ(lost[0].promise.effect_op, 5u);
  EXPECT_EQ(lost[0].promise.flush_op, 0u);
  EXPECT_EQ(lost[0].found, "a=1");
  EXPECT_EQ(lost[0].admissible, "a=2, b=2");
  const auto ghost =
      store.model.Check({{"a", "1"}, {"b", "2"}}, CrashKind::kPower);
  ASSERT_EQ(ghost.size(), 1u);
  EXPECT_EQ(ghost[0].kind, ViolationKind::kGhost);
}

// The newest commit is to blame until it is promised, and then the last op that
// began, whatever that is.
TEST(StoreModelTest, TheOpAtFaultIsTheNewestCommitUnlessItIsPromised) {
  struct Step {
    OpKind kind;
    std::vector<std::string> names;
    uint32_t at_fault;
    uint32_t promised;
  };
  const std::vector<Step> steps = {
      {OpKind::kPut, {"a", "1"}, 1, 0}, {OpKind::kPut, {"b", "1"}, 2, 0},
      {OpKind::kCommit, {}, 3, 0},      {OpKind::kDelete, {"a"}, 3, 0},
      {OpKind::kCheckpoint, {}, 5, 3},  {OpKind::kPut, {"a", "2"}, 6, 3},
      {OpKind::kCommit, {}, 7, 3},      {OpKind::kCommit, {}, 8, 3},
      {OpKind::kDelete, {"b"}, 8, 3},   {OpKind::kSyncfs, {}, 10, 8},
      {OpKind::kCheckpoint, {}, 11, 8}, {OpKind::kPut, {"c", "1"}, 12, 8},
  };
  Store store;
  const StoreState nobodys = {{"nobody's", "1"}};
  for (const Step& step : steps) {
    store.Do(step.kind, step.names, {"nosync"});
    const auto found = store.model.Check(nobodys, CrashKind::kPower);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].op, step.at_fault) << VerbOf(step.kind);
    EXPECT_EQ(found[0].promise.effect_op, step.promised) << step.at_fault;
  }
}

// Random ops of any kind and end, also several under way: a return promises
// something new if fewer states are admissible after it than before, and the op
// that promised the oldest one is the last op that did.
TEST(StoreModelTest, ReturnsSayWhetherTheyPromiseAnythingNew) {
  constexpr OpKind kKinds[] = {OpKind::kCommit, OpKind::kCommit,
                               OpKind::kCheckpoint, OpKind::kSyncfs};
  const StoreState nobodys = {{"nobody's", "1"}};
  uint64_t news = 0;
  uint64_t none = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Prng prng(seed);
    Store store;
    std::optional<uint32_t> promised_by;
    std::vector<uint32_t> running;
    for (uint64_t i = 0; i < 20; ++i) {
      if (running.empty() || prng.OneIn(2)) {
        // Each commit has a state of its own.
        store.Do(OpKind::kPut, {"a", std::to_string(i)});
        const bool lazy = prng.OneIn(2);
        running.push_back(store.Begin(kKinds[prng.Below(4)], {},
                                      lazy ? std::vector<std::string>{"nosync"}
                                           : std::vector<std::string>{}));
        continue;
      }
      std::swap(running[prng.Below(running.size())], running.back());
      const uint32_t op = running.back();
      running.pop_back();
      const size_t before = store.model.Admissible(CrashKind::kPower).size();
      const bool ok = !prng.OneIn(5);
      const bool promised = store.model.End(op, ok, 0);
      const size_t after = store.model.Admissible(CrashKind::kPower).size();
      ASSERT_EQ(promised, after < before) << "seed " << seed << ", op " << op;
      if (promised) promised_by = op;
      ++(promised ? news : none);
      const auto ghost = store.model.Check(nobodys, CrashKind::kPower);
      ASSERT_EQ(ghost.at(0).promise.flush_op, promised_by) << "seed " << seed;
    }
  }
  EXPECT_GT(news, 200u);
  EXPECT_GT(none, 200u);
}

// The admissible states of a few workloads under a table, for every kind of
// crash.
std::vector<std::vector<StoreState>> Sets(const PromiseTable& table) {
  std::vector<std::vector<StoreState>> sets;
  for (const bool checkpoint : {false, true}) {
    for (const std::string last : {"sync", "nosync"}) {
      Store store(table);
      store.TwoCommits(last);
      if (checkpoint) store.Do(OpKind::kCheckpoint);
      for (const CrashKind kind : kCrashKinds) {
        sets.push_back(store.model.Admissible(kind));
      }
    }
  }
  return sets;
}

TEST(StoreModelTest, EveryCellMakesADifference) {
  const auto usual = Sets(Table());
  for (const Primitive row :
       {Primitive::kCommit, Primitive::kCommitLazy, Primitive::kCheckpoint}) {
    PromiseTable records = Table();
    Coverage& cell = records.coverage[static_cast<size_t>(row)];
    cell.records = cell.records == Reach::kNone ? Reach::kHost : Reach::kNone;
    EXPECT_NE(Sets(records), usual) << static_cast<int>(row);
    // The row of a lazy commit has no flush of the device to take away.
    if (row == Primitive::kCommitLazy) continue;
    PromiseTable device = Table();
    device.coverage[static_cast<size_t>(row)].device = DeviceFlush::kNone;
    EXPECT_NE(Sets(device), usual) << static_cast<int>(row);
  }
}

}  // namespace
}  // namespace powercut
