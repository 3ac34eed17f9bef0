// Runs a program in a volume and saves what it wrote as a trace. A program that
// fails is recorded all the same; a note says how it ended, and so does the
// exit status.

#include "harness/cli/verbs/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "backends/registry.h"
#include "harness/cli/input/edited_calls.h"
#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/input_flags.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/input/recorded_calls.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/verbs/verb.h"
#include "harness/fault/fault.h"
#include "harness/record/command_recording.h"
#include "harness/trace/acks.h"
#include "harness/trace/marks.h"
#include "harness/trace/run_begin.h"

namespace powercut {
namespace {

// Faults of the run only: nothing recovers while a program runs.
Result<std::vector<Op>> FaultsOf(const RecordFlags& flags) {
  POWERCUT_ASSIGN(std::vector<Op> faults, ParseFaults(flags.faults));
  for (size_t i = 0; i < faults.size(); ++i) {
    POWERCUT_TRY(CheckFaultIsOffered(faults[i]));
    if (PhaseOf(faults[i]) == FaultPhase::kRun) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("--fault '{}': nothing recovers while a program "
                             "runs; say it to `explore`",
                             flags.faults[i])};
  }
  return faults;
}

// The milliseconds of --timeout; 0 if it was not given.
Result<uint32_t> TimeoutOf(const RecordFlags& flags) {
  if (flags.timeout.empty()) return uint32_t{0};
  POWERCUT_ASSIGN(const uint64_t timeout_ms,
                  ParseDuration("--timeout", flags.timeout));
  // Ten days keep the milliseconds within the 31 bits of poll().
  constexpr uint64_t kTimeoutMsMax = 240 * 3'600'000;
  if (timeout_ms > 0 && timeout_ms <= kTimeoutMsMax) {
    return static_cast<uint32_t>(timeout_ms);
  }
  return Error{
      ErrorCode::kUsage,
      fmt::format("--timeout '{}': expected 1ms to 240h", flags.timeout)};
}

// What went wrong with the program, in one line. Empty if nothing did.
std::string FailureText(const CommandEnd& end) {
  std::string text;
  if (end.kind == CommandEnd::kTimedOut) {
    text = fmt::format("the program was killed: {} (--timeout)", end.detail);
  } else if (end.detail.starts_with("killed by ")) {
    text = "the program was " + end.detail;
  } else if (!end.detail.empty()) {
    text = "the program ended with " + end.detail;
  }
  if (!end.volume_full) return text;
  return text.empty()
             ? "the disk is full, although the program ended with exit "
               "status 0; --size gives it more room"
             : text +
                   ", and the disk is full; --size gives it more "
                   "room";
}

WritebackSchedule ScheduleOf(const std::string& name) {
  if (name == "eager") return WritebackSchedule::kEager;
  if (name == "late") return WritebackSchedule::kLate;
  if (name == "random") return WritebackSchedule::kRandom;
  // The command line admits no other names.
  return WritebackSchedule::kKernel;
}

// What a trace says of its schedule. Empty for the kernel's own.
std::string ScheduleText(const CommandToRecord& program,
                         const std::string& name) {
  if (program.writeback == WritebackSchedule::kKernel) return {};
  if (program.writeback != WritebackSchedule::kRandom) return name;
  return fmt::format("random, seed {}", program.writeback_seed);
}

// The file of recording `number`, from 1. The first of one keeps the name.
std::string OutputOf(const RecordFlags& flags, uint32_t number) {
  if (flags.times == 1) return flags.output;
  std::filesystem::path path(flags.output);
  const std::string extension = path.extension();
  path.replace_extension();
  return fmt::format("{}-{}{}", path.string(), number, extension);
}

// The storage on which the program runs.
Result<std::unique_ptr<Backend>> BackendFor(const RecordFlags& flags) {
  if (!flags.profile.empty() && flags.fs != "simfs") {
    return Error{ErrorCode::kUsage,
                 fmt::format("--profile {}: {} behaves as its mount options "
                             "say; --profile is of --fs simfs",
                             flags.profile, flags.fs)};
  }
  POWERCUT_ASSIGN(auto backend, MakeBackend(flags.fs, flags.format));
  POWERCUT_ASSIGN(backend, WithPrograms(std::move(backend), flags.profile));
  POWERCUT_TRY(PlanFailures(flags.failures, *backend));
  return backend;
}

// What is recorded, and where.
struct Plan {
  std::unique_ptr<Backend> backend;
  DiskGeometry geometry;
  CommandToRecord program;
};

Result<Plan> PlanOf(const RecordFlags& flags) {
  Plan plan;
  POWERCUT_ASSIGN(plan.backend, BackendFor(flags));
  const BackendTraits& traits = plan.backend->traits();
  uint64_t size_bytes = traits.default_disk_bytes;
  if (!flags.size.empty()) {
    POWERCUT_ASSIGN(size_bytes, ParseSize("--size", flags.size));
  }
  // Here, the message can name the flag.
  if (size_bytes < traits.minimum_disk_bytes) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--size {}: {} needs at least {}M", flags.size,
                             flags.fs, traits.minimum_disk_bytes >> 20)};
  }
  plan.geometry.sector_count = size_bytes / plan.geometry.sector_bytes;
  plan.program.words = flags.command;
  plan.program.acks_from_stdout = flags.acks_from_stdout;
  POWERCUT_ASSIGN(plan.program.faults, FaultsOf(flags));
  if (!flags.faults.empty() && !flags.failures.empty()) {
    return Error{ErrorCode::kUsage,
                 "--fail and --fault cannot be given together: calls that fail "
                 "are made again on a disk without faults"};
  }
  POWERCUT_ASSIGN(plan.program.timeout_ms, TimeoutOf(flags));
  plan.program.writeback = ScheduleOf(flags.writeback);
  // The program may run for hours, and what it did would be lost.
  for (uint32_t number = 1; number <= flags.times; ++number) {
    POWERCUT_TRY(CheckWritable(OutputOf(flags, number)));
  }
  return plan;
}

