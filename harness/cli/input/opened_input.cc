// Opens the files of the command line.
//
// A file is read once and is then one of three things. It is a `.pcut` text,
// which is parsed and recorded later. Or it is a trace that has the text of its
// `.pcut` inside: it opens as that text would, but with the recording that is
// in the file. Or it is a bare trace, of a program that `record` ran or of an
// imported log: there is no workload to judge it by, so that its oracle is a
// check. --check and --fsck make a bare trace of every trace.

#include "harness/cli/input/opened_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "backends/registry.h"
#include "harness/base/bytes.h"
#include "harness/block_log/trace_file.h"
#include "harness/cli/input/edited_calls.h"
#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/input/user_file.h"
#include "harness/fault/fault.h"
#include "harness/record/weakened_backend.h"
#include "harness/space/state_id.h"
#include "harness/trace/run_begin.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

constexpr const char* kDefaultBackend = "ntfs-3g";

Result<SettingOverrides> SettingOverridesOf(const InputFlags& flags) {
  SettingOverrides setting{flags.profile, {}, flags.atomic_bytes};
  for (const std::string& name : flags.crash_kinds) {
    const auto kind = CrashKindFromName(name);
    if (!kind) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--crash '{}': expected process, os or power", name)};
    }
    // A file is refused for this, too.
    if (std::ranges::count(setting.crash_kinds, *kind) > 0) {
      return Error{ErrorCode::kUsage,
                   fmt::format("--crash {}: `{}` stands twice",
                               fmt::join(flags.crash_kinds, ","), name)};
    }
    setting.crash_kinds.push_back(*kind);
  }
  return setting;
}

// The error of a directive of the file, with its line. Parses the text once
// more, since workloads do not keep the lines of directives.
Error InDirective(const OpenedInput& input, Statement::Kind kind,
                  const Error& error) {
  const std::string& file = input.workload.file;
  const auto pcut = ParsePcut(input.text, file);
  if (!pcut) return pcut.error();
  for (const Statement& statement : pcut->statements) {
    if (statement.kind != kind) continue;
    return {error.code,
            fmt::format("{}:{}: {}", file, statement.line, error.message)};
  }
  return error;
}

// Makes the backend and resolves the setting from the flags and the workload.
// Requires: `input.workload` is set.
Status Prepare(const std::string& path, const std::string& backend,
               const InputFlags& flags, OpenedInput& input) {
  auto made = MakeBackend(backend, flags.format);
  if (!made) {
    return Error{made.error().code,
                 fmt::format("{}: {}", path, made.error().message)};
  }
  input.backend = std::move(*made);
  POWERCUT_ASSIGN(const SettingOverrides overrides, SettingOverridesOf(flags));
  if (input.workload.disk && input.workload.disk->weak_discard) {
    return InDirective(input, Statement::kDisk,
                       {ErrorCode::kUnsupported,
                        "discard=weak is not offered yet; leave it out"});
  }
  POWERCUT_ASSIGN(input.setting,
                  ResolveSetting(input.workload, *input.backend, overrides));
  return Ok{};
}

Status SetSpace(const InputFlags& flags, OpenedInput& input) {
  // A flag beats the file, so that the file's own space is not even parsed.
  const std::string& space =
      !flags.space.empty() ? flags.space : input.workload.space;
  if (space.empty()) {
    input.space.mode = ExplorationSpace::kDefault;
    return Ok{};
  }
  auto parsed = ParseExplorationSpace(space);
  if (!parsed && flags.space.empty()) {
    return InDirective(input, Statement::kSpace, parsed.error());
  }
  if (!parsed) return parsed.error();
  input.space = *parsed;
  return Ok{};
}

// An id of another recording is no error, but a word that is no id is.
Status CheckRegressionState(const OpenedInput& input) {
  if (input.workload.at.empty()) return Ok{};
  const auto id = ParseStateId(input.workload.at);
  if (id) return Ok{};
  return InDirective(input, Statement::kAt, id.error());
}

