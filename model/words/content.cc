// Makes and reads self-identifying contents: each granule of 16 bytes is stored
// field by field in little-endian order, so that contents are the same on every
// machine.

#include "model/words/content.h"

#include <algorithm>

#include "harness/base/bytes.h"
#include "harness/base/check.h"

namespace powercut {
namespace {

constexpr uint16_t kMagic = 0xc0de;
constexpr uint64_t kIndexMask = (uint64_t{1} << 48) - 1;

// Where the fields of a granule stand. The index has six bytes, for which there
// is no integer type, so that it is stored in two parts.
constexpr size_t kFileAt = 2;
constexpr size_t kOpAt = 4;
constexpr size_t kFillAt = 6;
constexpr size_t kIndexLowAt = 10;
constexpr size_t kIndexHighAt = 14;

void StoreGranule(const Granule& granule, MutableByteSpan bytes) {
  StoreLittleEndian(bytes, 0, kMagic);
  StoreLittleEndian(bytes, kFileAt, granule.file);
  StoreLittleEndian(bytes, kOpAt, granule.op);
  StoreLittleEndian(bytes, kFillAt, granule.fill);
  StoreLittleEndian(bytes, kIndexLowAt, static_cast<uint32_t>(granule.index));
  StoreLittleEndian(bytes, kIndexHighAt,
                    static_cast<uint16_t>(granule.index >> 32));
}

}  // namespace

std::string MakeContent(uint16_t file, uint16_t op, uint32_t fill,
                        ContentRange range) {
  POWERCUT_CHECK(op >= 1);
  // Edge bytes are put everywhere first, and whole granules then overwrite
  // them: what is left of the edge bytes is exactly the partial granules.
  std::string content(range.size_bytes, EdgeByte(op));
  const MutableByteSpan bytes =
      std::as_writable_bytes(std::span(content.data(), content.size()));
  const uint64_t into_granule = range.offset_bytes % kGranuleBytes;
  uint64_t at = into_granule == 0 ? 0 : kGranuleBytes - into_granule;
  for (; at < bytes.size() && bytes.size() - at >= kGranuleBytes;
       at += kGranuleBytes) {
    const uint64_t index = (range.offset_bytes + at) / kGranuleBytes;
    StoreGranule({file, op, fill, index & kIndexMask},
                 bytes.subspan(at, kGranuleBytes));
  }
  return content;
}

char EdgeByte(uint16_t op) { return static_cast<char>(0x80 | (op % 128)); }

std::optional<Granule> ReadGranule(std::string_view bytes) {
  POWERCUT_CHECK(bytes.size() == kGranuleBytes);
  const ByteSpan span = AsBytes(bytes);
  if (LoadLittleEndian<uint16_t>(span, 0) != kMagic) return std::nullopt;
  Granule granule;
  granule.file = LoadLittleEndian<uint16_t>(span, kFileAt);
  granule.op = LoadLittleEndian<uint16_t>(span, kOpAt);
  granule.fill = LoadLittleEndian<uint32_t>(span, kFillAt);
  granule.index = LoadLittleEndian<uint32_t>(span, kIndexLowAt) |
                  uint64_t{LoadLittleEndian<uint16_t>(span, kIndexHighAt)}
                      << 32;
  // Ops are numbered from 1, so that op 0 means that no op wrote the granule.
  if (granule.op == 0) return std::nullopt;
  return granule;
}

}  // namespace powercut
