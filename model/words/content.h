// Self-identifying contents. Every byte a workload writes is a function of
// (file, op, fill, byte offset in the file), laid out in granules of 16 bytes,
// so that whatever is found after a crash names the op that wrote it, or is
// nobody's.
//
//   offset  size  field (little-endian)
//        0     2  magic 0xc0de
//        2     2  file: number of the op that created the file
//        4     2  op that wrote the granule
//        6     4  fill
//       10     6  index of the granule in the file
//
// A granule that an op writes only in part (at the edges of its range) holds
// the op's byte in the written part: 0x80 | op modulo 128.

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
// The unit in which views are mapped and flushed.
inline constexpr uint64_t kPageBytes = 4096;

struct Granule {
  uint16_t file = 0;
  uint16_t op = 0;
  uint32_t fill = 0;
  uint64_t index = 0;

  bool operator==(const Granule&) const = default;
};

struct ContentRange {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

// The bytes that op `op` writes into `range` of file `file`.
// Requires: op >= 1.
std::string MakeContent(uint16_t file, uint16_t op, uint32_t fill,
                        ContentRange range);

// The byte that fills partial granules of `op`.
char EdgeByte(uint16_t op);

// What a whole granule says, or nothing if it is not one of ours.
// Requires: bytes.size() == kGranuleBytes.
std::optional<Granule> ReadGranule(std::string_view bytes);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_CONTENT_H_