// Appends the faults of --fault to those of the file.
Status AddFlaggedFaults(const std::string& path, const InputFlags& flags,
                        bool is_trace, OpenedInput& input) {
  POWERCUT_ASSIGN(input.added_faults, ParseFaults(flags.faults));
  for (const Op& fault : input.added_faults) {
    if (is_trace && PhaseOf(fault) == FaultPhase::kRun) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--fault '{}': {} is a trace, whose run is over; "
                      "add in=recovery, or give the .pcut file",
                      FaultText(fault), path)};
    }
    input.workload.faults.push_back(fault);
  }
  return Ok{};
}

// The least disk that the format program of a kernel file system takes; the
// kernel mounts smaller ones, which other tools may have formatted. 0 for other
// storage, which cannot be opened on less.
uint64_t LeastFormatted(const std::string& name) {
  const auto backend = MakeBackend(name);
  if (!backend || !(*backend)->traits().commands) return 0;
  return (*backend)->traits().minimum_disk_bytes;
}

// Makes crashes begin at the mark of --from. Returns the mark in words.
Result<std::string> BeginFrom(const std::string& path, const Trace& trace,
                              const std::string& name,
                              std::vector<HistoryEvent>& history) {
  const auto found = BeginRunAt(trace, name, history);
  if (!found) {
    return Error{found.error().code, path + ": " + found.error().message};
  }
  std::string text =
      fmt::format("{} after event {}", name,
                  std::find_if(history.begin(), history.end(),
                               [](const HistoryEvent& event) {
                                 return event.kind == HistoryEvent::kRun;
                               })
                      ->after);
  if (found->occurrences > 1) {
    text += fmt::format(", number {} of {} with this text", found->occurrence,
                        found->occurrences);
  }
  return text;
}

// Makes the calls of the recorded program, changed by the flags, again: as
// storage that behaves as the profile `behaves` would have recorded them.
Status RemakeAs(const std::string& behaves, const InputFlags& flags,
                LoadedTrace& trace, OpenedInput& input) {
  if (!input.calls) {
    return Error{ErrorCode::kUsage,
                 input.workload.file +
                     ": a fault fell on the disk of this recording, so that it "
                     "can be explored as it is only; leave out --profile and "
                     "--weaken, or record without --fault"};
  }
  if (const Status weaker = WeakenCalls(flags.weaken, trace.about); !weaker) {
    return Error{weaker.error().code,
                 input.workload.file + ": " + weaker.error().message};
  }
  trace.about.profile = behaves;
  POWERCUT_ASSIGN(
      RemadeTrace remade,
      RemakeTrace(trace.about, trace.trace.geometry(), *input.backend));
  trace.trace = std::move(remade.trace);
  trace.about.program_end = trace.trace.event_count();
  input.calls = std::move(remade.returned);
  return Ok{};
}

// Lets programs run in what crashes of the trace leave, if it is of simfs. With
// another profile than that of the recording, the calls of the recorded program
// are made again.
Status ServePrograms(const InputFlags& flags, LoadedTrace& trace,
                     OpenedInput& input) {
  const std::string& profile = flags.profile;
  TraceAbout& about = trace.about;
  if (about.calls.empty() && !(profile.empty() && flags.weaken.empty())) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("{}: {} is of programs that were recorded on "
                    "simfs",
                    input.workload.file,
                    profile.empty() ? "--weaken" : "--profile " + profile)};
  }
  const std::string behaves = profile.empty() ? about.profile : profile;
  POWERCUT_ASSIGN(input.backend,
                  WithPrograms(std::move(input.backend), behaves));
  if (about.calls.empty()) return Ok{};
  POWERCUT_ASSIGN(input.calls,
                  ReturnedCallsOf(trace.trace, about, *input.backend));
  if (behaves != about.profile || !flags.weaken.empty()) {
    POWERCUT_TRY(RemakeAs(behaves, flags, trace, input));
  }
  return TellCalls(about.calls, *input.backend);
}

// The check of --compare, which knows the dumps of the moments of the run.
Result<CheckOracle> ComparisonOf(const std::string& dump,
                                 const TraceAbout& about, const Trace& trace,
                                 const OpenedInput& input) {
  if (!input.calls) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("{}: --compare{}", input.workload.file,
                    about.calls.empty()
                        ? " is of programs that were recorded on simfs"
                        : ": a fault fell on the disk of this recording, so "
                          "that its calls do not tell what the disk held")};
  }
  CheckOracle check = *CheckOf(input.setting.oracle);
  POWERCUT_ASSIGN(check.command,
                  CheckByComparison(dump, trace, MomentsOf(*input.calls),
                                    check.timeout_ms, *input.backend));
  return check;
}

