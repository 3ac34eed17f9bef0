#include "harness/space/recovery_space.h"

#include <algorithm>

#include "harness/space/crash_image.h"

namespace powercut {
namespace {

// Puts a choice into a state; takes its place if the slot is listed.
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
  CrashState oldest = state;
  for (const UndecidedBlock& block : undecided_) {
    SetChoice(oldest, block.options.back());
  }
  image.Become(oldest);
  const DiskGeometry geometry = outer.trace().geometry();
  trace_ = std::make_unique<Trace>(
      geometry, std::make_shared<const SparseImage>(std::move(image.bytes())));
  Bytes content(outer.block_bytes());
  for (const UndecidedBlock& block : undecided_) {
    const uint64_t sector = outer.block(block.slot) * outer.sectors_per_block();
    const uint64_t sectors = std::min<uint64_t>(outer.sectors_per_block(),
                                                geometry.sector_count - sector);
    for (size_t i = block.options.size() - 1; i-- > 0;) {
      ReadChoice(outer, block.options[i], content);
      trace_->AddWrite(sector,
                       ByteSpan(content).first(sectors * geometry.sector_bytes),
                       Layer::kDevice);
    }
  }
  begin_ = trace_->event_count();
  for (RecoveryEvent event : events) {
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
  for (const BlockChoice& choice : state.choices) {
    const VersionIndex own = FirstOwnVersion(choice.slot);
    if (choice.version >= own) continue;
    const uint64_t number = space_->block(choice.slot);
    const auto block = std::find_if(undecided_.begin(), undecided_.end(),
                                    [&](const UndecidedBlock& b) {
                                      return outer_.block(b.slot) == number;
                                    });
    // A version before the recovery's own, of a block that was decided: it is
    // the state's.
    if (block == undecided_.end()) continue;
    SetChoice(outer, block->options[own - 1 - choice.version]);
  }
  return outer;
}

RecoverySpace::Decided RecoverySpace::Decide(const CrashState& state,
                                             const CrashSpace& inner) const {
  Decided decided;
  decided.outer = DecideOuter(state);
  decided.inner = state;
  decided.inner.point -= begin_;
  decided.inner.choices.clear();
  for (BlockChoice choice : state.choices) {
    const VersionIndex shift = FirstOwnVersion(choice.slot) - 1;
    const std::optional<Slot> slot = inner.FindSlot(space_->block(choice.slot));
    // The recovery never wrote it: the outer state says all.
    if (!slot) continue;
    choice.slot = *slot;
    choice.version -= std::min(choice.version, shift);
    choice.under -= std::min(choice.under, shift);
    const auto versions = inner.versions(*slot);
    const bool newest =
        choice.version + 1 == versions.size() ||
        versions[choice.version + 1].event > decided.inner.point;
    // It had not written it yet: the outer state says all.
    if (newest && choice.torn.count == 0) continue;
    decided.inner.choices.push_back(choice);
  }
  return decided;
}

}  // namespace powercut
