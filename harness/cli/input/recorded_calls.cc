// Makes the calls of a recorded program again, on simfs, which says after which
// disk event each of them had returned. So an event of the trace belongs to a
// call.
//
// The calls make the very trace again, unless a fault fell on the disk: a fault
// is not in the calls. The digests of the two traces tell.
//
// Example: `write /f 0 4 (sh)` was the third call and made the events 3 and 4.
// Under the profile xfs, the same call makes other events.

#include "harness/cli/input/recorded_calls.h"

#include <utility>

#include "harness/judge/crash_points.h"
#include "harness/trace/run_begin.h"
#include "library/states/lost_calls.h"
#include "programs/program_calls.h"

namespace powercut {

Result<RemadeTrace> RemakeTrace(const TraceAbout& about,
                                const DiskGeometry& geometry,
                                Backend& backend) {
  POWERCUT_ASSIGN(Calls calls, programs::DecodeCalls(about.calls));
  auto recorded = RecordCalls(backend, calls, geometry, about.profile);
  if (!recorded && recorded.error().code == ErrorCode::kFull) {
    // Under another profile the same calls may write more, of which no sector
    // is used twice. What is not written takes no memory.
    constexpr uint64_t kTimesLarger = 4;
    DiskGeometry larger = geometry;
    larger.sector_count *= kTimesLarger;
    recorded = RecordCalls(backend, calls, larger, about.profile);
  }
  if (!recorded) return recorded.error();
  const auto begin = static_cast<EventNumber>(
      CrashPointsOf(recorded->recording).front().after);
  return RemadeTrace{
      std::move(recorded->recording.trace),
      {std::move(calls), std::move(recorded->events_after), begin}};
}

Result<std::optional<ReturnedCalls>> ReturnedCallsOf(const Trace& trace,
                                                     const TraceAbout& about,
                                                     Backend& backend) {
  std::optional<ReturnedCalls> returned;
  if (about.calls.empty()) return returned;
  POWERCUT_ASSIGN(RemadeTrace remade,
                  RemakeTrace(about, trace.geometry(), backend));
  if (remade.trace.Digest() == trace.Digest()) {
    returned = std::move(remade.returned);
  }
  return returned;
}

std::string CallInWords(const Call& call) {
  const char* const outcome = call.fails  ? " returned EIO"
                              : call.lies ? " lied"
                                          : "";
  return CallText(call) + PlaceInWords(call) + outcome;
}

std::vector<RunMoment> MomentsOf(const ReturnedCalls& returned) {
  const EventNumber begin = returned.begin;
  std::vector<RunMoment> moments = {{begin, 0}};
  uint64_t acks = 0;
  for (size_t i = 0; i < returned.calls.size(); ++i) {
    const Call& call = returned.calls[i];
    if (call.kind == Call::kLine && IsAckLine(call.content)) ++acks;
    const EventNumber point = returned.events_after[i];
    if (point > moments.back().point) moments.push_back({point, acks});
    if (point >= begin) moments.back().acks = acks;
  }
  return moments;
}

std::vector<ProgramCall> ProgramCallsOf(const ReturnedCalls& returned) {
  std::vector<ProgramCall> shown;
  for (size_t i = 0; i < returned.calls.size(); ++i) {
    const Call& call = returned.calls[i];
    const bool line = call.kind == Call::kLine;
    shown.push_back({returned.events_after[i], line ? "" : CallInWords(call)});
  }
  return shown;
}

}  // namespace powercut
