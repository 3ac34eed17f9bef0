// Explain: why a crash state is as it is, why it is right or wrong, and what
// would turn that.

#ifndef POWERCUT_HARNESS_EXPLAIN_EXPLAIN_H_
#define POWERCUT_HARNESS_EXPLAIN_EXPLAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/replay.h"

namespace powercut {

// An op that had returned before the crash and whose row promises something.
struct ExplainedFlush {
  uint32_t op = 0;  // 0: the sync behind `init`
  std::string text;
  // The last disk event before it returned.
  EventNumber returned = 0;
  // What it promises for this kind of crash, in words; empty: nothing.
  std::vector<std::string> promises;
  // The persist events that were recorded while it ran.
  std::vector<EventNumber> persists;
};

// Writes of one op whose blocks are lost for the same reason.
struct LostWrites {
  uint32_t op = 0;  // 0: none of the ops
  int line = 0;
  std::string text;  // of the op
  bool discard = false;
  Layer layer = Layer::kHost;
  std::vector<EventNumber> events;
  uint64_t sectors = 0;
  // Why nothing held them, e.g. `persist event 14 stops at the device`.
  std::string why;
};

// One switch of the profile, flipped.
struct TurningSwitch {
  std::string name;
  bool on = false;    // what it would have to be
  std::string found;  // admissible states: the violation there would be
};

struct StateExplanation {
  std::string id;
  EventNumber point = 0;
  CrashKind kind = CrashKind::kPower;
  std::vector<uint32_t> returned;   // ops of `run`
  std::vector<uint32_t> failed;     // of those, with an error
  std::vector<uint32_t> in_flight;  // began, had not returned
  std::vector<ExplainedFlush> flushes;
  uint64_t open_blocks = 0;
  uint64_t lost_blocks = 0;
  uint64_t torn_blocks = 0;
  std::vector<LostWrites> lost;  // by op, then event
  ReplayedState replayed;
  // Switches that alone turn the verdict on the whole state, and profiles that
  // do, in their order.
  std::vector<TurningSwitch> switches;
  std::vector<std::string> profiles;
};

// Runs the state again and explains it. Errors: as Replay().
Result<StateExplanation> Explain(const RecordedRun& run, const StateId& id,
                                 const RunOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_EXPLAIN_H_
