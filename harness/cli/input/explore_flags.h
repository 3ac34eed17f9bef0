// ExploreFlags: the flags that bound an exploration and say how its work is
// done.

#ifndef POWERCUT_HARNESS_CLI_INPUT_EXPLORE_FLAGS_H_
#define POWERCUT_HARNESS_CLI_INPUT_EXPLORE_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/result.h"
#include "harness/cli/input/flag_set.h"
#include "harness/cli/input/opened_input.h"
#include "harness/explore/explore.h"

namespace powercut {

// Texts are empty if the flag was not given.
struct ExploreFlags {
  uint32_t jobs = 0;  // 0 means as many as there are processors
  uint64_t seed = 1;
  std::optional<uint64_t> max_runs;
  uint32_t nested = 0;
  std::string cache_size;  // such as `512M`
  double doublecheck = 0;
  std::string copied;  // `apart`, `filled` or `read`
  std::string parts;   // `apart` or `together`
  std::string resume;  // a folder
  std::string budget;  // such as `30s`
  std::string shard;   // such as `2/8`
};

// Declares --jobs, --seed, --max-runs, --nested, --cache-size, --doublecheck,
// --copied, --parts, --resume and --budget.
void DeclareExplore(FlagSet& flags, ExploreFlags& explore);

// Declares those of them that `run` has: --jobs, --max-runs and --budget.
// `default_budget` is the budget if nobody gives one.
void DeclareExploreBounds(FlagSet& flags, ExploreFlags& explore,
                          const std::string& default_budget);

// Declares --shard, for verbs whose reports `merge` joins.
void DeclareShard(FlagSet& flags, ExploreFlags& explore);

// Returns the options for exploring `input`: its space and whether it is
// probed, and the rest from the flags. Callbacks are empty.
// Errors: kUsage if a size, a duration or a shard does not parse.
Result<ExploreOptions> ExploreOptionsOf(const ExploreFlags& explore,
                                        const OpenedInput& input);

// The number of workers for `--jobs N`: the processors if `jobs` is 0.
uint32_t WorkersOf(uint32_t jobs);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_EXPLORE_FLAGS_H_
