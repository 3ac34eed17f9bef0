// Wraps the backend of simfs, as library/states/state_backend.cc does for the
// loops of users: all the rest of the harness sees a backend like any other.
//
// A program whose acks are taken is being recorded: the volume then begins
// empty, and all that the program changes is done on simfs as it happens. Any
// other program looks at what a crash left, and changes memory only.

#include "programs/program_backend.h"

#include <unistd.h>

#include <utility>

#include "backends/simfs/simfs_backend.h"
#include "backends/simfs/simfs_mount.h"
#include "programs/file_attributes.h"
#include "programs/program_files.h"
#include "programs/program_host.h"

namespace powercut::programs {

namespace {

// What is known of a program once it was recorded.
struct RecordedProgram {
  Calls calls;
  size_t unfired_failures = 0;
};

}  // namespace

struct ProgramBackend::State {
  std::unique_ptr<Backend> simfs = MakeSimfsBackend();
  BackendTraits traits;
  AttributeHistory history;
  RecordedProgram recorded;
  std::vector<PlannedFailure> failures;
  bool recoveries_persist = false;
  std::unique_ptr<ProgramHost> host;
  std::optional<Error> lacks;
  // The process that started `host`.
  pid_t owner = 0;

  // Sees to it that programs can run. On failure, `lacks` says what is missing.
  bool StartHost() {
    if (owner != getpid()) {
      // This process was forked. The host belongs to its parent, and destroying
      // it here would kill it.
      static_cast<void>(host.release());
      owner = getpid();
    }
    if (host != nullptr && !host->end()) return true;
    host.reset();
    lacks.reset();
    auto started = ProgramHost::Start();
    if (!started) {
      lacks = started.error();
      return false;
    }
    host = std::move(*started);
    return true;
  }
};

namespace {

class ProgramMount : public Mount {
 public:
  // `run` runs a program with the files.
  using Run = std::function<Result<CommandEnd>(const Command&, ProgramFiles&)>;

  using Again = std::function<std::unique_ptr<Mount>()>;

  ProgramMount(std::unique_ptr<Mount> below, const AttributeHistory& history,
               const std::vector<PlannedFailure>& failures,
               RecordedProgram& recorded, Run run, Again again)
      : below_(std::move(below)),
        history_(history),
        failures_(failures),
        recorded_(recorded),
        run_(std::move(run)),
        again_(std::move(again)) {}

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    return below_->Apply(op, offset_bytes, content);
  }
  OpResult Start(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    return below_->Start(op, offset_bytes, content);
  }
  OpResult Wait(uint64_t start) override { return below_->Wait(start); }
  Observation Observe() override { return below_->Observe(); }
  OpResult Shutdown() override { return below_->Shutdown(); }

  Result<CommandEnd> RunCommand(const Command& command) override {
    auto& mount = static_cast<simfs::SimfsMount&>(*below_);
    if (command.acks) return RecordProgram(mount, command);
    ProgramFiles files(mount, history_, static_cast<bool>(again_));
    auto end = run_(command, files);
    if (end && again_) POWERCUT_TRY(WriteBack(files.calls()));
    return end;
  }

 private:
  Result<CommandEnd> RecordProgram(simfs::SimfsMount& mount,
                                   const Command& command) {
    if (command.writeback != WritebackSchedule::kKernel) {
      return Error{ErrorCode::kUsage,
                   "--writeback is of the kernel's file systems; simfs is "
                   "explored with every order of writing back"};
    }
    ProgramFiles files(mount);
    for (const PlannedFailure& planned : failures_) files.Plan(planned);
    Command watched = command;
    std::string line;
    watched.acks = [&](std::string_view text) {
      command.acks(text);
      for (const char c : text) {
        if (c != '\n') {
          line += c;
          continue;
        }
        files.AddLine(line);
        line.clear();
      }
    };
    auto end = run_(watched, files);
    if (!line.empty()) files.AddLine(line);
    if (end && files.full()) end->volume_full = true;
    recorded_ = {files.calls(), files.unfired_failures()};
    return end;
  }

