// Mounts copies of the crash image in this process, one for each thing that is
// shown, so that none sees what another one wrote.

#include "harness/cli/verbs/replayed_volume.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
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
  POWERCUT_ASSIGN(
      const CommandEnd end,
      RunIn(volume, {"/bin/sh", "-c", check.command}, check.timeout_ms));
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
  const char* named = std::getenv("SHELL");
  const std::string shell =
      named == nullptr || *named == '\0' ? "/bin/sh" : named;
  const bool terminal = isatty(STDIN_FILENO) == 1;
  if (terminal) {
    std::printf("  shell      %s in a copy of the volume; exit ends it\n",
                shell.c_str());
  }
  POWERCUT_ASSIGN(const CommandEnd end,
                  RunIn(volume, {shell}, /*timeout_ms=*/0));
  if (terminal) {
    // A shell with job control takes the terminal. It cannot give it back,
    // because it does not know this process by any number.
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, getpgrp());
  }
  if (end.kind != CommandEnd::kNotStarted) return Ok{};
  return Error{ErrorCode::kMissing, "--shell: " + end.detail};
}

std::string ReplayedVolume::Acked() const {
  std::string text;
  for (const auto ack : AcksUpTo(run_.trace(), replayed_.state.point)) {
    text.append(ack) += '\n';
  }
  return text;
}

Result<CommandEnd> ReplayedVolume::RunIn(StateVolume& volume,
                                         const std::vector<std::string>& words,
                                         uint32_t timeout_ms) const {
  // What was printed so far comes before what the program prints.
  std::fflush(nullptr);
  Mount::Command command;
  command.words = words;
  command.acked = Acked();
  command.timeout_ms = timeout_ms;
  return volume.mount()->RunCommand(command);
}

}  // namespace powercut