// A sync that fails or lies is known to the calls, and the disk of the
// recording did not hear of it: the calls are made again.
Status RemakeWithFailures(const Plan& plan, TraceAbout& about, Trace& trace) {
  POWERCUT_ASSIGN(RemadeTrace remade,
                  RemakeTrace(about, plan.geometry, *plan.backend));
  trace = std::move(remade.trace);
  about.program_end = trace.event_count();
  return Ok{};
}

// Notes an ack that looks like a word to powercut: `powercut:atempt 1` would
// otherwise be a promise that nobody meant.
void NoteOddAcks(std::span<const std::string_view> acks) {
  const auto odd = std::ranges::find_if(
      acks, [](std::string_view ack) { return ack.starts_with(kOurs); });
  if (odd == acks.end()) return;
  std::fprintf(stderr,
               "powercut: note: the line %s was taken for an ack; powercut "
               "knows %s and %sTEXT\n",
               std::string(odd->substr(0, 40)).c_str(),
               std::string(kStartLine).c_str(),
               std::string(kAttemptLine).c_str());
}

// Whether a program was recorded by its calls, and none of them changed
// anything.
bool ChangedNothing(const TraceAbout& about) {
  if (about.calls.empty()) return false;
  const auto changing = ChangingCallsOf(about);
  return changing && changing->empty();
}

// Prints the result, and notes of what was odd.
ExitStatus Report(const std::string& file, const Plan& plan,
                  const TraceAbout& about, const CommandRecording& made) {
  const Trace& trace = made.recording.trace;
  const auto acks = AcksUpTo(trace, trace.event_count());
  const size_t attempts = AttemptsUpTo(trace, trace.event_count() + 1).size();
  const auto count = [](size_t number, const char* noun) {
    return fmt::format(", {} {}{}", number, noun, number == 1 ? "" : "s");
  };
  std::printf("%s: %s%s%s%s\n", file.c_str(),
              plan.backend->traits().name.c_str(),
              count(trace.event_count(), "disk event").c_str(),
              count(acks.size(), "ack").c_str(),
              attempts == 0 ? "" : count(attempts, "attempt").c_str());
  const std::string& profile_note = plan.backend->traits().profile_note;
  if (!profile_note.empty()) {
    std::fprintf(stderr, "powercut: note: %s\n", profile_note.c_str());
  }
  std::fflush(stdout);
  const size_t faults = plan.program.faults.size();
  if (made.faults_fired.size() < faults) {
    std::fprintf(stderr, "powercut: note: %zu of %zu faults never fired\n",
                 faults - made.faults_fired.size(), faults);
  }
  if (const size_t unfired = UnfiredFailures(*plan.backend)) {
    std::fprintf(stderr,
                 "powercut: note: %zu of the failures of --fail never fired: "
                 "the program made too few such calls\n",
                 unfired);
  }
  if (made.starts > 1) {
    std::fprintf(stderr,
                 "powercut: note: the program wrote %s %llu times; crashes "
                 "begin at the first\n",
                 std::string(kStartLine).c_str(),
                 static_cast<unsigned long long>(made.starts));
  }
  NoteOddAcks(acks);
  if (made.recording.looks.bounded()) {
    std::fprintf(stderr,
                 "powercut: note: names of files were looked at up to ack "
                 "%llu only: there are too many\n",
                 static_cast<unsigned long long>(made.recording.looks.last()));
  }
  std::string failure = FailureText(made.end);
  if (failure.empty() && ChangedNothing(about)) {
    failure =
        "the program changed nothing in the volume, which is the folder that "
        "it starts in; files that it names by an absolute path elsewhere are "
        "not recorded";
  }
  if (failure.empty()) return kExitHolds;
  std::fprintf(stderr, "powercut: note: %s\n", failure.c_str());
  return kExitProgramFailed;
}

}  // namespace

