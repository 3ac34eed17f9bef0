// Replays the state, reads its losses off the trace, names them by maps of the
// volume, and replays the states after the next flushes with nothing lost: if
// one holds, what the program lacked was that flush.

#include "harness/explain/trace_explanation.h"

#include <algorithm>
#include <utility>

#include "harness/judge/crash_points.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

// Groups lost sectors by why they were lost and by what would have kept them.
std::vector<UnkeptWrites> UnkeptOf(const RecordedRun& run,
                                   const CrashState& state,
                                   const PointCursor& cursor) {
  const LossReader reader(run.trace(), state.point, state.kind);
  std::vector<UnkeptWrites> groups;
  for (const auto& [event, range] : LostSectorsOf(state, cursor)) {
    const std::string why = reader.Why(event, range);
    const auto kept_by = reader.KeptBy(event, range);
    auto group = std::ranges::find_if(groups, [&](const UnkeptWrites& g) {
      return g.why == why && g.kept_by == kept_by;
    });
    if (group == groups.end()) {
      group = groups.insert(group, UnkeptWrites{{}, 0, why, kept_by});
    }
    group->sectors += range.count;
    group->events.push_back(event);
  }
  for (UnkeptWrites& group : groups) {
    std::ranges::sort(group.events);
    const auto repeated = std::ranges::unique(group.events);
    group.events.erase(repeated.begin(), repeated.end());
  }
  std::ranges::sort(groups, {}, [](const UnkeptWrites& group) {
    return std::pair(group.events[0], group.why);
  });
  return groups;
}

bool IsFlush(const DiskEvent& event) {
  return event.kind == DiskEvent::kPersist && event.layer == Layer::kMedia;
}

// The state after `event` events with nothing lost, and with all marks there.
StateId StateAfter(const RecordedRun& run, EventNumber event, CrashKind kind) {
  CrashStep step;
  step.point = event;
  step.kind = kind;
  for (const CrashPoint& point :
       CrashPointsOf(run.recording, /*strictest=*/true)) {
    if (point.after != event) continue;
    step.marks = static_cast<uint32_t>(point.history_max - point.history_base);
  }
  return {{step}, run.trace().Digest()};
}

}  // namespace

Result<TraceExplanation> ExplainTrace(const RecordedRun& run, const StateId& id,
                                      const RunOptions& options) {
  TraceExplanation out;
  POWERCUT_ASSIGN(out.replayed, Replay(run, id, options));
  const CrashState& state = out.replayed.state;
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, state.kind);
  cursor.MoveTo(state.point);
  StateId canonical = id;
  canonical.steps[0] = CanonicalStep(state, cursor);
  out.id = StateIdText(canonical);
  out.open_blocks = cursor.open().size();
  out.lost_blocks = LostBlocks(state, cursor);
  out.torn_blocks = TornBlocks(state, cursor);
  out.unkept = UnkeptOf(run, state, cursor);
  for (EventNumber e = state.point; e > 0 && !out.last_flush; --e) {
    if (IsFlush(run.trace().event(e))) out.last_flush = e;
  }
  for (EventNumber e = state.point + 1;
       e <= run.trace().event_count() &&
       out.later_flushes.size() < kLaterFlushesMax;
       ++e) {
    if (!IsFlush(run.trace().event(e))) continue;
    const StateId after = StateAfter(run, e, state.kind);
    POWERCUT_ASSIGN(const ReplayedState later, Replay(run, after, options));
    out.later_flushes.push_back({e, AcksUpTo(run.trace(), e).size(),
                                 StateIdText(after), later.findings.empty()});
    if (later.findings.empty()) break;
  }
  LossNamer namer(run);
  auto losses = namer.Name(state, cursor);
  // Nobody may fork while a helper of the backend runs.
  run.backend.ReleaseHelpers();
  if (!losses) return losses.error();
  out.losses = std::move(*losses);
  return out;
}

}  // namespace powercut
