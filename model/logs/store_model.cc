// A transactional store as a list of whole states, one for each commit.
//
// Each commit that begins appends the state of all keys. A promise is then a
// single number for each kind of crash, the oldest commit that may be found,
// and judging is a search for the observed state from there on. An op notes,
// when it begins, up to which commit it promises, since what begins later is
// not covered.

#include "model/logs/store_model.h"

#include <algorithm>

#include "harness/base/check.h"

namespace powercut {
namespace {

// Whether the row promises commits for this kind of crash. A device flush takes
// whatever the primitive carries to the media, which survives every crash.
bool Promises(const Coverage& row, CrashKind kind) {
  if (row.records == Reach::kNone) return false;
  if (row.device != DeviceFlush::kNone) return true;
  return row.records == Reach::kDevice ? kind != CrashKind::kPower
                                       : kind == CrashKind::kProcess;
}

std::string StateWords(const StoreState& state) {
  if (state.empty()) return "an empty store";
  std::string text;
  for (const auto& [key, value] : state) {
    text += (text.empty() ? "" : ", ") + key + "=" + value;
  }
  return text;
}

}  // namespace

void StoreModel::Begin(const Op& op, uint64_t /*now*/) {
  POWERCUT_CHECK(op.number > 0);
  last_begun_ = op.number;
  Running running;
  if (op.kind == OpKind::kPut) open_[op.names.at(0)] = op.names.at(1);
  if (op.kind == OpKind::kDelete) open_.erase(op.names.at(0));
  if (op.kind == OpKind::kCommit) {
    running.row =
        op.HasFlag("nosync") ? Primitive::kCommitLazy : Primitive::kCommit;
    commits_.push_back({op.number, open_});
    // A commit covers itself, and by O-COMMIT all commits before it.
    running.covered = static_cast<uint32_t>(commits_.size()) - 1;
  }
  if (op.kind == OpKind::kCheckpoint || op.kind == OpKind::kSyncfs) {
    running.row = op.kind == OpKind::kSyncfs ? Primitive::kSyncfs
                                             : Primitive::kCheckpoint;
    // A commit that has not returned is not covered, nor is one that a failed
    // flush tainted: it is covered only together with a newer one.
    running.covered = static_cast<uint32_t>(commits_.size()) - 1;
    while (!commits_[running.covered].returned ||
           commits_[running.covered].tainted) {
      --running.covered;
    }
  }
  running_.emplace(op.number, running);
}

bool StoreModel::End(uint32_t op_number, bool ok, uint64_t /*now*/) {
  const auto found = running_.find(op_number);
  POWERCUT_CHECK(found != running_.end());
  const Running running = found->second;
  running_.erase(found);
  for (Commit& commit : commits_) {
    if (commit.op != op_number) continue;
    commit.returned = ok;
    commit.failed = !ok;
  }
  const Coverage& row = table_[running.row];
  if (!ok) {
    // ERR-UNKNOWN: the flush was to carry the older commits as well. Commit 0,
    // the empty store, cannot be in doubt.
    if (row.records == Reach::kNone || keeps_dirty_) return false;
    for (uint32_t i = 1; i <= running.covered; ++i) commits_[i].tainted = true;
    return false;
  }
  bool promised = false;
  for (const CrashKind kind : kCrashKinds) {
    Floor& floor = floors_[static_cast<size_t>(kind)];
    if (!Promises(row, kind) || running.covered <= floor.commit) continue;
    floor = {running.covered, op_number};
    // Only new promises for power loss are reported: these are what a flush
    // obligation is about (docs/crash_model.md 9).
    promised |= kind == CrashKind::kPower;
  }
  if (row.device == DeviceFlush::kAll) {
    // R-DEVSYNC: what would survive a crash of the system comes to the media.
    const Floor& os = floors_[static_cast<size_t>(CrashKind::kOs)];
    Floor& power = floors_[static_cast<size_t>(CrashKind::kPower)];
    if (os.commit > power.commit) {
      power = {os.commit, op_number};
      promised = true;
    }
  }
  return promised;
}

void StoreModel::EndInit() {
  auto last = static_cast<uint32_t>(commits_.size()) - 1;
  while (commits_[last].failed || commits_[last].tainted) --last;
  for (Floor& floor : floors_) {
    if (last >= floor.commit) floor = {last, 0};
  }
}

std::vector<StoreState> StoreModel::Admissible(CrashKind kind) const {
  std::vector<StoreState> states;
  for (uint32_t i = floors_[static_cast<size_t>(kind)].commit;
       i < commits_.size(); ++i) {
    const StoreState& state = commits_[i].state;
    if (std::find(states.begin(), states.end(), state) == states.end()) {
      states.push_back(state);
    }
  }
  return states;
}

std::vector<StoreViolation> StoreModel::Check(const StoreState& seen,
                                              CrashKind kind) const {
  const Floor& floor = floors_[static_cast<size_t>(kind)];
  // Several commits may have the same state, such as one that changed nothing.
  // The state is right if any of them is not below the floor.
  bool older = false;
  for (uint32_t i = 0; i < commits_.size(); ++i) {
    if (commits_[i].state != seen) continue;
    if (i >= floor.commit) return {};
    older = true;
  }
  StoreViolation violation;
  violation.kind = older ? ViolationKind::kLost : ViolationKind::kGhost;
  violation.op =
      floor.commit + 1 < commits_.size() ? commits_.back().op : last_begun_;
  violation.promise = {commits_[floor.commit].op, floor.flush_op};
  for (const StoreState& state : Admissible(kind)) {
    violation.admissible +=
        (violation.admissible.empty() ? "" : "; or ") + StateWords(state);
  }
  violation.found = StateWords(seen);
  return {violation};
}

}  // namespace powercut
