// Runs a workload op by op against the model's plan of it: each op begins and
// ends with a mark in the trace, must end as the plan and the file say, and the
// live tree at the end must be the tree that the ops made.
//
// 1. `init` runs on a disk without faults, and a sync makes it durable.
// 2. The mark `run` follows, the faults are armed, and `run` runs.
// 3. The faults are disarmed, and the self-checks compare the trace with the
//    disk and the tree with the model. The mount ends after that, on a disk
//    whose trace was copied already.
//
// Example: `run` with a write and an fsync leaves the trace
//
//     mark begin 1, write 1, mark end 1, mark begin 2, flush 2, mark end 2
//
// where the events carry numbers and the marks lie between them.

#include "harness/record/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/base/limits.h"
#include "harness/fault/fault_disk.h"
#include "harness/record/workload_error.h"
#include "harness/trace/recording_disk.h"
#include "model/words/flush_ops.h"

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
    // A disk without faults needs no layer that counts its requests.
    const bool faulty = !FaultsIn(workload_.faults, FaultPhase::kRun).empty();
    MountResult mounted = faulty ? backend.Open(faulty_) : backend.Open(disk_);
    if (const auto lacks = backend.MissingResource()) {
      return Error{lacks->code, workload_.file + ": " + lacks->message};
    }
    if (mounted.mount == nullptr) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("{}: the fresh disk does not {} ({})", workload_.file,
                      mounted.failure, backend.traits().description)};
    }
    Mount& mount = *mounted.mount;
    for (const Op& op : workload_.init) POWERCUT_TRY(RunOp(mount, op));
    Op sync;
    sync.kind = OpKind::kSyncfs;
    if (const OpResult result = mount.Apply(sync, 0, {}); !result.ok()) {
      return WorkloadError(workload_, 1, ErrorCode::kBadInput,
                           "the sync after `init` failed: " + result.error);
    }
    disk_.Mark(kRunMark);
    model_.EndInit();
    // Faults count requests from Arm() on, so that this look counts none.
    Observation before = mount.Observe();
    faulty_.Arm();
    for (const Op& op : workload_.run) POWERCUT_TRY(RunOp(mount, op));
    POWERCUT_TRY(faulty_.Disarm());
    POWERCUT_TRY(CheckFaultsFired());
    if (!ContentIsSpoilt()) {
      const Observation live = mount.Observe();
      // Storage may shut down for an error that it was told of, so that it
      // shows no tree, or give up a change half way, as btrfs does with a
      // rename. There is nothing to compare then.
      const bool gave_up =
          WasTold() && (!live.unreadable.empty() || change_failed_);
      if (!gave_up) POWERCUT_TRY(CheckLiveTree(live));
    }
    POWERCUT_TRY(CheckTraceAgainstDisk(disk_.trace(), disk_.live()));
    // The copy ends here: what the shutdown writes is no part of it.
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
    // The model begins an op where the trace does, before storage can write for
    // it.
    disk_.Mark(BeginMark(op.number));
    model_.Begin(op.number);
    if (op.kind == OpKind::kWait) return WaitFor(mount, op);
    const OpResult result =
        op.start ? mount.Start(op, plan.offset_bytes, plan.content)
                 : mount.Apply(op, plan.offset_bytes, plan.content);
    if (op.start && result.ok()) {
      // The op goes on while others run; its end comes with its `wait`.
      started_[*op.start] = {&op, plan};
      return Ok{};
    }
    return Ended(op, plan, result);
  }

  Status WaitFor(Mount& mount, const Op& wait) {
    const auto started = started_.find(wait.numbers[0]);
    if (started == started_.end() && OpsMayFail()) {
      // A fault that the file does not know of made the op fail as it began.
      disk_.Mark(EndMark(wait.number, ""));
      model_.End(wait.number, true);
      return Ok{};
    }
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
    const bool planned = !plan.error.empty();
    if (!result.ok() && !planned && !IsFlush(op.kind)) change_failed_ = true;
    if (!result.ok() && OpsMayFail()) return Ok{};
    Status as_expected = CheckResult(op, plan, result);
    if (!as_expected) unexpected_op_ = op.number;
    return as_expected;
  }

  // Whether a fault of the command line fell for which ops may fail, then or
  // later. The file could not expect such results.
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

  // Whether some request failed by a fault, so that storage knows of an error.
  bool WasTold() const {
    const std::vector<uint32_t> fired = faulty_.Fired();
    return std::any_of(fired.begin(), fired.end(), [&](uint32_t n) {
      return IsTold(workload_.faults[n - 1]);
    });
  }

  // Whether a fault may have changed what storage holds, so that the live tree
  // need not be what the ops made. What is wrong with it shows after a crash.
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
    // If an op succeeds that must fail by the plan, the model no longer knows
    // the tree, whatever the file expects.
    if (as_expected && result.ok() == plan.error.empty()) return Ok{};
    if (as_expected && !result.ok()) return Ok{};
    const std::string wanted = expected.kind == ExpectedResult::kOk ? "success"
                               : expected.kind == ExpectedResult::kAnyError
                                   ? "an error"
                                   : expected.name;
    // Its result says nothing of the expectation then.
    if (result.ok() && !plan.error.empty()) {
      return WorkloadError(
          workload_, op.line, ErrorCode::kBadInput,
          fmt::format("`{}` returned success, and must fail with {}",
                      OpText(op), plan.error));
    }
    std::string remedy =
        result.ok() ? "take the `->` off if that is meant"
                    : "write `-> " + result.error + "` if that is meant";
    // If no fault filled the disk, its `disk` line made it too small.
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
  std::map<uint64_t, Started> started_;  // By the number of `start`.
  uint32_t unexpected_op_ = 0;
  // Whether an op failed that would have changed something.
  bool change_failed_ = false;
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
  // The workers are forked from this process; they must not share helpers.
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
