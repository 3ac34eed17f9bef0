// Records a program as a workload is recorded, but with no ops: the `run` mark
// stands where the program starts, and the lines that it writes to its ack file
// become marks while it runs. The clean unmount at the end belongs to the
// trace.

#include "harness/record/command_recording.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "harness/fault/fault_disk.h"
#include "harness/trace/acks.h"
#include "harness/trace/recording_disk.h"

namespace powercut {
namespace {

// Puts the text of the ack file, which comes in pieces, into the trace as one
// mark for each line.
class LineReader {
 public:
  explicit LineReader(VirtualDisk& disk) : disk_(disk) {}

  void Take(std::string_view text) {
    for (const char c : text) {
      if (c != '\n') {
        line_ += c;
      } else {
        End();
      }
    }
  }
  // The text is over. A last line counts even if it has no line break.
  void Finish() {
    if (!line_.empty()) End();
  }

 private:
  void End() { disk_.Mark(AckMark(std::exchange(line_, {}))); }

  VirtualDisk& disk_;
  std::string line_;
};

Error FailedTo(const Backend& backend, const std::string& what) {
  return {ErrorCode::kIo, fmt::format("{}: the fresh volume does not {}",
                                      backend.traits().name, what)};
}

Result<std::string> RunOn(Backend& backend, FaultDisk& disk,
                          const std::vector<std::string>& words) {
  MountResult mounted = backend.Open(disk);
  // The result of Open() means nothing if the environment lacked something.
  if (const auto lacks = backend.MissingResource()) return *lacks;
  if (mounted.mount == nullptr) return FailedTo(backend, mounted.failure);
  // What mounting wrote is not the program's, so it is made durable before the
  // `run` mark, where crashes begin.
  Op sync;
  sync.kind = OpKind::kSyncfs;
  const OpResult synced = mounted.mount->Apply(sync, 0, {});
  if (!synced.ok()) return FailedTo(backend, "sync: " + synced.error);
  disk.Mark(kRunMark);
  disk.Arm();
  LineReader acks(disk);
  Mount::Command command;
  command.words = words;
  command.acks = [&acks](std::string_view text) { acks.Take(text); };
  POWERCUT_ASSIGN(CommandEnd end, mounted.mount->RunCommand(command));
  if (end.kind == CommandEnd::kNotStarted) {
    return Error{ErrorCode::kMissing,
                 end.detail +
                     "; install it, or name a file by its whole path, since "
                     "it starts in the volume"};
  }
  acks.Finish();
  POWERCUT_TRY(disk.Disarm());
  const OpResult unmounted = mounted.mount->Shutdown();
  // After a fault, a volume may be unable to unmount cleanly.
  if (!unmounted.ok() && disk.Fired().empty()) {
    return FailedTo(backend, unmounted.error);
  }
  return std::move(end.detail);
}

}  // namespace

Result<CommandRecording> RecordCommand(Backend& backend,
                                       const DiskGeometry& geometry,
                                       const std::vector<std::string>& words,
                                       std::span<const Op> faults) {
  const BackendTraits& traits = backend.traits();
  if (!traits.commands) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("no program can run in {}: take a file system of "
                             "the kernel",
                             traits.name)};
  }
  POWERCUT_ASSIGN(const auto base, backend.Format({geometry, traits.profile}));
  RecordingDisk disk(geometry, base);
  FaultDisk faulty(disk, faults, FaultPhase::kRun);
  CommandRecording result{{Trace(geometry, base), {}, {}}, {}, {}};
  auto ended = RunOn(backend, faulty, words);
  // The workers are forked from this process; they must not share helpers.
  backend.ReleaseHelpers();
  if (!ended) return ended.error();
  result.ended = std::move(*ended);
  result.faults_fired = faulty.Fired();
  POWERCUT_TRY(CheckTraceAgainstDisk(disk.trace(), disk.live()));
  result.recording.trace = disk.TakeTrace();
  POWERCUT_ASSIGN(result.recording.history,
                  HistoryOf(result.recording.trace, 0, kAnyFaults));
  return result;
}

}  // namespace powercut
