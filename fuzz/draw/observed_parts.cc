// Which fields of an observation belong to which part: the times of an entry
// are its modification time; the data of a file is everything else that is not
// its name, kind or identity.

#include "fuzz/draw/observed_parts.h"

#include <string>

namespace powercut {

std::vector<ShownPart> PartsIn(const Observation& observation) {
  std::vector<ShownPart> parts = {{ShownPart::kDevice, {}}};
  for (const ObservedEntry& entry : observation.entries) {
    parts.push_back({ShownPart::kTimes, entry.path});
    if (!entry.is_directory) parts.push_back({ShownPart::kData, entry.path});
  }
  return parts;
}

void CopyPart(ShownPart part, const Observation& from, Observation& to) {
  if (part.kind == ShownPart::kDevice) {
    to.device = from.device;
    return;
  }
  const std::string path(part.path);
  const ObservedEntry* source = from.Find(path);
  auto* target = const_cast<ObservedEntry*>(to.Find(path));
  if (source == nullptr || target == nullptr ||
      source->is_directory != target->is_directory) {
    return;
  }
  if (part.kind == ShownPart::kTimes) {
    target->mtime = source->mtime;
    return;
  }
  target->unreadable = source->unreadable;
  target->size_bytes = source->size_bytes;
  target->valid_bytes = source->valid_bytes;
  target->content = source->content;
}

}  // namespace powercut
