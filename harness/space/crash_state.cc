// The translation between states and steps of ids. A state says which version
// each block holds; a step lists writes. Both sides of the translation go
// through a *listing*: for each event, one flag for each of its sectors.
//
// Writing a step. Go over the open blocks. In the form `-`, the listed sectors
// are lost: list every version above the one that the block holds. In the form
// `+`, they are kept: list the version that the block holds. Versions below the
// held one are shadowed by it, and need not be said either way; neither need
// versions up to the floor. For a torn block, only a part of the held version
// is listed, and the versions from there down to `under` must be said, too.
// Then the flags of each event become items.
//
// Reading a step. Go over the versions of each open block from the newest down
// to the floor: the first one that the listing keeps is held. If one is kept in
// part, the block is torn, and the next one that is kept is the one `under` it.
//
// Example: the trace at the top of crash_space.cc, where event 1 writes sector
// 8 and event 2 writes sectors 8 and 9, at point 2. Slot 0 (sector 8) has the
// versions 0 to 2, slot 1 (sector 9) the versions 0 and 1:
//
//   held by slots 0, 1   form `-`         form `+`        canonical
//   2, 1                 (no items)       w2              2p
//   1, 1                 w2:0             w1,w2:1         2p-w2:0
//   0, 1                 w1,w2:0          w2:1            2p+w2:1
//   2, 0                 w2:1             w2:0            2p-w2:1
//   1, 0                 w2               w1              2p-w2
//   0, 0                 w1,w2            (no items)      2p-w1,w2
//
// In the second row event 1 is not listed in the form `-`, since block 8 holds
// it; in the fourth it is not, since block 8 holds the newer version.

#include "harness/space/crash_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <set>

namespace powercut {
namespace {

// The most characters of a step with items. In a longer one the items are
// replaced by a bitmap.
constexpr size_t kPlainTextMax = 200;

// By event: for each sector of its range, whether the step lists it.
using Listing = std::map<EventNumber, std::vector<bool>>;

BlockChoice OriginChoice(Slot slot, CrashState::Origin origin,
                         const PointCursor& cursor) {
  const bool newest = origin == CrashState::kNewest;
  return {slot, newest ? cursor.newest(slot) : cursor.floor(slot), {}, 0};
}

// What a slot holds in a state.
BlockChoice ChoiceOf(const CrashState& state, Slot slot,
                     const PointCursor& cursor) {
  const auto found =
      std::lower_bound(state.choices.begin(), state.choices.end(), slot,
                       [](const BlockChoice& c, Slot s) { return c.slot < s; });
  if (found != state.choices.end() && found->slot == slot) return *found;
  return OriginChoice(slot, state.origin, cursor);
}

// What a step has to do with the sectors of one version of a block so that it
// names the state: nothing, list none, list all, or list some of them.
enum class Need : uint8_t { kDoesNotMatter, kUnlisted, kListed, kPartly };

// In the form `-`, where listed sectors are lost.
Need NeedFromNewest(const BlockChoice& choice, VersionIndex version,
                    VersionIndex floor) {
  if (version <= floor) return Need::kDoesNotMatter;
  if (version > choice.version) return Need::kListed;
  const bool torn = choice.torn.count > 0;
  if (version == choice.version) return torn ? Need::kPartly : Need::kUnlisted;
  // Shadowed by the held version, or by the one under it.
  if (!torn || version < choice.under) return Need::kDoesNotMatter;
  return version > choice.under ? Need::kListed : Need::kUnlisted;
}

// In the form `+`, where listed sectors are kept.
Need NeedFromFloor(const BlockChoice& choice, VersionIndex version,
                   VersionIndex floor) {
  if (version <= floor) return Need::kDoesNotMatter;
  if (version > choice.version) return Need::kUnlisted;
  const bool torn = choice.torn.count > 0;
  if (version == choice.version) return torn ? Need::kPartly : Need::kListed;
  if (!torn || version < choice.under) return Need::kDoesNotMatter;
  return version > choice.under ? Need::kUnlisted : Need::kListed;
}

// Writes one form of a state. The form `-` is that from newest, and `+` that
// from the floor.
class ItemWriter {
 public:
  ItemWriter(const CrashState& state, CrashState::Origin form,
             const PointCursor& cursor)
      : state_(state), form_(form), cursor_(cursor), space_(cursor.space()) {}