void DeclareRecording(FlagSet& flags, RecordFlags& record) {
  flags
      .Add(FlagGroup::kStorage, "--fs", record.fs,
           "simfs (the default), or a file system of the kernel")
      .Takes(FlagValue::kBackend);
  flags.Add(FlagGroup::kStorage, "--size", record.size, "of the disk, e.g. 64M")
      .Takes(FlagValue::kSize);
  DeclareFormat(flags, record.format);
  DeclareFaults(flags, record.faults);
  flags
      .Add(FlagGroup::kRecording, "--fail", record.failures,
           "a call of the program that fails, on simfs: sync or write (EIO), "
           "full (a write, ENOSPC), short (half of a write) or lie (a sync "
           "that keeps nothing), with ,after=N and ,count=N; may be repeated")
      .OneValueEach()
      .Rare();
  flags
      .Add(FlagGroup::kRecording, "--timeout", record.timeout,
           "kill the program if it takes longer, e.g. 60s")
      .Takes(FlagValue::kTime);
  flags
      .Add(FlagGroup::kRecording, "--acks-from-stdout", record.acks_from_stdout,
           "take each line that the program prints to standard output for an "
           "ack")
      .Rare();
  flags
      .Add(FlagGroup::kRecording, "--writeback", record.writeback,
           "when dirty pages go to the disk: as the kernel does, eager, late "
           "or random; default: kernel")
      .OneOf({"kernel", "eager", "late", "random"})
      .Rare();
  flags
      .Add(FlagGroup::kRecording, "--seed", record.seed,
           "of --writeback random")
      .Rare();
}

void DeclareCommand(FlagSet& flags, RecordFlags& record) {
  flags
      .Add(FlagGroup::kInput, "COMMAND", record.command,
           "the program and its arguments, after --")
      .Takes(FlagValue::kCommand)
      .Required();
}

// One failure of several makes the whole fail.
Result<ExitStatus> RunRecord(const RecordFlags& flags) {
  POWERCUT_ASSIGN(Plan plan, PlanOf(flags));
  ExitStatus status = kExitHolds;
  for (uint32_t number = 1; number <= flags.times; ++number) {
    plan.program.writeback_seed = flags.seed + number - 1;
    POWERCUT_ASSIGN(CommandRecording made,
                    RecordCommand(*plan.backend, plan.geometry, plan.program));
    TraceAbout about;
    about.backend = plan.backend->traits().name;
    about.program_end = made.program_end;
    about.writeback = ScheduleText(plan.program, flags.writeback);
    about.looks = made.recording.looks.text();
    about.calls = CallsTextOf(*plan.backend);
    if (!about.calls.empty()) about.profile = plan.backend->traits().profile;
    if (!flags.failures.empty() && !about.calls.empty()) {
      POWERCUT_TRY(RemakeWithFailures(plan, about, made.recording.trace));
    }
    const std::string file = OutputOf(flags, number);
    POWERCUT_TRY(WriteTrace(made.recording.trace, about, file));
    const ExitStatus one = Report(file, plan, about, made);
    if (one != kExitHolds) status = one;
  }
  return status;
}

}  // namespace powercut