  // Makes the calls on a second mount of the disk. The files go on reading
  // through the first one, and what they read there does not change: simfs
  // never uses a sector again.
  Status WriteBack(const Calls& calls) {
    if (calls.empty()) return Ok{};
    const std::unique_ptr<Mount> writer = again_();
    if (writer == nullptr) {
      return Error{ErrorCode::kInternal,
                   "the crashed disk does not mount again"};
    }
    for (const Call& call : calls) {
      if (call.kind != Call::kOp) continue;
      const OpResult result =
          writer->Apply(call.op, call.offset_bytes, call.content);
      if (result.ok() || IsSync(call)) continue;
      return Error{
          result.error == "ENOSPC" ? ErrorCode::kFull : ErrorCode::kInternal,
          "a call of the recovery returned " + result.error + " on the disk"};
    }
    return Ok{};
  }

  std::unique_ptr<Mount> below_;
  const AttributeHistory& history_;
  const std::vector<PlannedFailure>& failures_;
  RecordedProgram& recorded_;
  Run run_;
  // Mounts the disk once more; empty if recoveries change memory only.
  Again again_;
};

}  // namespace

ProgramBackend::ProgramBackend(const std::string& profile)
    : state_(std::make_unique<State>()) {
  state_->traits = state_->simfs->traits();
  state_->traits.profile = profile.empty() ? "linux-man" : profile;
  state_->traits.default_disk_bytes = kProgramDiskBytes;
  state_->traits.commands = true;
  state_->traits.default_exhaustive_log2_max = 12;
}

ProgramBackend::~ProgramBackend() { ReleaseHelpers(); }

void ProgramBackend::set_calls(const Calls& calls) {
  AttributeHistory history;
  for (const Call& call : calls) {
    if (call.attributes.empty()) continue;
    PackedReader in(call.attributes);
    history.Add(call.inode, call.op.number, ReadAttributes(in));
  }
  state_->history = std::move(history);
}

void ProgramBackend::LetRecoveriesPersist() {
  state_->recoveries_persist = true;
}

void ProgramBackend::set_failures(std::vector<PlannedFailure> failures) {
  state_->failures = std::move(failures);
}

const Calls& ProgramBackend::recorded_calls() const {
  return state_->recorded.calls;
}

size_t ProgramBackend::unfired_failures() const {
  return state_->recorded.unfired_failures;
}

const BackendTraits& ProgramBackend::traits() const { return state_->traits; }

Result<std::shared_ptr<const SparseImage>> ProgramBackend::Format(
    const FormatSpec& spec) {
  return state_->simfs->Format(spec);
}

MountResult ProgramBackend::Open(VirtualDisk& disk) {
  MountResult mounted = state_->simfs->Open(disk);
  if (mounted.mount == nullptr) return mounted;
  State& state = *state_;
  const uint64_t size_bytes = disk.geometry().size_bytes();
  const auto run = [&state, size_bytes](
                       const Mount::Command& command,
                       ProgramFiles& files) -> Result<CommandEnd> {
    if (!state.StartHost()) return *state.lacks;
    return state.host->Run(command, files, size_bytes);
  };
  ProgramMount::Again again;
  if (state.recoveries_persist) {
    again = [&state, &disk] { return state.simfs->Open(disk).mount; };
  }
  return {std::make_unique<ProgramMount>(std::move(mounted.mount),
                                         state.history, state.failures,
                                         state.recorded, run, std::move(again)),
          ""};
}

void ProgramBackend::StudyTrace(const Trace& trace) {
  state_->simfs->StudyTrace(trace);
}
void ProgramBackend::ForgetTrace(const Trace& trace) {
  state_->simfs->ForgetTrace(trace);
}
void ProgramBackend::ExpectCrashOf(const Trace& trace, EventNumber upto) {
  state_->simfs->ExpectCrashOf(trace, upto);
}

std::optional<int> ProgramBackend::HelperExitStatus() const {
  // The host of a parent process is no concern of this one.
  if (state_->host == nullptr || state_->owner != getpid()) return std::nullopt;
  return state_->host->end();
}

std::optional<Error> ProgramBackend::MissingResource() const {
  return state_->lacks;
}

void ProgramBackend::ReleaseHelpers() {
  if (state_->owner == getpid()) {
    state_->host.reset();
  } else {
    // It belongs to the process that this one was forked from.
    static_cast<void>(state_->host.release());
  }
}

}  // namespace powercut::programs
