// CheckedWorkload: what came of checking one workload, and what `check` and
// `merge` say of it.

#ifndef POWERCUT_HARNESS_CLI_REPORT_CHECKED_WORKLOAD_H_
#define POWERCUT_HARNESS_CLI_REPORT_CHECKED_WORKLOAD_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "harness/cli/exit_status.h"
#include "harness/explore/explore.h"
#include "model/words/workload.h"

namespace powercut {

struct CheckedWorkload {
  std::string file;  // as the user named it
  // Hash of the text of the `.pcut`: 32 hex digits.
  std::string pcut_hash;
  std::string backend;
  std::string profile;
  std::string verdict;  // ok, violation or unknown; Conclude() sets it
  ExplorationSpace space;
  uint32_t atomic_bytes = 0;
  uint32_t nested = 0;                 // crashes during recovery, so many deep
  std::vector<CrashKind> crash_kinds;  // in the order they are explored
  bool probe = false;
  // What `replay` needs to run under the same setting; a space in front of
  // each flag.
  std::string replay_flags;
  // What replays its findings; empty: `file`.
  std::string replay_file;
  std::vector<Expectation> expectations;
  Shard shard;
  Exploration exploration;
  double elapsed_s = 0;
};

struct Conclusion {
  ExitStatus status = kExitHolds;
  // For standard output: the failure blocks of the findings by cause, the
  // expectations that nothing matched by line, how often each fault fired, the
  // summary line.
  std::string text;
};

// Holds what was found against what was expected and what is known
// (`baseline`: causes), and sets the verdict. Interrupted beats violation
// beats unknown beats ok.
//
// One shard of several cannot miss a finding that is expected: others may have
// it. Only the whole is held against that.
Conclusion Conclude(CheckedWorkload& checked,
                    const std::set<std::string>& baseline);

// The size of a space as it is reported: two decimals say enough, and are the
// same everywhere.
double ShownLog2(double log2);

// `ok`, `violation` or, for all that is neither, `unknown`.
const char* VerdictOf(ExitStatus status);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_CHECKED_WORKLOAD_H_
