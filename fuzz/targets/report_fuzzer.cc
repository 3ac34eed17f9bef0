// Takes any bytes for a JSON report. Reading them must not crash. A report that
// is accepted is written as bytes that are read again as the same report, and
// what is made of it for CI servers and for people must not crash.

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/base/check.h"
#include "harness/cli/report/checked_workload.h"
#include "harness/cli/report/html_report.h"
#include "harness/cli/report/junit_report.h"
#include "harness/cli/report/markdown_report.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/report/sarif_report.h"
#include "harness/cli/report/worlds_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace powercut;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (CheckIsReport(text, "fuzzed.json")) HtmlPage(text);
  auto report = ReadReport(text, "fuzzed.json");
  if (!report) return 0;
  const std::string written = JsonReport(*report);
  const auto again = ReadReport(written, "written.json");
  POWERCUT_CHECK(again);
  POWERCUT_CHECK(JsonReport(*again) == written);
  // A file need not say what its findings mean for the verdict; `merge` decides
  // it anew, as it is done here.
  for (CheckedWorkload& checked : report->workloads) Conclude(checked, {});
  JunitReport(*report);
  SarifReport(*report, "/");
  MarkdownReport(*report);
  WorldsText(report->workloads, {});
  return 0;
}
