// HtmlReport: a report as a page to look at, one file that needs nothing else.
// The page draws what the JSON report says (docs/report_html.md).

#ifndef POWERCUT_HARNESS_CLI_REPORT_HTML_REPORT_H_
#define POWERCUT_HARNESS_CLI_REPORT_HTML_REPORT_H_

#include <cstddef>
#include <string>

#include "harness/base/result.h"
#include "harness/cli/report/report_json.h"

namespace powercut {

// How many states of one cause a page has; the JSON report has them all.
inline constexpr ptrdiff_t kPageStatesMax = 200;

// The page with a JSON report in it. The report is data: whatever it holds, no
// part of it becomes markup.
// Requires: CheckIsReport() succeeds, or `--json` would write the text.
std::string HtmlPage(const std::string& json);

// The page of a report: HtmlPage() of JsonReport().
std::string HtmlReport(const Report& report);

// Checks that a text is what `--json` of `check` or of `litmus` wrote. `name`
// is the name of the file, for messages. Errors: kBadInput, with the place.
Status CheckIsReport(const std::string& text, const std::string& name);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_HTML_REPORT_H_
