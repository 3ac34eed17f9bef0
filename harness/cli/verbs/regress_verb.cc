// `powercut regress`: replays committed regressions and kept traces, and says
// what became of each.
//
// Each file is checked as `check` and `explore` would check it, several files
// at the same time (forked_checks.h). The state that an `at` line names belongs
// to the space that was explored, as a rule, and then the report has the
// answer; otherwise the state is replayed here. What became of each file is
// judged (regression.h) and printed in the order of the files, and the reports
// of all files become one.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/input/files_below.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/report/baseline.h"
#include "harness/cli/report/regression.h"
#include "harness/cli/report/report_flags.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/verbs/forked_checks.h"
#include "harness/cli/verbs/verb.h"
#include "harness/explain/replay.h"
#include "harness/judge/failure_block.h"
#include "harness/space/state_id.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

struct RegressFlags {
  std::vector<std::string> places;
  OracleFlags oracle;  // of traces without a workload
  ExploreFlags explore;
  ReportFlags report;
};

// The flags of one file: the oracle is for traces that no workload judges.
Result<CheckFlags> ChecksOf(const RegressFlags& flags,
                            const std::string& file) {
  CheckFlags check;
  check.files = {file};
  check.explore = flags.explore;
  check.explore.jobs = 1;
  if (!flags.oracle.OfTraces()) return check;
  const auto input = ReadInput(file);
  // A file that cannot be read is an error of its own check.
  if (input && input->trace && input->trace->about.pcut.empty()) {
    check.oracle = flags.oracle;
  }
  return check;
}

bool IsListed(const CheckedWorkload& checked, const std::string& id) {
  for (const Finding& finding : checked.exploration.findings) {
    for (const std::string& state : finding.states) {
      if (state == id) return true;
    }
  }
  return false;
}

// The text of the `at` line of a file. Empty if there is none.
Result<std::string> AtOf(const std::string& file) {
  POWERCUT_ASSIGN(const InputFile input, ReadInput(file));
  const std::string& text = input.trace ? input.trace->about.pcut : input.text;
  if (text.empty()) return std::string();
  POWERCUT_ASSIGN(const Workload workload, ParseWorkload(text, file));
  return workload.at;
}

// Runs a state that the exploration did not show.
Result<NamedState> ReplayNamed(const StateId& id, const std::string& file,
                               const CheckFlags& flags) {
  POWERCUT_ASSIGN(const OpenedInput input,
                  OpenInput(file, flags.input, flags.oracle));
  POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
  const RunOptions options{.probe = input.probe, .limits = {}};
  POWERCUT_ASSIGN(const ReplayedState replayed,
                  Replay(RunOf(input, recording), id, options));
  return replayed.findings.empty() ? NamedState::kAdmissible
                                   : NamedState::kViolates;
}

// What the `at` line of a file is worth, and its text.
Result<std::pair<NamedState, std::string>> NamedStateOf(
    const CheckedWorkload& checked, const CheckFlags& flags) {
  POWERCUT_ASSIGN(const std::string at, AtOf(checked.file));
  if (at.empty()) return std::pair(NamedState::kNone, at);
  POWERCUT_ASSIGN(const StateId id, ParseStateId(at));
  if (id.digest != checked.exploration.digest) {
    return std::pair(NamedState::kOtherRecording, at);
  }
  if (IsListed(checked, StateIdText(id))) {
    return std::pair(NamedState::kViolates, at);
  }
  POWERCUT_ASSIGN(const NamedState named, ReplayNamed(id, checked.file, flags));
  return std::pair(named, at);
}

// Parts a reason into its place and its text: a message may begin with the file
// and its line, as in `f.pcut:4:12: expected ...`.
std::pair<std::string, std::string> PlaceAndText(const std::string& file,
                                                 const std::string& reason) {
  if (!reason.starts_with(file + ":")) return {file, reason};
  size_t end = file.size();
  const size_t other = reason.find_first_not_of(":0123456789", end);
  if (other != std::string::npos && reason[other] == ' ' &&
      reason[other - 1] == ':') {
    end = other - 1;
  }
  return {reason.substr(0, end),
          reason.substr(
              std::min(reason.find_first_not_of(": ", end), reason.size()))};
}

class Regressions {
 public:
  explicit Regressions(const std::set<std::string>& baseline)
      : baseline_(baseline) {}

  // Adds the report of one file. Requires: it has one workload or one error,
  // or was interrupted.
  void Add(Report report, const CheckFlags& flags) {
    report_.version = report.version;
    report_.seed = report.seed;
    report_.interrupted |= report.interrupted;
    for (FailedFile& failed : report.errors) AddFailed(std::move(failed));
    for (CheckedWorkload& checked : report.workloads) {
      AddChecked(std::move(checked), flags);
    }
  }

