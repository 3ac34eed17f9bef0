// `powercut shard`: writes one exploration as the jobs of a scheduler.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "harness/cli/input/user_file.h"
#include "harness/cli/verbs/shard_script.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

class ShardVerb : public Verb {
 public:
  ShardVerb()
      : Verb("shard",
             "write an exploration as a job array of Slurm or Kubernetes\n\n"
             "Each task explores one of N shards and writes shardI.json; "
             "`powercut merge` makes the reports of all shards into one.",
             "powercut shard --slurm 8 -- check --space epoch:3 "
             "corpora/workloads/replace_by_rename.pcut") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kBudget, "--slurm", slurm_,
             "number of shards, for `sbatch`")
        .Between(2, 100000);
    flags
        .Add(FlagGroup::kBudget, "--kubernetes", kubernetes_,
             "number of shards, for `kubectl`")
        .Between(2, 100000);
    flags.Add(FlagGroup::kBudget, "--image", image_,
              "of Kubernetes: an image with powercut and all files");
    flags.Add(FlagGroup::kBudget, "--claim", claim_,
              "of Kubernetes: the volume claim for the reports; default: "
              "powercut-reports");
    flags
        .Add(FlagGroup::kOutput, "-o,--output", output_,
             "write here; default: standard output")
        .WritesFile();
    flags
        .Add(FlagGroup::kInput, "COMMAND", command_,
             "after `--`: check or explore, with its flags and files")
        .Required();
  }

  Result<ExitStatus> Run() const override {
    POWERCUT_TRY(CheckShardedCommand(command_));
    if ((slurm_ == 0) == (kubernetes_ == 0)) {
      return Error{ErrorCode::kUsage, "say either --slurm N or --kubernetes N"};
    }
    if (kubernetes_ != 0 && image_.empty()) {
      return Error{ErrorCode::kUsage,
                   "--kubernetes needs --image: the pods have no files else"};
    }
    const std::string text =
        slurm_ != 0 ? SlurmScript(slurm_, command_)
                    : KubernetesJob(kubernetes_, command_, image_, claim_);
    if (output_.empty()) {
      std::fputs(text.c_str(), stdout);
    } else {
      POWERCUT_TRY(WriteFile(output_, text));
    }
    return kExitHolds;
  }

 private:
  uint32_t slurm_ = 0;
  uint32_t kubernetes_ = 0;
  std::string image_;
  std::string claim_ = "powercut-reports";
  std::string output_;
  std::vector<std::string> command_;
};

}  // namespace

std::unique_ptr<Verb> MakeShardVerb() { return std::make_unique<ShardVerb>(); }

}  // namespace powercut
