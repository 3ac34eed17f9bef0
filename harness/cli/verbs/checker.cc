// Checks files one after another and collects the report.
//
// For each file: open it, record it (or take the recording that is in it),
// explore its crashes, hold the findings against what the file expects and what
// the baseline knows, print, and add the workload to the report. An error of
// one file is a line of the report and makes the exit status worse, so that a
// run over a corpus always ends with a report of all of it. The exit status is
// the worst of all files.

#include "harness/cli/verbs/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/kept_trace.h"
#include "harness/cli/input/losses_by_calls.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/report/baseline.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/report/worlds_text.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/terminal/progress_line.h"
#include "harness/cli/terminal/verdict_color.h"
#include "harness/cli/verbs/drawn_workload.h"
#include "harness/cli/verbs/verb.h"
#include "harness/disk/content_hash.h"
#include "harness/explain/last_state.h"
#include "harness/explain/replay.h"
#include "harness/judge/crash_points.h"
#include "harness/judge/failure_block.h"
#include "harness/trace/run_begin.h"

namespace powercut {
namespace {

// Prints a note if the `at` state of a regression file is none of this
// recording. The file still is a workload to explore, so that this is no error.
void WarnIfStateIsStale(const Workload& workload, const Recording& recording) {
  if (workload.at.empty()) return;
  const auto id = ParseStateId(workload.at);
  if (id && id->digest == recording.trace.Digest()) return;
  std::fprintf(stderr,
               "powercut: %s: note: `at %s` belongs to another recording (%s "
               "here); its space is explored instead\n",
               workload.file.c_str(), workload.at.c_str(),
               fmt::format("{:08x}", recording.trace.Digest()).c_str());
}

// Prints a note if `+torn` adds no state, because no block has two sectors.
void WarnIfNothingTears(const OpenedInput& input) {
  const uint32_t sector_bytes = input.setting.geometry.sector_bytes;
  if (input.space.torn == 0 || input.setting.atomic_bytes > sector_bytes) {
    return;
  }
  std::fprintf(stderr,
               "powercut: %s: note: +torn adds no state: a block is one sector "
               "of %u bytes; --atomic %u makes blocks that can tear\n",
               input.workload.file.c_str(), sector_bytes, 8 * sector_bytes);
}

// The hash tells `merge` that all shards had the same file.
std::string HashText(const std::string& text) {
  const Hash128 hash = HashBytes(AsBytes(text),
                                 /*seed=*/0);
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

// Prints a note if a log begins on a blank disk and nothing says where crashes
// begin: either they are explored inside mkfs, too, where nothing can be
// mounted, or the disk was not blank.
void NoteBlankBeginning(const std::string& file, const OpenedInput& input,
                        const Recording& recording) {
  if (input.about.origin.empty()) return;
  const auto points = CrashPointsOf(recording);
  const std::vector<std::string_view> marks =
      NamableMarksOf(recording.trace).texts;
  if (points.empty() || points.front().after > 0 || marks.empty()) return;
  bool blank = true;
  recording.trace.base().ForEachPage(
      [&](uint64_t, ByteSpan bytes) { blank = blank && AllZero(bytes); });
  if (!blank) return;
  std::fprintf(stderr,
               "powercut: %s: note: the log begins on a blank disk. Crashes "
               "before the end of mkfs are explored, too; --from MARK begins "
               "later (marks: %s). If the disk held something before, import "
               "the log with --base IMAGE\n",
               file.c_str(), MarksText(marks).c_str());
}

// CheckedWorkload::schedule.
std::string ScheduleOf(const Trace& trace) {
  std::string text;
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    const DiskEvent& event = trace.event(number);
    text += fmt::format("{} {} {} {}\n", static_cast<int>(event.kind),
                        static_cast<int>(event.layer), event.range.first,
                        event.range.count);
  }
  return fmt::format("{:08x}", static_cast<uint32_t>(
                                   HashBytes(AsBytes(text), /*seed=*/0).low));
}

class Checker {
 public:
  Checker(const CheckFlags& flags, std::vector<std::string> profiles,
          const Shard& shard, const std::set<std::string>& baseline)
      : flags_(flags), profiles_(std::move(profiles)), baseline_(baseline) {
    report_.seed = flags.explore.seed;
    report_.shard = shard;
  }

  // Files after an interrupt are left out, and the report says so.
  ExitStatus CheckFiles() {
    ExitStatus status = kExitCannotRun;
    std::set<std::string_view> seen;
    for (const std::string& file : flags_.files) {
      // Two patterns of a shell may both match a file.
      if (!seen.insert(file).second) {
        std::fprintf(stderr,
                     "powercut: %s: note: the file is named twice, and is "
                     "checked once\n",
                     file.c_str());
        continue;
      }
      if (Interrupted()) report_.interrupted = true;
      if (report_.interrupted) break;
      for (const std::string& profile : profiles_) {
        if (report_.interrupted) break;
        status = WorseStatus(status, CheckFile(file, profile));
      }
    }
    PrintTable(WorldsText(report_.workloads, baseline_));
    PrintVerdicts(RecordingsText(report_.workloads, baseline_));
    if (report_.interrupted) status = WorseStatus(status, kExitInterrupted);
    report_.verdict = VerdictOf(status);
    return status;
  }

