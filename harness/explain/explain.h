// Explain: why a crash state is as it is, why it is admissible or not, and
// which changes of the profile would turn that verdict.

#ifndef POWERCUT_HARNESS_EXPLAIN_EXPLAIN_H_
#define POWERCUT_HARNESS_EXPLAIN_EXPLAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/replay.h"

namespace powercut {

// An op of `run` that had returned with success before the crash and has a row
// of its own in the table of primitives; or the sync at the end of `init`.
struct ExplainedFlush {
  // The op's number; 0 for the sync at the end of `init`.
  uint32_t op = 0;
  // The op as in the canonical layout of a file.
  std::string text;
  // The last disk event before the op returned.
  EventNumber returned = 0;
  // What the op promises for the kind of crash, in words. Empty if it promises
  // nothing for this kind.
  std::vector<std::string> promises;
  // The persist events that were recorded while the op ran, ascending. Empty
  // for the sync at the end of `init`.
  std::vector<EventNumber> persists;
};

// Writes, or discards, of one op that went to the same layer and were lost for
// the same reason.
struct LostWrites {
  // The op's number; 0 if no op was running.
  uint32_t op = 0;
  // The op's line in the file, and its text. They are 0 and empty if `op` is 0.
  int line = 0;
  std::string text;
  // Whether the events are discards.
  bool discard = false;
  // The layer at which the events were issued.
  Layer layer = Layer::kHost;
  // The events of which sectors are lost, ascending.
  std::vector<EventNumber> events;
  // How many sectors of these events are lost.
  uint64_t sectors = 0;
  // Why no persist event made the sectors safe, such as
  // `persist event 14 stops at the device`.
  std::string why;
};

// A switch of the profile that alone turns the verdict.
struct TurningSwitch {
  std::string name;
  // The setting of the switch under which the verdict turns.
  bool on = false;
  // For an admissible state, the first violation that there would be. Empty for
  // a state with a violation.
  std::string found;
};

// For an id with crashes during recovery, `id` and everything that says what
// was lost speak of the first crash, and `replayed` of the whole chain.
struct StateExplanation {
  // The canonical id of the first crash.
  std::string id;
  // The crashes during recovery that the id names, in order.
  std::vector<CrashStep> inner;
  EventNumber point = 0;
  CrashKind kind = CrashKind::kPower;
  // The ops of `run` that had returned, in the order of their returns.
  std::vector<uint32_t> returned;
  // The ops in `returned` that returned an error.
  std::vector<uint32_t> failed;
  // The ops that had begun and not returned, ascending.
  std::vector<uint32_t> in_flight;
  // In the order of their returns; the sync at the end of `init` comes first.
  std::vector<ExplainedFlush> flushes;
  // How many blocks had more than one possible version, how many of these do
  // not hold their newest one as a whole, and how many are torn.
  uint64_t open_blocks = 0;
  uint64_t lost_blocks = 0;
  uint64_t torn_blocks = 0;
  // By op, then by the first event.
  std::vector<LostWrites> lost;
  ReplayedState replayed;
  // The switches that alone turn the verdict on the whole state, and the other
  // profiles that turn it, in the order in which the model declares them.
  std::vector<TurningSwitch> switches;
  std::vector<std::string> profiles;
};

// Runs the state again and explains it. The outcome is then judged once more
// for each switch and each profile, without another run.
// Errors: those of Replay().
Result<StateExplanation> Explain(const RecordedRun& run, const StateId& id,
                                 const RunOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_EXPLAIN_H_
