// NaiveCrashSpace: the crash space as docs/crash_model.md 3 and 4 define it,
// computed anew for one crash point and kind, at any cost. It shares no code
// with harness/space/crash_space.cc, which is tested against it.

#ifndef POWERCUT_TESTS_HARNESS_SPACE_NAIVE_CRASH_SPACE_H_
#define POWERCUT_TESTS_HARNESS_SPACE_NAIVE_CRASH_SPACE_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "harness/space/crash_state.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {

struct NaiveVersion {
  // The event that made the version; 0 for the base.
  EventNumber event = 0;
  // The block's content, with zeros beyond the end of the disk.
  Words content;
  // The sectors of the block that the event wrote, by their place on the disk.
  SectorRange written;
};

struct NaiveBlock {
  uint64_t number = 0;
  std::vector<NaiveVersion> versions;
  size_t floor = 0;

  size_t newest() const { return versions.size() - 1; }
  bool open() const { return floor < newest(); }
};

// What a block holds. It is like BlockChoice, but stands for a block by number.
struct NaiveChoice {
  size_t version = 0;
  SectorRange torn;  // Counted from the block's first sector.
  size_t under = 0;

  bool operator==(const NaiveChoice&) const = default;
  std::vector<uint64_t> Key() const {
    return {version, torn.first, torn.count, under};
  }
};

// Every open block's choice, in order of place.
using NaiveState = std::vector<NaiveChoice>;

class NaiveCrashSpace {
 public:
  NaiveCrashSpace(const Trace& trace, uint32_t atomic_bytes, CrashKind kind,
                  EventNumber point)
      : trace_(trace), per_block_(atomic_bytes / kSectorBytes) {
    base_ = WordsOf(trace.base());
    for (uint64_t b = 0; b * per_block_ < base_.size(); ++b) {
      blocks_.push_back({b, {{0, BaseContent(b), {}}}, 0});
    }
    for (EventNumber event = 1; event <= point; ++event) AddVersions(event);
    FindFloors(kind, point);
    for (size_t b = 0; b < blocks_.size(); ++b) {
      if (blocks_[b].open()) open_.push_back(b);
    }
  }

  uint64_t per_block() const { return per_block_; }
  // All blocks of the disk, also those never touched.
  const std::vector<NaiveBlock>& blocks() const { return blocks_; }
  // The numbers of the open blocks.
  const std::vector<size_t>& open() const { return open_; }
  const NaiveBlock& open_block(size_t i) const { return blocks_[open_[i]]; }

  NaiveState Newest() const {
    NaiveState state;
    for (const size_t b : open_) state.push_back({blocks_[b].newest(), {}, 0});
    return state;
  }
  NaiveState Floor() const {
    NaiveState state;
    for (const size_t b : open_) state.push_back({blocks_[b].floor, {}, 0});
    return state;
  }

  Words ContentOf(const NaiveBlock& block, const NaiveChoice& choice) const {
    Words content = block.versions[choice.version].content;
    for (uint64_t s = choice.torn.first; s < choice.torn.end(); ++s) {
      content[s] = block.versions[choice.under].content[s];
    }
    return content;
  }

  // The whole disk.
  Words ImageOf(const NaiveState& state) const {
    Words image;
    size_t next_open = 0;
    for (const NaiveBlock& block : blocks_) {
      const Words content =
          ContentOf(block, block.open() ? state[next_open++]
                                        : NaiveChoice{block.newest(), {}, 0});
      image.insert(image.end(), content.begin(), content.end());
    }
    image.resize(base_.size());
    return image;
  }

  // Returns a CrashState in the terms of this space.
  NaiveState StateOf(const CrashState& state, const CrashSpace& space) const {
    NaiveState result =
        state.origin == CrashState::kNewest ? Newest() : Floor();
    for (const BlockChoice& choice : state.choices) {
      const auto found =
          std::find(open_.begin(), open_.end(), space.block(choice.slot));
      POWERCUT_CHECK(found != open_.end());
      result[static_cast<size_t>(found - open_.begin())] = {
          choice.version, choice.torn, choice.under};
    }
    return result;
  }

 private:
  Words BaseContent(uint64_t block) const {
    Words content(per_block_, 0);
    for (uint64_t i = 0; i < per_block_; ++i) {
      const uint64_t sector = block * per_block_ + i;
      if (sector < base_.size()) content[i] = base_[sector];
    }
    return content;
  }

  void AddVersions(EventNumber number) {
    const DiskEvent& event = trace_.event(number);
    if (event.kind == DiskEvent::kPersist) return;
    const Words data = event.kind == DiskEvent::kWrite
                           ? WordsOf(trace_.data(event))
                           : Words(event.range.count, 0);
    for (uint64_t i = 0; i < event.range.count; ++i) {
      const uint64_t sector = event.range.first + i;
      NaiveBlock& block = blocks_[sector / per_block_];
      if (block.versions.back().event != number) {
        block.versions.push_back(block.versions.back());
        block.versions.back().event = number;
        block.versions.back().written = {sector, 0};
      }
      block.versions.back().content[sector % per_block_] = data[i];
      ++block.versions.back().written.count;
    }
  }

  // Keeps every version of every sector with the layer that it has reached. A
  // persist event takes each sector's newest version that it may see one or
  // more layers on.
  void FindFloors(CrashKind kind, EventNumber point) {
    std::vector<std::map<EventNumber, int>> reached(base_.size());
    for (EventNumber number = 1; number <= point; ++number) {
      const DiskEvent& event = trace_.event(number);
      if (event.kind == DiskEvent::kPersist) {
        for (uint64_t s = 0; s < base_.size(); ++s) {
          if (event.scope && !trace_.scope(event).Contains(s)) continue;
          Carry(reached[s], event);
        }
        continue;
      }
      for (uint64_t s = event.range.first; s < event.range.end(); ++s) {
        reached[s][number] = static_cast<int>(event.layer);
      }
    }
    const int surviving = static_cast<int>(kind) + 1;
    for (NaiveBlock& block : blocks_) {
      for (size_t v = 1; v < block.versions.size(); ++v) {
        const SectorRange& written = block.versions[v].written;
        for (uint64_t s = written.first; s < written.end(); ++s) {
          if (reached[s][block.versions[v].event] >= surviving) block.floor = v;
        }
      }
    }
  }

  static void Carry(std::map<EventNumber, int>& reached,
                    const DiskEvent& persist) {
    const int to = static_cast<int>(persist.layer);
    for (auto version = reached.rbegin(); version != reached.rend();
         ++version) {
      if (version->first > persist.upto) continue;
      // A persist of the whole disk sees only what has reached the layer just
      // before its own.
      if (!persist.scope && version->second < to - 1) continue;
      version->second = std::max(version->second, to);
      return;
    }
  }

  const Trace& trace_;
  uint64_t per_block_;
  Words base_;
  std::vector<NaiveBlock> blocks_;
  std::vector<size_t> open_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_SPACE_NAIVE_CRASH_SPACE_H_
