// Runs a workload op by op against the model's plan of it: each op begins and
// ends with a mark in the trace, must end as the plan and the file say, and the
// live tree at the end must be the tree that the ops made.

#include "harness/record/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/base/limits.h"
#include "harness/fault/fault_disk.h"
#include "harness/record/workload_error.h"
#include "harness/trace/recording_disk.h"

namespace powercut {
namespace {

// The run of one workload, step by step.
class Recorder {
 public:
  Recorder(const Workload& workload, const RunSetting& setting,
           std::shared_ptr<const SparseImage> base)
      : workload_(workload),
        model_(workload, *setting.profile),
        disk_(setting.geometry, std::move(base)),
        faulty_(disk_, workload.faults, FaultPhase::kRun) {}

  Result<Recording> Run(Backend& backend) {
    const bool faulty = !FaultsIn(workload_.faults, FaultPhase::kRun).empty();
    MountResult mounted = faulty ? backend.Open(faulty_) : backend.Open(disk_);
    if (const auto lacks = backend.MissingResource()) {
      return Error{lacks->code, workload_.file + ": " + lacks->message};
    }
    if (mounted.mount == nullptr) {
      return Error{ErrorCode::kBadInput,
                   fmt::format("{}: the fresh disk does not {}", workload_.file,
                               mounted.failure)};
    }
    Mount& mount = *mounted.mount;
    for (const Op& op : workload_.init) POWERCUT_TRY(RunOp(mount, op));
    Op sync;
    sync.kind = OpKind::kSyncfs;
    if (const OpResult result = mount.Apply(sync, 0, {}); !result.ok()) {
      return WorkloadError(workload_, 1, ErrorCode::kBadInput,
                           "the sync behind `init` failed: " + result.error);
    }
    disk_.Mark(kRunMark);
    model_.EndInit();
    Observation before = mount.Observe();
    faulty_.Arm();
    for (const Op& op : workload_.run) POWERCUT_TRY(RunOp(mount, op));
    POWERCUT_TRY(faulty_.Disarm());
    POWERCUT_TRY(CheckFaultsFired());
    if (!ContentIsSpoilt()) {
      const Observation live = mount.Observe();
      // Storage may shut down for an error that it was told.
      const bool shut_down = !live.unreadable.empty() && WasTold();
      if (!shut_down) POWERCUT_TRY(CheckLiveTree(live));
    }
    POWERCUT_TRY(CheckTraceAgainstDisk(disk_.trace(), disk_.live()));
    Trace trace = disk_.trace();
    mounted.mount.reset();
    const auto ops =
        static_cast<uint32_t>(workload_.init.size() + workload_.run.size());
    const auto faults = static_cast<uint32_t>(workload_.faults.size());
    POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                    HistoryOf(trace, ops, faults));
    return Recording{std::move(trace), std::move(history), std::move(before)};
  }

  uint32_t unexpected_op() const { return unexpected_op_; }

 private:
  Status RunOp(Mount& mount, const Op& op) {
    const OpPlan plan = model_.Plan(op);
    if (plan.offset_bytes + plan.content.size() > kFileBytesMax) {
      unexpected_op_ = op.number;
      return WorkloadError(
          workload_, op.line, ErrorCode::kBadInput,
          fmt::format("the file would grow beyond {} bytes", kFileBytesMax));
    }
    disk_.Mark(BeginMark(op.number));
    model_.Begin(op.number);
    if (op.kind == OpKind::kWait) return WaitFor(mount, op);
    const OpResult result =
        op.start ? mount.Start(op, plan.offset_bytes, plan.content)
                 : mount.Apply(op, plan.offset_bytes, plan.content);
    if (op.start && result.ok()) {
      started_[*op.start] = {&op, plan};
      return Ok{};
    }
    return Ended(op, plan, result);
  }

  Status WaitFor(Mount& mount, const Op& wait) {
    const auto started = started_.find(wait.numbers[0]);
    if (started == started_.end()) {
      unexpected_op_ = wait.number;
      return WorkloadError(
          workload_, wait.line, ErrorCode::kBadInput,
          "there is nothing to wait for: the op that was started under "
          "this number has failed");
    }
    const OpResult result = mount.Wait(wait.numbers[0]);
    POWERCUT_TRY(Ended(*started->second.op, started->second.plan, result));
    started_.erase(started);
    disk_.Mark(EndMark(wait.number, ""));
    model_.End(wait.number, true);
    return Ok{};
  }

  Status Ended(const Op& op, const OpPlan& plan, const OpResult& result) {
    disk_.Mark(EndMark(op.number, result.error));
    model_.End(op.number, result.ok());
    if (!result.ok() && OpsMayFail()) return Ok{};
    Status as_expected = CheckResult(op, plan, result);
    if (!as_expected) unexpected_op_ = op.number;
    return as_expected;
  }

