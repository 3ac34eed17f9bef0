// Tries to leave out runs of calls: half of them, a quarter, and so on down to
// single ones, each time from the last calls to the first, since later calls
// need earlier ones.
//
// Syncs and acks stay: without them another failure would have the same words.
// A rest that simfs refuses (a write to a file that nobody made) is no run of
// any program and is passed over. So is one in which the check fails although
// nothing was lost, if the failure that is shrunk needs a loss: there the check
// would miss a call, and not a crash.

#include "harness/cli/verbs/program_minimizer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "harness/cli/input/edited_calls.h"
#include "harness/cli/input/losses_by_calls.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/input/recorded_calls.h"
#include "harness/judge/check_cause.h"

namespace powercut {
namespace {

class ProgramMinimizer {
 public:
  ProgramMinimizer(OpenedInput& input, const ExploreOptions& options,
                   const std::function<bool()>& stopping)
      : input_(input), options_(options), stopping_(stopping) {}

  Result<MinimizedProgram> Run(const std::string& cause) {
    POWERCUT_ASSIGN(std::vector<size_t> kept, ChangingCallsOf(input_.about));
    POWERCUT_TRY(FindCause(cause));
    POWERCUT_ASSIGN(best_->calls_before, KeepChanges(kept, best_->trace.about));
    best_->calls = best_->calls_before;
    for (size_t run = kept.size() / 2; run > 0; run /= 2) {
      for (size_t end = kept.size(); end > 0 && !stopping_();) {
        const size_t begin = end > run ? end - run : 0;
        std::vector<size_t> rest = kept;
        rest.erase(rest.begin() + static_cast<ptrdiff_t>(begin),
                   rest.begin() + static_cast<ptrdiff_t>(end));
        if (Shows(rest)) kept = std::move(rest);
        end = std::min(begin, kept.size());
      }
    }
    best_->tried = tried_;
    best_->interrupted = stopping_();
    return std::move(*best_);
  }

 private:
  Result<Exploration> ExploreCalls(const Recording& recording,
                                   const std::optional<ReturnedCalls>& calls,
                                   const ExploreOptions& options) {
    const RunWithLosses with_losses(RunOf(input_, recording), calls);
    return Explore(with_losses.run(), options);
  }

  // Explores the recording as it is.
  Status FindCause(const std::string& cause) {
    const Recording& recording = *input_.recording;
    POWERCUT_ASSIGN(const Exploration explored,
                    ExploreCalls(recording, input_.calls, options_));
    const Finding* first = nullptr;
    for (const Finding& finding : explored.findings) {
      const std::string& found = finding.violation.cause;
      const bool named =
          cause.empty() || found == cause || CauseWithoutLoss(found) == cause;
      if (named && first == nullptr) first = &finding;
    }
    if (first == nullptr) {
      return Error{ErrorCode::kUsage,
                   input_.workload.file + ": nothing to minimize: " +
                       (cause.empty() ? "no state is refused"
                                      : "no state has this cause")};
    }
    cause_ = first->violation.cause;
    needs_loss_ = first->lost_blocks > 0;
    best_ = MinimizedProgram{
        {recording.trace, input_.about, {}}, *first, 0, 0, 0, false};
    return Ok{};
  }

  // Whether the cause is found with these calls alone. If so, they are the best
  // so far.
  bool Shows(const std::vector<size_t>& kept) {
    ++tried_;
    TraceAbout about = input_.about;
    const auto left = KeepChanges(kept, about);
    if (!left) return false;
    auto remade =
        RemakeTrace(about, best_->trace.trace.geometry(), *input_.backend);
    if (!remade || !TellCalls(about.calls, *input_.backend)) return false;
    about.program_end = remade->trace.event_count();
    auto history = HistoryOf(remade->trace, 0, kAnyFaults);
    if (!history) return false;
    const Recording recording{
        std::move(remade->trace), std::move(*history), {}, {}};
    // Which loss a failure names is known only if all states were visited.
    ExploreOptions options = options_;
    options.hooks.interrupted = stopping_;
    auto explored =
        ExploreCalls(recording, std::move(remade->returned), options);
    if (!explored || stopping_()) return false;
    for (Finding& finding : explored->findings) {
      if (finding.violation.cause != cause_) continue;
      if (needs_loss_ && finding.lost_blocks == 0) return false;
      best_->trace = {recording.trace, std::move(about), {}};
      best_->finding = std::move(finding);
      best_->calls = *left;
      return true;
    }
    return false;
  }

  OpenedInput& input_;
  const ExploreOptions& options_;
  const std::function<bool()>& stopping_;
  std::string cause_;
  bool needs_loss_ = false;
  size_t tried_ = 0;
  std::optional<MinimizedProgram> best_;
};

}  // namespace

Result<MinimizedProgram> MinimizeProgram(
    OpenedInput& input, const std::string& cause, const ExploreOptions& options,
    const std::function<bool()>& stopping) {
  return ProgramMinimizer(input, options, stopping).Run(cause);
}

}  // namespace powercut
