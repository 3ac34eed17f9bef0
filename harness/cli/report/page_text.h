// The page of an HTML report as text. The build makes page_text.cc of the files
// in harness/cli/report/page/ (embed_page.cmake).

#ifndef POWERCUT_HARNESS_CLI_REPORT_PAGE_TEXT_H_
#define POWERCUT_HARNESS_CLI_REPORT_PAGE_TEXT_H_

#include <span>
#include <string_view>

namespace powercut {

// What stands before and after the JSON report, line by line, since a compiler
// need not take a text of more than 64 KiB. A line holds its line feed.
extern const std::span<const std::string_view> kPageBeforeReport;
extern const std::span<const std::string_view> kPageAfterReport;

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_PAGE_TEXT_H_
