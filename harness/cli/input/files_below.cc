// Looks below folders for files by the ends of their names.

#include "harness/cli/input/files_below.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace powercut {

Result<std::vector<std::string>> FilesBelow(
    const std::vector<std::string>& places,
    const std::vector<std::string>& extensions) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files;
  for (const std::string& place : places) {
    if (!fs::is_directory(place, error)) {
      files.push_back(place);
      continue;
    }
    std::vector<std::string> below;
    for (auto at = fs::recursive_directory_iterator(place, error);
         at != fs::recursive_directory_iterator(); at.increment(error)) {
      if (std::ranges::count(extensions, at->path().extension().string()) > 0) {
        below.push_back(at->path());
      }
    }
    if (below.empty()) {
      return Error{ErrorCode::kUsage,
                   fmt::format("{}: no {} file lies below it", place,
                               fmt::join(extensions, " or "))};
    }
    std::ranges::sort(below);
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

}  // namespace powercut
