// Records a program as a workload is recorded, but with no ops: the `run` mark
// stands where the program starts, or where it says that its set-up is over,
// and the lines that it writes to its ack file become marks while it runs. The
// clean unmount at the end belongs to the trace.

#include "harness/record/command_recording.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include "harness/fault/fault_disk.h"
#include "harness/trace/acks.h"
#include "harness/trace/recording_disk.h"
#include "harness/trace/run_begin.h"

namespace powercut {
namespace {

// Puts the text of the ack file, which comes in pieces, into the trace as one
// mark for each line, and looks at the names of the volume after each piece
// that ends a line. The program waits meanwhile.
class LineReader {
 public:
  LineReader(VirtualDisk& disk, Mount& mount) : disk_(disk), mount_(mount) {}

  void Take(std::string_view text) {
    const uint64_t before = acks_;
    for (const char c : text) {
      if (c != '\n') {
        line_ += c;
      } else {
        End();
      }
    }
    if (acks_ > before) Look();
  }
  // The text is over. A last line counts even if it has no line break.
  AckLooks Finish() {
    if (!line_.empty()) End();
    return std::move(looks_);
  }
  // How often the line kStartLine came.
  uint64_t starts() const { return starts_; }

 private:
  void End() {
    const std::string line = std::exchange(line_, {});
    if (line == kStartLine) {
      if (++starts_ == 1) disk_.Mark(kRunMark);
      return;
    }
    disk_.Mark(LineMark(line));
    if (IsAckLine(line)) ++acks_;
  }

  void Look() {
    const uint64_t acks = acks_;
    const size_t entries_max = looks_.EntriesLeft();
    if (entries_max == 0) return;
    const auto seen = mount_.Look(entries_max);
    // An ack that another process wrote during the look makes it a look at a
    // moment that has two acks.
    if (seen && acks == acks_) looks_.Add(acks, *seen);
  }

  VirtualDisk& disk_;
  Mount& mount_;
  std::string line_;
  uint64_t starts_ = 0;
  uint64_t acks_ = 0;
  AckLooks looks_;
};

Error FailedTo(const Backend& backend, const std::string& what) {
  return {ErrorCode::kIo, fmt::format("{}: the fresh volume does not {} ({})",
                                      backend.traits().name, what,
                                      backend.traits().description)};
}

// Mounts, runs the program and unmounts. `recorded` is the trace that grows
// meanwhile.
Status RunOn(Backend& backend, FaultDisk& disk, const Trace& recorded,
             const CommandToRecord& program, CommandRecording& result) {
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
  LineReader acks(disk, *mounted.mount);
  Mount::Command command;
  command.words = program.words;
  command.timeout_ms = program.timeout_ms;
  command.writeback = program.writeback;
  command.writeback_seed = program.writeback_seed;
  command.acks_from_stdout = program.acks_from_stdout;
  command.acks = [&](std::string_view text) {
    acks.Take(text);
    if (!program.acks_from_stdout) return;
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  POWERCUT_ASSIGN(result.end, mounted.mount->RunCommand(command));
  if (result.end.kind == CommandEnd::kNotStarted) {
    return Error{ErrorCode::kMissing,
                 result.end.detail +
                     "; install it, or name a file by its whole path, since "
                     "it starts in the volume"};
  }
  result.recording.looks = acks.Finish();
  result.starts = acks.starts();
  result.program_end = recorded.event_count();
  POWERCUT_TRY(disk.Disarm());
  result.faults_fired = disk.Fired();
  const OpResult unmounted = mounted.mount->Shutdown();
  // After a fault, a volume may be unable to unmount cleanly.
  if (!unmounted.ok() && disk.Fired().empty()) {
    return Error{ErrorCode::kIo,
                 fmt::format("{}: after the program, the volume does not {}",
                             backend.traits().name, unmounted.error)};
  }
  return Ok{};
}

}  // namespace

Result<CommandRecording> RecordCommand(Backend& backend,
                                       const DiskGeometry& geometry,
                                       const CommandToRecord& program) {
  const BackendTraits& traits = backend.traits();
  if (!traits.commands) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("no program can run in {}: take a file system of "
                             "the kernel",
                             traits.name)};
  }
  POWERCUT_ASSIGN(const auto base, backend.Format({geometry, traits.profile}));
  RecordingDisk disk(geometry, base);
  FaultDisk faulty(disk, program.faults, FaultPhase::kRun);
  CommandRecording result{{Trace(geometry, base), {}, {}, {}}, {}, 0, 0, {}};
  const Status ran = RunOn(backend, faulty, disk.trace(), program, result);
  // The workers are forked from this process; they must not share helpers.
  backend.ReleaseHelpers();
  if (!ran) return ran.error();
  POWERCUT_TRY(CheckTraceAgainstDisk(disk.trace(), disk.live()));
  Trace& trace = result.recording.trace;
  trace = disk.TakeTrace();
  if (result.starts > 0) trace = WithLastRunMark(trace);
  POWERCUT_ASSIGN(result.recording.history, HistoryOf(trace, 0, kAnyFaults));
  return result;
}

}  // namespace powercut
