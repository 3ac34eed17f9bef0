// Leaves out each sync alone first. If something is refused then, the sync is
// needed. If not, it is one of three:
//
// * Without it, just as much is durable: it is redundant.
// * It can be left out alone, but not together with others that can: it is one
//   of a group.
// * Less is durable, and the oracle does not notice: the sync is not seen.
//
// Example: two syncs of one file back to back. Each can be left out alone, and
// the first makes just as much durable as the second. Without both something is
// lost, so that they are a group.

#include "harness/explore/sync_audit.h"

#include <algorithm>
#include <utility>

#include "harness/space/crash_space.h"

namespace powercut {
namespace {

class Audit {
 public:
  explicit Audit(const SyncTrials& trials)
      : trials_(trials), needs_(trials.syncs) {}

  std::vector<AuditedNeed> Run() {
    for (size_t sync = 0; sync < needs_.size(); ++sync) {
      LeaveOutAlone(sync);
      if (Stopping()) return {};
    }
    FindGroups();
    if (Stopping()) return {};
    return std::move(needs_);
  }

 private:
  bool Stopping() const { return trials_.stopping && trials_.stopping(); }

  void LeaveOutAlone(size_t sync) {
    AuditedNeed& need = needs_[sync];
    SyncTrial trial = trials_.without({sync});
    if (Stopping()) return;
    if (trial.refused) {
      need.need = SyncNeed::kNeeded;
      need.shown = std::move(trial.refused);
      if (!trials_.with_weaker) return;
      const auto weaker = trials_.with_weaker(sync);
      need.weaker_is_enough = weaker && weaker->Holds();
    } else if (trial.known) {
      need.need = trials_.as_durable_without(sync) ? SyncNeed::kRedundant
                                                   : SyncNeed::kUnseen;
    }
  }

  void FindGroups() {
    std::vector<size_t> left_out;
    std::vector<size_t> must_stay;
    for (size_t sync = 0; sync < needs_.size(); ++sync) {
      if (needs_[sync].need != SyncNeed::kRedundant) continue;
      std::vector<size_t> more = left_out;
      more.push_back(sync);
      // The first of them was left out alone already.
      if (left_out.empty() || trials_.without(more).Holds()) {
        left_out = std::move(more);
      } else {
        must_stay.push_back(sync);
      }
    }
    // A sync that was left out is in one group with one that must stay if
    // putting it back lets that one be left out.
    for (const size_t stays : must_stay) {
      needs_[stays].need = SyncNeed::kGroup;
      for (const size_t back : left_out) {
        std::vector<size_t> others = left_out;
        std::erase(others, back);
        others.push_back(stays);
        if (trials_.without(others).Holds()) {
          needs_[back].need = SyncNeed::kGroup;
        }
      }
    }
  }

  const SyncTrials& trials_;
  std::vector<AuditedNeed> needs_;
};

}  // namespace

std::vector<AuditedNeed> AuditSyncs(const SyncTrials& trials) {
  return Audit(trials).Run();
}

std::vector<size_t> OpenBlocksAfter(const RecordedRun& run,
                                    const std::vector<EventNumber>& events) {
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, CrashKind::kPower);
  std::vector<size_t> open;
  for (const EventNumber event : events) {
    cursor.MoveTo(event);
    open.push_back(cursor.open().size());
  }
  return open;
}

}  // namespace powercut
