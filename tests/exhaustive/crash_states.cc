// Lists crash states as a plain product over the open blocks, apart from the
// enumerator under test, and recovers each different image once.

#include "tests/exhaustive/crash_states.h"

#include <utility>

#include "harness/base/check.h"
#include "harness/recover/crash_disk.h"

namespace powercut {
namespace {

// More requests than any recovery needs. The bound ends a recovery that would
// not end by itself.
constexpr uint64_t kRequestsMax = 1'000'000;

// Visits the states in which the open blocks from `slots[next]` on have each of
// their versions. A state lists only blocks that are not at their newest.
void Choose(const PointCursor& cursor, const std::vector<Slot>& slots,
            size_t next, CrashState& state, const Hash128& hash,
            const CrashStates::Visitor& visit) {
  if (next == slots.size()) {
    visit(state, hash);
    return;
  }
  const Slot slot = slots[next];
  const auto versions = cursor.space().versions(slot);
  const VersionIndex newest = cursor.newest(slot);
  Choose(cursor, slots, next + 1, state, hash, visit);
  // The hash of an image is the XOR of the hashes of its blocks, so that one
  // block can be exchanged for another.
  for (VersionIndex v = cursor.floor(slot); v < newest; ++v) {
    state.choices.push_back({slot, v, {}, 0});
    Choose(cursor, slots, next + 1, state,
           hash ^ versions[newest].hash ^ versions[v].hash, visit);
    state.choices.pop_back();
  }
}

}  // namespace

PointRange PointsAt(const Recording& recording, size_t history) {
  const auto& events = recording.history;
  return {history == 0 ? 0 : events[history - 1].after,
          history == events.size() ? recording.trace.event_count()
                                   : events[history].after};
}

CrashStates::CrashStates(Backend& backend, const Recording& recording)
    : backend_(backend),
      recording_(recording),
      space_(recording.trace, recording.trace.geometry().sector_bytes) {}

PointCursor& CrashStates::CursorAt(CrashKind kind, EventNumber point) {
  auto& cursor = cursors_[static_cast<size_t>(kind)];
  if (cursor == nullptr) cursor = std::make_unique<PointCursor>(space_, kind);
  cursor->MoveTo(point);
  return *cursor;
}

bool CrashStates::ForAll(CrashKind kind, EventNumber point, size_t limit,
                         const Visitor& visit) {
  const PointCursor& cursor = CursorAt(kind, point);
  const std::vector<Slot> slots(cursor.open().begin(), cursor.open().end());
  size_t states = 1;
  for (const Slot slot : slots) {
    states *= cursor.newest(slot) - cursor.floor(slot) + 1;
    if (states > limit) return false;
  }
  CrashState state;
  state.point = point;
  state.kind = kind;
  Choose(cursor, slots, 0, state, cursor.newest_hash(), visit);
  return true;
}

void CrashStates::ForSome(CrashKind kind, EventNumber point,
                          const ExplorationSpace& space, uint64_t seed,
                          size_t limit, const Visitor& visit) {
  size_t count = 0;
  EnumerateStates(CursorAt(kind, point), space, seed,
                  [&](const CrashState& state, const Hash128& hash) {
                    visit(state, hash);
                    return ++count < limit;
                  });
}

const Observation& CrashStates::Recovered(const CrashState& state,
                                          const Hash128& hash) {
  const auto known = found_.find(hash);
  if (known != found_.end()) return known->second;
  auto& image = images_[static_cast<size_t>(state.kind)];
  if (image == nullptr) {
    image = std::make_unique<CrashImage>(space_, state.kind);
  }
  image->Become(state);
  CrashDisk disk(image->bytes(), recording_.trace.geometry(),
                 space_.block_bytes(), kRequestsMax);
  RecoveryOutcome outcome = Recover(backend_, disk, {});
  POWERCUT_CHECK(outcome.kind == RecoveryOutcome::kObserved);
  return found_.emplace(hash, std::move(outcome.observation)).first->second;
}

}  // namespace powercut
