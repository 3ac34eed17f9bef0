// BlockLogBuilder makes a BlockLog by appending one entry after the other.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_BUILDER_H_
#define POWERCUT_HARNESS_BLOCK_LOG_BUILDER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "harness/block_log/block_log.h"
#include "harness/disk/sector_set.h"
#include "harness/disk/sparse_image.h"

namespace powercut {

class BlockLogBuilder {
 public:
  // Starts an empty log. Requires: a sector size that BlockLog allows.
  explicit BlockLogBuilder(uint32_t sector_bytes) {
    log_.sector_bytes = sector_bytes;
  }

  // The log so far. Adding an entry changes it.
  const BlockLog& log() const { return log_; }

  // Appends a mark. Requires: text.size() <= MarkTextLimit().
  void AddMark(std::string text);

  // Appends a write of `data` from `first_sector` on. `flags` is 0 or kFua.
  // Requires: `data` is whole sectors.
  void AddWrite(uint64_t first_sector, ByteSpan data, uint64_t flags = 0);
  // Appends a flush without data.
  void AddFlush();
  // Appends a discard of `range`.
  void AddDiscard(SectorRange range);

  // Appends writes of at most about 1 MiB each that make a blank disk hold what
  // `image` holds. Pages of zeros are left out. O(written pages of the image).
  // Requires: sectors of at most 4096 bytes; an image of whole sectors.
  void AddImage(const SparseImage& image);

  // Hands the log over; the builder must not be used again.
  BlockLog Finish() && { return std::move(log_); }

 private:
  void ExtendWrite(ByteSpan data);

  BlockLog log_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_BUILDER_H_
