// TouchedBlocks: which blocks of the disk a crash space has versions of, asked
// in O(1).

#ifndef POWERCUT_HARNESS_RECOVER_TOUCHED_BLOCKS_H_
#define POWERCUT_HARNESS_RECOVER_TOUCHED_BLOCKS_H_

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "harness/recover/run_reads.h"
#include "harness/space/crash_space.h"

namespace powercut {

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

#endif  // POWERCUT_HARNESS_RECOVER_TOUCHED_BLOCKS_H_
