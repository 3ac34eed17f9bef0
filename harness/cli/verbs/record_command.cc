// `powercut record`: runs a program in a volume and keeps what it wrote.

#include <fmt/format.h>

#include <cstdio>

#include "backends/registry.h"
#include "harness/block_log/trace_file.h"
#include "harness/cli/input/flag_values.h"
#include "harness/cli/verbs/commands.h"
#include "harness/fault/fault.h"
#include "harness/record/command_recording.h"
#include "harness/system/atomic_file.h"

namespace powercut {
namespace {

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
  if (size_bytes < traits.minimum_disk_bytes) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--size {}: {} needs at least {}M", flags.size,
                             flags.fs, traits.minimum_disk_bytes >> 20)};
  }
  geometry.sector_count = size_bytes / geometry.sector_bytes;
  POWERCUT_ASSIGN(const std::vector<Op> faults, FaultsOf(flags));
  // Before the program runs, not after.
  POWERCUT_TRY(CheckNewFile(flags.output));
  POWERCUT_ASSIGN(const CommandRecording made,
                  RecordCommand(*backend, geometry, flags.command, faults));
  POWERCUT_TRY(
      SaveTrace(made.recording.trace, {traits.name, ""}, flags.output));
  const Trace& trace = made.recording.trace;
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

}  // namespace

ExitStatus RunRecord(const RecordFlags& flags) {
  auto status = Record(flags);
  return status ? *status : Fail(status.error());
}

}  // namespace powercut
