// `powercut record`: runs a program in a volume and saves what it wrote as a
// trace. A program that fails is recorded all the same, and a note says how it
// ended.

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "backends/registry.h"
#include "harness/block_log/trace_file.h"
#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/input_flags.h"
#include "harness/cli/verbs/verb.h"
#include "harness/fault/fault.h"
#include "harness/record/command_recording.h"
#include "harness/system/atomic_file.h"

namespace powercut {
namespace {

struct RecordFlags {
  std::string fs;
  std::string size;  // such as `64M`; empty if the file system decides
  FormatOptions format;
  std::vector<std::string> faults;
  std::string output;
  std::vector<std::string> command;
};

// Faults of the run only: nothing recovers while a program runs.
Result<std::vector<Op>> FaultsOf(const RecordFlags& flags) {
  POWERCUT_ASSIGN(std::vector<Op> faults, ParseFaults(flags.faults));
  for (size_t i = 0; i < faults.size(); ++i) {
    POWERCUT_TRY(CheckFaultIsOffered(faults[i]));
    if (PhaseOf(faults[i]) == FaultPhase::kRun) continue;
    return Error{ErrorCode::kUsage,
                 fmt::format("--fault '{}': nothing recovers while a program "
                             "runs; say it to `explore`",
                             flags.faults[i])};
  }
  return faults;
}

Result<ExitStatus> Record(const RecordFlags& flags) {
  POWERCUT_ASSIGN(const std::unique_ptr<Backend> backend,
                  MakeBackend(flags.fs, flags.format));
  const BackendTraits& traits = backend->traits();
  DiskGeometry geometry;
  uint64_t size_bytes = traits.default_disk_bytes;
  if (!flags.size.empty()) {
    POWERCUT_ASSIGN(size_bytes, ParseSize("--size", flags.size));
  }
  // Here, the message can name the flag.
  if (size_bytes < traits.minimum_disk_bytes) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--size {}: {} needs at least {}M", flags.size,
                             flags.fs, traits.minimum_disk_bytes >> 20)};
  }
  geometry.sector_count = size_bytes / geometry.sector_bytes;
  POWERCUT_ASSIGN(const std::vector<Op> faults, FaultsOf(flags));
  // The program may run for hours, and what it did would be lost.
  POWERCUT_TRY(CheckNewFile(flags.output));
  POWERCUT_ASSIGN(const CommandRecording made,
                  RecordCommand(*backend, geometry, flags.command, faults));
  POWERCUT_TRY(
      SaveTrace(made.recording.trace, {traits.name, ""}, flags.output));
  const Trace& trace = made.recording.trace;
  // The lines that the program wrote to $POWERCUT_ACKS are the user's marks.
  uint64_t acks = 0;
  for (const HistoryEvent& event : made.recording.history) {
    acks += event.kind == HistoryEvent::kUser ? 1 : 0;
  }
  std::printf("%s: %s, %u disk events, %llu acks\n", flags.output.c_str(),
              traits.name.c_str(), trace.event_count(),
              static_cast<unsigned long long>(acks));
  if (made.faults_fired.size() < faults.size()) {
    std::fprintf(stderr, "powercut: note: %zu of %zu faults never fired\n",
                 faults.size() - made.faults_fired.size(), faults.size());
  }
  if (!made.ended.empty()) {
    std::fprintf(stderr, "powercut: note: the program ended with %s\n",
                 made.ended.c_str());
  }
  return kExitHolds;
}

class RecordVerb : public Verb {
 public:
  RecordVerb()
      : Verb("record",
             "run a program in a volume and keep every write\n\nLines that it "
             "writes to the file $POWERCUT_ACKS are acks: what it promised "
             "from then on. It runs in the volume, so that names outside must "
             "be absolute, as root in namespaces of its own; what it leaves "
             "running is killed.") {}

  void DeclareFlags(FlagSet& flags) override {
    flags.Add("--fs", flags_.fs, "file system").Required();
    flags.Add("--size", flags_.size, "of the disk, e.g. 64M");
    DeclareFormat(flags, flags_.format);
    DeclareFaults(flags, flags_.faults);
    flags.Add("-o,--output", flags_.output, "the trace").Required();
    flags
        .Add("COMMAND", flags_.command,
             "the program and its arguments, after --")
        .Required();
  }

  Result<ExitStatus> Run() const override { return Record(flags_); }

 private:
  RecordFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeRecordVerb() {
  return std::make_unique<RecordVerb>();
}

}  // namespace powercut