  const Report& report() const { return report_; }

 private:
  ExitStatus CheckFile(const std::string& file, const std::string& profile) {
    auto checked = WithShortages([&] { return Check(file, profile); });
    if (checked) return *checked;
    const std::string& message = checked.error().message;
    // What is wrong with a file is mostly so under every profile, and is said
    // once.
    const auto said = std::ranges::find_if(report_.errors, [&](const auto& e) {
      return e.file == file && e.message == message;
    });
    if (said != report_.errors.end()) return said->status;
    const ExitStatus status = Fail(checked.error());
    report_.errors.push_back({file, status, message});
    return status;
  }

  Result<ExitStatus> Check(const std::string& file,
                           const std::string& profile) {
    InputFlags flags = flags_.input;
    flags.profile = profile;
    POWERCUT_ASSIGN(const OpenedInput input,
                    OpenInput(file, flags, flags_.oracle));
    POWERCUT_ASSIGN(ExploreOptions options,
                    ExploreOptionsOf(flags_.explore, input));
    POWERCUT_TRY(CheckCanGoOn(file, input, options));
    ProgressLine progress(file, flags_.quiet);
    POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
    WarnIfStateIsStale(input.workload, recording);
    WarnIfNothingTears(input);
    POWERCUT_TRY(CheckLastStateOf(file, input, recording, options));
    NoteBlankBeginning(file, input, recording);
    // The text shows one state of a cause; a report lists them all.
    options.list_states = flags_.report.WantsStates();
    options.hooks.progress = [&](const Progress& p) { progress.Update(p); };
    options.hooks.interrupted = Interrupted;
    const RunWithLosses with_losses(RunOf(input, recording), input.calls);
    const RecordedRun& run = with_losses.run();
    POWERCUT_ASSIGN(Exploration exploration, Explore(run, options));
    report_.interrupted |= exploration.interrupted;
    NameFiles(file, run, input.calls, exploration.findings);
    std::optional<Timeline> timeline;
    if (flags_.report.WantsStates()) {
      timeline = DrawWorkload(file, input, recording, options.run, exploration);
    }
    CheckedWorkload checked = Described(
        input, options, file, std::move(exploration), progress.elapsed_s());
    checked.timeline = std::move(timeline);
    checked.replay_flags = ReplayFlagsText(flags, flags_.oracle);
    POWERCUT_TRY(KeepRecording(input, recording, checked));
    for (Finding& finding : checked.exploration.findings) {
      POWERCUT_TRY(KeepRecovery(file, checked.backend, finding));
    }
    if (checked.program) {
      checked.shown_before = CausesShown(report_.workloads);
    }
    const Conclusion conclusion = Conclude(checked, baseline_);
    progress.Clear();
    PrintVerdicts(conclusion.text);
    // Results are seen as they come, also through a pipe.
    std::fflush(stdout);
    report_.workloads.push_back(std::move(checked));
    return conclusion.status;
  }

  // What nothing crashed in must open, and its check must hold: otherwise the
  // storage would be blamed for a wrong disk or for the check's own mistake.
  static Status CheckLastStateOf(const std::string& file,
                                 const OpenedInput& input,
                                 const Recording& recording,
                                 const ExploreOptions& options) {
    if (CheckOf(input.setting.oracle) == nullptr) return Ok{};
    const RecordedRun run = RunOf(input, recording);
    POWERCUT_ASSIGN(const RecoveryOutcome outcome,
                    RecoverAtTheEnd(run, options.run));
    const bool imported = !input.about.origin.empty();
    const auto note = CheckLastState(run, {imported}, outcome);
    const Status held = note ? CheckHeld(outcome) : Status(note.error());
    if (!held) {
      return Error{held.error().code, file + ": " + held.error().message};
    }
    if (!note->empty()) {
      std::fprintf(stderr, "powercut: %s: note: %s\n", file.c_str(),
                   note->c_str());
    }
    return Ok{};
  }

  // What was found stands without names, so that a failure is a note.
  static void NameFiles(const std::string& file, const RecordedRun& run,
                        const std::optional<ReturnedCalls>& calls,
                        std::vector<Finding>& findings) {
    const Status named = NameLosses(run, calls, findings);
    if (named) return;
    std::fprintf(stderr,
                 "powercut: %s: note: the files of lost blocks are not named: "
                 "%s\n",
                 file.c_str(), named.error().message.c_str());
  }

  // If something was found in what cannot be recorded again, saves the
  // recording and makes the replay lines name it.
  // Shards of one exploration, and one that is resumed, must have one
  // recording.
  static Status CheckCanGoOn(const std::string& file, const OpenedInput& input,
                             const ExploreOptions& options) {
    const BackendTraits& traits = input.backend->traits();
    const bool parts = options.shard.count > 1 || !options.resume.empty();
    if (!parts || traits.repeatable || input.recording) return Ok{};
    return Error{
        ErrorCode::kUsage,
        fmt::format("{}: {} needs one recording, and {} makes another one each "
                    "time; save one (`powercut show {} --backend {} --save "
                    "FILE.trace`) and give FILE.trace",
                    file, options.resume.empty() ? "--shard" : "--resume",
                    traits.name, FileWord(file), traits.name)};
  }

