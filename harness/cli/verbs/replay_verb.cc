// `powercut replay`: runs one crash state again, by its id. The state may be of
// any crash kind that the backend has, whatever the file asks for.
//
// The method is: open the file, run the state in a worker and judge it, save
// the image or the trace if that was asked for, and only then print, so that an
// error comes before any result.

#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <utility>

#include "harness/cli/input/losses_by_calls.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/terminal/verdict_color.h"
#include "harness/cli/verbs/replayed_volume.h"
#include "harness/cli/verbs/verb.h"
#include "harness/explain/file_losses.h"
#include "harness/explain/named_loss.h"
#include "harness/explain/replay.h"
#include "harness/judge/failure_block.h"
#include "harness/system/atomic_file.h"

namespace powercut {
namespace {

// Saves the image as a file that has holes where the disk was never written or
// is zero, so that the image of a large disk takes little room.
Status SaveImage(const SparseImage& image, const std::string& path) {
  if (IsStream(path)) {
    return Error{ErrorCode::kUsage,
                 "--image " + path + ": an image has holes; name a file"};
  }
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

// The outcome of the recovery: how it failed, or the tree it left. If a command
// checked the volume, the harness did not read the tree.
void PrintOutcome(const RecoveryOutcome& outcome, bool checked) {
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
  if (checked) return;
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

struct ReplayFlags {
  std::string file;
  std::string at;
  std::string image;  // Empty if the crash image is not wanted.
  std::string save;   // Empty if the trace is not wanted.
  InputFlags input;
  OracleFlags oracle;
  bool shell = false;
  bool quiet = false;
};

Result<ExitStatus> ReplayOne(const ReplayFlags& flags) {
  POWERCUT_ASSIGN(const StateId id, ParseStateId(flags.at));
  POWERCUT_ASSIGN(const OpenedInput input,
                  OpenInput(flags.file, flags.input, flags.oracle));
  const RunOptions options{.probe = input.probe, .limits = {}};
  if (flags.shell && !input.backend->traits().commands) {
    return NoProgramRuns(flags.file, "--shell", input.backend->traits());
  }
  POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
  const RunWithLosses with_losses(RunOf(input, recording), input.calls);
  const RecordedRun& run = with_losses.run();
  POWERCUT_ASSIGN(ReplayedState replayed, Replay(run, id, options));
  POWERCUT_TRY(NameLossInCauses(run, id, options, replayed));
  // The image is written also if the state is admissible, and before anything
  // is printed.
  if (!flags.image.empty()) {
    POWERCUT_ASSIGN(const SparseImage image, ImageOf(run, id, options));
    POWERCUT_TRY(SaveImage(image, flags.image));
  }
  if (!flags.save.empty()) {
    POWERCUT_TRY(SaveRecording(input, recording, flags.save));
  }
  POWERCUT_TRY(NameLosses(run, input.calls, replayed.findings));
  for (const Finding& finding : replayed.findings) {
    PrintVerdicts(FailureBlock(finding, flags.file,
                               ReplayFlagsText(flags.input, flags.oracle)));
  }
  // Each cause is shown once, and how often the state has it.
  if (replayed.repeated > 0) {
    std::printf("%s: %llu more of the same %s in this state\n",
                flags.file.c_str(),
                static_cast<unsigned long long>(replayed.repeated),
                replayed.findings.size() == 1 ? "cause" : "causes");
  }
  if (replayed.findings.empty()) {
    PrintVerdicts(fmt::format("{}: {}: admissible\n", flags.file, flags.at));
  }
  const bool program = CheckOf(input.setting.oracle) != nullptr;
  if (!flags.quiet) PrintOutcome(replayed.outcome, program);
  if ((program && !flags.quiet) || flags.shell) {
    POWERCUT_ASSIGN(SparseImage image, ImageOf(run, id, options));
    ReplayedVolume volume(run, replayed, std::move(image));
    if (program && !flags.quiet) POWERCUT_TRY(volume.PrintDifference());
    if (program && !flags.quiet) POWERCUT_TRY(volume.PrintCheckOutput());
    if (flags.shell) POWERCUT_TRY(volume.RunShell());
  }
  return replayed.findings.empty() ? kExitHolds : kExitViolation;
}

class ReplayVerb : public Verb {
 public:
  ReplayVerb()
      : Verb("replay", "run one crash state again",
             "powercut replay corpora/regressions/lost_written_append.pcut "
             "--at 57p@2a46e7f2") {}

  void DeclareFlags(FlagSet& flags) override {
    DeclareState(flags, flags_.file, flags_.at);
    flags
        .Add(FlagGroup::kOutput, "--image", flags_.image,
             "save the crash image")
        .WritesFile();
    flags.Add(FlagGroup::kOutput, "--save", flags_.save, "save the trace")
        .WritesFile();
    flags.Add(FlagGroup::kOutput, "--shell", flags_.shell,
              "run $SHELL in a copy of the recovered volume");
    DeclareOracle(flags, flags_.oracle);
    DeclareSetting(flags, flags_.input, flags_.oracle.probe, flags_.quiet);
    DeclareColor(flags);
    DeclareWeaken(flags, flags_.input);
  }

  Result<ExitStatus> Run() const override { return ReplayOne(flags_); }

 private:
  ReplayFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeReplayVerb() {
  return std::make_unique<ReplayVerb>();
}

}  // namespace powercut
