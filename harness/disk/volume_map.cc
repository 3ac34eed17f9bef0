// Looks up places in a map of a volume.

#include "harness/disk/volume_map.h"

#include <algorithm>

namespace powercut {
namespace {

// Whether `part` is a smaller area inside `area`.
bool IsWithin(const VolumePart& part, const VolumePart& area) {
  return area.kind == VolumePart::kOther && part.kind == VolumePart::kOther &&
         part.bytes < area.bytes && part.first_byte >= area.first_byte &&
         part.first_byte + part.bytes <= area.first_byte + area.bytes;
}

}  // namespace

std::vector<VolumePart> PartsAt(const VolumeMap& map, uint64_t first_byte,
                                uint64_t bytes) {
  if (bytes == 0) return {};
  std::vector<const VolumePart*> hit;
  for (const VolumePart& part : map.parts) {
    if (part.first_byte < first_byte + bytes &&
        part.first_byte + part.bytes > first_byte) {
      hit.push_back(&part);
    }
  }
  std::vector<VolumePart> found;
  for (const VolumePart* whole : hit) {
    const VolumePart& part = *whole;
    const bool general = std::ranges::any_of(
        hit, [&](const VolumePart* other) { return IsWithin(*other, part); });
    if (general) continue;
    const uint64_t begin = std::max(part.first_byte, first_byte);
    const uint64_t end =
        std::min(part.first_byte + part.bytes, first_byte + bytes);
    VolumePart cut = part;
    cut.first_byte = begin;
    cut.bytes = end - begin;
    if (part.kind != VolumePart::kOther) {
      cut.offset_bytes += begin - part.first_byte;
    }
    found.push_back(std::move(cut));
  }
  return found;
}

}  // namespace powercut
