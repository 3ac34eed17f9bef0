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

// Bytes of a block that went into the observation and nowhere else, in step
// with the content's atoms: offset_bytes and offset_in_block are equal modulo
// kAtomBytes (model/words/content.h), so that no atom is made of two blocks.
struct CopiedPiece {
  uint64_t block = 0;
  uint32_t offset_in_block = 0;
  uint32_t size_bytes = 0;
  // Where they went: the content of Observation::entries[entry], or, if `entry`
  // is kDevice, Observation::device.
  static constexpr uint32_t kDevice = ~uint32_t{0};
  uint32_t entry = 0;
  uint64_t offset_bytes = 0;

  bool operator==(const CopiedPiece&) const = default;
};

struct RunReads {
  // The blocks of which something was read before it had been overwritten,
  // without duplicates; without those that were only copied. In an order in
  // which each follows from the contents of those before: by their first read
  // that was no copy, and then, by their first copy, those that the observation
  // made reads of copies only.
  std::vector<uint64_t> blocks;
  // The pieces of those that were only copied, in order of reading. Where two
  // lie on one another, the later one is what shows. A block of which nothing
  // shows has none.
  std::vector<CopiedPiece> copies;

  bool operator==(const RunReads&) const = default;
};

// One bit a block, in memory that costs nothing where nothing is touched.
class TouchedBlocks {
 public:
  // O(slots).
  explicit TouchedBlocks(const CrashSpace& space);

  // False for numbers that are no block.
  bool Contains(uint64_t block) const {
    return block < block_count_ && (bits_[block / 64] >> block % 64 & 1) != 0;
  }

  // Takes out what was read of other blocks.
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
