// CrashStates: the crash states of a recorded workload, listed naively and
// recovered in this process. Equal images are recovered once.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_CRASH_STATES_H_
#define POWERCUT_TESTS_EXHAUSTIVE_CRASH_STATES_H_

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/backend.h"
#include "harness/disk/content_hash.h"
#include "harness/record/recording.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_image.h"
#include "harness/space/crash_space.h"
#include "harness/space/enumerate.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// The crash points at which exactly the first `history` events of the history
// have happened; both ends are included.
struct PointRange {
  EventNumber first = 0;
  EventNumber last = 0;
};
PointRange PointsAt(const Recording& recording, size_t history);

class CrashStates {
 public:
  // Requires: `backend` and `recording` outlive this object.
  CrashStates(Backend& backend, const Recording& recording);

  // Calls `visit` for each state of the point (each block at each of its
  // possible versions), with the hash of the state's image. Returns false, and
  // visits none, if there are more than `limit` states.
  using Visitor = std::function<void(const CrashState&, const Hash128&)>;
  bool ForAll(CrashKind kind, EventNumber point, size_t limit,
              const Visitor& visit);

  // Calls `visit` for the states that a space has at the point, up to `limit`
  // of them.
  void ForSome(CrashKind kind, EventNumber point, const ExplorationSpace& space,
               uint64_t seed, size_t limit, const Visitor& visit);

  // What is found after a crash in this state. The reference is valid as long
  // as this object.
  // Requires: `hash` is the hash of the state's image.
  const Observation& Recovered(const CrashState& state, const Hash128& hash);

  size_t recovered() const { return found_.size(); }
  const CrashSpace& space() const { return space_; }

 private:
  PointCursor& CursorAt(CrashKind kind, EventNumber point);

  Backend& backend_;
  const Recording& recording_;
  CrashSpace space_;
  std::array<std::unique_ptr<PointCursor>, kCrashKinds.size()> cursors_;
  std::array<std::unique_ptr<CrashImage>, kCrashKinds.size()> images_;
  // What was found, by the hash of the image.
  std::unordered_map<Hash128, Observation, Hash128Hasher> found_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_CRASH_STATES_H_
