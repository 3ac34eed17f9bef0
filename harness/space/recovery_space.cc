// Undecided contents become versions. The trace of a recovery begins with one
// write for each content that an undecided block may have held, and the events
// of the recovery follow. So the ordinary crash space of that trace has all
// combinations of undecided contents and recovery writes.
//
// Example: a block with the options A (of the outer state), B and C, which the
// recovery overwrites with R at its event 2:
//
//   version   content   event
//   0         C         base
//   1         B         1
//   2         A         2, and begin() is 2
//   3         R         4, event 2 of the recovery
//
// Whatever the floors say, such a block may hold any version: BlockContents
// ignores floors among the undecided events. A state in which it holds version
// 1 means that the outer state had B there and that R did not reach the disk.
// Decide() says it in these words, since an id names the outer state first.

#include "harness/space/recovery_space.h"

#include <algorithm>

#include "harness/base/check.h"
#include "harness/space/crash_image.h"
#include "harness/trace/acks.h"
#include "harness/trace/op_history.h"

namespace powercut {
namespace {

// Puts a choice into a state, in place of one for the same slot.
void SetChoice(CrashState& state, const BlockChoice& choice) {
  const auto at = std::lower_bound(
      state.choices.begin(), state.choices.end(), choice.slot,
      [](const BlockChoice& c, Slot slot) { return c.slot < slot; });
  if (at != state.choices.end() && at->slot == choice.slot) {
    *at = choice;
  } else {
    state.choices.insert(at, choice);
  }
}

}  // namespace

RecoverySpace::RecoverySpace(const CrashSpace& outer, const CrashState& state,
                             std::span<const RecoveryEvent> events,
                             std::vector<UndecidedBlock> undecided)
    : outer_(outer), state_(state), undecided_(std::move(undecided)) {
  CrashImage image(outer, state.kind);
  // The base holds the last option of each undecided block; the other options
  // are written over it.
  CrashState oldest = state;
  for (const UndecidedBlock& block : undecided_) {
    SetChoice(oldest, block.options.back());
  }
  image.Become(oldest);
  const DiskGeometry geometry = outer.trace().geometry();
  trace_ = std::make_shared<Trace>(
      geometry, std::make_shared<const SparseImage>(image.bytes()));
  trace_->AddMark(kRunMark);
  for (const std::string_view ack : AcksUpTo(outer.trace(), state.point)) {
    trace_->AddMark(LineMark(ack));
  }
  for (const auto attempt : AttemptsUpTo(outer.trace(), state.point)) {
    trace_->AddMark(LineMark(std::string(kAttemptLine).append(attempt)));
  }
  Bytes content(outer.block_bytes());
  for (const UndecidedBlock& block : undecided_) {
    const uint64_t sector = outer.block(block.slot) * outer.sectors_per_block();
    const uint64_t sectors = std::min<uint64_t>(outer.sectors_per_block(),
                                                geometry.sector_count - sector);
    for (size_t i = block.options.size() - 1; i-- > 0;) {
      ReadChoice(outer, block.options[i], content);
      // The layer does not matter, since floors among these events are ignored.
      trace_->AddWrite(sector,
                       ByteSpan(content).first(sectors * geometry.sector_bytes),
                       Layer::kDevice);
    }
  }
  begin_ = trace_->event_count();
  for (RecoveryEvent event : events) {
    // The recovery counted its events from 1.
    event.upto += begin_;
    AddEvent(event, *trace_);
  }
  space_ = std::make_unique<CrashSpace>(*trace_, outer.block_bytes());
}

VersionIndex RecoverySpace::FirstOwnVersion(Slot slot) const {
  const auto versions = space_->versions(slot);
  const auto first = std::upper_bound(
      versions.begin(), versions.end(), begin_,
      [](EventNumber e, const BlockVersion& v) { return e < v.event; });
  return static_cast<VersionIndex>(first - versions.begin());
}

CrashState RecoverySpace::DecideOuter(const CrashState& state) const {
  CrashState outer = state_;
  // What an undecided block held must be read from what the state lists.
  POWERCUT_CHECK(undecided_.empty() || state.origin == CrashState::kNewest);
  for (const BlockChoice& choice : state.choices) {
    const VersionIndex own = FirstOwnVersion(choice.slot);
    // A version of the recovery itself says nothing about the outer state.
    if (choice.version >= own) continue;
    const uint64_t number = space_->block(choice.slot);
    const auto block = std::find_if(undecided_.begin(), undecided_.end(),
                                    [&](const UndecidedBlock& b) {
                                      return outer_.block(b.slot) == number;
                                    });
    // A decided block held what the outer state says.
    if (block == undecided_.end()) continue;
    // Version 0 is the last option, and version own - 1 the first.
    SetChoice(outer, block->options[own - 1 - choice.version]);
  }
  return outer;
}

RecoverySpace::Decided RecoverySpace::Decide(const CrashState& state,
                                             const CrashSpace& inner) const {
  POWERCUT_CHECK(state.origin == CrashState::kNewest);
  Decided decided;
  decided.outer = DecideOuter(state);
  decided.inner = state;
  decided.inner.point -= begin_;
  decided.inner.choices.clear();
  for (BlockChoice choice : state.choices) {
    // All versions up to the one that the recovery began with are version 0 of
    // the inner space.
    const VersionIndex shift = FirstOwnVersion(choice.slot) - 1;
    const std::optional<Slot> slot = inner.FindSlot(space_->block(choice.slot));
    // The recovery never writes this block, so that the outer state says all.
    if (!slot) continue;
    choice.slot = *slot;
    choice.version -= std::min(choice.version, shift);
    choice.under -= std::min(choice.under, shift);
    const auto versions = inner.versions(*slot);
    const bool newest =
        choice.version + 1 == versions.size() ||
        versions[choice.version + 1].event > decided.inner.point;
    // The recovery had not written this block yet, so that the outer state says
    // all, and the inner state must not list the block.
    if (newest && choice.torn.count == 0) continue;
    decided.inner.choices.push_back(choice);
  }
  return decided;
}

}  // namespace powercut
