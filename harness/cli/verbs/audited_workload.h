// AuditedWorkload: what came of auditing the syncs of one workload, and the
// text and the data that `audit` prints of it.

#ifndef POWERCUT_HARNESS_CLI_VERBS_AUDITED_WORKLOAD_H_
#define POWERCUT_HARNESS_CLI_VERBS_AUDITED_WORKLOAD_H_

#include <string>
#include <vector>

#include "harness/cli/exit_status.h"
#include "harness/explore/sync_audit.h"

namespace powercut {

// One sync of a workload.
struct AuditedLine {
  int line = 0;
  // The op, such as `fsync /f`.
  std::string op;
  AuditedNeed audited;
  // The weaker form that is enough, such as `fdatasync`. Empty if none is.
  std::string enough;
  // The flags that replay the state of AuditedNeed::shown, each preceded by a
  // space.
  std::string replay_flags;
  // Whether this stands for all syncs together, none of which has a line of
  // its own that says more: the oracle sees nothing.
  bool of_all = false;
};

struct AuditedWorkload {
  std::string file;  // as the user named it
  std::string backend;
  std::string profile;
  // Whether `forbid` lines judge. If not, what the syncs promise does.
  bool by_conditions = false;
  // Whether the check of a program judges.
  bool by_check = false;
  // Whether they judge at the end of `run` alone, since no `cut` is before it.
  bool at_end_of_run = false;
  std::vector<AuditedLine> lines;
};

// kExitViolation if a sync is not seen, else kExitUnknown if an answer is
// missing, else kExitHolds.
ExitStatus StatusOf(const AuditedWorkload& workload);

// Whole lines for standard output: one for each sync, with the failure block of
// a state that shows why it is needed, and a summary.
std::string AuditText(const AuditedWorkload& workload);

// The report of all workloads, as JSON (docs/report_json.md).
std::string AuditJson(const std::vector<AuditedWorkload>& workloads,
                      ExitStatus status);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_AUDITED_WORKLOAD_H_
