// Makes the calls of a recorded program again, on simfs, which says after which
// disk event each of them had returned. So an event of the trace belongs to a
// call, and a state that lost what an event wrote lost something of that call.
//
// The calls make the very trace again, unless a fault fell on the disk: a fault
// is not in the calls. The digests of the two traces tell.
//
// Example: `write /f 0 4 (sh)` was the third call and made the events 3 and 4.
// A state without what event 3 wrote has lost something of that call. Under the
// profile xfs, the same call makes other events.

#include "harness/cli/input/recorded_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/explain/file_losses.h"
#include "harness/judge/crash_points.h"
#include "harness/space/crash_state.h"
#include "harness/trace/run_begin.h"
#include "library/calls/record_calls.h"
#include "library/states/lost_calls.h"
#include "model/table/primitives.h"
#include "programs/program_calls.h"

namespace powercut {

Result<bool> NameByCalls(const RecordedRun& run, const TraceAbout& about,
                         std::span<Finding> findings) {
  if (about.calls.empty() || findings.empty()) return false;
  POWERCUT_ASSIGN(const Calls calls, programs::DecodeCalls(about.calls));
  POWERCUT_ASSIGN(
      const RecordedCalls again,
      RecordCalls(run.backend, calls, run.trace().geometry(), about.profile));
  // A fault that fell on the disk is not in the calls.
  if (again.recording.trace.Digest() != run.trace().Digest()) return false;
  const IssuedCalls issued{calls, again.events_after};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  for (Finding& finding : findings) {
    const auto id = ParseStateId(finding.id);
    POWERCUT_CHECK(id);
    PointCursor cursor(space, id->steps[0].kind);
    const auto state = ResolveStep(id->steps[0], cursor);
    POWERCUT_CHECK(state);
    finding.op_text = fmt::format("{:<10} {}", "program",
                                  CrashText(issued, *state, id->steps.size()));
    finding.lost_files = LostCalls(issued, *state, cursor);
    constexpr size_t kShown = 8;
    if (finding.lost_files.size() > kShown) {
      const size_t more = finding.lost_files.size() - kShown + 1;
      finding.lost_files.resize(kShown - 1);
      finding.lost_files.push_back(fmt::format("{} more", more));
    }
  }
  return true;
}

Result<std::vector<LossRule>> RulesOfLoss(const RecordedRun& run,
                                          const TraceAbout& about,
                                          const StateId& id) {
  std::vector<LossRule> rules;
  if (about.calls.empty()) return rules;
  POWERCUT_ASSIGN(const Calls calls, programs::DecodeCalls(about.calls));
  POWERCUT_ASSIGN(
      const RecordedCalls again,
      RecordCalls(run.backend, calls, run.trace().geometry(), about.profile));
  if (again.recording.trace.Digest() != run.trace().Digest()) return rules;
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  POWERCUT_ASSIGN(const CrashState state, ResolveStep(id.steps[0], cursor));
  const PromiseTable promises = PromisesOf(run.profile());
  const auto source = [](Primitive primitive) {
    return PrimitiveRows()[static_cast<size_t>(primitive)].source;
  };
  bool data = false;
  bool names = false;
  bool times = false;
  for (const OpKind kind :
       LostKinds({calls, again.events_after}, state, cursor)) {
    times |= kind == OpKind::kSetTimes;
    const bool of_data = kind == OpKind::kWrite || kind == OpKind::kTruncate ||
                         kind == OpKind::kFallocate;
    data |= of_data;
    names |= !of_data && kind != OpKind::kSetTimes;
  }
  if (data) {
    rules.push_back(
        {"data, sizes",
         fmt::format("promised by an fsync or an fdatasync of the file ({})",
                     source(Primitive::kFsync))});
  }
  if (names) {
    const bool by_file = promises[Primitive::kFsync].names != Reach::kNone;
    rules.push_back(
        {"names", fmt::format("promised by an fsync of {}the directory ({})",
                              by_file ? "the file or of " : "",
                              source(Primitive::kFsyncDirectory))});
  }
  if (times) {
    rules.push_back({"permissions, owners, times",
                     fmt::format("promised by an fsync of the file ({})",
                                 source(Primitive::kFsync))});
  }
  return rules;
}

namespace {

std::string WordsOf(const Call& call) {
  return CallText(call) + PlaceInWords(call);
}

std::vector<ProgramSync> SyncsIn(const Calls& calls) {
  std::vector<ProgramSync> syncs;
  for (const Call& call : calls) {
    if (!IsSync(call)) continue;
    const std::string text = WordsOf(call);
    const auto known = std::ranges::find(syncs, text, &ProgramSync::text);
    if (known != syncs.end()) {
      ++known->calls;
      continue;
    }
    const bool weaker = call.op.kind == OpKind::kFsync;
    syncs.push_back({text, 1, weaker ? "fdatasync" : ""});
  }
  return syncs;
}

Result<Calls> CallsOf(const TraceAbout& about) {
  if (!about.calls.empty()) return programs::DecodeCalls(about.calls);
  return Error{ErrorCode::kUsage,
               "the trace is not of a program that was recorded on simfs"};
}

}  // namespace

Result<std::vector<size_t>> ChangingCallsOf(const TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  std::vector<size_t> changing;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].kind == Call::kOp && !IsSync(calls[i])) changing.push_back(i);
  }
  return changing;
}

