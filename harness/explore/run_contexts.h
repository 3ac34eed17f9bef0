// RunContexts: which states may share runs. A run decides every state that
// holds what it read, as long as nothing else decides. Two things do:
//
// * A check command is told the acks in force, so that its verdict under other
//   acks is another run.
// * Storage that knows how late a crash can have come at most need not look for
//   what was written later (Backend::ExpectCrashOf()). What such a recovery
//   read decides nothing beyond that point. A long trace is therefore cut into
//   windows, and the cost of a recovery does not grow with the trace.

#ifndef POWERCUT_HARNESS_EXPLORE_RUN_CONTEXTS_H_
#define POWERCUT_HARNESS_EXPLORE_RUN_CONTEXTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/explore/tree_filter.h"
#include "harness/record/recorded_run.h"

namespace powercut {

class RunContexts {
 public:
  // Windows begin where something is flushed to the media, since few blocks are
  // open there, and have at least so many events.
  static constexpr EventNumber kWindowEvents = 256;

  // Cuts the points of a recording into contexts, each of which is a range of
  // points. There is one context if neither reason holds. A trace is cut into
  // windows only if a check command judges: without one, all states share their
  // runs, and the storage is told no bound. O(events + marks).
  explicit RunContexts(const RecordedRun& run);

  // The context of a state, as a number above 0; empty if there is one context.
  ContextOf context_of() const;
  // By point: the last point of its context; `nullptr` if there is one context.
  const std::shared_ptr<const std::vector<EventNumber>>& last_points() const {
    return last_points_;
  }

 private:
  // By point; `nullptr` if there is one context.
  std::shared_ptr<const std::vector<uint32_t>> numbers_;
  std::shared_ptr<const std::vector<EventNumber>> last_points_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_RUN_CONTEXTS_H_
