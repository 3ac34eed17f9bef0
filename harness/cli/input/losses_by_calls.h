// What a crash state of a recorded program lost, told by its calls, and by
// which rule of the profile a crash may take it.

#ifndef POWERCUT_HARNESS_CLI_INPUT_LOSSES_BY_CALLS_H_
#define POWERCUT_HARNESS_CLI_INPUT_LOSSES_BY_CALLS_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/cli/input/recorded_calls.h"
#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/space/state_id.h"
#include "library/states/call_losses.h"

namespace powercut {

// A run of a recorded program that can tell what a crash takes of it: of any
// other run, or if the calls are not known, it is the run itself.
class RunWithLosses {
 public:
  // What the arguments refer to must outlive this object. Requires: the calls
  // are those of `run`.
  RunWithLosses(const RecordedRun& run,
                const std::optional<ReturnedCalls>& returned);
  RunWithLosses(const RunWithLosses&) = delete;
  RunWithLosses& operator=(const RunWithLosses&) = delete;

  const RecordedRun& run() const { return run_; }

 private:
  RecordedRun run_;
  std::optional<CallLosses> losses_;
};

// Says in each finding which calls had returned before the crash, of which
// calls the shown state lost something, and which syncs would have kept what
// the cause names. Requires: the calls are those of `run`.
void NameByCalls(const RecordedRun& run, const ReturnedCalls& returned,
                 std::span<Finding> findings);

// The same as NameByCalls() if the calls are known, and otherwise
// AddFileNames() (harness/explain/file_losses.h). Errors: those of
// AddFileNames().
Status NameLosses(const RecordedRun& run,
                  const std::optional<ReturnedCalls>& returned,
                  std::span<Finding> findings);

// A rule by which a profile lets a crash take something.
struct LossRule {
  // What is taken, such as `names`.
  std::string what;
  // What would have promised it, with the source.
  std::string rule;
};

// The rules by which the state lost what it lost of the calls of a program.
// Requires: the calls are those of `run`.
// Errors: those of ResolveStep().
Result<std::vector<LossRule>> RulesOfLoss(const RecordedRun& run,
                                          const ReturnedCalls& returned,
                                          const StateId& id);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_LOSSES_BY_CALLS_H_
