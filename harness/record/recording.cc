#include "harness/record/recording.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>

#include "harness/base/limits.h"
#include "harness/fault/fault_disk.h"
#include "harness/trace/recording_disk.h"

namespace powercut {
namespace {

Error At(const Workload& workload, int line, ErrorCode code,
         const std::string& what) {
  return {code, fmt::format("{}:{}: {}", workload.file, line, what)};
}

// A fault has no line if it came from the command line.
Error FaultError(const Workload& workload, const Op& fault, ErrorCode code,
                 const std::string& what) {
  if (fault.line > 0) return At(workload, fault.line, code, what);
  return {code, fmt::format("{}: --fault: {}", workload.file, what)};
}

Status CheckOps(const Workload& workload, const Backend& backend) {
  const BackendTraits& traits = backend.traits();
  for (const Op& fault : workload.faults) {
    if (const Status offered = CheckFaultIsOffered(fault); !offered) {
      return FaultError(workload, fault, offered.error().code,
                        offered.error().message);
    }
  }
  for (const auto* section : {&workload.init, &workload.run}) {
    for (const Op& op : *section) {
      const bool overlaps = op.start || op.kind == OpKind::kWait;
      const bool offered = (op.kind == OpKind::kWait ||
                            std::find(traits.ops.begin(), traits.ops.end(),
                                      op.kind) != traits.ops.end()) &&
                           (!overlaps || traits.overlap);
      if (!offered) {
        return At(workload, op.line, ErrorCode::kUnsupported,
                  fmt::format("{} does not offer `{}{}`", traits.name,
                              op.start ? "start " : "", VerbOf(op.kind)));
      }
      for (const std::string& name : op.names) {
        if (name == kProbePath) {
          return At(workload, op.line, ErrorCode::kBadInput,
                    fmt::format("{} is the probe's own file; use another name",
                                name));
        }
      }
      const bool sized = op.kind == OpKind::kWrite ||
                         op.kind == OpKind::kAppend ||
                         op.kind == OpKind::kTruncate;
      for (const uint64_t number : op.numbers) {
        if (sized && number > kFileBytesMax) {
          return At(workload, op.line, ErrorCode::kBadInput,
                    fmt::format("{} is out of range: files may have up to {} "
                                "bytes",
                                number, kFileBytesMax));
        }
      }
    }
  }
  return Ok{};
}

Status CheckGeometry(const Workload& workload, const BackendTraits& traits,
                     const DiskGeometry& geometry, uint32_t atomic) {
  if (std::find(traits.sector_sizes_bytes.begin(),
                traits.sector_sizes_bytes.end(),
                geometry.sector_bytes) == traits.sector_sizes_bytes.end()) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: {} offers sectors of {} bytes, not {}", workload.file,
                    traits.name, fmt::join(traits.sector_sizes_bytes, ", "),
                    geometry.sector_bytes)};
  }
  if (geometry.size_bytes() < traits.minimum_disk_bytes) {
    return Error{ErrorCode::kBadInput,
                 fmt::format("{}: a disk of {} bytes is too small for {}: it "
                             "needs {}",
                             workload.file, geometry.size_bytes(), traits.name,
                             traits.minimum_disk_bytes)};
  }
  if (geometry.size_bytes() > kDiskBytesMax) {
    return Error{
        ErrorCode::kBadInput,
        fmt::format("{}: a disk of {} bytes is too large: the most is "
                    "{}",
                    workload.file, geometry.size_bytes(), kDiskBytesMax)};
  }
  if (!std::has_single_bit(atomic) || atomic < geometry.sector_bytes ||
      atomic > kAtomicBytesMax) {
    return Error{ErrorCode::kUsage,
                 fmt::format("atomic {}: expected a power of two from the "
                             "sector ({}) to {}",
                             atomic, geometry.sector_bytes, kAtomicBytesMax)};
  }
  return Ok{};
}

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
      return At(workload_, 1, ErrorCode::kBadInput,
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
      return At(
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
      return At(workload_, wait.line, ErrorCode::kBadInput,
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
    return At(
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

Result<RunSetting> ResolveSetting(const Workload& workload,
                                  const Backend& backend,
                                  const SettingOverrides& flags) {
  const BackendTraits& traits = backend.traits();
  POWERCUT_TRY(CheckOps(workload, backend));
  RunSetting setting;
  const std::string& profile = !flags.profile.empty()      ? flags.profile
                               : !workload.profile.empty() ? workload.profile
                                                           : traits.profile;
  setting.profile = FindProfile(profile);
  if (setting.profile == nullptr) {
    std::string names;
    for (const Profile& p : Profiles()) names += " " + p.name;
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: unknown profile '{}'; there are:{}",
                             workload.file, profile, names)};
  }
  const DiskSpec disk = workload.disk.value_or(
      DiskSpec{traits.default_disk_bytes, std::nullopt, std::nullopt, false});
  if (disk.weak_discard) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: discard=weak is not offered yet", workload.file)};
  }
  setting.geometry.sector_bytes = disk.sector_bytes.value_or(512);
  setting.geometry.sector_count =
      disk.size_bytes / setting.geometry.sector_bytes;
  setting.atomic_bytes =
      flags.atomic_bytes ? *flags.atomic_bytes
      : disk.atomic_bytes
          ? *disk.atomic_bytes
          : traits.default_atomic_bytes.value_or(setting.geometry.sector_bytes);
  POWERCUT_TRY(
      CheckGeometry(workload, traits, setting.geometry, setting.atomic_bytes));
  setting.crash_kinds = !flags.crash_kinds.empty() ? flags.crash_kinds
                        : !workload.crash_kinds.empty()
                            ? workload.crash_kinds
                            : std::vector{traits.crash_kinds[0]};
  for (const CrashKind kind : setting.crash_kinds) {
    if (std::find(traits.crash_kinds.begin(), traits.crash_kinds.end(), kind) ==
        traits.crash_kinds.end()) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("{}: {} cannot show a {} crash", workload.file,
                               traits.name, CrashKindName(kind))};
    }
  }
  return setting;
}

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
