// Passes every call on, but for the ops that are weakened: those are changed or
// answered with success. Ops are told apart by their numbers, which the sync at
// the end of `init` and the ops of a probe do not have.

#include "harness/record/weakened_backend.h"

#include <algorithm>
#include <set>
#include <utility>

#include "model/words/flush_ops.h"

namespace powercut {
namespace {

bool IsDirectory(const Workload& workload, const std::string& path) {
  const auto makes = [&](const Op& op) {
    return op.kind == OpKind::kMkdir && op.names.at(0) == path;
  };
  return path == "/" || std::ranges::any_of(workload.init, makes) ||
         std::ranges::any_of(workload.run, makes);
}

// The path that an op's first operand stands for.
std::string PathOf(const Workload& workload, const Op& op) {
  if (op.names.empty() || op.names[0].starts_with('/')) {
    return op.names.empty() ? "" : op.names[0];
  }
  for (const auto* ops : {&workload.run, &workload.init}) {
    for (const Op& open : *ops) {
      if (open.kind == OpKind::kOpen && open.names.at(0) == op.names[0]) {
        return open.names.at(1);
      }
    }
  }
  return op.names[0];
}

class WeakenedMount : public Mount {
 public:
  WeakenedMount(std::unique_ptr<Mount> below, const WeakerSyncs& weaker)
      : below_(std::move(below)), weaker_(weaker) {}

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    const auto found = weaker_.find(op.number);
    if (found == weaker_.end()) {
      return below_->Apply(op, offset_bytes, content);
    }
    if (!found->second.op) return {};
    return below_->Apply(*found->second.op, offset_bytes, content);
  }
  OpResult Start(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    const auto found = weaker_.find(op.number);
    if (found == weaker_.end()) {
      return below_->Start(op, offset_bytes, content);
    }
    if (found->second.op) {
      return below_->Start(*found->second.op, offset_bytes, content);
    }
    nothing_under_way_.insert(*op.start);
    return {};
  }
  OpResult Wait(uint64_t start) override {
    return nothing_under_way_.erase(start) > 0 ? OpResult{}
                                               : below_->Wait(start);
  }
  Observation Observe() override { return below_->Observe(); }
  void AddUnlistedPaths(const std::vector<std::string>& paths,
                        Observation& observation) override {
    below_->AddUnlistedPaths(paths, observation);
  }
  Result<CommandEnd> RunCommand(const Command& command) override {
    return below_->RunCommand(command);
  }
  std::optional<VolumeLook> Look(size_t entries_max) override {
    return below_->Look(entries_max);
  }
  Result<std::optional<VolumeMap>> Map() override { return below_->Map(); }
  OpResult Shutdown() override { return below_->Shutdown(); }

 private:
  std::unique_ptr<Mount> below_;
  const WeakerSyncs& weaker_;
  // The numbers of `start` under which nothing runs.
  std::set<uint64_t> nothing_under_way_;
};

class WeakenedBackend : public Backend {
 public:
  WeakenedBackend(std::unique_ptr<Backend> below, WeakerSyncs weaker)
      : below_(std::move(below)), weaker_(std::move(weaker)) {}

  const BackendTraits& traits() const override { return below_->traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return below_->Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    MountResult below = below_->Open(disk);
    if (below.mount == nullptr) return below;
    return {std::make_unique<WeakenedMount>(std::move(below.mount), weaker_),
            ""};
  }
  void StudyTrace(const Trace& trace) override { below_->StudyTrace(trace); }
  void ForgetTrace(const Trace& trace) override { below_->ForgetTrace(trace); }
  bool DeclaresParts(const Trace& trace) const override {
    return below_->DeclaresParts(trace);
  }
  void ExpectCrashOf(const Trace& trace, EventNumber upto) override {
    below_->ExpectCrashOf(trace, upto);
  }
  void LetRecoveriesPersist() override { below_->LetRecoveriesPersist(); }
  DiskProblem ProblemOf(const SparseImage& disk) const override {
    return below_->ProblemOf(disk);
  }
  Status HasChecker() const override { return below_->HasChecker(); }
  Result<CommandEnd> RunChecker(VirtualDisk& disk,
                                uint32_t timeout_ms) override {
    return below_->RunChecker(disk, timeout_ms);
  }
  std::optional<int> HelperExitStatus() const override {
    return below_->HelperExitStatus();
  }
  std::optional<Error> MissingResource() const override {
    return below_->MissingResource();
  }
  void ReleaseHelpers() override { below_->ReleaseHelpers(); }

 private:
  std::unique_ptr<Backend> below_;
  const WeakerSyncs weaker_;
};

}  // namespace

std::vector<WeakerSync> WeakerFormsOf(const Workload& workload, const Op& op) {
  std::vector<WeakerSync> forms;
  const auto as = [&](OpKind kind) {
    Op weaker = op;
    weaker.kind = kind;
    forms.push_back({std::string(VerbOf(kind)), std::move(weaker)});
  };
  switch (op.kind) {
    case OpKind::kCommit: {
      if (op.HasFlag("nosync")) return {};
      Op lazy = op;
      lazy.flags = {"nosync"};
      return {{"nosync", std::move(lazy)}};
    }
    case OpKind::kFullFsync:
      as(OpKind::kFsync);
      [[fallthrough]];
    case OpKind::kFsync:
      // For a directory both calls are the same.
      if (!IsDirectory(workload, PathOf(workload, op))) as(OpKind::kFdatasync);
      break;
    default:
      if (!IsFlush(op.kind)) return {};
  }
  forms.push_back({"nothing", std::nullopt});
  return forms;
}

std::unique_ptr<Backend> MakeWeakenedBackend(std::unique_ptr<Backend> below,
                                             WeakerSyncs weaker) {
  return std::make_unique<WeakenedBackend>(std::move(below), std::move(weaker));
}

}  // namespace powercut
