// The JSON report of `check` (design.md section 10), written and read.

#ifndef POWERCUT_HARNESS_CLI_REPORT_REPORT_JSON_H_
#define POWERCUT_HARNESS_CLI_REPORT_REPORT_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/cli/report/checked_workload.h"

namespace powercut {

// A file that could not be checked.
struct FailedFile {
  std::string file;
  ExitStatus status = kExitInternal;
  std::string message;

  bool operator==(const FailedFile&) const = default;
};

// Of this tool, e.g. `0.1.0`.
std::string ToolVersion();

// All that one `check` said.
struct Report {
  std::string version = ToolVersion();  // of the tool that made it
  std::string verdict;                  // ok, violation or unknown
  uint64_t seed = 1;
  Shard shard;
  bool interrupted = false;  // files behind the last workload may be missing
  // Both in the order of the command line.
  std::vector<CheckedWorkload> workloads;
  std::vector<FailedFile> errors;
};

// One object in one line, with a line break. Beside the keys of design.md it
// has, for all:
//   version      of the tool
//   interrupted  the command line was not done
//   errors       files that could not be checked: file, status, message
//   shard        index, count; if this is one of several
// for a workload:
//   bound        why it is not exhausted; empty if it is
//   states       visited; `runs` of them ran, `cached` did not
//   pcut_hash, crash_kinds, probe, replay_flags, interrupted
//   expect       line, ok, kind, path of each expectation of the file
//   shard        index, count, run_keys: Exploration::run_keys in hex
// and for a violation the words of its failure block:
//   excuses, op_text, promise, crash, lost_blocks
//   states       ids of all states of the cause
//
// `states` of a violation are sorted: by crash kind (process, os, power),
// point, marks, and the text of the crash; so they do not depend on the order
// of visiting. Bytes of texts that are no UTF-8 become `\xHH`, as in a `.pcut`;
// a backslash that would read so becomes `\x5c`.
std::string JsonReport(const Report& report);

// Reads what JsonReport() wrote; writing it again gives the same bytes. Unknown
// keys are passed over. `name` is the file's, for messages.
// Errors: kBadInput: not JSON, with the byte; not a report; a key that is
// missing, or whose value cannot be, with its place:
// `r.json: workloads[0].violations[2].count: expected ..., found a string`.
Result<Report> ReadReport(const std::string& text, const std::string& name);

// The texts of a report without the bytes that JSON cannot hold, and back.
std::string EscapeBytes(const std::string& bytes);
std::string UnescapeBytes(const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_REPORT_JSON_H_
