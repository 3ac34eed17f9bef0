// ReplayedVolume: what `replay` shows of the volume of a crash state, beside
// the verdict.

#ifndef POWERCUT_HARNESS_CLI_VERBS_REPLAYED_VOLUME_H_
#define POWERCUT_HARNESS_CLI_VERBS_REPLAYED_VOLUME_H_

#include <memory>
#include <string>

#include "harness/explain/replay.h"
#include "harness/explain/state_volume.h"

namespace powercut {

class ReplayedVolume {
 public:
  // `image` is the disk that the crash left. What `run` refers to, and
  // `replayed`, must outlive this object.
  ReplayedVolume(const RecordedRun& run, const ReplayedState& replayed,
                 SparseImage image);

  // Prints which files differ from the volume at the end of the recording.
  Status PrintDifference();

  // Runs the check once more and lets it print all that it prints. Prints
  // nothing if there is no check command.
  Status PrintCheckOutput();

  // Runs $SHELL, or /bin/sh if it is not set, in the volume, with the terminal
  // or the standard input of this process, and waits for its end.
  // Errors: kUsage if the volume does not mount; kMissing if the shell cannot
  // be started.
  Status RunShell();

  // Errors of all: those of StateVolume::Open() and of Mount::RunCommand().

 private:
  Result<CommandEnd> RunIn(StateVolume& volume,
                           const std::vector<std::string>& words, bool quiet,
                           uint32_t timeout_ms) const;

  const RecordedRun run_;
  const ReplayedState& replayed_;
  std::shared_ptr<const SparseImage> image_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_REPLAYED_VOLUME_H_
