// TouchedBlocks keeps one bit for each block of the disk. The memory comes from
// calloc(), so that parts of it in which no block is touched cost nothing.

#include "harness/recover/run_reads.h"

#include <new>

namespace powercut {

TouchedBlocks::TouchedBlocks(const CrashSpace& space)
    : block_count_(space.trace().geometry().size_bytes() / space.block_bytes() +
                   1),
      bits_(static_cast<uint64_t*>(
          std::calloc(block_count_ / 64 + 1, sizeof(uint64_t)))) {
  if (bits_ == nullptr) throw std::bad_alloc();
  for (Slot slot = 0; slot < space.slot_count(); ++slot) {
    const uint64_t block = space.block(slot);
    bits_[block / 64] |= uint64_t{1} << block % 64;
  }
}

void TouchedBlocks::RemoveUntouched(RunReads& reads) const {
  std::erase_if(reads.blocks,
                [this](uint64_t block) { return !Contains(block); });
  std::erase_if(reads.copies, [this](const CopiedPiece& piece) {
    return !Contains(piece.block);
  });
  std::erase_if(reads.parts, [this](const BlockPart& read) {
    return !Contains(read.block);
  });
}

}  // namespace powercut
