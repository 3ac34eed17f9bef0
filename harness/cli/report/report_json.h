// The JSON report of `check`, `explore` and `merge`: its data, and functions
// that write and read it. docs/report_json.md is the contract.

#ifndef POWERCUT_HARNESS_CLI_REPORT_REPORT_JSON_H_
#define POWERCUT_HARNESS_CLI_REPORT_REPORT_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/cli/report/checked_workload.h"
#include "harness/cli/report/regression.h"

namespace powercut {

// A file that could not be checked.
struct FailedFile {
  std::string file;
  ExitStatus status = kExitInternal;
  std::string message;

  bool operator==(const FailedFile&) const = default;
};

// The version of this tool, such as `0.1.0`.
std::string ToolVersion();

// All that one `check` found.
struct Report {
  std::string version = ToolVersion();  // that of the tool that made the report
  std::string verdict;                  // `ok`, `violation` or `unknown`
  uint64_t seed = 1;
  Shard shard;
  bool interrupted = false;  // files after the last workload may be missing
  // Both in the order of the command line.
  std::vector<CheckedWorkload> workloads;
  std::vector<FailedFile> errors;
  // What became of each file that `regress` replayed, in the order of the
  // files. Empty for every other verb.
  std::vector<Regression> regressions;
};

// Writes the report as one JSON object in one line that ends in a line break.
// The keys and their order are those of docs/report_json.md.
//
// `states` of a violation are sorted by crash kind (process, os, power), point,
// marks and the text of the crash, so that they do not depend on the order in
// which states were visited. Bytes that are no UTF-8 are escaped as
// EscapeBytes() does.
std::string JsonReport(const Report& report);

// Reads what JsonReport() wrote; writing the result gives the same bytes. Keys
// that are not known are passed over. `name` is the name of the file, for
// messages.
// Errors: kBadInput if the text is no JSON, with the number of the byte; if it
// is no report; if a key is missing or its value is impossible, with the place:
// `r.json: workloads[0].violations[2].count: expected ..., found a string`.
Result<Report> ReadReport(const std::string& text, const std::string& name);

// Replaces the bytes that JSON cannot hold (those that are no UTF-8) by
// escapes, and the escapes by the bytes. UnescapeBytes(EscapeBytes(b)) is `b`.
std::string EscapeBytes(const std::string& bytes);
std::string UnescapeBytes(const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_REPORT_JSON_H_
