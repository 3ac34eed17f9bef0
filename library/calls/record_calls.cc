// Runs one call after the other. A call was made once already, in memory, where
// it succeeded: storage that refuses it here disagrees with what the user was
// shown, which is our own error, except that the disk may be too small.

#include "library/calls/record_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/fault/fault_disk.h"
#include "harness/trace/acks.h"
#include "harness/trace/recording_disk.h"
#include "harness/trace/run_begin.h"
#include "library/calls/lying_disk.h"

namespace powercut {
namespace {

class CallRecorder {
 public:
  CallRecorder(const DiskGeometry& geometry,
               const std::shared_ptr<const SparseImage>& base,
               const std::vector<Op>& faults)
      : disk_(geometry, base),
        lying_(disk_),
        faulty_(lying_, faults, FaultPhase::kRun) {}

  Result<RecordedCalls> Run(Backend& backend, const Calls& calls) {
    // A disk without faults needs no layer above it.
    const bool lies =
        std::ranges::any_of(calls, [](const Call& call) { return call.lies; });
    VirtualDisk* disk = &disk_;
    if (lies) disk = &lying_;
    if (!FaultsOf(calls).empty()) disk = &faulty_;
    MountResult mounted = backend.Open(*disk);
    if (mounted.mount == nullptr) {
      return Error{ErrorCode::kInternal,
                   "the fresh disk does not " + mounted.failure};
    }
    Mount& mount = *mounted.mount;
    const bool starts = std::ranges::any_of(
        calls, [](const Call& call) { return call.kind == Call::kStart; });
    if (!starts) POWERCUT_TRY(Start(mount));
    for (const Call& call : calls) {
      POWERCUT_TRY(RunCall(mount, call));
      events_after_.push_back(disk_.trace().event_count());
    }
    Observation live = mount.Observe();
    POWERCUT_TRY(CheckTraceAgainstDisk(disk_.trace(), disk_.live()));
    mounted.mount.reset();
    Trace trace =
        line_starts_ ? WithLastRunMark(disk_.trace()) : disk_.TakeTrace();
    POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                    HistoryOf(trace, 0, kAnyFaults));
    return RecordedCalls{{std::move(trace), std::move(history), {}, {}},
                         std::move(events_after_),
                         std::move(live)};
  }

 private:
  Status Start(Mount& mount) {
    if (started_) return Ok{};
    started_ = true;
    Op sync;
    sync.kind = OpKind::kSyncfs;
    const OpResult synced = mount.Apply(sync, 0, {});
    if (!synced.ok()) return Failed("the sync after the set-up", synced);
    disk_.Mark(kRunMark);
    return Ok{};
  }

  Status RunCall(Mount& mount, const Call& call) {
    switch (call.kind) {
      case Call::kStart:
        return Start(mount);
      case Call::kAttempt:
        if (!std::exchange(attempts_, true)) {
          disk_.Mark(LineMark(kAttemptsBegin));
        }
        disk_.Mark(LineMark(fmt::format("{}{}", kAttemptLine, call.number)));
        return Ok{};
      case Call::kAck:
        // What is said of the set-up is no ack: crashes begin later.
        disk_.Mark(LineMark(CallText(call)));
        return Ok{};
      case Call::kLine:
        MarkLine(call.content);
        return Ok{};
      case Call::kOp:
        break;
    }
    if (call.fails) faulty_.Arm();
    lying_.set_lies(call.lies);
    const OpResult result =
        mount.Apply(call.op, call.offset_bytes, call.content);
    lying_.set_lies(false);
    if (call.fails) POWERCUT_TRY(faulty_.Disarm());
    // A sync that fails here promises nothing under this profile: some do not
    // offer every kind of sync.
    const bool full = result.error == "ENOSPC";
    if (result.ok() || (IsSync(call) && !full)) return Ok{};
    return Failed(CallText(call), result);
  }

  // The line that begins the crashes syncs nothing, unlike kStart.
  void MarkLine(const std::string& line) {
    if (line != kStartLine) {
      disk_.Mark(LineMark(line));
    } else if (!std::exchange(line_starts_, true)) {
      disk_.Mark(kRunMark);
    }
  }

  static Error Failed(const std::string& what, const OpResult& result) {
    const bool full = result.error == "ENOSPC";
    return {full ? ErrorCode::kFull : ErrorCode::kInternal,
            fmt::format("`{}` returned {} on the disk and success in memory",
                        what, result.error)};
  }

  RecordingDisk disk_;
  LyingDisk lying_;
  FaultDisk faulty_;
  bool started_ = false;
  // Whether anything was attempted.
  bool attempts_ = false;
  // Whether a line of a program began the crashes.
  bool line_starts_ = false;
  std::vector<EventNumber> events_after_;
};

}  // namespace

size_t CallOf(const IssuedCalls& run, EventNumber event) {
  const auto& after = run.events_after;
  return static_cast<size_t>(std::ranges::lower_bound(after, event) -
                             after.begin());
}

std::vector<Op> FaultsOf(const Calls& calls) {
  const bool fails =
      std::ranges::any_of(calls, [](const Call& call) { return call.fails; });
  if (!fails) return {};
  // The disk is armed during the calls that fail, and during no others.
  Op fault;
  fault.kind = OpKind::kFault;
  fault.names = {"error", "flush"};
  fault.keys = {{"times", "always"}};
  return {fault};
}

Result<RecordedCalls> RecordCalls(Backend& backend, const Calls& calls,
                                  const DiskGeometry& geometry,
                                  const std::string& profile) {
  POWERCUT_ASSIGN(const auto base, backend.Format({geometry, profile}));
  return CallRecorder(geometry, base, FaultsOf(calls)).Run(backend, calls);
}

}  // namespace powercut