  Status KeepRecording(const OpenedInput& input, const Recording& recording,
                       CheckedWorkload& checked) const {
    const BackendTraits& traits = input.backend->traits();
    const bool again = traits.repeatable || input.recording;
    if (again || checked.exploration.findings.empty()) return Ok{};
    POWERCUT_ASSIGN(
        const std::string text,
        TextWithFaults(input.text, input.workload.file, input.added_faults));
    POWERCUT_ASSIGN(checked.replay_file,
                    KeepTrace(checked.file, traits.name, recording, text));
    // The saved text has the faults of the command line.
    InputFlags without_faults = flags_.input;
    without_faults.faults.clear();
    checked.replay_flags = ReplayFlagsText(without_faults, flags_.oracle);
    return Ok{};
  }

  CheckedWorkload Described(const OpenedInput& input,
                            const ExploreOptions& options,
                            const std::string& file, Exploration exploration,
                            double elapsed_s) const {
    CheckedWorkload checked;
    checked.file = file;
    checked.pcut_hash = HashText(input.text);
    checked.backend = input.backend->traits().name;
    checked.profile = input.setting.profile->name;
    checked.profile_note = input.setting.profile_note;
    checked.space = exploration.space;
    checked.nested = options.nested;
    checked.atomic_bytes = input.setting.atomic_bytes;
    checked.crash_kinds = input.setting.crash_kinds;
    checked.probe = options.run.probe;
    checked.from = input.from;
    DescribeSchedule(input, checked);
    checked.expectations = input.workload.expectations;
    checked.shard = options.shard;
    checked.exploration = std::move(exploration);
    checked.elapsed_s = elapsed_s;
    return checked;
  }

  // A recorded program is a bare trace that no log of another tool became.
  static void DescribeSchedule(const OpenedInput& input,
                               CheckedWorkload& checked) {
    const bool program = CheckOf(input.setting.oracle) != nullptr &&
                         input.about.pcut.empty() &&
                         input.about.origin.empty() && input.recording;
    checked.program = program;
    // simfs has no schedule: every order of writing back is explored.
    if (!program || !input.about.calls.empty()) return;
    const TraceAbout& about = input.about;
    checked.writeback = about.writeback.empty() ? "kernel" : about.writeback;
    const Trace& trace = input.recording->trace;
    checked.schedule = ScheduleOf(trace);
    if (!about.program_end) return;
    const EventNumber begin = CrashPointsOf(*input.recording).front().after;
    const EventNumber end = std::min(*about.program_end, trace.event_count());
    checked.unmount_only = true;
    for (EventNumber number = begin + 1; number <= end; ++number) {
      checked.unmount_only &= trace.event(number).kind == DiskEvent::kPersist;
    }
  }

  // This and the baseline belong to RunCheck().
  const CheckFlags& flags_;
  // Not empty; an empty text means that nobody chose one.
  const std::vector<std::string> profiles_;
  const std::set<std::string>& baseline_;
  Report report_;
};

}  // namespace

Status CheckFlagValues(const CheckFlags& flags) {
  POWERCUT_ASSIGN(const std::set<std::string> baseline,
                  BaselineOf(flags.report));
  if (!flags.oracle.check.empty()) {
    POWERCUT_TRY(CheckBaselineIsOfToday(baseline, flags.report.baseline));
  }
  if (!flags.profiles.empty()) {
    const auto profiles = ParseProfiles(flags.profiles);
    if (!profiles) return profiles.error();
  }
  if (!flags.input.space.empty()) {
    const auto space = ParseExplorationSpace(flags.input.space);
    if (!space) return space.error();
  }
  if (const auto oracle = CheckOracleOf(flags.oracle); !oracle) {
    return oracle.error();
  }
  const auto options = ExploreOptionsOf(flags.explore, OpenedInput{});
  if (!options) return options.error();
  // A report that cannot be written must not cost hours of work.
  return CheckReportIsWritable(flags.report);
}

Result<ExitStatus> RunCheck(const CheckFlags& flags) {
  POWERCUT_TRY(CheckFlagValues(flags));
  POWERCUT_ASSIGN(const std::set<std::string> baseline,
                  BaselineOf(flags.report));
  POWERCUT_ASSIGN(const Shard shard, ParseShard(flags.explore.shard));
  CatchInterrupts();
  std::vector<std::string> profiles = {flags.input.profile};
  if (!flags.profiles.empty()) {
    POWERCUT_ASSIGN(profiles, ParseProfiles(flags.profiles));
  }
  Checker checker(flags, std::move(profiles), shard, baseline);
  const ExitStatus status = checker.CheckFiles();
  if (auto written = WriteReport(flags.report, checker.report()); !written) {
    return WorseStatus(status, Fail(written.error()));
  }
  return status;
}

}  // namespace powercut
