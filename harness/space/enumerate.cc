// Method: one mutable state is walked through its neighbours. Listing an item
// moves the blocks that it decides and corrects the image's hash by their
// versions' hashes; taking the item back restores both. What has been visited
// is known by a second hash over (block, version), since two different states
// may well have the same contents.

#include "harness/space/enumerate.h"

#include <algorithm>
#include <unordered_set>

#include "harness/base/prng.h"

namespace powercut {
namespace {

// An item: the blocks of one write that are lost (or kept) together.
struct Item {
  EventNumber event;
  Slot first;
  Slot last;
};

uint64_t Mix(uint64_t value) { return Prng(value).Next(); }

// Names a choice within a point.
Hash128 ChoiceKey(const BlockChoice& choice) {
  const uint64_t place = uint64_t{choice.slot} << 32 | choice.version;
  if (choice.torn.count == 0) return {Mix(place), Mix(~place)};
  const uint64_t torn =
      choice.torn.first << 40 | choice.torn.count << 20 | choice.under;
  return {Mix(place) + Mix(torn), Mix(~place) + Mix(~torn)};
}

class PointEnumerator {
 public:
  PointEnumerator(const PointCursor& cursor, const ExplorationSpace& spec,
                  uint64_t seed, const StateVisitor& visit)
      : cursor_(cursor),
        space_(cursor.space()),
        spec_(spec),
        seed_(seed),
        visit_(visit) {
    state_.point = cursor.point();
    state_.kind = cursor.kind();
  }

  bool Run() {
    SetOrigin(CrashState::kNewest);
    if (spec_.mode == ExplorationSpace::kSample) return VisitOnce() && Sample();
    if (!Visit()) return false;
    if (spec_.mode == ExplorationSpace::kExhaustive) {
      return All(cursor_.open().begin());
    }
    if (spec_.mode != ExplorationSpace::kEpoch) return true;
    FindItems();
    for (const auto origin : {CrashState::kNewest, CrashState::kFloor}) {
      for (uint32_t depth = 0; depth <= spec_.count && depth <= items_.size();
           ++depth) {
        SetOrigin(origin);
        if (!Combine(0, depth)) return false;
      }
    }
    return true;
  }

 private:
  void SetOrigin(CrashState::Origin origin) {
    state_.origin = origin;
    state_.choices.clear();
    listed_.clear();
    hash_ = origin == CrashState::kNewest ? cursor_.newest_hash()
                                          : cursor_.floor_hash();
    key_ = {};
    if (origin == CrashState::kFloor) {
      for (const Slot slot : cursor_.open()) {
        key_ ^= KeyAgainstNewest({slot, cursor_.floor(slot), {}, 0});
      }
    }
  }

  // The key of a state is taken over the blocks that differ from newest, so
  // that it does not depend on the origin.
  Hash128 KeyAgainstNewest(const BlockChoice& choice) const {
    if (choice.torn.count == 0 &&
        choice.version == cursor_.newest(choice.slot)) {
      return {};
    }
    return ChoiceKey(choice);
  }

  void FindItems() {
    // (event, slot) of every version above its floor.
    std::vector<std::pair<EventNumber, Slot>> open;
    for (const Slot slot : cursor_.open()) {
      for (VersionIndex v = cursor_.floor(slot) + 1; v <= cursor_.newest(slot);
           ++v) {
        open.emplace_back(space_.versions(slot)[v].event, slot);
      }
    }
    std::sort(open.begin(), open.end());
    for (size_t begin = 0; begin < open.size();) {
      size_t end = begin;
      while (end < open.size() && open[end].first == open[begin].first) ++end;
      const EventNumber event = open[begin].first;
      items_.push_back({event, open[begin].second, open[end - 1].second});
      for (size_t i = begin; end - begin > 1 && i < end; ++i) {
        items_.push_back({event, open[i].second, open[i].second});
      }
      begin = end;
    }
  }

  bool Combine(size_t next, uint32_t depth) {
    if (depth == 0) return Visit();
    for (size_t i = next; i + depth <= items_.size(); ++i) {
      const size_t undo = undo_.size();
      const size_t listed = listed_.size();
      List(items_[i]);
      const bool go_on = Combine(i + 1, depth - 1);
      while (undo_.size() > undo) UndoOne();
      listed_.resize(listed);
      if (!go_on) return false;
    }
    return true;
  }

  void List(const Item& item) {
    for (Slot slot = item.first; slot <= item.last; ++slot) {
      if (cursor_.floor(slot) == cursor_.newest(slot)) continue;
      listed_.emplace_back(slot, item.event);
      Choose({slot, Decide(slot), {}, 0});
    }
  }

  bool IsListed(Slot slot, EventNumber event) const {
    return std::find(listed_.begin(), listed_.end(), std::pair{slot, event}) !=
           listed_.end();
  }

  // The version a block holds under the items listed so far.
  VersionIndex Decide(Slot slot) const {
    const auto versions = space_.versions(slot);
    const bool stop = state_.origin == CrashState::kFloor;
    VersionIndex v = cursor_.newest(slot);
    while (v > cursor_.floor(slot) &&
           IsListed(slot, versions[v].event) != stop) {
      --v;
    }
    return v;
  }

