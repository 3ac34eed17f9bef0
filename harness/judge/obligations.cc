// Follows the history with a model and a cursor of the crash space. At each
// return that newly promised something, it asks whether a power loss at this
// moment could lose a write from before the op began, and if so, whether the
// trace holds the flush that would have prevented this.
//
// Example: write 1, an fsync begins, flush 2, the fsync returns: no block is
// open, and the obligation is met. If flush 2 is missing, write 1 is open and
// the fsync left no persist, so the obligation is unmet.

#include "harness/judge/obligations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace powercut {
namespace {

// Whether one of the events after `after`, up to `upto`, is a persist to the
// media.
bool HasPersistToMedia(const Trace& trace, EventNumber after,
                       EventNumber upto) {
  for (EventNumber n = after + 1; n <= upto; ++n) {
    const DiskEvent& event = trace.event(n);
    if (event.kind == DiskEvent::kPersist && event.layer == Layer::kMedia) {
      return true;
    }
  }
  return false;
}

// The event of a write at or before `written_by` that a power loss at the
// cursor's point could lose; 0 if there is none. The oldest version above the
// floor of each open block decides, since the versions above it are newer.
EventNumber FindOpenWrite(const PointCursor& cursor, EventNumber written_by) {
  for (const Slot slot : cursor.open()) {
    const EventNumber event =
        cursor.space().versions(slot)[cursor.floor(slot) + 1].event;
    if (event <= written_by) return event;
  }
  return 0;
}

}  // namespace

std::vector<UnmetObligation> FindUnmetObligations(const RecordedRun& run,
                                                  const CrashSpace& space) {
  // The ops of a recorded program are not those of a workload.
  if (CheckOf(run.setting.oracle) != nullptr) return {};
  const Workload& workload = run.workload;
  const Profile& profile = run.profile();
  const bool sync_covers_disk = run.backend.traits().sync_covers_disk;
  std::vector<UnmetObligation> unmet;
  PointCursor cursor(space, CrashKind::kPower);
  Model model(workload, profile);
  std::map<uint32_t, EventNumber> began_at;  // By op.
  EventNumber point = 0;
  uint32_t marks = 0;
  bool lied_to = false;  // Since the last op began.
  for (const HistoryEvent& event : run.recording.history) {
    if (event.kind == HistoryEvent::kFault) {
      lied_to |= workload.faults.at(event.fault - 1).names.at(0) == "lie";
    }
    marks = event.after == point ? marks + 1 : 1;
    point = event.after;
    if (event.kind == HistoryEvent::kRun) model.EndInit();
    if (event.kind == HistoryEvent::kBegin) {
      model.Begin(event.op);
      began_at[event.op] = event.after;
      lied_to = false;
    }
    if (event.kind != HistoryEvent::kEnd) continue;
    // End() says whether the return promised anything new for power loss.
    if (!model.End(event.op, event.error.empty())) continue;
    // The op asked for a flush; that the trace lacks it is the disk's fault.
    if (lied_to) continue;
    cursor.MoveTo(event.after);
    std::string found;
    const EventNumber began = began_at[event.op];
    const EventNumber write = FindOpenWrite(cursor, began);
    // If no write is open, no flush is needed.
    if (write == 0) continue;
    if (!HasPersistToMedia(run.trace(), began, event.after)) {
      found = "it returned without any flush of the disk";
    } else if (sync_covers_disk) {
      found = fmt::format("its flush left write {} behind", write);
    }
    if (found.empty()) continue;
    const Op& op = workload.OpNumber(event.op);
    Violation violation;
    violation.kind = ViolationKind::kUnflushed;
    violation.path = op.names.empty() ? "" : op.names[0];
    violation.op = event.op;
    violation.op_returned = true;
    violation.promise = {0, event.op};
    violation.admissible = "a flush of the disk before the op returns";
    violation.found = found;
    CauseParts parts;
    parts.kind = violation.kind;
    // The cause is made of the same parts as those of the model's violations.
    parts.role = violation.path.empty() ? Role::kVolume : Role::kWritten;
    parts.op = op.kind;
    parts.volume_guarantee =
        op.kind == OpKind::kSyncfs || profile.fsync_covers_volume;
    if (!parts.volume_guarantee) parts.guarantee = op.kind;
    violation.cause = MakeCause(parts);
    unmet.push_back({std::move(violation), event.after, marks});
  }
  return unmet;
}

std::vector<Finding> FindingsOfObligations(const RecordedRun& run,
                                           const CrashSpace& space) {
  std::vector<Finding> findings;
  PointCursor cursor(space, CrashKind::kPower);
  for (const UnmetObligation& unmet : FindUnmetObligations(run, space)) {
    cursor.MoveTo(unmet.point);
    const CrashState state{
        unmet.point, unmet.marks, CrashKind::kPower, CrashState::kNewest, {}};
    Finding finding = DescribeFinding(run, unmet.violation, state, cursor);
    // Unmet obligations are in order of op, so the first one of a cause is
    // shown.
    const auto same =
        std::find_if(findings.begin(), findings.end(), [&](const Finding& f) {
          return f.violation.cause == finding.violation.cause;
        });
    if (same == findings.end()) {
      finding.states = {finding.id};
      finding.found_at = {finding.violation.found};
      findings.push_back(std::move(finding));
    } else {
      ++same->count;
      same->states.push_back(finding.id);
      same->found_at.push_back(finding.violation.found);
    }
  }
  return findings;
}

}  // namespace powercut
