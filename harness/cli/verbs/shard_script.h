// The texts that `powercut shard` writes: one exploration as the jobs of a
// scheduler, a shard each.

#ifndef POWERCUT_HARNESS_CLI_VERBS_SHARD_SCRIPT_H_
#define POWERCUT_HARNESS_CLI_VERBS_SHARD_SCRIPT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace powercut {

// Checks that `command` can run in shards: its first word is `check` or
// `explore`, and it has none of the flags that a shard gets (--shard, --json,
// --jobs, --quiet).
// Errors: kUsage, with the word and the remedy.
Status CheckShardedCommand(const std::vector<std::string>& command);

// A script for `sbatch`: a job array with `count` tasks. Task I writes
// `shardI.json` in the folder in which `sbatch` was called, with as many
// workers as the task has processors.
// Requires: CheckShardedCommand() succeeds.
std::string SlurmScript(uint32_t count,
                        const std::vector<std::string>& command);

// A manifest of an indexed Job of Kubernetes. `image` has powercut and the
// files of the command; `claim` is the PersistentVolumeClaim that takes the
// reports. The pod of index I - 1 writes `/reports/shardI.json`.
// Requires: CheckShardedCommand() succeeds.
std::string KubernetesJob(uint32_t count,
                          const std::vector<std::string>& command,
                          const std::string& image, const std::string& claim);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_SHARD_SCRIPT_H_
