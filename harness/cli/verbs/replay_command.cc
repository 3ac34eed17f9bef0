// `powercut replay`: one crash state again, by its id.

#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>

#include "harness/block_log/trace_file.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/input/sources.h"
#include "harness/cli/verbs/commands.h"
#include "harness/explain/replay.h"
#include "harness/judge/failure_block.h"
#include "harness/system/atomic_file.h"

namespace powercut {
namespace {

// The image as a file with holes where the disk was never written.
Status SaveImage(const SparseImage& image, const std::string& path) {
  POWERCUT_ASSIGN(const auto file, NewFile::Create(path));
  bool good =
      ftruncate(file->fd(), static_cast<off_t>(image.size_bytes())) == 0;
  image.ForEachPage([&](uint64_t offset, ByteSpan bytes) {
    while (good && !bytes.empty() && !AllZero(bytes)) {
      const ssize_t put = pwrite(file->fd(), bytes.data(), bytes.size(),
                                 static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      good = put > 0;
      if (!good) break;
      offset += static_cast<uint64_t>(put);
      bytes = bytes.subspan(static_cast<size_t>(put));
    }
  });
  if (good) return file->Commit();
  return Error{ErrorCode::kIo, path + ": " + strerror(errno)};
}

void PrintOutcome(const RecoveryOutcome& outcome) {
  if (outcome.kind != RecoveryOutcome::kObserved) {
    std::printf("  recovery   %s: %s\n",
                outcome.kind == RecoveryOutcome::kDied ? "died" : "hung",
                outcome.detail.c_str());
    return;
  }
  const Observation& seen = outcome.observation;
  if (!seen.unreadable.empty()) {
    std::printf("  recovery   %s\n", seen.unreadable.c_str());
    return;
  }
  std::printf("  recovery   %zu %s\n", seen.entries.size(),
              seen.entries.size() == 1 ? "entry" : "entries");
  for (const ObservedEntry& entry : seen.entries) {
    const std::string what = !entry.unreadable.empty() ? entry.unreadable
                             : entry.is_directory
                                 ? "directory"
                                 : fmt::format("{} bytes", entry.size_bytes);
    std::printf("             %s  %s\n", entry.path.c_str(), what.c_str());
  }
}

Result<ExitStatus> ReplayOne(const ReplayFlags& flags) {
  POWERCUT_ASSIGN(const StateId id, ParseStateId(flags.at));
  POWERCUT_ASSIGN(Source source, OpenInput(flags.file, flags.common));
  // Any kind the backend offers can be replayed, whatever the file asks for.
  POWERCUT_ASSIGN(const Recording recording, RecordingOf(source));
  POWERCUT_ASSIGN(const ReplayedState replayed,
                  Replay(*source.backend, source.workload, source.setting,
                         recording, id, source.options));
  if (!flags.image.empty()) {
    POWERCUT_ASSIGN(const SparseImage image,
                    ImageOf(*source.backend, source.workload, source.setting,
                            recording, id, source.options));
    POWERCUT_TRY(SaveImage(image, flags.image));
  }
  if (!flags.save.empty()) {
    POWERCUT_ASSIGN(
        const std::string text,
        TextWithFaults(source.text, source.workload.file, source.added_faults));
    POWERCUT_TRY(SaveTrace(recording.trace,
                           {source.backend->traits().name, text}, flags.save));
  }
  for (const Finding& finding : replayed.findings) {
    std::fputs(FailureBlock(finding, flags.file, ReplayFlagsText(flags.common))
                   .c_str(),
               stdout);
  }
  if (replayed.repeated > 0) {
    std::printf("%s: %llu more of the same %s in this state\n",
                flags.file.c_str(),
                static_cast<unsigned long long>(replayed.repeated),
                replayed.findings.size() == 1 ? "cause" : "causes");
  }
  if (replayed.findings.empty()) {
    std::printf("%s: %s: admissible\n", flags.file.c_str(), flags.at.c_str());
  }
  if (!flags.common.quiet) PrintOutcome(replayed.outcome);
  return replayed.findings.empty() ? kExitHolds : kExitViolation;
}

}  // namespace

ExitStatus RunReplay(const ReplayFlags& flags) {
  auto status = ReplayOne(flags);
  return status ? *status : Fail(status.error());
}

}  // namespace powercut
