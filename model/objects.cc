#include "model/objects.h"

#include "harness/base/check.h"

namespace powercut {

Tree::Tree() { AddFile(/*is_directory=*/true, 0); }

FileId Tree::Lookup(std::string_view path) const {
  FileId at = kRootDirectory;
  size_t begin = 1;
  while (begin < path.size()) {
    if (at == kNoFile || !files[at].is_directory) return kNoFile;
    size_t end = path.find('/', begin);
    if (end == std::string_view::npos) end = path.size();
    const auto found =
        files[at].names.find(std::string(path.substr(begin, end - begin)));
    if (found == files[at].names.end()) return kNoFile;
    at = names[found->second].chain.versions.back().value;
    begin = end + 1;
  }
  return at;
}

Tree::Place Tree::PlaceOf(std::string_view path) const {
  const size_t slash = path.rfind('/');
  const FileId directory =
      slash == 0 ? kRootDirectory : Lookup(path.substr(0, slash));
  return {directory, path.substr(slash + 1)};
}

NameId Tree::NameAt(std::string_view path) {
  const Place place = PlaceOf(path);
  CHECK(place.directory != kNoFile);
  const auto [entry, added] = files[place.directory].names.emplace(
      std::string(place.last), static_cast<NameId>(names.size()));
  if (added) {
    Name name{place.directory, std::string(place.last), {}};
    name.chain.versions.push_back({0, kNoFile});
    names.push_back(std::move(name));
  }
  return entry->second;
}

FileId Tree::AddFile(bool is_directory, uint32_t op) {
  File file;
  file.is_directory = is_directory;
  file.created_by = op;
  file.size.versions.push_back({op, {}});
  files.push_back(std::move(file));
  return static_cast<FileId>(files.size() - 1);
}

}  // namespace powercut
