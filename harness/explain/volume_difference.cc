// Walks both lists of entries in the order of their paths, like a merge.

#include "harness/explain/volume_difference.h"

#include <fmt/format.h>

#include <algorithm>

namespace powercut {
namespace {

// What differs in two entries of one path. Empty if nothing does.
std::string EntryDifference(const ObservedEntry& state,
                            const ObservedEntry& end) {
  if (!state.unreadable.empty() || !end.unreadable.empty()) {
    if (state.unreadable == end.unreadable) return "";
    const auto words = [](const ObservedEntry& entry) {
      return entry.unreadable.empty() ? "readable" : entry.unreadable;
    };
    return fmt::format("{}, {} at the end", words(state), words(end));
  }
  if (state.is_directory != end.is_directory) {
    return fmt::format("a {}, a {} at the end",
                       state.is_directory ? "directory" : "file",
                       end.is_directory ? "directory" : "file");
  }
  std::string text;
  if (state.size_bytes != end.size_bytes) {
    text = fmt::format("{} bytes, {} at the end", state.size_bytes,
                       end.size_bytes);
  }
  const size_t both = std::min(state.content.size(), end.content.size());
  const auto differs =
      std::mismatch(state.content.begin(),
                    state.content.begin() + static_cast<ptrdiff_t>(both),
                    end.content.begin())
          .first;
  const auto at = static_cast<size_t>(differs - state.content.begin());
  if (at < both) {
    text += fmt::format("{}other content from byte {}",
                        text.empty() ? "" : "; ", at);
  }
  return text;
}

}  // namespace

std::vector<std::string> DifferenceOf(const Observation& state,
                                      const Observation& end) {
  std::vector<std::string> lines;
  const auto add = [&](const ObservedEntry& entry, const std::string& what) {
    if (!what.empty()) lines.push_back(fmt::format("{}  {}", entry.path, what));
  };
  auto here = state.entries.begin();
  auto there = end.entries.begin();
  while (here != state.entries.end() || there != end.entries.end()) {
    if (there == end.entries.end() ||
        (here != state.entries.end() && here->path < there->path)) {
      add(*here++, "not there at the end");
    } else if (here == state.entries.end() || there->path < here->path) {
      add(*there++, "missing");
    } else {
      add(*here, EntryDifference(*here, *there));
      ++here;
      ++there;
    }
  }
  return lines;
}

}  // namespace powercut
