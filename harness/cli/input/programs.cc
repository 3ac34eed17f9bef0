// Finds out whether a backend is simfs, and talks to the one that runs programs
// on it. Where libfuse is missing, there is none, and asking for one says so.

#include "harness/cli/input/programs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "backends/simfs/simfs_backend.h"
#include "harness/explain/file_losses.h"

#ifdef POWERCUT_HAVE_PROGRAMS
#include "harness/judge/crash_points.h"
#include "harness/space/crash_state.h"
#include "harness/trace/run_begin.h"
#include "library/calls/record_calls.h"
#include "library/states/lost_calls.h"
#include "model/table/primitives.h"
#include "programs/program_backend.h"
#include "programs/program_calls.h"
#include "programs/program_host.h"
#endif

namespace powercut {

#ifdef POWERCUT_HAVE_PROGRAMS

Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string& profile) {
  if (backend->traits().name != "simfs") return backend;
  const auto& profiles = backend->traits().profiles;
  if (!profile.empty() &&
      std::ranges::find(profiles, profile) == profiles.end()) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--profile {}: simfs behaves as {}", profile,
                             fmt::join(profiles, ", "))};
  }
  std::unique_ptr<Backend> simfs =
      std::make_unique<programs::ProgramBackend>(profile);
  return simfs;
}

std::string CallsTextOf(const Backend& backend) {
  const auto* const simfs =
      dynamic_cast<const programs::ProgramBackend*>(&backend);
  if (simfs == nullptr || simfs->recorded_calls().empty()) return "";
  return programs::EncodeCalls(simfs->recorded_calls());
}

Status TellCalls(const std::string& calls, Backend& backend) {
  auto* const simfs = dynamic_cast<programs::ProgramBackend*>(&backend);
  if (simfs == nullptr || calls.empty()) return Ok{};
  POWERCUT_ASSIGN(const Calls decoded, programs::DecodeCalls(calls));
  simfs->set_calls(decoded);
  return Ok{};
}

void LetRecoveriesPersist(Backend& backend) {
  auto* const simfs = dynamic_cast<programs::ProgramBackend*>(&backend);
  if (simfs != nullptr) simfs->set_recoveries_persist(true);
}

std::string ProgramsLack() { return programs::ProgramsLack(); }

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

Result<size_t> CallCountOf(const TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  return calls.size();
}

Status KeepCalls(const std::vector<size_t>& kept, TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  Calls rest;
  for (const size_t index : kept) rest.push_back(calls.at(index));
  about.calls = programs::EncodeCalls(rest);
  return Ok{};
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

#else

Result<std::vector<LossRule>> RulesOfLoss(const RecordedRun&, const TraceAbout&,
                                          const StateId&) {
  return std::vector<LossRule>();
}
Result<bool> NameByCalls(const RecordedRun&, const TraceAbout&,
                         std::span<Finding>) {
  return false;
}
Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string&) {
  return backend;
}
std::string CallsTextOf(const Backend&) { return ""; }
Status TellCalls(const std::string&, Backend&) { return Ok{}; }
void LetRecoveriesPersist(Backend&) {}
std::string ProgramsLack() {
  return "not built: install libfuse3-dev, then configure and build again";
}
Result<size_t> CallCountOf(const TraceAbout&) {
  return Error{ErrorCode::kMissing,
               "not built: install libfuse3-dev, then configure and build "
               "again"};
}
Status KeepCalls(const std::vector<size_t>&, TraceAbout&) { return Ok{}; }
Result<std::vector<ProgramSync>> SyncsOf(const TraceAbout&) {
  return Error{ErrorCode::kMissing,
               "not built: install libfuse3-dev, then configure and build "
               "again"};
}
Status WeakenCalls(const std::vector<std::string>&, TraceAbout&) {
  return Error{ErrorCode::kMissing,
               "not built: install libfuse3-dev, then configure and build "
               "again"};
}
Result<std::vector<RunMoment>> MomentsOf(const Trace&, const TraceAbout&,
                                         Backend&) {
  return Error{ErrorCode::kMissing,
               "not built: install libfuse3-dev, then configure and build "
               "again"};
}
Result<std::vector<ProgramCall>> ProgramCallsOf(const Trace&, const TraceAbout&,
                                                Backend&) {
  return std::vector<ProgramCall>();
}
Status CheckCallsMake(const LoadedTrace&, Backend&) { return Ok{}; }
Result<Trace> TraceUnder(const std::string&, const LoadedTrace&, Backend&) {
  return Error{ErrorCode::kMissing,
               "not built: install libfuse3-dev, then configure and build "
               "again"};
}

#endif

Status NameLosses(const RecordedRun& run, const TraceAbout& about,
                  std::span<Finding> findings) {
  POWERCUT_ASSIGN(const bool named, NameByCalls(run, about, findings));
  return named ? Status(Ok{}) : AddFileNames(run, findings);
}

Result<std::vector<std::string>> ParseProfiles(const std::string& text) {
  const std::vector<std::string> all = MakeSimfsBackend()->traits().profiles;
  if (text == "all") return all;
  if (text == "linux") {
    return std::vector<std::string>{
        "posix-minimal", "linux-man", "ext4-writeback", "ext4-ordered",
        "ext4-journal",  "xfs",       "btrfs"};
  }
  std::vector<std::string> profiles;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    std::string name = text.substr(begin, end - begin);
    begin = end + 1;
    if (std::ranges::find(all, name) == all.end()) {
      return Error{ErrorCode::kUsage,
                   fmt::format("--profile '{}': there is none of this name; "
                               "there are {}, and `linux` and `all` for many",
                               name, fmt::join(all, ", "))};
    }
    if (std::ranges::find(profiles, name) != profiles.end()) {
      return Error{ErrorCode::kUsage,
                   fmt::format("--profile: {} comes twice", name)};
    }
    profiles.push_back(std::move(name));
  }
  return profiles;
}

}  // namespace powercut
