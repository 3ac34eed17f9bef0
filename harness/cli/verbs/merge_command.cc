// `powercut merge`: the reports of all shards as one.

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "harness/cli/input/user_file.h"
#include "harness/cli/report/baseline.h"
#include "harness/cli/report/merge.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/verbs/commands.h"

namespace powercut {
namespace {

Result<Report> MergedReport(const std::vector<std::string>& files) {
  std::vector<NamedReport> shards;
  for (const std::string& file : files) {
    POWERCUT_ASSIGN(const std::string text, ReadFile(file));
    POWERCUT_ASSIGN(Report report, ReadReport(text, file));
    shards.push_back({file, std::move(report)});
  }
  return MergeReports(std::move(shards));
}

}  // namespace

ExitStatus RunMerge(const MergeFlags& flags) {
  std::set<std::string> baseline;
  if (!flags.baseline.empty()) {
    auto read = ReadBaseline(flags.baseline);
    if (!read) return Fail(read.error());
    baseline = std::move(*read);
  }
  if (!flags.json.empty()) {
    if (auto writable = CheckWritable(flags.json); !writable) {
      return Fail(writable.error());
    }
  }
  auto merged = MergedReport(flags.files);
  if (!merged) return Fail(merged.error());
  ExitStatus status = kExitCannotRun;
  for (const FailedFile& failed : merged->errors) {
    std::fprintf(stderr, "powercut: %s\n", failed.message.c_str());
    status = WorseStatus(status, failed.status);
  }
  for (CheckedWorkload& checked : merged->workloads) {
    const Conclusion conclusion = Conclude(checked, baseline);
    std::fputs(conclusion.text.c_str(), stdout);
    status = WorseStatus(status, conclusion.status);
  }
  if (merged->interrupted) status = WorseStatus(status, kExitInterrupted);
  merged->verdict = VerdictOf(status);
  std::fflush(stdout);
  if (flags.json.empty()) return status;
  if (auto written = WriteFile(flags.json, JsonReport(*merged)); !written) {
    return WorseStatus(status, Fail(written.error()));
  }
  return status;
}

}  // namespace powercut