  BlockChoice Current(Slot slot) const {
    const auto found = Position(slot);
    if (found != state_.choices.end() && found->slot == slot) return *found;
    return {slot,
            state_.origin == CrashState::kNewest ? cursor_.newest(slot)
                                                 : cursor_.floor(slot),
            {},
            0};
  }

  std::vector<BlockChoice>::const_iterator Position(Slot slot) const {
    return std::lower_bound(
        state_.choices.begin(), state_.choices.end(), slot,
        [](const BlockChoice& c, Slot s) { return c.slot < s; });
  }

  void Choose(const BlockChoice& choice) {
    const BlockChoice before = Current(choice.slot);
    if (before == choice) return;
    undo_.push_back(before);
    Put(before, choice);
  }

  void UndoOne() {
    const BlockChoice before = undo_.back();
    undo_.pop_back();
    Put(Current(before.slot), before);
  }

  void Put(const BlockChoice& before, const BlockChoice& choice) {
    hash_ ^= HashOfChoice(space_, before) ^ HashOfChoice(space_, choice);
    key_ ^= KeyAgainstNewest(before) ^ KeyAgainstNewest(choice);
    const bool usual = choice.torn.count == 0 &&
                       choice.version == (state_.origin == CrashState::kNewest
                                              ? cursor_.newest(choice.slot)
                                              : cursor_.floor(choice.slot));
    const auto at = state_.choices.begin() +
                    (Position(choice.slot) - state_.choices.cbegin());
    const bool present = at != state_.choices.end() && at->slot == choice.slot;
    if (usual) {
      if (present) state_.choices.erase(at);
    } else if (present) {
      *at = choice;
    } else {
      state_.choices.insert(at, choice);
    }
  }

  bool Visit() {
    if (!VisitOnce()) return false;
    return spec_.torn == 0 || Tear(cursor_.open().begin(), spec_.torn);
  }

  bool VisitOnce() {
    if (!visited_.insert(key_).second) return true;
    return visit_(state_, hash_);
  }

  // Tears up to `depth` blocks from `next` on.
  bool Tear(std::set<Slot>::const_iterator next, uint32_t depth) {
    if (depth == 0) return true;
    for (; next != cursor_.open().end(); ++next) {
      const BlockChoice whole = Current(*next);
      if (whole.version == cursor_.floor(*next)) continue;
      const SectorRange written = space_.WrittenSectors(*next, whole.version);
      for (uint64_t cut = 1; cut < written.count; ++cut) {
        for (const SectorRange torn :
             {SectorRange{written.first + cut, written.count - cut},
              SectorRange{written.first, cut}}) {
          Choose({*next, whole.version, torn, whole.version - 1});
          const bool go_on = VisitOnce() && Tear(std::next(next), depth - 1);
          UndoOne();
          if (!go_on) return false;
        }
      }
    }
    return true;
  }

  // Every choice of the blocks from `next` on, those before it as they are.
  bool All(std::set<Slot>::const_iterator next) {
    if (next == cursor_.open().end()) return Visit();
    for (VersionIndex v = cursor_.newest(*next) + 1;
         v-- > cursor_.floor(*next);) {
      const size_t undo = undo_.size();
      Choose({*next, v, {}, 0});
      const bool go_on = All(std::next(next));
      while (undo_.size() > undo) UndoOne();
      if (!go_on) return false;
    }
    return true;
  }

  bool Sample() {
    Prng prng(Mix(seed_) ^ Mix(uint64_t{state_.point} << 8 |
                               static_cast<uint64_t>(state_.kind)));
    for (uint32_t draw = 0; draw < spec_.count; ++draw) {
      SetOrigin(CrashState::kNewest);
      uint32_t tears = spec_.torn;
      for (const Slot slot : cursor_.open()) {
        const VersionIndex floor = cursor_.floor(slot);
        BlockChoice choice{slot, 0, {}, 0};
        choice.version = floor + static_cast<VersionIndex>(prng.Below(
                                     cursor_.newest(slot) - floor + 1));
        if (tears > 0 && choice.version > floor && prng.OneIn(4)) {
          tears -= TearAtRandom(choice, prng) ? 1 : 0;
        }
        Choose(choice);
      }
      undo_.clear();
      if (!VisitOnce()) return false;
    }
    return true;
  }

  bool TearAtRandom(BlockChoice& choice, Prng& prng) const {
    const SectorRange written =
        space_.WrittenSectors(choice.slot, choice.version);
    if (written.count < 2) return false;
    const uint64_t cut = 1 + prng.Below(written.count - 1);
    choice.torn = prng.OneIn(2)
                      ? SectorRange{written.first, cut}
                      : SectorRange{written.first + cut, written.count - cut};
    choice.under = choice.version - 1;
    return true;
  }

  const PointCursor& cursor_;
  const CrashSpace& space_;
  const ExplorationSpace& spec_;
  uint64_t seed_;
  const StateVisitor& visit_;

  CrashState state_;
  Hash128 hash_;
  Hash128 key_;
  std::vector<Item> items_;
  std::vector<std::pair<Slot, EventNumber>> listed_;
  std::vector<BlockChoice> undo_;  // what listed blocks held before, in order
  std::unordered_set<Hash128, Hash128Hasher> visited_;
};

}  // namespace

bool EnumerateStates(const PointCursor& cursor, const ExplorationSpace& spec,
                     uint64_t seed, const StateVisitor& visit) {
  return PointEnumerator(cursor, spec, seed, visit).Run();
}

}  // namespace powercut
