// RunReads: what one recovery, with its observation and probe, took from the
// crash image. States that agree on it behave the same.

#ifndef POWERCUT_HARNESS_RECOVER_RUN_READS_H_
#define POWERCUT_HARNESS_RECOVER_RUN_READS_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "harness/space/crash_space.h"

namespace powercut {

// Bytes of a block that went into the observation and nowhere else
// (docs/crash_model.md 5). They are in step with the content's atoms:
// offset_bytes and offset_in_block are equal modulo kAtomBytes
// (model/words/content.h), so that no atom is made of two blocks.
struct CopiedPiece {
  uint64_t block = 0;
  uint32_t offset_in_block = 0;
  uint32_t size_bytes = 0;
  // Where the bytes went: the content of Observation::entries[entry], or
  // Observation::device if `entry` is kDevice.
  static constexpr uint32_t kDevice = ~uint32_t{0};
  uint32_t entry = 0;
  uint64_t offset_bytes = 0;

  bool operator==(const CopiedPiece&) const = default;
};

// A block that was read for a part of the observation.
struct BlockPart {
  uint64_t block = 0;
  // The number of the part (IndependentParts), from 1.
  uint32_t part = 0;

  auto operator<=>(const BlockPart&) const = default;
};

struct RunReads {
  // The blocks of which something was read before it had been overwritten,
  // except blocks that were only copied. No block is there twice. The order is
  // one in which each block follows from the contents of the blocks before it:
  // by the first read that was no copy; then, by their first copy, blocks that
  // were only copied but count as read (CrashDisk::Reads()).
  std::vector<uint64_t> blocks;
  // The pieces of the blocks that were only copied, in order of reading. If two
  // pieces overlap, the later one shows. A block of which no byte shows has no
  // piece.
  std::vector<CopiedPiece> copies;
  // The parts for which a block was read or copied, ascending and without
  // duplicates. A block that is not here was read for the whole observation.
  // Empty if parts are not explored apart.
  std::vector<BlockPart> parts;

  bool operator==(const RunReads&) const = default;
};

// The set of blocks that the trace of a crash space touches. Other blocks hold
// the same in every state.
class TouchedBlocks {
 public:
  // O(slots).
  explicit TouchedBlocks(const CrashSpace& space);

  // Whether a block is touched; false for numbers that are no block. O(1).
  bool Contains(uint64_t block) const {
    return block < block_count_ && (bits_[block / 64] >> block % 64 & 1) != 0;
  }

  // Removes from `reads` every block that the trace never touches.
  void RemoveUntouched(RunReads& reads) const;

 private:
  struct Free {
    void operator()(uint64_t* bits) const { std::free(bits); }
  };

  uint64_t block_count_;
  std::unique_ptr<uint64_t[], Free> bits_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_RUN_READS_H_