Result<size_t> KeepChanges(const std::vector<size_t>& kept, TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  Calls rest;
  for (size_t i = 0; i < calls.size(); ++i) {
    const bool changes = calls[i].kind == Call::kOp && !IsSync(calls[i]);
    if (!changes || std::ranges::binary_search(kept, i)) {
      rest.push_back(calls[i]);
    }
  }
  about.calls = programs::EncodeCalls(rest);
  return rest.size();
}

Result<std::vector<ProgramSync>> SyncsOf(const TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  return SyncsIn(calls);
}

Status WeakenCalls(const std::vector<std::string>& weaken, TraceAbout& about) {
  POWERCUT_ASSIGN(Calls calls, CallsOf(about));
  const std::vector<ProgramSync> syncs = SyncsIn(calls);
  constexpr std::string_view kWeaker = "=fdatasync";
  for (const std::string& asked : weaken) {
    const bool weaker = asked.ends_with(kWeaker);
    const std::string text =
        asked.substr(0, asked.size() - (weaker ? kWeaker.size() : 0));
    if (std::ranges::find(syncs, text, &ProgramSync::text) == syncs.end()) {
      std::string names;
      for (const ProgramSync& sync : syncs) {
        names += (names.empty() ? "" : ", ") + sync.text;
      }
      return Error{ErrorCode::kUsage,
                   fmt::format("--weaken '{}': the program made no such sync; "
                               "it made: {}",
                               asked, names.empty() ? "none" : names)};
    }
    std::erase_if(calls, [&](Call& call) {
      if (!IsSync(call) || WordsOf(call) != text) return false;
      if (weaker) call.op.kind = OpKind::kFdatasync;
      return !weaker;
    });
  }
  about.calls = programs::EncodeCalls(calls);
  return Ok{};
}

Result<std::vector<RunMoment>> MomentsOf(const Trace& trace,
                                         const TraceAbout& about,
                                         Backend& backend) {
  if (about.calls.empty()) {
    return Error{ErrorCode::kUsage,
                 "--compare is of programs that were recorded on simfs"};
  }
  POWERCUT_ASSIGN(const Calls calls, programs::DecodeCalls(about.calls));
  POWERCUT_ASSIGN(const RecordedCalls again,
                  RecordCalls(backend, calls, trace.geometry(), about.profile));
  if (again.recording.trace.Digest() != trace.Digest()) {
    return Error{ErrorCode::kUsage,
                 "--compare: a fault fell on the disk of this recording, so "
                 "that its calls do not tell what the disk held"};
  }
  const uint64_t begin = CrashPointsOf(again.recording).front().after;
  std::vector<RunMoment> moments = {{static_cast<EventNumber>(begin), 0}};
  uint64_t acks = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    const bool line = calls[i].kind == Call::kLine;
    if (line && calls[i].content != kStartLine) ++acks;
    const EventNumber point = again.events_after[i];
    if (point > moments.back().point) moments.push_back({point, acks});
    if (point >= begin) moments.back().acks = acks;
  }
  return moments;
}

Result<std::vector<ProgramCall>> ProgramCallsOf(const Trace& trace,
                                                const TraceAbout& about,
                                                Backend& backend) {
  std::vector<ProgramCall> shown;
  if (about.calls.empty()) return shown;
  POWERCUT_ASSIGN(const Calls calls, programs::DecodeCalls(about.calls));
  POWERCUT_ASSIGN(const RecordedCalls again,
                  RecordCalls(backend, calls, trace.geometry(), about.profile));
  // A fault that fell on the disk is not in the calls.
  if (again.recording.trace.Digest() != trace.Digest()) return shown;
  for (size_t i = 0; i < calls.size(); ++i) {
    const bool line = calls[i].kind == Call::kLine;
    shown.push_back({again.events_after[i], line ? "" : WordsOf(calls[i])});
  }
  return shown;
}

Status CheckCallsMake(const LoadedTrace& loaded, Backend& backend) {
  POWERCUT_ASSIGN(const Trace again,
                  TraceUnder(loaded.about.profile, loaded, backend));
  if (again.Digest() == loaded.trace.Digest()) return Ok{};
  return Error{ErrorCode::kUsage,
               "a fault fell on the disk of this recording, so that it can be "
               "explored as it is only; leave out --profile and --weaken, or "
               "record without --fault"};
}

Result<Trace> TraceUnder(const std::string& profile, const LoadedTrace& loaded,
                         Backend& backend) {
  POWERCUT_ASSIGN(const Calls calls, programs::DecodeCalls(loaded.about.calls));
  DiskGeometry geometry = loaded.trace.geometry();
  auto recorded = RecordCalls(backend, calls, geometry, profile);
  if (!recorded && recorded.error().code == ErrorCode::kFull) {
    // Under another profile the same calls may write more, of which no sector
    // is used twice. What is not written takes no memory.
    constexpr uint64_t kTimesLarger = 4;
    geometry.sector_count *= kTimesLarger;
    recorded = RecordCalls(backend, calls, geometry, profile);
  }
  if (!recorded) return recorded.error();
  return std::move(recorded->recording.trace);
}

Status NameLosses(const RecordedRun& run, const TraceAbout& about,
                  std::span<Finding> findings) {
  POWERCUT_ASSIGN(const bool named, NameByCalls(run, about, findings));
  return named ? Status(Ok{}) : AddFileNames(run, findings);
}

}  // namespace powercut
