// Explains a trace whose last state does not mount, so that the reader gets one
// reason in place of a finding at every crash point.
//
// The backend looks at the disk first, since only it knows what a disk of its
// file system looks like. If it sees nothing, an imported log that began on a
// blank disk is still suspect: a log does not say what the disk held before it,
// and a superblock alone is soon rewritten.

#include "harness/explain/last_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace powercut {
namespace {

bool IsBlank(const SparseImage& image) {
  bool blank = true;
  image.ForEachPage(
      [&](uint64_t, ByteSpan bytes) { blank = blank && AllZero(bytes); });
  return blank;
}

}  // namespace

Result<std::string> CheckLastState(const RecordedRun& run, TraceOrigin origin,
                                   const RecoveryOutcome& outcome) {
  const std::string& failure = outcome.observation.unreadable;
  if (failure.empty()) return std::string();
  const std::string told = fmt::format(
      "not even the last state, without any crash, can be opened as {}: {}",
      run.backend.traits().name, failure);
  const auto& history = run.recording.history;
  const bool faulty = std::any_of(
      history.begin(), history.end(),
      [](const HistoryEvent& e) { return e.kind == HistoryEvent::kFault; });
  if (faulty) return told + "; a fault fell on the recorded run";
  const DiskProblem problem = run.backend.ProblemOf(ApplyAll(run.trace()));
  const bool blank = problem.kind != DiskProblem::kWrongDisk &&
                     origin.imported && IsBlank(run.trace().base());
  if (problem.kind == DiskProblem::kNone && !blank) return told;
  std::string why = problem.text;
  if (blank) {
    if (!why.empty()) why += "; ";
    why +=
        "the log begins on a blank disk: if the disk held something before, "
        "import the log with --base IMAGE";
  }
  return Error{ErrorCode::kBadInput, told + "; " + why};
}

}  // namespace powercut
