// ReportFlags: the flags of the reports that `check`, `explore`, `run` and
// `merge` write, and of the causes that are known already.

#ifndef POWERCUT_HARNESS_CLI_REPORT_REPORT_FLAGS_H_
#define POWERCUT_HARNESS_CLI_REPORT_REPORT_FLAGS_H_

#include <set>
#include <string>

#include "harness/base/result.h"
#include "harness/cli/input/flag_set.h"
#include "harness/cli/report/report_json.h"

namespace powercut {

// Paths are empty if the flag was not given.
struct ReportFlags {
  std::string json;
  std::string junit;
  std::string sarif;
  std::string html;
  std::string markdown;
  std::string baseline;

  // Whether a report needs the recording and all states of a cause as data;
  // text, JUnit and Markdown do not.
  bool WantsStates() const {
    return !json.empty() || !html.empty() || !sarif.empty();
  }
};

// Declares --json and --html, which every verb with a report has.
void DeclarePages(FlagSet& flags, std::string& json, std::string& html);

// Declares these two, --junit, --sarif, --markdown and --baseline.
void DeclareReport(FlagSet& flags, ReportFlags& report);

// Returns the causes of --baseline; none without the flag.
// Errors: those of ReadBaseline().
Result<std::set<std::string>> BaselineOf(const ReportFlags& flags);

// Tells before long work whether the reports could be written now.
// Errors: kIo.
Status CheckReportIsWritable(const ReportFlags& flags);

// Writes the report in the form of each flag that was given. Goes on to the
// next form if one cannot be written, and returns the first error. Requires:
// Conclude() was called for each workload. Errors: kIo.
Status WriteReport(const ReportFlags& flags, const Report& report);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_REPORT_FLAGS_H_
