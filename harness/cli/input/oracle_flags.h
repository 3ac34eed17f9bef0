// OracleFlags: the flags that say what judges a recovered volume beside the
// model.

#ifndef POWERCUT_HARNESS_CLI_INPUT_ORACLE_FLAGS_H_
#define POWERCUT_HARNESS_CLI_INPUT_ORACLE_FLAGS_H_

#include <string>

#include "harness/backend.h"
#include "harness/base/result.h"
#include "harness/cli/input/flag_set.h"
#include "harness/record/recording.h"

namespace powercut {

struct OracleFlags {
  // A command for a shell that judges the states of a trace. Empty if none
  // does.
  std::string check;
  // A command for a shell that dumps what a program stores, for
  // CheckByComparison(). Empty if there is none.
  std::string compare;
  std::string check_timeout;  // such as `60s`; empty if not given
  // The file system's own checker judges the states of a trace, too.
  bool fsck = false;
  // Use the volume after recovery, and look at it again.
  bool probe = false;

  // Whether the flags are for traces only: a workload is judged by the model.
  bool OfTraces() const { return !check.empty() || !compare.empty() || fsck; }
};

// Declares --check, --compare, --check-timeout and --fsck. (--probe is declared
// by DeclareSetting(), since it is for workloads, too.)
void DeclareOracle(FlagSet& flags, OracleFlags& oracle);

// The oracle that the flags ask for, but for the command of --compare.
// Errors: kUsage if --check and --compare are both given, or if the timeout is
// no duration from 1ms to 24h.
Result<CheckOracle> CheckOracleOf(const OracleFlags& oracle);

// The error kUnsupported of a flag that runs a program in a volume, where
// BackendTraits::commands is false.
Error NoProgramRuns(const std::string& file, const std::string& flag,
                    const BackendTraits& traits);

// Puts CheckOracleOf() into the setting of a trace. `file` is the trace, for
// errors.
// Errors: those of CheckOracleOf(); kUnsupported if no program can run in the
// backend, or it has no checker; kMissing if its checker is not installed.
Status ApplyOracle(const std::string& file, const OracleFlags& oracle,
                   const Backend& backend, RunSetting& setting);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_ORACLE_FLAGS_H_
