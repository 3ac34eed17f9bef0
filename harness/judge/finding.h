// Finding: a violation with all that replays and explains it.

#ifndef POWERCUT_HARNESS_JUDGE_FINDING_H_
#define POWERCUT_HARNESS_JUDGE_FINDING_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/record/recorded_run.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_state.h"
#include "harness/trace/op_history.h"
#include "model/words/violation.h"
#include "model/words/workload.h"

namespace powercut {

struct Finding {
  Violation violation;
  // The state shown: of all with this cause the one with the fewest blocks
  // lost, then the earliest point, then the first id.
  std::string id;
  uint64_t lost_blocks = 0;
  uint64_t count = 1;  // states with this cause
  // Their ids, in the order they were visited, if asked for.
  std::vector<std::string> states;

  // In words, for people.
  std::string op_text;  // `op 9       rename /b /a         not returned`
  std::string promise;  // `/a from op 4, durable since the flush at event 96`
  std::string crash;    // `131p                 everything issued persisted`
  // Faults that fell on the disk before the crash or during the recovery:
  // `lie on flush: nothing is carried (after event 12)`.
  std::vector<std::string> faults;
  // Names of single profile switches under which it would be admissible.
  std::vector<std::string> excuses;
  int line = 0;  // of the op at fault; 0: none
};

// Fills in the words of a finding from its violation and its state.
// Requires: `cursor` stands at the state's point and kind.
Finding DescribeFinding(const RecordedRun& run, const Violation& violation,
                        const CrashState& state, const PointCursor& cursor);

// Adds the faults that fell on the recovery.
void AddRecoveryFaults(const Workload& workload, const RecoveryOutcome& outcome,
                       Finding& finding);

// Adds the crashes during recovery behind the finding's state, and how many
// blocks they lost.
void AddInnerCrashes(std::span<const CrashStep> inner, uint64_t lost,
                     Finding& finding);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_FINDING_H_
