// BlockContents: the different contents that the blocks of a crash space can
// hold, by small numbers. Versions that write the same bytes are one content.

#ifndef POWERCUT_HARNESS_SPACE_BLOCK_CONTENTS_H_
#define POWERCUT_HARNESS_SPACE_BLOCK_CONTENTS_H_

#include <array>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/space/crash_state.h"

namespace powercut {

// A block with what it holds.
using ContentId = uint32_t;

class BlockContents {
 public:
  // `space` must outlive this object. What the first `undecided` events wrote
  // is never settled: no flush raises a floor to one of those versions
  // (harness/space/recovery_space.h). O(versions).
  explicit BlockContents(const CrashSpace& space, EventNumber undecided = 0);

  const CrashSpace& space() const { return space_; }

  ContentId Of(Slot slot, VersionIndex version) const {
    return of_version_[first_[slot] + version];
  }
  // O(1), but hashes the block if it is torn.
  ContentId Of(const BlockChoice& choice);

  // What the slot holds in the state. O(log(choices) + log(versions)).
  BlockChoice ChoiceIn(const CrashState& state, Slot slot) const;
  ContentId In(const CrashState& state, Slot slot) {
    return Of(ChoiceIn(state, slot));
  }

  // The versions between which the slot can choose after a crash at this point.
  // O(log(versions)).
  VersionIndex NewestAt(EventNumber point, Slot slot) const;
  VersionIndex FloorAt(EventNumber point, CrashKind kind, Slot slot) const;

  // All that the slot can hold at a point, each content once: whole versions
  // first, the newest first, and, if `torn`, those with a head or a tail of the
  // version before. The first is the newest version.
  std::vector<BlockChoice> Options(EventNumber point, CrashKind kind, Slot slot,
                                   bool torn);

  Slot slot(ContentId id) const { return contents_[id].slot; }
  // As BlockVersion::hash.
  const Hash128& hash(ContentId id) const { return contents_[id].hash; }

 private:
  struct Content {
    Slot slot = 0;
    Hash128 hash;

    bool operator==(const Content&) const = default;
  };
  struct ContentHasher {
    size_t operator()(const Content& c) const {
      return c.hash.low ^ (uint64_t{c.slot} * 0x9e3779b97f4a7c15);
    }
  };
  struct Raise {
    EventNumber event = 0;
    VersionIndex version = 0;
  };

  ContentId Number(Slot slot, const Hash128& hash);
  void SortFloors(CrashKind kind);

  const CrashSpace& space_;
  EventNumber undecided_;
  std::vector<uint32_t> first_;  // by slot, into of_version_
  std::vector<ContentId> of_version_;
  std::vector<Content> contents_;
  std::unordered_map<Content, ContentId, ContentHasher> ids_;
  // By kind and slot, in order of event.
  std::array<std::vector<std::vector<Raise>>, kCrashKinds.size()> raises_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_BLOCK_CONTENTS_H_
