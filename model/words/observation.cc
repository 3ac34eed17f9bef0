// Finds an observed path by binary search: entries are sorted by path.

#include "model/words/observation.h"

#include <algorithm>

namespace powercut {

const ObservedEntry* Observation::Find(const std::string& path) const {
  const auto entry =
      std::lower_bound(entries.begin(), entries.end(), path,
                       [](const ObservedEntry& left, const std::string& right) {
                         return left.path < right;
                       });
  if (entry == entries.end() || entry->path != path) return nullptr;
  return &*entry;
}

}  // namespace powercut
