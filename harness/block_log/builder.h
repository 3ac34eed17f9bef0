// BlockLogBuilder: a log, entry by entry.

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
  explicit BlockLogBuilder(uint32_t sector_bytes) {
    log_.sector_bytes = sector_bytes;
  }

  const BlockLog& log() const { return log_; }

  // Requires: text.size() <= MarkTextLimit().
  void AddMark(std::string text);

  // `flags` are 0 or kFua. Requires: data is whole sectors.
  void AddWrite(uint64_t first_sector, ByteSpan data, uint64_t flags = 0);
  void AddFlush();
  void AddDiscard(SectorRange range);

  // What an image holds, but for zeros, in long writes.
  void AddImage(const SparseImage& image);

  BlockLog Finish() && { return std::move(log_); }

 private:
  void ExtendWrite(ByteSpan data);

  BlockLog log_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_BUILDER_H_
