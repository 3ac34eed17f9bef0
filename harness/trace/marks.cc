// The checksum of a log. It leaves out the superblock, which holds the number
// of entries and so changes when the end mark itself is added.

#include "harness/trace/marks.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace powercut {

std::string EndMarkText(size_t count, ByteSpan log_bytes,
                        uint32_t sector_bytes) {
  const ByteSpan entries = log_bytes.subspan(sector_bytes);
  return fmt::format("{}{} xxh3={:016x}", kEndMark, count,
                     XXH3_64bits(entries.data(), entries.size()));
}

}  // namespace powercut
