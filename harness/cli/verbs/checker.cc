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

#include <cstdio>
#include <set>
#include <utility>

#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/kept_trace.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/terminal/progress_line.h"
#include "harness/cli/verbs/verb.h"
#include "harness/disk/content_hash.h"
#include "harness/explain/replay.h"

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

// The hash tells `merge` that all shards had the same file.
std::string HashText(const std::string& text) {
  const Hash128 hash = HashBytes(AsBytes(text),
                                 /*seed=*/0);
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

class Checker {
 public:
  Checker(const CheckFlags& flags, const Shard& shard,
          const std::set<std::string>& baseline)
      : flags_(flags), baseline_(baseline) {
    report_.seed = flags.explore.seed;
    report_.shard = shard;
  }

  // Files after an interrupt are left out, and the report says so.
  ExitStatus CheckFiles() {
    ExitStatus status = kExitCannotRun;
    for (const std::string& file : flags_.files) {
      if (Interrupted()) report_.interrupted = true;
      if (report_.interrupted) break;
      status = WorseStatus(status, CheckFile(file));
    }
    if (report_.interrupted) status = WorseStatus(status, kExitInterrupted);
    report_.verdict = VerdictOf(status);
    return status;
  }

  const Report& report() const { return report_; }

 private:
  ExitStatus CheckFile(const std::string& file) {
    auto checked = Check(file);
    if (checked) return *checked;
    const ExitStatus status = Fail(checked.error());
    report_.errors.push_back({file, status, checked.error().message});
    return status;
  }

  Result<ExitStatus> Check(const std::string& file) {
    POWERCUT_ASSIGN(const OpenedInput input,
                    OpenInput(file, flags_.input, flags_.oracle));
    POWERCUT_ASSIGN(ExploreOptions options,
                    ExploreOptionsOf(flags_.explore, input));
    ProgressLine progress(file, flags_.quiet);
    POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
    WarnIfStateIsStale(input.workload, recording);
    POWERCUT_TRY(CheckOracle(file, input, recording, options));
    // The text shows one state of a cause; a report lists them all.
    options.list_states = !flags_.report.json.empty();
    options.hooks.progress = [&](const Progress& p) { progress.Update(p); };
    options.hooks.interrupted = Interrupted;
    POWERCUT_ASSIGN(Exploration exploration,
                    Explore(RunOf(input, recording), options));
    report_.interrupted |= exploration.interrupted;
    CheckedWorkload checked = Described(
        input, options, file, std::move(exploration), progress.elapsed_s());
    POWERCUT_TRY(KeepRecording(input, recording, checked));
    for (Finding& finding : checked.exploration.findings) {
      POWERCUT_TRY(KeepRecovery(file, checked.backend, finding));
    }
    const Conclusion conclusion = Conclude(checked, baseline_);
    progress.Clear();
    std::fputs(conclusion.text.c_str(), stdout);
    // Results are seen as they come, also through a pipe.
    std::fflush(stdout);
    report_.workloads.push_back(std::move(checked));
    return conclusion.status;
  }

  // A check that fails where nothing crashed would blame the storage for the
  // check's own mistake.
  static Status CheckOracle(const std::string& file, const OpenedInput& input,
                            const Recording& recording,
                            const ExploreOptions& options) {
    if (!HasCommand(input.setting.oracle)) return Ok{};
    const Status holds =
        CheckHoldsAtTheEnd(RunOf(input, recording), options.run);
    if (holds) return Ok{};
    return Error{holds.error().code, file + ": " + holds.error().message};
  }

  // If something was found in what cannot be recorded again, saves the
  // recording and makes the replay lines name it.
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
    checked.space = exploration.space;
    checked.nested = options.nested;
    checked.atomic_bytes = input.setting.atomic_bytes;
    checked.crash_kinds = input.setting.crash_kinds;
    checked.probe = options.run.probe;
    checked.replay_flags = ReplayFlagsText(flags_.input, flags_.oracle);
    checked.expectations = input.workload.expectations;
    checked.shard = options.shard;
    checked.exploration = std::move(exploration);
    checked.elapsed_s = elapsed_s;
    return checked;
  }

  // Both belong to RunCheck().
  const CheckFlags& flags_;
  const std::set<std::string>& baseline_;
  Report report_;
};

}  // namespace

Result<ExitStatus> RunCheck(const CheckFlags& flags) {
  POWERCUT_ASSIGN(const std::set<std::string> baseline,
                  BaselineOf(flags.report));
  POWERCUT_ASSIGN(const Shard shard, ParseShard(flags.explore.shard));
  // A report that cannot be written must not cost hours of work.
  POWERCUT_TRY(CheckReportIsWritable(flags.report));
  CatchInterrupts();
  Checker checker(flags, shard, baseline);
  const ExitStatus status = checker.CheckFiles();
  if (auto written = WriteReport(flags.report, checker.report()); !written) {
    return WorseStatus(status, Fail(written.error()));
  }
  return status;
}

}  // namespace powercut
