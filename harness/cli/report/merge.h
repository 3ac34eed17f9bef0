// MergeReports: makes one report of the reports of all shards of a `check`.

#ifndef POWERCUT_HARNESS_CLI_REPORT_MERGE_H_
#define POWERCUT_HARNESS_CLI_REPORT_MERGE_H_

#include <string>
#include <vector>

#include "harness/cli/report/report_json.h"

namespace powercut {

struct NamedReport {
  std::string name;  // the file of the report, for messages
  Report report;
};

// Merges the shards of one check, in any order. The result is the report that
// `check` without --shard would have written, with two exceptions:
//  * `elapsed_s` is the sum over the shards, the time that was spent;
//  * verdicts are left to Conclude(), to be called for each workload, since
//    expectations and a baseline are compared with the whole.
//
// Findings of one cause become one finding: counts add up, `states` has the
// states of all, and the simplest state is shown (fewest crashes, fewest lost
// blocks, earliest point, fewest marks, then the text of the crash). A run that
// several shards made counts once.
//
// If a shard did not finish, the merged workload is not exhausted, and `bound`
// has the reasons of all shards. Workloads that an interrupted shard did not
// come to are taken from the other shards.
//
// Requires: `shards` is not empty.
// Errors: kMissing if a shard is missing. kBadInput if a shard is there twice,
// or if the shards are not of one check: version, seed, file, workload, setting
// or recording differ. If a file failed in some shards only, the code of that
// failure.
Result<Report> MergeReports(std::vector<NamedReport> shards);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_MERGE_H_
