// Declares the flags of reports and does what they ask for.

#include "harness/cli/report/report_flags.h"

#include "harness/cli/input/user_file.h"
#include "harness/cli/report/baseline.h"

namespace powercut {

void DeclareReport(FlagSet& flags, ReportFlags& report) {
  flags.Add("--json", report.json, "write a report here").WritesFile();
  flags.Add("--baseline", report.baseline, "known causes, or an earlier report")
      .ReadsFile();
}

// The baseline is read before the work, so that a typing error costs nothing.
Result<std::set<std::string>> BaselineOf(const ReportFlags& flags) {
  if (flags.baseline.empty()) return std::set<std::string>();
  return ReadBaseline(flags.baseline);
}

Status CheckReportIsWritable(const ReportFlags& flags) {
  return flags.json.empty() ? Status(Ok{}) : CheckWritable(flags.json);
}

Status WriteReport(const ReportFlags& flags, const Report& report) {
  if (flags.json.empty()) return Ok{};
  return WriteFile(flags.json, JsonReport(report));
}

}  // namespace powercut