  CrashStep Write() {
    CrashStep step{state_.point, state_.marks, state_.kind, 0, {}, {}};
    for (const Slot slot : cursor_.open()) ListSlot(slot);
    for (const auto& [event, sectors] : listing_) AddItems(event, step);
    if (!step.items.empty()) {
      step.sign = form_ == CrashState::kNewest ? '-' : '+';
    }
    return step;
  }

  const Listing& listing() const { return listing_; }

 private:
  Need NeedOf(const BlockChoice& choice, VersionIndex version) const {
    const VersionIndex floor = cursor_.floor(choice.slot);
    return form_ == CrashState::kNewest ? NeedFromNewest(choice, version, floor)
                                        : NeedFromFloor(choice, version, floor);
  }

  // Whether a sector of the block, counted from its first, is listed for a
  // version whose need is kListed or kPartly.
  bool IsListed(const BlockChoice& choice, Need need, uint64_t sector) const {
    if (need == Need::kListed) return true;
    // The torn sectors are the lost ones.
    const bool torn = sector >= choice.torn.first && sector < choice.torn.end();
    return torn == (form_ == CrashState::kNewest);
  }

  // Sets the flags of all sectors of the block that must be listed.
  void ListSlot(Slot slot) {
    const BlockChoice choice = ChoiceOf(state_, slot, cursor_);
    for (VersionIndex v = cursor_.floor(slot) + 1; v <= cursor_.newest(slot);
         ++v) {
      const Need need = NeedOf(choice, v);
      if (need != Need::kListed && need != Need::kPartly) continue;
      const SectorRange written = space_.WrittenSectors(slot, v);
      const EventNumber event = space_.versions(slot)[v].event;
      const uint64_t first = FirstSectorInEvent(slot, event);
      std::vector<bool>& sectors = listing_[event];
      sectors.resize(space_.trace().event(event).range.count);
      for (uint64_t s = 0; s < written.count; ++s) {
        if (IsListed(choice, need, written.first + s))
          sectors[first + s] = true;
      }
    }
  }

  // Where the block's first written sector lies in the event's range.
  uint64_t FirstSectorInEvent(Slot slot, EventNumber event) const {
    const uint64_t block_first =
        space_.block(slot) * space_.sectors_per_block();
    const uint64_t event_first = space_.trace().event(event).range.first;
    return std::max(block_first, event_first) - event_first;
  }

  // Whether listing the event as a whole would name the same state, because
  // every sector that is not listed cannot matter.
  bool RestDoesNotMatter(EventNumber event,
                         const std::vector<bool>& listed) const {
    const auto [first, last] = space_.SlotsOf(event);
    for (Slot slot = first; slot <= last; ++slot) {
      const auto versions = space_.versions(slot);
      const auto found = std::lower_bound(
          versions.begin(), versions.end(), event,
          [](const BlockVersion& v, EventNumber e) { return v.event < e; });
      const auto version = static_cast<VersionIndex>(found - versions.begin());
      const Need need = NeedOf(ChoiceOf(state_, slot, cursor_), version);
      if (need == Need::kDoesNotMatter) continue;
      const SectorRange written = space_.WrittenSectors(slot, version);
      const uint64_t from = FirstSectorInEvent(slot, event);
      for (uint64_t s = 0; s < written.count; ++s) {
        if (!listed[from + s]) return false;
      }
    }
    return true;
  }

  // Turns the flags of an event into items: one with no range, or one for each
  // run of listed sectors.
  void AddItems(EventNumber event, CrashStep& step) {
    const std::vector<bool>& listed = listing_[event];
    const bool discard =
        space_.trace().event(event).kind == DiskEvent::kDiscard;
    if (RestDoesNotMatter(event, listed)) {
      step.items.push_back({discard, event, std::nullopt});
      return;
    }
    for (uint32_t s = 0; s < listed.size(); ++s) {
      if (!listed[s]) continue;
      const uint32_t first = s;
      while (s + 1 < listed.size() && listed[s + 1]) ++s;
      step.items.push_back({discard, event, std::pair{first, s}});
    }
  }

