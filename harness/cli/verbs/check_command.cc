// `powercut check`: explores each workload's crashes and judges them.

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <set>

#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/kept_trace.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/input/sources.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/report/baseline.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/terminal/progress_line.h"
#include "harness/cli/verbs/commands.h"
#include "harness/disk/content_hash.h"
#include "harness/explain/replay.h"

namespace powercut {
namespace {

// Prints a note if the `at` state of a regression file is none of this
// recording. The file still is a workload to explore, so that this is no error.
void WarnIfStateIsStale(const Source& source, const Recording& recording) {
  if (source.workload.at.empty()) return;
  const auto id = ParseStateId(source.workload.at);
  if (id && id->digest == recording.trace.Digest()) return;
  std::fprintf(stderr,
               "powercut: %s: note: `at %s` belongs to another recording (%s "
               "here); its space is explored instead\n",
               source.workload.file.c_str(), source.workload.at.c_str(),
               fmt::format("{:08x}", recording.trace.Digest()).c_str());
}

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
    report_.seed = flags.common.seed;
    report_.shard = shard;
  }

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
    POWERCUT_ASSIGN(Source source, OpenInput(file, flags_.common));
    ProgressLine progress(file, flags_.common.quiet);
    POWERCUT_ASSIGN(const Recording recording, RecordingOf(source));
    WarnIfStateIsStale(source, recording);
    if (!source.setting.check.empty()) {
      if (Status holds = CheckHoldsAtTheEnd(*source.backend, source.setting,
                                            recording, source.options);
          !holds) {
        return Error{holds.error().code, file + ": " + holds.error().message};
      }
    }
    source.options.list_states = !flags_.json.empty();
    source.options.progress = [&](const Progress& p) { progress.Update(p); };
    source.options.interrupted = Interrupted;
    POWERCUT_ASSIGN(Exploration exploration,
                    Explore(*source.backend, source.workload, source.setting,
                            recording, source.options));
    report_.interrupted |= exploration.interrupted;
    CheckedWorkload checked =
        Described(source, file, std::move(exploration), progress.elapsed_s());
    POWERCUT_ASSIGN(checked.replay_file,
                    KeepRecording(source, recording, checked));
    if (!checked.replay_file.empty()) {
      // They are in the file.
      CommonFlags flags = flags_.common;
      flags.faults.clear();
      checked.replay_flags = ReplayFlagsText(flags);
    }
    const Conclusion conclusion = Conclude(checked, baseline_);
    progress.Clear();
    std::fputs(conclusion.text.c_str(), stdout);
    std::fflush(stdout);
    report_.workloads.push_back(std::move(checked));
    return conclusion.status;
  }

  // What cannot be recorded again is saved where something was found in it: the
  // name of the file, or nothing.
  Result<std::string> KeepRecording(const Source& source,
                                    const Recording& recording,
                                    const CheckedWorkload& checked) const {
    const BackendTraits& traits = source.backend->traits();
    const bool again = traits.repeatable || source.recording;
    if (again || checked.exploration.findings.empty()) return std::string();
    POWERCUT_ASSIGN(
        const std::string text,
        TextWithFaults(source.text, source.workload.file, source.added_faults));
    return KeepTrace(checked.file, traits.name, recording, text);
  }

  CheckedWorkload Described(const Source& source, const std::string& file,
                            Exploration exploration, double elapsed_s) const {
    CheckedWorkload checked;
    checked.file = file;
    checked.pcut_hash = HashText(source.text);
    checked.backend = source.backend->traits().name;
    checked.profile = source.setting.profile->name;
    checked.space = exploration.space;
    checked.nested = source.options.nested;
    checked.atomic_bytes = source.setting.atomic_bytes;
    checked.crash_kinds = source.setting.crash_kinds;
    checked.probe = source.options.probe;
    checked.replay_flags = ReplayFlagsText(flags_.common);
    checked.expectations = source.workload.expectations;
    checked.shard = source.options.shard;
    checked.exploration = std::move(exploration);
    checked.elapsed_s = elapsed_s;
    return checked;
  }

  const CheckFlags& flags_;
  const std::set<std::string>& baseline_;
  Report report_;
};

}  // namespace

ExitStatus RunCheck(const CheckFlags& flags) {
  std::set<std::string> baseline;
  if (!flags.baseline.empty()) {
    auto read = ReadBaseline(flags.baseline);
    if (!read) return Fail(read.error());
    baseline = std::move(*read);
  }
  const auto shard = ParseShard(flags.common.shard);
  if (!shard) return Fail(shard.error());
  // Before hours of work, not after.
  if (!flags.json.empty()) {
    if (auto writable = CheckWritable(flags.json); !writable) {
      return Fail(writable.error());
    }
  }
  CatchInterrupts();
  Checker checker(flags, *shard, baseline);
  const ExitStatus status = checker.CheckFiles();
  if (flags.json.empty()) return status;
  const std::string json = JsonReport(checker.report());
  if (auto written = WriteFile(flags.json, json); !written) {
    return WorseStatus(status, Fail(written.error()));
  }
  return status;
}

}  // namespace powercut