// The weaker form that one --weaken asks for, by the number of its op.
Result<WeakerSyncs::value_type> WeakerSyncOf(const Workload& workload,
                                             const std::string& text) {
  const size_t equals = std::min(text.find('='), text.size());
  const std::string line = text.substr(0, equals);
  const std::string verb = text.substr(std::min(equals + 1, text.size()));
  const auto wrong = [&](const std::string& why) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: --weaken {}: {}", workload.file, text, why)};
  };
  for (const Op& op : workload.run) {
    if (std::to_string(op.line) != line) continue;
    const std::vector<WeakerSync> forms = WeakerFormsOf(workload, op);
    if (forms.empty()) return wrong("the op of that line is no sync");
    std::string names;
    for (const WeakerSync& form : forms) {
      if (form.name == verb) return WeakerSyncs::value_type(op.number, form);
      names += (names.empty() ? "" : ", ") + form.name;
    }
    if (verb.empty()) return WeakerSyncs::value_type(op.number, forms.back());
    return wrong("weaker than that sync are: " + names);
  }
  return wrong("`run` has no op in that line");
}

// Puts storage that does the syncs of --weaken less strongly in the place of
// the backend.
Status WeakenSyncs(const InputFlags& flags, bool is_trace, OpenedInput& input) {
  if (flags.weaken.empty()) return Ok{};
  if (is_trace) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: --weaken is of workloads, and the run of a "
                             "trace is over; give the .pcut file",
                             input.workload.file)};
  }
  WeakerSyncs weaker;
  for (const std::string& text : flags.weaken) {
    POWERCUT_ASSIGN(const auto one, WeakerSyncOf(input.workload, text));
    weaker.insert_or_assign(one.first, one.second);
  }
  input.backend =
      MakeWeakenedBackend(std::move(input.backend), std::move(weaker));
  return Ok{};
}

// Opens a trace without a workload. Its ops are unknown, so that its marks are
// acks and any faults may have fallen.
Result<OpenedInput> OpenBareTrace(const std::string& path, LoadedTrace trace,
                                  const InputFlags& flags,
                                  const OracleFlags& oracle) {
  OpenedInput input;
  input.workload.file = path;
  const std::string& backend =
      flags.backend.empty() ? trace.about.backend : flags.backend;
  if (backend.empty()) {
    return Error{ErrorCode::kUsage,
                 path + ": the trace does not say what it is of; say --fs"};
  }
  if (flags.profile.empty()) input.workload.profile = trace.about.profile;
  // The trace knows its disk; ResolveSetting() takes it from the workload.
  const DiskGeometry geometry = trace.trace.geometry();
  input.workload.disk =
      DiskSpec{std::max(geometry.size_bytes(), LeastFormatted(backend)),
               geometry.sector_bytes, std::nullopt, false};
  POWERCUT_TRY(Prepare(path, backend, flags, input));
  input.workload.disk->size_bytes = geometry.size_bytes();
  input.setting.geometry = geometry;
  POWERCUT_TRY(ServePrograms(flags, trace, input));
  POWERCUT_TRY(ApplyOracle(path, oracle, *input.backend, input.setting));
  POWERCUT_TRY(AddFlaggedFaults(path, flags, /*is_trace=*/true, input));
  POWERCUT_TRY(SetSpace(flags, input));
  // A check uses the volume as it likes; without one, the probe does.
  input.probe = oracle.check.empty() && oracle.compare.empty();
  if (!oracle.compare.empty()) {
    POWERCUT_ASSIGN(
        input.setting.oracle,
        ComparisonOf(oracle.compare, trace.about, trace.trace, input));
  }
  POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                  HistoryOf(trace.trace, 0, kAnyFaults));
  if (!flags.from.empty()) {
    POWERCUT_ASSIGN(input.from,
                    BeginFrom(path, trace.trace, flags.from, history));
  }
  POWERCUT_ASSIGN(AckLooks looks, AckLooks::Parse(trace.about.looks));
  input.about = std::move(trace.about);
  input.recording = Recording{
      std::move(trace.trace), std::move(history), {}, std::move(looks)};
  return input;
}

}  // namespace

