// Merge: the reports of all shards of one `check` made into the report that one
// process would have written.

#ifndef POWERCUT_HARNESS_CLI_REPORT_MERGE_H_
#define POWERCUT_HARNESS_CLI_REPORT_MERGE_H_

#include <string>
#include <vector>

#include "harness/cli/report/report_json.h"

namespace powercut {

struct NamedReport {
  std::string name;  // of its file, for messages
  Report report;
};

// Takes the shards in any order. The result is what `check` without --shard
// reports, but for:
//  * `elapsed_s`, which is the sum over the shards: the time that was spent;
//  * verdicts, which Conclude() sets again: expectations and baseline speak of
//    the whole.
// Findings of one cause become one: counts add up, `states` are those of all,
// and the simplest is shown (fewest blocks lost, earliest point, fewest marks,
// first text of the crash). Runs that several shards made count once.
//
// Shards that did not finish leave the whole unfinished, with what is known
// and their words for it. Of a shard that was interrupted, workloads may be
// missing; those of the others are kept.
//
// Requires: `shards` is not empty.
// Errors: kMissing: a shard is missing; a file failed in some shards only (with
// the code of that failure); kBadInput: a shard is there twice, or the shards
// are not of one check: another version, seed, file, workload, setting or
// recording.
Result<Report> MergeReports(std::vector<NamedReport> shards);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_MERGE_H_
