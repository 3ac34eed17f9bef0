// RunCheck: what `check` and `explore` do with their files. The verbs differ in
// the flags they offer, not in what is done for them.

#ifndef POWERCUT_HARNESS_CLI_VERBS_CHECKER_H_
#define POWERCUT_HARNESS_CLI_VERBS_CHECKER_H_

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/cli/exit_status.h"
#include "harness/cli/input/explore_flags.h"
#include "harness/cli/input/input_flags.h"
#include "harness/cli/input/oracle_flags.h"
#include "harness/cli/report/report_flags.h"

namespace powercut {

struct CheckFlags {
  std::vector<std::string> files;
  InputFlags input;
  // For programs that were recorded on simfs, the profiles to explore them
  // under (ParseProfiles()). Empty means that of the recording, or that of
  // `input`.
  std::string profiles;
  OracleFlags oracle;
  ExploreFlags explore;
  ReportFlags report;
  bool quiet = false;  // no progress
};

// Refuses flags that are wrong for every file, so that nothing is recorded in
// vain.
// Errors: kUsage if a value does not parse or flags exclude each other; kIo or
// kBadInput if the baseline cannot be read or a report could not be written.
Status CheckFlagValues(const CheckFlags& flags);

// Explores the crashes of each file in turn, judges them, and prints findings
// and a summary. A file that cannot be checked is reported and the others go
// on. Catches interrupts: the first one ends the exploration, and what was
// found is printed and written.
// Errors: those of CheckFlagValues(), before the first file.
Result<ExitStatus> RunCheck(const CheckFlags& flags);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_CHECKER_H_