Result<InputFile> ReadInput(const std::string& path) {
  InputFile file{path, {}, {}};
  POWERCUT_ASSIGN(std::string bytes, ReadFile(path));
  if (LooksLikeBlockLog(AsBytes(bytes))) {
    POWERCUT_ASSIGN(file.trace, ParseTraceFile(std::move(bytes), path));
    // Oddities do not make the trace wrong.
    for (const std::string& line : file.trace->lint) {
      std::fprintf(stderr, "powercut: %s: note: %s\n", path.c_str(),
                   line.c_str());
    }
  } else {
    file.text = std::move(bytes);
  }
  return file;
}

Result<OpenedInput> OpenInput(InputFile file, const InputFlags& flags,
                              const OracleFlags& oracle) {
  std::optional<LoadedTrace>& trace = file.trace;
  if (!trace && oracle.OfTraces()) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: this is no trace, and {} is of traces; a "
                             ".pcut file is judged by "
                             "the model",
                             file.path, oracle.fsck ? "--fsck" : "--check")};
  }
  if (trace && (trace->about.pcut.empty() || oracle.OfTraces())) {
    return OpenBareTrace(file.path, std::move(*trace), flags, oracle);
  }
  if (!flags.from.empty()) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("{}: --from is of traces that are judged by "
                    "themselves; in a workload, crashes begin at `run`",
                    file.path)};
  }
  OpenedInput input;
  if (trace) input.about = trace->about;
  input.text = trace ? trace->about.pcut : std::move(file.text);
  POWERCUT_ASSIGN(input.workload, ParseWorkload(input.text, file.path));
  POWERCUT_TRY(AddFlaggedFaults(file.path, flags, trace.has_value(), input));
  // A trace may have been recorded on other storage than its text names.
  std::string backend = trace ? trace->about.backend : "";
  if (backend.empty()) backend = input.workload.backend;
  if (!flags.backend.empty()) backend = flags.backend;
  if (backend.empty()) backend = kDefaultBackend;
  POWERCUT_TRY(Prepare(file.path, backend, flags, input));
  POWERCUT_TRY(SetSpace(flags, input));
  POWERCUT_TRY(CheckRegressionState(input));
  POWERCUT_TRY(WeakenSyncs(flags, trace.has_value(), input));
  input.probe = oracle.probe;
  if (!trace) return input;
  const auto ops = static_cast<uint32_t>(input.workload.init.size() +
                                         input.workload.run.size());
  const auto faults = static_cast<uint32_t>(input.workload.faults.size());
  // The geometry of the recording counts, not what the backend would choose
  // today.
  input.setting.geometry = trace->trace.geometry();
  POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                  HistoryOf(trace->trace, ops, faults));
  input.recording = Recording{std::move(trace->trace), std::move(history), {}};
  return input;
}

Result<OpenedInput> OpenInput(const std::string& path, const InputFlags& flags,
                              const OracleFlags& oracle) {
  POWERCUT_ASSIGN(InputFile file, ReadInput(path));
  return OpenInput(std::move(file), flags, oracle);
}

RecordedRun RunOf(const OpenedInput& input, const Recording& recording) {
  return {*input.backend, input.workload, input.setting,
          recording,      nullptr,        !input.about.origin.empty()};
}

Result<Recording> RecordingOf(const OpenedInput& input) {
  if (input.recording) return *input.recording;
  return Record(*input.backend, input.workload, input.setting);
}

Status SaveRecording(const OpenedInput& input, const Recording& recording,
                     const std::string& path) {
  POWERCUT_ASSIGN(
      const std::string text,
      TextWithFaults(input.text, input.workload.file, input.added_faults));
  // What a recorded program was is kept.
  TraceAbout about = input.about;
  about.backend = input.backend->traits().name;
  about.pcut = text;
  about.looks = recording.looks.text();
  return WriteTrace(recording.trace, about, path);
}

}  // namespace powercut