  // Whether a fault of the command line fell that ops may fail for, then or
  // later: the file could not know.
  bool OpsMayFail() const {
    const std::vector<uint32_t> fired = faulty_.Fired();
    return std::any_of(fired.begin(), fired.end(), [&](uint32_t n) {
      const Op& fault = workload_.faults[n - 1];
      return fault.line == 0 && (IsTold(fault) || SpoilsContent(fault));
    });
  }

  Status CheckFaultsFired() const {
    const std::vector<uint32_t> fired = faulty_.Fired();
    for (uint32_t n = 1; n <= workload_.faults.size(); ++n) {
      const Op& fault = workload_.faults[n - 1];
      if (PhaseOf(fault) != FaultPhase::kRun ||
          std::find(fired.begin(), fired.end(), n) != fired.end()) {
        continue;
      }
      return FaultError(workload_, fault, ErrorCode::kBadInput,
                        fmt::format("`{}` never fired: `run` makes fewer such "
                                    "requests",
                                    OpText(fault)));
    }
    return Ok{};
  }

  // Whether the disk told of an error.
  bool WasTold() const {
    const std::vector<uint32_t> fired = faulty_.Fired();
    return std::any_of(fired.begin(), fired.end(), [&](uint32_t n) {
      return IsTold(workload_.faults[n - 1]);
    });
  }

  // What was read or written wrongly, or failed, is not a tree that the ops
  // made; what is wrong with it then shows after a crash.
  bool ContentIsSpoilt() const {
    const std::vector<uint32_t> fired = faulty_.Fired();
    return std::any_of(fired.begin(), fired.end(), [&](uint32_t n) {
      return SpoilsContent(workload_.faults[n - 1]);
    });
  }

  Status CheckResult(const Op& op, const OpPlan& plan,
                     const OpResult& result) const {
    const ExpectedResult& expected = op.expected;
    const bool as_expected = expected.kind == ExpectedResult::kOk ? result.ok()
                             : expected.kind == ExpectedResult::kAnyError
                                 ? !result.ok()
                                 : result.error == expected.name;
    // An op that must fail and does not would leave the model behind.
    if (as_expected && result.ok() == plan.error.empty()) return Ok{};
    if (as_expected && !result.ok()) return Ok{};
    const std::string wanted = expected.kind == ExpectedResult::kOk ? "success"
                               : expected.kind == ExpectedResult::kAnyError
                                   ? "an error"
                                   : expected.name;
    std::string remedy = "write `-> " + result.error + "` if that is meant";
    if (result.ok()) remedy = "it must fail with " + plan.error;
    if (plan.error.empty() && result.ok()) {
      remedy = "take the `->` off if that is meant";
    }
    const bool full = std::any_of(
        workload_.faults.begin(), workload_.faults.end(),
        [](const Op& fault) { return fault.names.at(0) == "full"; });
    if (result.error == "ENOSPC" && !full)
      remedy = "the disk is full: make it larger";
    return WorkloadError(
        workload_, op.line, ErrorCode::kBadInput,
        fmt::format("`{}` returned {}, expected {}; {}", OpText(op),
                    result.ok() ? "success" : result.error, wanted, remedy));
  }

  Status CheckLiveTree(const Observation& live) const {
    const std::string difference = model_.CompareLive(live);
    if (difference.empty()) return Ok{};
    return Error{ErrorCode::kInternal,
                 fmt::format("{}: self-check failed: with no crash at all, {}; "
                             "the backend or the model is wrong",
                             workload_.file, difference)};
  }

  struct Started {
    const Op* op = nullptr;
    OpPlan plan;
  };

  const Workload& workload_;
  Model model_;
  RecordingDisk disk_;
  FaultDisk faulty_;
  std::map<uint64_t, Started> started_;  // by the number of `start`
  uint32_t unexpected_op_ = 0;
};

}  // namespace

Result<Recording> Record(Backend& backend, const Workload& workload,
                         const RunSetting& setting, uint32_t* unexpected_op) {
  if (unexpected_op != nullptr) *unexpected_op = 0;
  auto base = backend.Format({setting.geometry, setting.profile->name});
  if (!base) {
    return Error{base.error().code,
                 fmt::format("{}: {}", workload.file, base.error().message)};
  }
  Recorder recorder(workload, setting, std::move(*base));
  auto recording = recorder.Run(backend);
  backend.ReleaseHelpers();
  if (unexpected_op != nullptr) *unexpected_op = recorder.unexpected_op();
  return recording;
}

Status CheckTraceAgainstDisk(const Trace& trace, const SparseImage& live) {
  const SparseImage replayed = ApplyAll(trace);
  if (replayed.SameBytes(live)) return Ok{};
  return Error{ErrorCode::kInternal,
               fmt::format("self-check failed: the recorded trace does not "
                           "give the live disk; they differ at byte {}",
                           replayed.FirstDifference(live))};
}

}  // namespace powercut
