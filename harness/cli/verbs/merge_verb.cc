// `powercut merge`: makes one report of the reports of all shards, and prints
// what `check` would have printed for the whole.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/cli/input/input_flags.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/report/baseline.h"
#include "harness/cli/report/merge.h"
#include "harness/cli/report/report_flags.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/report/worlds_text.h"
#include "harness/cli/terminal/verdict_color.h"
#include "harness/cli/verbs/verb.h"
#include "harness/judge/check_cause.h"

namespace powercut {
namespace {

// Reads all reports before any is merged, so that a malformed one is an error
// whatever the others say.
Result<Report> MergedReport(const std::vector<std::string>& files) {
  std::vector<NamedReport> shards;
  for (const std::string& file : files) {
    POWERCUT_ASSIGN(const std::string text, ReadFile(file));
    POWERCUT_ASSIGN(Report report, ReadReport(text, file));
    shards.push_back({file, std::move(report)});
  }
  return MergeReports(std::move(shards));
}

// Whether a user's check judged: its causes have more than four parts.
bool HasCheckCauses(const Report& report) {
  for (const CheckedWorkload& checked : report.workloads) {
    for (const Finding& finding : checked.exploration.findings) {
      const std::string& cause = finding.violation.cause;
      if (CauseWithoutCheck(cause) != cause) return true;
    }
  }
  return false;
}

Result<ExitStatus> Merge(const std::vector<std::string>& files,
                         const ReportFlags& flags) {
  POWERCUT_ASSIGN(const std::set<std::string> baseline, BaselineOf(flags));
  POWERCUT_TRY(CheckReportIsWritable(flags));
  POWERCUT_ASSIGN(Report merged, MergedReport(files));
  if (HasCheckCauses(merged)) {
    POWERCUT_TRY(CheckBaselineIsOfToday(baseline, flags.baseline));
  }
  ExitStatus status = kExitCannotRun;
  // The shards printed these messages when they ran. Whoever merges has not
  // seen them.
  for (const FailedFile& failed : merged.errors) {
    std::fprintf(stderr, "powercut: %s\n", failed.message.c_str());
    status = WorseStatus(status, failed.status);
  }
  std::vector<CheckedWorkload> concluded;
  for (CheckedWorkload& checked : merged.workloads) {
    // Only programs run under several profiles in one report.
    const auto again = [&](const CheckedWorkload& other) {
      return other.file == checked.file && other.profile != checked.profile;
    };
    checked.program = !checked.writeback.empty() ||
                      std::ranges::any_of(merged.workloads, again);
    if (checked.program) checked.shown_before = CausesShown(concluded);
    // Only the whole can be compared with expectations and the baseline.
    const Conclusion conclusion = Conclude(checked, baseline);
    PrintVerdicts(conclusion.text);
    status = WorseStatus(status, conclusion.status);
    concluded.push_back(checked);
  }
  PrintTable(WorldsText(concluded, baseline));
  PrintVerdicts(RecordingsText(concluded, baseline));
  if (merged.interrupted) status = WorseStatus(status, kExitInterrupted);
  merged.verdict = VerdictOf(status);
  std::fflush(stdout);
  if (auto written = WriteReport(flags, merged); !written) {
    return WorseStatus(status, Fail(written.error()));
  }
  return status;
}

class MergeVerb : public Verb {
 public:
  MergeVerb()
      : Verb("merge",
             "make the reports of all shards into the report of the whole",
             "powercut merge shard1.json shard2.json") {}

  void DeclareFlags(FlagSet& flags) override {
    flags.Add(FlagGroup::kInput, "JSON", files_, "written by check --json")
        .Required()
        .ReadsFile();
    DeclareReport(flags, report_);
    DeclareColor(flags);
  }

  Result<ExitStatus> Run() const override { return Merge(files_, report_); }

 private:
  std::vector<std::string> files_;
  ReportFlags report_;
};

}  // namespace

std::unique_ptr<Verb> MakeMergeVerb() { return std::make_unique<MergeVerb>(); }

}  // namespace powercut
