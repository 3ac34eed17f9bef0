// One mutable state is walked through its neighbours. Choosing another version
// of a block corrects the image's hash by the hashes of the two versions, and
// an undo stack takes the choice back. So a state costs what differs from the
// one before it.
//
// `epoch:K` lists up to K *items*, an item being a whole write or one block of
// a write. The set of listed (block, event) pairs decides what each block
// holds: away from newest, the newest version that is not listed; away from the
// floor, the newest version that is listed.
//
// Different lists can give one state, so each state has a *key*, a hash over
// the (block, version) pairs that differ from newest, and is visited only if
// its key is new. The image's hash cannot serve for that: two different states
// may have the same contents.
//
// Example: the trace at the top of crash_space.cc, where event 1 writes sector
// 8 and event 2 writes sectors 8 and 9, at point 2. Slot 0 has the versions 0
// to 2, slot 1 the versions 0 and 1. The items are w1, w2, and the two blocks
// of w2. `epoch:1` visits, as (version of slot 0, version of slot 1):
//
//   listed     away from newest      away from the floor
//   nothing    (2,1)                 (0,0)
//   w1         (2,1) again           (1,0) again
//   w2         (1,0)                 (2,1) again
//   w2:0       (1,1)                 (2,0) again
//   w2:1       (2,0)                 (0,1)

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

// Spreads a number over all 64 bits.
uint64_t Mix(uint64_t value) { return Prng(value).Next(); }

// Names a choice among those of one point.
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
    // Only the draws are torn, so that the prefix is visited by itself.
    if (spec_.mode == ExplorationSpace::kSample) return VisitOnce() && Sample();
    if (!Visit()) return false;
    if (spec_.mode == ExplorationSpace::kExhaustive) {
      return All(cursor_.open().begin());
    }
    if (spec_.mode != ExplorationSpace::kEpoch) return true;
    FindItems();
    // Fewer items first: if a bound ends the exploration, the simpler states
    // have been visited.
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
  // Makes the state the one in which every block is at the origin.
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

  // What a block contributes to the key of a state. Blocks at newest contribute
  // nothing, so that a state has the same key from both origins.
  Hash128 KeyAgainstNewest(const BlockChoice& choice) const {
    if (choice.torn.count == 0 &&
        choice.version == cursor_.newest(choice.slot)) {
      return {};
    }
    return ChoiceKey(choice);
  }

  // For each event with open versions: an item for all its blocks and, if there
  // are several, one for each.
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

  // Visits the state with each choice of `depth` more items from `next` on. The
  // state is unchanged afterwards.
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
      // Between the first and the last open block of a write, some may be
      // closed.
      if (cursor_.floor(slot) == cursor_.newest(slot)) continue;
      listed_.emplace_back(slot, item.event);
      Choose({slot, Decide(slot), {}, 0});
    }
  }

  // A linear search, since few items are listed at a time.
  bool IsListed(Slot slot, EventNumber event) const {
    return std::find(listed_.begin(), listed_.end(), std::pair{slot, event}) !=
           listed_.end();
  }

  // The version that a block holds under the items listed so far: going down
  // from newest, the first one that is not listed or, away from the floor, the
  // first one that is. If there is none, it is the floor.
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

  // What a block holds in the state.
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

  // Changes the state, and notes how to take the change back. A choice that is
  // there already is no change, and leaves nothing to take back.
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

  // Replaces what a block holds, in the state and in both hashes.
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
    // A state lists no block that is at its origin.
    if (usual) {
      if (present) state_.choices.erase(at);
    } else if (present) {
      *at = choice;
    } else {
      state_.choices.insert(at, choice);
    }
  }

  // Visits the state, and then the states that tear it.
  bool Visit() {
    if (!VisitOnce()) return false;
    return spec_.torn == 0 || Tear(cursor_.open().begin(), spec_.torn);
  }

  bool VisitOnce() {
    if (!visited_.insert(key_).second) return true;
    return visit_(state_, hash_);
  }

  // Visits the states that differ from this one in up to `depth` torn blocks,
  // which are taken from `next` on.
  bool Tear(std::set<Slot>::const_iterator next, uint32_t depth) {
    if (depth == 0) return true;
    for (; next != cursor_.open().end(); ++next) {
      const BlockChoice whole = Current(*next);
      if (whole.version == cursor_.floor(*next)) continue;
      const SectorRange written = space_.WrittenSectors(*next, whole.version);
      for (uint64_t cut = 1; cut < written.count; ++cut) {
        // The sectors after the cut are old, or the ones before it.
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

  // Visits every choice of the blocks from `next` on. The blocks before stay as
  // they are.
  bool All(std::set<Slot>::const_iterator next) {
    if (next == cursor_.open().end()) return Visit();
    for (VersionIndex v = cursor_.newest(*next) + 1;
         v-- > cursor_.floor(*next);) {
      const size_t undo = undo_.size();
      Choose({*next, v, {}, 0});
      const bool go_on = All(std::next(next));
      // There is no choice to take back if the block held this version before.
      while (undo_.size() > undo) UndoOne();
      if (!go_on) return false;
    }
    return true;
  }

  bool Sample() {
    // Each point and kind has a sequence of its own, so that the draws do not
    // depend on the shard or on which points were visited before.
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
        // Not every block that could tear does, or the first ones would take
        // all tears of every draw.
        if (tears > 0 && choice.version > floor && prng.OneIn(4)) {
          tears -= TearAtRandom(choice, prng) ? 1 : 0;
        }
        Choose(choice);
      }
      // The next draw begins from the origin, not from here.
      undo_.clear();
      if (!VisitOnce()) return false;
    }
    return true;
  }

  // False if the version wrote one sector only, which cannot tear.
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
  // The hash of the state's image, and the state's key.
  Hash128 hash_;
  Hash128 key_;
  std::vector<Item> items_;
  // What the listed items list.
  std::vector<std::pair<Slot, EventNumber>> listed_;
  // What blocks held before each choice that can be taken back, in order.
  std::vector<BlockChoice> undo_;
  // The keys of the states that were visited.
  std::unordered_set<Hash128, Hash128Hasher> visited_;
};

}  // namespace

bool EnumerateStates(const PointCursor& cursor, const ExplorationSpace& spec,
                     uint64_t seed, const StateVisitor& visit) {
  return PointEnumerator(cursor, spec, seed, visit).Run();
}

}  // namespace powercut
