// Mounts copies of the crash image in this process, one for each thing that is
// shown, so that none sees what another one wrote.

#include "harness/cli/verbs/replayed_volume.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "harness/explain/volume_difference.h"
#include "harness/trace/acks.h"

namespace powercut {

ReplayedVolume::ReplayedVolume(const RecordedRun& run,
                               const ReplayedState& replayed, SparseImage image)
    : run_(run),
      replayed_(replayed),
      image_(std::make_shared<const SparseImage>(std::move(image))) {}

Status ReplayedVolume::PrintDifference() {
  // The tree of a mounted image, or why there is none.
  const auto look =
      [&](std::shared_ptr<const SparseImage> image) -> Result<Observation> {
    POWERCUT_ASSIGN(StateVolume volume,
                    StateVolume::Open(run_.backend, run_.trace().geometry(),
                                      std::move(image)));
    if (volume.mount() != nullptr) return volume.mount()->Observe();
    Observation nothing;
    nothing.unreadable = volume.failure();
    return nothing;
  };
  POWERCUT_ASSIGN(const Observation state, look(image_));
  POWERCUT_ASSIGN(
      const Observation end,
      look(std::make_shared<const SparseImage>(ApplyAll(run_.trace()))));
  for (const Observation* seen : {&state, &end}) {
    if (seen->unreadable.empty()) continue;
    std::printf("  difference not known: the volume %s cannot be read: %s\n",
                seen == &state ? "after the crash"
                               : "at the end of the "
                                 "recording",
                seen->unreadable.c_str());
    return Ok{};
  }
  const std::vector<std::string> lines = DifferenceOf(state, end);
  std::printf("  difference from the end of the recording: %s\n",
              lines.empty() ? "none"
                            : fmt::format("{} {}", lines.size(),
                                          lines.size() == 1 ? "name" : "names")
                                  .c_str());
  for (const std::string& line : lines) {
    std::printf("             %s\n", line.c_str());
  }
  return Ok{};
}

Status ReplayedVolume::PrintCheckOutput() {
  if (!HasCommand(run_.setting.oracle)) return Ok{};
  const CheckOracle& check = *CheckOf(run_.setting.oracle);
  POWERCUT_ASSIGN(StateVolume volume,
                  StateVolume::Open(run_.backend, run_.trace().geometry(),
                                    image_, run_.workload.faults));
  if (volume.mount() == nullptr) return Ok{};
  std::printf("  output     of the check, which runs once more:\n");
  POWERCUT_ASSIGN(const CommandEnd end,
                  RunIn(volume, {"/bin/sh", "-c", check.command},
                        /*quiet=*/false, check.timeout_ms));
  std::printf("  ended      with %s\n",
              end.detail.empty() ? "exit status 0" : end.detail.c_str());
  return Ok{};
}

Status ReplayedVolume::RunShell() {
  POWERCUT_ASSIGN(StateVolume volume,
                  StateVolume::Open(run_.backend, run_.trace().geometry(),
                                    image_, run_.workload.faults));
  if (volume.mount() == nullptr) {
    return Error{ErrorCode::kUsage,
                 "--shell: the volume does not " + volume.failure()};
  }
  // A shell reads the environment, so that this process need not.
  const std::string word = "\"${SHELL:-/bin/sh}\"";
  POWERCUT_ASSIGN(
      const CommandEnd known,
      RunIn(volume, {"/bin/sh", "-c", "command -v " + word}, /*quiet=*/true,
            /*timeout_ms=*/0));
  if (!known.detail.empty()) {
    return Error{ErrorCode::kMissing,
                 "--shell: there is no program of the name in $SHELL"};
  }
  const bool terminal = isatty(STDIN_FILENO) == 1;
  if (terminal) {
    std::printf("  shell      in a copy of the volume; exit ends it\n");
  }
  const auto end = RunIn(volume, {"/bin/sh", "-c", "exec " + word},
                         /*quiet=*/false, /*timeout_ms=*/0);
  if (!end) return end.error();
  if (terminal) {
    // A shell with job control takes the terminal. It cannot give it back,
    // because it does not know this process by any number.
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, getpgrp());
  }
  return Ok{};
}

Result<CommandEnd> ReplayedVolume::RunIn(StateVolume& volume,
                                         const std::vector<std::string>& words,
                                         bool quiet,
                                         uint32_t timeout_ms) const {
  // What was printed so far comes before what the program prints.
  std::fflush(nullptr);
  Mount::Command command;
  command.words = words;
  const LineText acks(run_.trace(), ProgramLine::kAck);
  const LineText attempts(run_.trace(), ProgramLine::kAttempt);
  command.acked = acks.UpTo(replayed_.state.point);
  command.attempted = attempts.UpTo(replayed_.state.point);
  command.quiet = quiet;
  command.timeout_ms = timeout_ms;
  return volume.mount()->RunCommand(command);
}

}  // namespace powercut
