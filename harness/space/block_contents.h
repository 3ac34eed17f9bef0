// BlockContents: numbers the different contents that the blocks of a crash
// space can hold, so that a run can be compared with a state by numbers alone.
// Versions of a block with the same bytes are one content.

#ifndef POWERCUT_HARNESS_SPACE_BLOCK_CONTENTS_H_
#define POWERCUT_HARNESS_SPACE_BLOCK_CONTENTS_H_

#include <array>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/space/crash_state.h"

namespace powercut {

// Names a slot together with a content of its block. The numbers count from 0.
using ContentId = uint32_t;

// Not thread-safe: asking for a torn content may number it.
class BlockContents {
 public:
  // `space` must outlive this object. The versions that the first `undecided`
  // events made stay possible for ever, whatever is flushed
  // (harness/space/recovery_space.h). O(versions).
  explicit BlockContents(const CrashSpace& space, EventNumber undecided = 0);

  const CrashSpace& space() const { return space_; }

  // The content of a version. O(1).
  ContentId Of(Slot slot, VersionIndex version) const {
    return of_version_[first_[slot] + version];
  }
  // The content of a choice. O(1) for a whole version; a torn block is hashed.
  ContentId Of(const BlockChoice& choice);

  // What the slot holds in the state. O(log(choices) + log(versions)).
  BlockChoice ChoiceIn(const CrashState& state, Slot slot) const;
  ContentId In(const CrashState& state, Slot slot);

  // The newest and the oldest version that the slot can hold after a crash at
  // this point. O(log(versions)).
  VersionIndex NewestAt(EventNumber point, Slot slot) const;
  VersionIndex FloorAt(EventNumber point, CrashKind kind, Slot slot) const;

  // All choices of the slot at a point, one for each different content. The
  // first is the newest version; the older versions follow in descending order.
  // If `torn`, the torn choices follow: versions of which a head or a tail of
  // the written sectors holds what the version before had there.
  std::vector<BlockChoice> Options(EventNumber point, CrashKind kind, Slot slot,
                                   bool torn);

  Slot slot(ContentId id) const { return contents_[id].slot; }
  // HashBytes() of the content, seeded by the block's number.
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
  // From event `event` on, the floor is `version`.
  struct Raise {
    EventNumber event = 0;
    VersionIndex version = 0;
  };

  // What a block holds that the state does not list.
  VersionIndex VersionOfOrigin(const CrashState& state, Slot slot) const;
  // The number of a content, which is new if the content was not seen before.
  ContentId Number(Slot slot, const Hash128& hash);
  // Fills `raises_` for a kind.
  void SortFloors(CrashKind kind);

  const CrashSpace& space_;
  EventNumber undecided_;
  // By slot: the index in `of_version_` of its version 0.
  std::vector<uint32_t> first_;
  // The versions of all slots, one slot after the other.
  std::vector<ContentId> of_version_;
  // By ContentId.
  std::vector<Content> contents_;
  std::unordered_map<Content, ContentId, ContentHasher> ids_;
  // By kind and slot, in the order of events.
  std::array<std::vector<std::vector<Raise>>, kCrashKinds.size()> raises_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_BLOCK_CONTENTS_H_
