// StoreModel held against the rules of stores (docs/semantics.md 2.4,
// O-COMMIT): random commits and checkpoints, of which some fail and some are
// still under way, under drawn tables. StoreByRules keeps a list of commits and
// marks which are promised; the states from the newest promised one on are
// allowed.

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/logs/store_model.h"
#include "model/table/primitive_of.h"
#include "tests/exhaustive/drawn_table.h"
#include "tests/exhaustive/seeds.h"

namespace powercut {
namespace {

class StoreByRules {
 public:
  StoreByRules(const PromiseTable& table, bool keeps_dirty)
      : table_(table), keeps_dirty_(keeps_dirty) {}

  void Begin(const Op& op) {
    Flush flush;
    if (op.kind == OpKind::kPut) now_[op.names[0]] = op.names[1];
    if (op.kind == OpKind::kDelete) now_.erase(op.names[0]);
    if (op.kind == OpKind::kCommit) {
      Commit commit;
      commit.op = op.number;
      commit.state = now_;
      commits_.push_back(commit);
      flush.upto = commits_.size() - 1;
    }
    if (op.kind == OpKind::kCheckpoint || op.kind == OpKind::kSyncfs) {
      for (size_t i = 0; i < commits_.size(); ++i) {
        if (commits_[i].returned && !commits_[i].tainted) flush.upto = i;
      }
    }
    flush.row = table_[PrimitiveOf(op, {}, false)];
    running_[op.number] = flush;
  }

  bool End(uint32_t op, bool ok) {
    const Flush flush = running_.at(op);
    running_.erase(op);
    for (Commit& commit : commits_) {
      if (commit.op != op) continue;
      commit.returned = ok;
      commit.failed = !ok;
    }
    const Coverage& row = flush.row;
    if (!ok) {
      const bool taints = row.records != Reach::kNone && !keeps_dirty_;
      for (size_t i = 1; i <= flush.upto && taints; ++i) {
        commits_[i].tainted = true;
      }
      return false;
    }
    const size_t before = Floor(CrashKind::kPower);
    for (const CrashKind kind : kCrashKinds) {
      // A flush of the device takes along whatever the row carries.
      const bool all =
          row.records != Reach::kNone && row.device != DeviceFlush::kNone;
      if (all || Survives(row.records, row.device, kind)) {
        commits_[flush.upto].must[At(kind)] = true;
      }
    }
    if (row.device == DeviceFlush::kAll) {
      commits_[Floor(CrashKind::kOs)].must[At(CrashKind::kPower)] = true;
    }
    return Floor(CrashKind::kPower) > before;
  }

  void EndInit() {
    size_t last = 0;
    for (size_t i = 0; i < commits_.size(); ++i) {
      if (!commits_[i].failed && !commits_[i].tainted) last = i;
    }
    commits_[last].must = {true, true, true};
  }

  std::set<StoreState> Allowed(CrashKind kind) const {
    std::set<StoreState> allowed;
    for (size_t i = Floor(kind); i < commits_.size(); ++i) {
      allowed.insert(commits_[i].state);
    }
    return allowed;
  }

 private:
  struct Commit {
    uint32_t op = 0;
    StoreState state;
    bool returned = false;
    bool failed = false;
    bool tainted = false;
    PerKind must{};
  };
  struct Flush {
    Coverage row;
    size_t upto = 0;
  };

  size_t Floor(CrashKind kind) const {
    size_t floor = 0;
    for (size_t i = 0; i < commits_.size(); ++i) {
      if (commits_[i].must[At(kind)]) floor = i;
    }
    return floor;
  }

  PromiseTable table_;
  bool keeps_dirty_;
  StoreState now_;
  // The empty store stands before all commits.
  std::vector<Commit> commits_ = {{0, {}, true}};
  std::map<uint32_t, Flush> running_;
};

Op DrawnStoreOp(Chooser& chooser) {
  const std::string key(1, static_cast<char>('a' + chooser.Below(2)));
  switch (chooser.Below(8)) {
    case 0:
    case 1:
      return NewOp(OpKind::kPut, {key, std::to_string(chooser.Below(3))});
    case 2:
      return NewOp(OpKind::kDelete, {key});
    case 3:
      return NewOp(OpKind::kCheckpoint, {});
    case 4:
      return NewOp(OpKind::kSyncfs, {});
    default: {
      Op op = NewOp(OpKind::kCommit, {});
      op.flags = {chooser.OneIn(2) ? "sync" : "nosync"};
      return op;
    }
  }
}

void HoldStore(const StoreModel& model, const StoreByRules& rules,
               ModelCounts& counts) {
  for (const CrashKind kind : kCrashKinds) {
    ++counts.moments;
    const std::set<StoreState> allowed = rules.Allowed(kind);
    const auto listed = model.Admissible(kind);
    ASSERT_EQ(std::set(listed.begin(), listed.end()), allowed)
        << CrashKindName(kind);
    ASSERT_EQ(listed.size(), allowed.size());
    // Every state of two keys with a few values.
    for (int i = 0; i < 16; ++i) {
      StoreState state;
      if (i % 4 < 3) state["a"] = std::to_string(i % 4);
      if (i / 4 < 3) state["b"] = std::to_string(i / 4);
      const bool admitted = allowed.contains(state);
      ++(admitted ? counts.admitted : counts.rejected);
      ASSERT_EQ(model.Check(state, kind).empty(), admitted);
    }
  }
}

void RunStoreWorkload(uint64_t seed, ModelCounts& counts) {
  SeededChooser chooser(Seed(seed));
  bool keeps_dirty = false;
  const PromiseTable table = DrawnTable(chooser, keeps_dirty);
  StoreModel model(table, keeps_dirty);
  StoreByRules rules(table, keeps_dirty);
  std::vector<uint32_t> running;
  std::string done;
  const auto end = [&](uint32_t number) {
    const bool ok = !chooser.OneIn(4);
    done += "  op " + std::to_string(number) + (ok ? " returns\n" : " fails\n");
    ASSERT_EQ(model.End(number, ok, 0), rules.End(number, ok));
  };
  const size_t count = 4 + chooser.Below(10);
  const size_t init = chooser.Below(5);
  for (uint32_t number = 1; number <= count; ++number) {
    Op op = DrawnStoreOp(chooser);
    op.number = number;
    done += std::to_string(number) + " " + OpText(op) + "\n";
    SCOPED_TRACE("workload " + std::to_string(seed) + "\n" + done);
    model.Begin(op, 0);
    rules.Begin(op);
    running.push_back(number);
    if (number > init) HoldStore(model, rules, counts);
    while (!running.empty() && (running.size() > 2 || !chooser.OneIn(3))) {
      end(running.front());
      running.erase(running.begin());
    }
    if (number == init) {
      done += "run\n";
      model.EndInit();
      rules.EndInit();
    }
    if (number >= init) HoldStore(model, rules, counts);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(StoreRulesRandom, TheModelListsWhatTheRulesAllow) {
  ModelCounts counts;
  for (uint64_t i = 0; i < WorkOf(4000); ++i) {
    RunStoreWorkload(21'000'000 + i, counts);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(counts.rejected, counts.moments);
  EXPECT_GT(counts.admitted, counts.moments);
}

}  // namespace
}  // namespace powercut