  // Prints what follows from all files, and returns the exit status.
  ExitStatus Conclude(size_t file_count) {
    report_.interrupted |= report_.regressions.size() < file_count;
    std::fputs(RegressionsSummary(report_.regressions).c_str(), stdout);
    if (report_.interrupted) status_ = WorseStatus(status_, kExitInterrupted);
    // A file that cannot run here says nothing, and it was asked.
    if (cannot_run_ && status_ != kExitCannotRun) {
      status_ = WorseStatus(status_, kExitUnknown);
    }
    report_.verdict = VerdictOf(status_);
    return status_;
  }

  const Report& report() const { return report_; }

 private:
  // The file does not parse, or something that it needs is missing.
  void AddFailed(FailedFile failed) {
    cannot_run_ |= failed.status == kExitCannotRun;
    Print({failed.file,
           failed.status == kExitInternal ? Regression::kUnknown
                                          : Regression::kStale,
           {failed.message}},
          failed.status);
    report_.errors.push_back(std::move(failed));
  }

  void AddChecked(CheckedWorkload checked, const CheckFlags& flags) {
    powercut::Conclude(checked, baseline_);
    const auto named = NamedStateOf(checked, flags);
    if (!named) {
      return AddFailed({checked.file, ExitStatusOf(named.error().code),
                        named.error().message});
    }
    Regression regression = RegressionOf(checked, named->first, named->second);
    PrintNewFindings(checked);
    if (named->first == NamedState::kAdmissible) {
      checked.unmet.push_back(
          {0, fmt::format("`at {}` is admissible now", named->second)});
    }
    if (regression.kind == Regression::kStale) {
      report_.errors.push_back(
          {checked.file, kExitUnknown,
           fmt::format("{}: {}", checked.file, regression.reasons.front())});
    }
    const ExitStatus status = StatusOf(regression);
    Print(std::move(regression), status);
    report_.workloads.push_back(std::move(checked));
  }

  static void PrintNewFindings(const CheckedWorkload& checked) {
    for (size_t i = 0; i < checked.standings.size(); ++i) {
      if (checked.standings[i] != Standing::kNew) continue;
      std::fputs(FailureBlock(checked.exploration.findings[i], checked.file,
                              checked.replay_flags, checked.replay_file)
                     .c_str(),
                 stdout);
    }
  }

  void Print(Regression regression, ExitStatus status) {
    for (const std::string& reason : regression.reasons) {
      const auto [place, text] = PlaceAndText(regression.file, reason);
      std::printf("%s: %s: %s\n", place.c_str(),
                  RegressionKindName(regression.kind).c_str(), text.c_str());
    }
    status_ = WorseStatus(status_, status);
    report_.regressions.push_back(std::move(regression));
  }

  const std::set<std::string>& baseline_;
  Report report_;
  ExitStatus status_ = kExitCannotRun;
  bool cannot_run_ = false;
};

Result<ExitStatus> Regress(const RegressFlags& flags) {
  POWERCUT_ASSIGN(const std::set<std::string> baseline,
                  BaselineOf(flags.report));
  POWERCUT_ASSIGN(const std::vector<std::string> files,
                  FilesBelow(flags.places, {".pcut", ".trace"}));
  POWERCUT_TRY(CheckReportIsWritable(flags.report));
  CatchInterrupts();
  std::vector<CheckFlags> checks;
  for (const std::string& file : files) {
    POWERCUT_ASSIGN(checks.emplace_back(), ChecksOf(flags, file));
  }
  POWERCUT_ASSIGN(std::vector<Report> reports,
                  CheckEach(checks, WorkersOf(flags.explore.jobs)));
  Regressions regressions(baseline);
  for (size_t i = 0; i < reports.size(); ++i) {
    regressions.Add(std::move(reports[i]), checks[i]);
  }
  const ExitStatus status = regressions.Conclude(files.size());
  if (auto written = WriteReport(flags.report, regressions.report());
      !written) {
    return WorseStatus(status, Fail(written.error()));
  }
  return status;
}

class RegressVerb : public Verb {
 public:
  RegressVerb()
      : Verb("regress",
             "replay regressions and kept traces, and say which are fixed, "
             "back or stale\n\nA file holds if it shows the violations that "
             "it expects and no other. It is fixed if one of them is not found "
             "any more, back if there is one that it does not expect, and "
             "stale if it does not fit what is here: it does not parse, its "
             "id belongs to another recording, or its storage is missing.",
             "powercut regress corpora/regressions") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "PLACE", flags_.places,
             ".pcut files, saved traces (.trace), and folders with them")
        .Required()
        .ReadsFile();
    DeclareOracle(flags, flags_.oracle);
    flags
        .Add(FlagGroup::kBudget, "--jobs", flags_.explore.jobs,
             "number of files at the same time; default: one for each "
             "processor")
        .Between(1, 1024);
    flags
        .Add(FlagGroup::kBudget, "--budget", flags_.explore.budget,
             "at most this much time for each file, e.g. 30s")
        .Takes(FlagValue::kTime);
    DeclareReport(flags, flags_.report);
  }

  Result<ExitStatus> Run() const override { return Regress(flags_); }

 private:
  RegressFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeRegressVerb() {
  return std::make_unique<RegressVerb>();
}

}  // namespace powercut