  const CrashState& state_;
  CrashState::Origin form_;
  const PointCursor& cursor_;
  const CrashSpace& space_;
  Listing listing_;
};

// Calls visit(event, sector_count) for each open write or discard, in ascending
// order: each that some block could still lose.
template <class Visit>
void ForEachOpenWrite(const PointCursor& cursor, Visit visit) {
  std::map<EventNumber, uint64_t> events;
  for (const Slot slot : cursor.open()) {
    for (VersionIndex v = cursor.floor(slot) + 1; v <= cursor.newest(slot);
         ++v) {
      const EventNumber event = cursor.space().versions(slot)[v].event;
      events[event] = cursor.space().trace().event(event).range.count;
    }
  }
  for (const auto& [event, count] : events) visit(event, count);
}

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string BitmapText(const Listing& listing, const PointCursor& cursor) {
  std::string text;
  uint32_t digit = 0;
  uint32_t bits = 0;
  // Each digit of base64 takes six bits. Padding is left out, since the number
  // of bits follows from the point.
  ForEachOpenWrite(cursor, [&](EventNumber event, uint64_t count) {
    const auto found = listing.find(event);
    for (uint64_t s = 0; s < count; ++s) {
      if (found != listing.end() && found->second[s]) digit |= 1u << bits;
      if (++bits < 6) continue;
      text += kBase64Digits[digit];
      digit = bits = 0;
    }
  });
  if (bits > 0) text += kBase64Digits[digit];
  return text;
}

Error BadId(const CrashStep& step, const std::string& what) {
  return {ErrorCode::kUsage,
          fmt::format("crash state {}: {}", CrashStepText(step), what)};
}

Result<Listing> ListingOfBitmap(const CrashStep& step,
                                const PointCursor& cursor) {
  Listing listing;
  uint64_t bit = 0;
  ForEachOpenWrite(cursor, [&](EventNumber event, uint64_t count) {
    std::vector<bool>& sectors = listing[event];
    for (uint64_t s = 0; s < count; ++s, ++bit) {
      // A bitmap that is too short is an error that is found below, when its
      // right size is known.
      const size_t digit = bit / 6 < step.bitmap.size()
                               ? kBase64Digits.find(step.bitmap[bit / 6])
                               : 0;
      sectors.push_back((digit >> (bit % 6) & 1) != 0);
    }
  });
  if ((bit + 5) / 6 != step.bitmap.size()) {
    return BadId(step, fmt::format("the bitmap has {} digits, but {} sectors "
                                   "are open at this point",
                                   step.bitmap.size(), bit));
  }
  return listing;
}

Result<Listing> ListingOfItems(const CrashStep& step,
                               const PointCursor& cursor) {
  // Only open events may be listed: to list one that can no longer be lost, or
  // that was not written yet, is a mistake in the id.
  Listing open;
  ForEachOpenWrite(cursor, [&](EventNumber event, uint64_t count) {
    open[event].resize(count);
  });
  Listing listing;
  for (const StateItem& item : step.items) {
    const auto found = open.find(item.event);
    if (found == open.end()) {
      return BadId(step, fmt::format("event {} is no write that could be lost "
                                     "at this point",
                                     item.event));
    }
    const bool discard =
        cursor.space().trace().event(item.event).kind == DiskEvent::kDiscard;
    if (discard != item.discard) {
      return BadId(step, fmt::format("event {} is a {}", item.event,
                                     discard ? "discard" : "write"));
    }
    std::vector<bool>& listed = listing[item.event];
    listed.resize(found->second.size());
    const auto [first, last] = item.sectors.value_or(
        std::pair{0u, static_cast<uint32_t>(listed.size() - 1)});
    if (last >= listed.size()) {
      return BadId(step, fmt::format("write {} has only {} sectors", item.event,
                                     listed.size()));
    }
    std::fill(listed.begin() + first, listed.begin() + last + 1, true);
  }
  return listing;
}

// Which of the sectors that a version wrote are listed. Sectors are counted
// from the block's first; a hull reaches from the first to the last one.
struct ListedPart {
  // How many sectors are listed.
  uint64_t count = 0;
  // Whether the sectors that are not listed are adjacent.
  bool contiguous_rest = true;
  // The hulls of the listed sectors and of the others.
  SectorRange listed;
  SectorRange rest;
};

ListedPart ListedOf(const CrashSpace& space, Slot slot, VersionIndex version,
                    const Listing& listing) {
  ListedPart part;
  const SectorRange written = space.WrittenSectors(slot, version);
  const EventNumber event = space.versions(slot)[version].event;
  const auto found = listing.find(event);
  const uint64_t block_first = space.block(slot) * space.sectors_per_block();
  const uint64_t event_first = space.trace().event(event).range.first;
  const auto extend = [](SectorRange& hull, uint64_t s) {
    if (hull.count == 0) hull.first = s;
    hull.count = s + 1 - hull.first;
  };
  uint64_t rest = 0;
  for (uint64_t s = written.first; s < written.end(); ++s) {
    if (found != listing.end() &&
        found->second[block_first + s - event_first]) {
      extend(part.listed, s);
      ++part.count;
    } else {
      extend(part.rest, s);
      ++rest;
    }
  }
  part.contiguous_rest = part.rest.count == rest;
  return part;
}

// What a block holds under a listing. The choice of a block that is not torn
// may have any `under`.
Result<BlockChoice> ResolveBlock(const CrashStep& step,
                                 const PointCursor& cursor, Slot slot,
                                 const Listing& listing) {
  const CrashSpace& space = cursor.space();
  const bool drop = step.sign == '-';
  BlockChoice choice{slot, cursor.floor(slot), {}, cursor.floor(slot)};
  bool torn = false;
  for (VersionIndex v = cursor.newest(slot); v > cursor.floor(slot); --v) {
    const ListedPart part = ListedOf(space, slot, v, listing);
    const uint64_t written = space.WrittenSectors(slot, v).count;
    const bool kept_whole = drop ? part.count == 0 : part.count == written;
    const bool lost_whole = drop ? part.count == written : part.count == 0;
    if (lost_whole) continue;
    // Older versions are shadowed by this one.
    if (kept_whole) {
      (torn ? choice.under : choice.version) = v;
      return choice;
    }
    const SectorRange gone = drop ? part.listed : part.rest;
    // A choice has room for one torn range of one version.
    if (torn || (drop ? gone.count != part.count : !part.contiguous_rest)) {
      return BadId(step, fmt::format("block {} is torn in more than one place",
                                     space.block(slot)));
    }
    torn = true;
    choice.version = v;
    choice.torn = gone;
  }
  return choice;
}

}  // namespace

void ReadChoice(const CrashSpace& space, const BlockChoice& choice,
                MutableByteSpan out) {
  const auto versions = space.versions(choice.slot);
  std::memcpy(out.data(), versions[choice.version].content, out.size());
  if (choice.torn.count == 0) return;
  const uint64_t sector_bytes = space.trace().geometry().sector_bytes;
  const uint64_t from = choice.torn.first * sector_bytes;
  std::memcpy(out.data() + from, versions[choice.under].content + from,
              choice.torn.count * sector_bytes);
}

Hash128 HashOfChoice(const CrashSpace& space, const BlockChoice& choice) {
  if (choice.torn.count == 0) {
    return space.versions(choice.slot)[choice.version].hash;
  }
  Bytes content(space.block_bytes());
  ReadChoice(space, choice, content);
  return HashBytes(content, space.block(choice.slot));
}

uint64_t LostBlocks(const CrashState& state, const PointCursor& cursor) {
  if (state.origin == CrashState::kNewest) return state.choices.size();
  // From the floor, all open blocks are lost but those listed as newest.
  uint64_t lost = cursor.open().size();
  for (const BlockChoice& choice : state.choices) {
    if (choice.version == cursor.newest(choice.slot) &&
        choice.torn.count == 0) {
      --lost;
    }
  }
  return lost;
}

std::vector<WrittenSector> SectorsNotHeld(const BlockChoice& choice,
                                          const PointCursor& cursor) {
  const CrashSpace& space = cursor.space();
  const auto versions = space.versions(choice.slot);
  const uint64_t first = space.block(choice.slot) * space.sectors_per_block();
  const VersionIndex held =
      choice.torn.count > 0 ? choice.under : choice.version;
  std::vector<WrittenSector> lost;
  for (VersionIndex v = held + 1; v <= cursor.newest(choice.slot); ++v) {
    const SectorRange written = space.WrittenSectors(choice.slot, v);
    for (uint64_t s = written.first; s < written.end(); ++s) {
      lost.push_back({versions[v].event, first + s});
    }
  }
  return lost;
}

std::vector<WrittenSector> SectorsNotHeld(const CrashState& state,
                                          const PointCursor& cursor) {
  std::set<WrittenSector> all;
  for (const BlockChoice& choice :
       FromOrigin(state, CrashState::kNewest, cursor).choices) {
    for (const WrittenSector& lost : SectorsNotHeld(choice, cursor))
      all.insert(lost);
  }
  return {all.begin(), all.end()};
}

CrashState FromOrigin(const CrashState& state, CrashState::Origin origin,
                      const PointCursor& cursor) {
  CrashState result = state;
  if (state.origin == origin) return result;
  result.origin = origin;
  result.choices.clear();
  for (const Slot slot : cursor.open()) {
    const BlockChoice choice = ChoiceOf(state, slot, cursor);
    const BlockChoice usual = OriginChoice(slot, origin, cursor);
    if (choice.version != usual.version || choice.torn.count > 0) {
      result.choices.push_back(choice);
    }
  }
  return result;
}

CrashStep CanonicalStep(const CrashState& state, const PointCursor& cursor) {
  ItemWriter from_newest(state, CrashState::kNewest, cursor);
  ItemWriter from_floor(state, CrashState::kFloor, cursor);
  CrashStep lost = from_newest.Write();
  CrashStep kept = from_floor.Write();
  // If nothing is kept, the form `+` has no items, and a step with no items
  // means the prefix; only the form `-` can name that state.
  const bool use_kept =
      kept.sign != 0 && CrashStepText(kept).size() < CrashStepText(lost).size();
  CrashStep& shorter = use_kept ? kept : lost;
  if (CrashStepText(shorter).size() > kPlainTextMax) {
    // Both forms would have a bitmap of the same length.
    lost.items.clear();
    lost.bitmap = BitmapText(from_newest.listing(), cursor);
    return lost;
  }
  return shorter;
}

Result<CrashState> ResolveStep(const CrashStep& step, PointCursor& cursor) {
  POWERCUT_CHECK(cursor.kind() == step.kind);
  const EventNumber count = cursor.space().trace().event_count();
  if (step.point > count) {
    return BadId(step,
                 fmt::format("the recording has only {} disk events", count));
  }
  cursor.MoveTo(step.point);
  CrashState state{step.point, step.marks, step.kind, CrashState::kNewest, {}};
  if (step.sign == 0) return state;
  if (step.sign == '+') state.origin = CrashState::kFloor;
  POWERCUT_ASSIGN(const Listing listing, step.bitmap.empty()
                                             ? ListingOfItems(step, cursor)
                                             : ListingOfBitmap(step, cursor));
  for (const Slot slot : cursor.open()) {
    POWERCUT_ASSIGN(BlockChoice choice,
                    ResolveBlock(step, cursor, slot, listing));
    // Equal states must be equal values.
    if (choice.torn.count == 0) choice.under = 0;
    const BlockChoice usual = OriginChoice(slot, state.origin, cursor);
    if (!(choice == usual)) state.choices.push_back(choice);
  }
  return state;
}

}  // namespace powercut
