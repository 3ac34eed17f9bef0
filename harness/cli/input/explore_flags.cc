// Declares the flags of exploring, and makes ExploreOptions from them. Both are
// here so that a new flag of exploring is a change of this file.

#include "harness/cli/input/explore_flags.h"

#include <algorithm>
#include <thread>

#include "harness/cli/input/flag_values.h"

namespace powercut {
namespace {

void DeclareJobs(FlagSet& flags, ExploreFlags& explore) {
  flags
      .Add(FlagGroup::kBudget, "--jobs", explore.jobs,
           "number of workers; default: one for each processor")
      .Between(1, kJobsMax);
}

}  // namespace

void DeclareExplore(FlagSet& flags, ExploreFlags& explore) {
  DeclareJobs(flags, explore);
  flags
      .Add(FlagGroup::kSpace, "--seed", explore.seed,
           "selects the draws of sample:N and of --doublecheck")
      .Rare();
  flags.Add(FlagGroup::kBudget, "--max-runs", explore.max_runs,
            "at most this many recoveries for each workload");
  flags
      .Add(FlagGroup::kSpace, "--nested", explore.nested,
           "crash again during recovery, to this depth")
      .Between(0, kNestedMax);
  flags
      .Add(FlagGroup::kBudget, "--cache-size", explore.cache_size,
           "memory for finished runs, e.g. 1G; default: 512M")
      .Takes(FlagValue::kSize)
      .Rare();
  flags
      .Add(FlagGroup::kBudget, "--doublecheck", explore.doublecheck,
           "share of cached answers to run for real, 0 to 1")
      .Takes(FlagValue::kNumber, "SHARE")
      .Between(0.0, 1.0)
      .Rare();
  flags
      .Add(FlagGroup::kSpace, "--copied", explore.copied,
           "what becomes of blocks that recovery only copies: vary each of "
           "them alone, fill them in, or take them as read")
      .OneOf({"apart", "filled", "read"})
      .Rare();
  flags
      .Add(FlagGroup::kSpace, "--parts", explore.parts,
           "what becomes of parts of the volume that no rule ties to each "
           "other: vary each of them alone, or all together")
      .OneOf({"apart", "together"})
      .Rare();
  flags
      .Add(FlagGroup::kBudget, "--resume", explore.resume,
           "keep every run in this folder, and use those that are there")
      .Takes(FlagValue::kFolder)
      .Rare();
  flags
      .Add(FlagGroup::kBudget, "--budget", explore.budget,
           "at most this much time for each workload, e.g. 30s")
      .Takes(FlagValue::kTime);
}

void DeclareExploreBounds(FlagSet& flags, ExploreFlags& explore,
                          const std::string& default_budget) {
  explore.budget = default_budget;
  DeclareJobs(flags, explore);
  flags
      .Add(FlagGroup::kBudget, "--max-runs", explore.max_runs,
           "at most this many recoveries for each profile")
      .Rare();
  flags
      .Add(
          FlagGroup::kBudget, "--budget", explore.budget,
          "at most this much time for each profile; default: " + default_budget)
      .Takes(FlagValue::kTime);
}

void DeclareShard(FlagSet& flags, ExploreFlags& explore) {
  flags
      .Add(FlagGroup::kBudget, "--shard", explore.shard,
           "only part I of N, e.g. 2/8; `merge` joins the reports")
      .Takes(FlagValue::kText, "I/N");
}

Result<ExploreOptions> ExploreOptionsOf(const ExploreFlags& explore,
                                        const OpenedInput& input) {
  ExploreOptions options;
  // The hooks and `list_states` are for the verb to set.
  options.space = input.space;
  options.run.probe = input.probe;
  options.seed = explore.seed;
  options.jobs = WorkersOf(explore.jobs);
  options.bounds.max_runs = explore.max_runs;
  options.nested = explore.nested;
  options.doublecheck = explore.doublecheck;
  options.resume = explore.resume;
  if (!explore.cache_size.empty()) {
    POWERCUT_ASSIGN(options.cache_bytes,
                    ParseSize("--cache-size", explore.cache_size));
  }
  if (!explore.copied.empty()) {
    // The command line admits no other names.
    options.copied = CopyModeFromName(explore.copied).value();
  }
  options.parts_apart = explore.parts != "together";
  // Texts are parsed here, so that errors can show the form that is expected.
  POWERCUT_ASSIGN(options.shard, ParseShard(explore.shard));
  if (!explore.budget.empty()) {
    POWERCUT_ASSIGN(options.bounds.budget_ms,
                    ParseDuration("--budget", explore.budget));
  }
  return options;
}

uint32_t WorkersOf(uint32_t jobs) {
  // hardware_concurrency() is 0 where it is not known.
  return jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace powercut
