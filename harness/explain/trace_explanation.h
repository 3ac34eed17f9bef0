// Explains a crash state of a recorded program: what it lost by the names of
// files and why, what was not yet issued at the last ack, and what the next
// flush would have changed. harness/explain/explain.h does so for workloads.

#ifndef POWERCUT_HARNESS_EXPLAIN_TRACE_EXPLANATION_H_
#define POWERCUT_HARNESS_EXPLAIN_TRACE_EXPLANATION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/explain/file_losses.h"
#include "harness/explain/replay.h"

namespace powercut {

// Lost writes that the same persist events failed to keep.
struct UnkeptWrites {
  // Ascending.
  std::vector<EventNumber> events;
  uint64_t sectors = 0;
  // Why no flush before the crash kept the sectors.
  std::string why;
  // The first persist event after the crash that keeps them; `std::nullopt` if
  // the recording has none.
  std::optional<EventNumber> kept_by;
};

// The crash point of a later flush, where everything issued by then persists.
struct LaterFlush {
  EventNumber event = 0;
  // How many acks are in force there.
  uint64_t acks = 0;
  // The id of the state after it, and whether that state is admissible.
  std::string id;
  bool holds = false;
};

// The journal of ext4 takes two flushes for one commit, and only what follows
// the second one is there after a crash. Each flush costs a run of the check.
inline constexpr size_t kLaterFlushesMax = 8;

struct TraceExplanation {
  // The canonical id.
  std::string id;
  ReplayedState replayed;
  FileLosses losses;
  uint64_t open_blocks = 0;
  uint64_t lost_blocks = 0;
  uint64_t torn_blocks = 0;
  // By the first event.
  std::vector<UnkeptWrites> unkept;
  // The last persist event to the media before the crash; `std::nullopt` if
  // there is none.
  std::optional<EventNumber> last_flush;
  // The persist events to the media after the crash, in their order, up to the
  // first after which the state holds; at most kLaterFlushesMax.
  std::vector<LaterFlush> later_flushes;
};

// Runs the state again, and the states after the next flushes, and explains the
// first. For an id with crashes during recovery, all but `replayed` speaks of
// the first crash.
// Requires: the run has no workload.
// Errors: those of Replay() and of LossNamer::Name().
Result<TraceExplanation> ExplainTrace(const RecordedRun& run, const StateId& id,
                                      const RunOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_TRACE_EXPLANATION_H_
