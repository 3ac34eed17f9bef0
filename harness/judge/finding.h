// Finding: a violation, with everything that replays and explains it.

#ifndef POWERCUT_HARNESS_JUDGE_FINDING_H_
#define POWERCUT_HARNESS_JUDGE_FINDING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/judge/shown_state.h"
#include "harness/record/program_losses.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_state.h"
#include "harness/trace/op_history.h"
#include "model/words/violation.h"
#include "model/words/workload.h"

namespace powercut {

// The most bytes of what was found at one state that a list of states has.
inline constexpr size_t kFoundBytesMax = 400;

// The most causes that one exploration confirms and shows: the first ones in
// the order of their names. A check whose messages hold something that varies
// can have a cause for each state.
inline constexpr size_t kCausesShownMax = 100;

// A cause beyond kCausesShownMax, which was not confirmed.
struct UnshownCause {
  std::string cause;
  // How many states have it.
  uint64_t count = 0;

  bool operator==(const UnshownCause&) const = default;
};

struct Finding {
  Violation violation;
  // The id of the state shown. It is the simplest one with this cause: the one
  // with the fewest crashes, then the fewest lost blocks, then the earliest
  // point, then the fewest marks, then the first text.
  std::string id;
  // How many blocks the shown state lost, over all its crashes.
  uint64_t lost_blocks = 0;
  // How many states have this cause.
  uint64_t count = 1;
  // The ids of these states, by kind, point, marks and text. Empty if they were
  // not asked for.
  std::vector<std::string> states;
  // What was found at each of `states`, in their order: the text of the
  // violation there, cut to kFoundBytesMax.
  std::vector<std::string> found_at;

  // The rows of the failure block, for people. Examples:
  // `op 9       rename /b /a         not returned`
  std::string op_text;
  // `/a from op 4, durable since event 96 (op 5, fsync /a)`
  std::string promise;
  // `131p: power was lost after 131 disk events; everything issued persisted`
  std::string crash;
  // Faults that fell on the disk before the crash or during the recovery:
  // `lie on flush: nothing is carried (after event 12)`.
  std::vector<std::string> faults;
  // For a recorded program, what the shown state lost, by the names of files,
  // and what was not yet issued to the disk when the program wrote the last ack
  // in force. Examples: `/f bytes 0 to 4095 (event 31)`, `the name /g`. Empty
  // if there is nothing to say, or if it is not known.
  std::vector<std::string> lost_files;
  std::vector<std::string> unissued;
  // For the check of a recorded program whose calls are known: the smallest
  // loss that the cause names, and in words the syncs that would have kept it.
  // `std::nullopt` and empty otherwise.
  std::optional<LossSet> loss = {};
  std::vector<std::string> missing = {};
  // The names of the profile switches that would each make the shown state
  // admissible if it alone were changed.
  std::vector<std::string> excuses;
  // The line of the op at fault in the workload; 0 if there is none.
  int line = 0;
  // The number of disk events when the promise in force was made: when the
  // flush returned, or when a recorded program wrote its last ack.
  // `std::nullopt` if nothing was promised.
  std::optional<EventNumber> promised_at;
  // The state that `id` names, as data. `std::nullopt` if nobody asked for it
  // (ShowStates()).
  std::optional<ShownState> shown = {};

  // For a crash during the recovery of storage that does not recover twice in
  // the same way: the recovery that was interrupted, as a trace of its own,
  // which replays the state by `recovery_id`. `nullptr` and empty otherwise.
  std::shared_ptr<const Trace> recovery = {};
  std::string recovery_id = {};
  // The file that this trace was saved in; empty while it was not saved.
  std::string recovery_file = {};
};

// Makes a finding of one violating state. Its `count` is 1, and `states` and
// `excuses` are empty.
// Requires: `cursor` stands at the state's point and kind.
Finding DescribeFinding(const RecordedRun& run, const Violation& violation,
                        const CrashState& state, const PointCursor& cursor);

// Adds the faults that fell on the recovery that came to `outcome`.
// Requires: `outcome` is one of a run of `workload`.
void AddRecoveryFaults(const Workload& workload, const RecoveryOutcome& outcome,
                       Finding& finding);

// Adds crashes during recovery, in order, to the state that the finding shows.
// `lost` is the number of blocks that these crashes lost.
void AddInnerCrashes(std::span<const CrashStep> inner, uint64_t lost,
                     Finding& finding);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_FINDING_H_
