// Self-identifying contents. Every byte that a workload writes is a function of
// (file, op, fill, byte offset in the file), laid out in granules of 16 bytes.
// Whatever is found after a crash therefore names the op that wrote it, or is
// known to come from no op.
//
//   offset  size  field (little-endian)
//        0     2  magic 0xc0de
//        2     2  file: number of the op that created the file, or first
//                 opened the log; 0 for raw sectors
//        4     2  op that wrote the granule
//        6     4  fill
//       10     6  index of the granule in the file, modulo 2^48
//
// A granule that an op writes only in part (at the edges of its range) holds
// the op's edge byte in the written part: 0x80 | op modulo 128.

#ifndef POWERCUT_MODEL_WORDS_CONTENT_H_
#define POWERCUT_MODEL_WORDS_CONTENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace powercut {

inline constexpr uint64_t kGranuleBytes = 16;
// The unit in which the model speaks of file data, in every profile.
inline constexpr uint64_t kAtomBytes = 512;
// The unit in which views of files are mapped and flushed.
inline constexpr uint64_t kPageBytes = 4096;

// What one granule says.
struct Granule {
  uint16_t file = 0;
  uint16_t op = 0;
  uint32_t fill = 0;
  uint64_t index = 0;

  bool operator==(const Granule&) const = default;
};

// A range of bytes of a file, or of a log record (from offset 0).
struct ContentRange {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

// Returns the bytes that op `op` writes into `range` of file `file`.
// Cost: O(range.size_bytes). Requires: op >= 1.
std::string MakeContent(uint16_t file, uint16_t op, uint32_t fill,
                        ContentRange range);

// Returns the byte that fills partial granules of `op`.
char EdgeByte(uint16_t op);

// Returns what a whole granule says, or `std::nullopt` if no op can have
// written it.
// Requires: bytes.size() == kGranuleBytes.
std::optional<Granule> ReadGranule(std::string_view bytes);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_CONTENT_H_
