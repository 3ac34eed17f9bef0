// RunRecord: what `record` does, and `run` before it explores.

#ifndef POWERCUT_HARNESS_CLI_VERBS_RECORDER_H_
#define POWERCUT_HARNESS_CLI_VERBS_RECORDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"
#include "harness/cli/exit_status.h"
#include "harness/cli/input/flag_set.h"

namespace powercut {

struct RecordFlags {
  std::string fs = "simfs";
  std::string profile;  // empty if nobody chose one
  std::string size;     // such as `64M`; empty if the file system decides
  FormatOptions format;
  std::vector<std::string> faults;
  // Calls of the program that fail, for PlanFailures().
  std::vector<std::string> failures;
  std::string timeout;  // such as `60s`; empty if there is no limit
  bool acks_from_stdout = false;
  std::string writeback = "kernel";
  uint64_t seed = 1;
  uint32_t times = 1;
  std::string output;
  std::vector<std::string> command;
};

// Declares the flags of a recording but for -o, --times and COMMAND.
void DeclareRecording(FlagSet& flags, RecordFlags& record);

// Declares COMMAND.
void DeclareCommand(FlagSet& flags, RecordFlags& record);

// Records the program as often as asked, writes each trace, and prints a line
// for each. The status is kExitProgramFailed if the program failed in one of
// them.
// Errors: kUsage for values that make no sense; those of RecordCommand() and
// WriteTrace().
Result<ExitStatus> RunRecord(const RecordFlags& flags);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_RECORDER_H_
