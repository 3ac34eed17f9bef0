#include "harness/space/crash_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>

namespace powercut {
namespace {

constexpr size_t kPlainTextMax = 200;

// Listed sectors of a write, as one flag a sector of its event.
using Listing = std::map<EventNumber, std::vector<bool>>;

BlockChoice OriginChoice(Slot slot, CrashState::Origin origin,
                         const PointCursor& cursor) {
  const bool newest = origin == CrashState::kNewest;
  return {slot, newest ? cursor.newest(slot) : cursor.floor(slot), {}, 0};
}

// The choice of a slot in a state.
BlockChoice ChoiceOf(const CrashState& state, Slot slot,
                     const PointCursor& cursor) {
  const auto found =
      std::lower_bound(state.choices.begin(), state.choices.end(), slot,
                       [](const BlockChoice& c, Slot s) { return c.slot < s; });
  if (found != state.choices.end() && found->slot == slot) return *found;
  return OriginChoice(slot, state.origin, cursor);
}

// What the id has to say of one version of a block.
enum class Need : uint8_t { kDoesNotMatter, kUnlisted, kListed, kPartly };

Need NeedFromNewest(const BlockChoice& choice, VersionIndex version,
                    VersionIndex floor) {
  if (version <= floor) return Need::kDoesNotMatter;
  if (version > choice.version) return Need::kListed;
  const bool torn = choice.torn.count > 0;
  if (version == choice.version) return torn ? Need::kPartly : Need::kUnlisted;
  if (!torn || version < choice.under) return Need::kDoesNotMatter;
  return version > choice.under ? Need::kListed : Need::kUnlisted;
}

Need NeedFromFloor(const BlockChoice& choice, VersionIndex version,
                   VersionIndex floor) {
  if (version <= floor) return Need::kDoesNotMatter;
  if (version > choice.version) return Need::kUnlisted;
  const bool torn = choice.torn.count > 0;
  if (version == choice.version) return torn ? Need::kPartly : Need::kListed;
  if (!torn || version < choice.under) return Need::kDoesNotMatter;
  return version > choice.under ? Need::kUnlisted : Need::kListed;
}

// Writes the items of one form of a state.
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

  // The sectors of the block that are listed of a version needed kListed or
  // kPartly.
  bool IsListed(const BlockChoice& choice, Need need, uint64_t sector) const {
    if (need == Need::kListed) return true;
    const bool torn = sector >= choice.torn.first && sector < choice.torn.end();
    return torn == (form_ == CrashState::kNewest);
  }

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

  // Whether each sector of the event that is not listed makes no difference.
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

// Calls visit(event, sector_count) for each write that some block could still
// lose, ascending.
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

// The listed sectors of a version, counted from the block's first.
struct ListedPart {
  uint64_t count = 0;
  bool contiguous_rest = true;
  SectorRange listed;  // the hull
  SectorRange rest;    // the hull of what is not listed
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
    if (kept_whole) {
      (torn ? choice.under : choice.version) = v;
      return choice;
    }
    const SectorRange gone = drop ? part.listed : part.rest;
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
  uint64_t lost = cursor.open().size();
  for (const BlockChoice& choice : state.choices) {
    if (choice.version == cursor.newest(choice.slot) &&
        choice.torn.count == 0) {
      --lost;
    }
  }
  return lost;
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
  // With nothing kept, `+` alone is no id: the list of what is lost stands.
  const bool use_kept =
      kept.sign != 0 && CrashStepText(kept).size() < CrashStepText(lost).size();
  CrashStep& shorter = use_kept ? kept : lost;
  if (CrashStepText(shorter).size() > kPlainTextMax) {
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
    if (choice.torn.count == 0) choice.under = 0;
    const BlockChoice usual = OriginChoice(slot, state.origin, cursor);
    if (!(choice == usual)) state.choices.push_back(choice);
  }
  return state;
}

}  // namespace powercut
