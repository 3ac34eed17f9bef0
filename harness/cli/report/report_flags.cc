// Declares the flags of reports and does what they ask for.

#include "harness/cli/report/report_flags.h"

#include <filesystem>

#include "harness/cli/input/user_file.h"
#include "harness/cli/report/baseline.h"
#include "harness/cli/report/html_report.h"
#include "harness/cli/report/junit_report.h"
#include "harness/cli/report/markdown_report.h"
#include "harness/cli/report/sarif_report.h"

namespace powercut {
namespace {

// A form in which a report is written.
struct Form {
  std::string ReportFlags::* path;
  std::string (*text)(const Report&);
};

// The folder in which a command runs is where its relative paths begin.
std::string SarifHere(const Report& report) {
  std::error_code ignored;
  return SarifReport(report, std::filesystem::current_path(ignored).string());
}

constexpr Form kForms[] = {{&ReportFlags::json, JsonReport},
                           {&ReportFlags::html, HtmlReport},
                           {&ReportFlags::junit, JunitReport},
                           {&ReportFlags::sarif, SarifHere},
                           {&ReportFlags::markdown, MarkdownReport}};

}  // namespace

void DeclarePages(FlagSet& flags, std::string& json, std::string& html) {
  flags.Add(FlagGroup::kReport, "--json", json, "write a report here")
      .WritesFile();
  flags.Add(FlagGroup::kReport, "--html", html, "write a page to look at here")
      .WritesFile();
}

void DeclareReport(FlagSet& flags, ReportFlags& report) {
  DeclarePages(flags, report.json, report.html);
  flags
      .Add(FlagGroup::kReport, "--junit", report.junit,
           "write a JUnit report here")
      .WritesFile()
      .Rare();
  flags
      .Add(FlagGroup::kReport, "--sarif", report.sarif,
           "write a SARIF report here")
      .WritesFile()
      .Rare();
  flags
      .Add(FlagGroup::kReport, "--markdown", report.markdown,
           "write a summary in Markdown here")
      .WritesFile()
      .Rare();
  flags
      .Add(FlagGroup::kReport, "--baseline", report.baseline,
           "known causes, or an earlier report")
      .ReadsFile();
}

// The baseline is read before the work, so that a typing error costs nothing.
Result<std::set<std::string>> BaselineOf(const ReportFlags& flags) {
  if (flags.baseline.empty()) return std::set<std::string>();
  return ReadBaseline(flags.baseline);
}

Status CheckReportIsWritable(const ReportFlags& flags) {
  for (const Form& form : kForms) {
    const std::string& path = flags.*form.path;
    if (!path.empty()) POWERCUT_TRY(CheckWritable(path));
  }
  return Ok{};
}

Status WriteReport(const ReportFlags& flags, const Report& report) {
  Status status = Ok{};
  for (const Form& form : kForms) {
    const std::string& path = flags.*form.path;
    if (path.empty()) continue;
    Status written = WriteFile(path, form.text(report));
    if (status) status = std::move(written);
  }
  return status;
}

}  // namespace powercut
