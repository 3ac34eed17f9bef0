// Tree: where paths lead, and which bytes of an atom are visible under a shape.
// Generations and cuts of an atom ascend by shape, so that the visible
// generation is the last one that began by then, cut by the cuts since.

#include "model/files/objects.h"

#include <algorithm>

#include "harness/base/check.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// What is visible under `shape` if the place has its first `count` generations
// only.
AtomView ViewAmong(const AtomPlace& place, size_t count, uint32_t shape) {
  AtomView view;
  while (count > 0 && place.generations[count - 1].from_shape > shape) --count;
  if (count == 0) return view;
  view.generation = &place.generations[count - 1];
  view.limit_bytes = kAtomBytes;
  for (const Cut& cut : place.cuts) {
    if (cut.from_shape > shape) break;
    // A cut from before the space was given cut the generation before it.
    if (cut.from_shape < view.generation->from_shape) continue;
    // The limit of such a cut depends on the version, which is not known here.
    if (cut.before_version != Cut::kEveryVersion) {
      view.cuts_of_older.push_back(cut);
      continue;
    }
    view.limit_bytes = std::min(view.limit_bytes, cut.bytes);
  }
  // Space of which no byte is visible reads as a hole and is one: the next
  // write begins a new generation.
  if (view.limit_bytes == 0) return {};
  return view;
}

}  // namespace

uint32_t AtomView::LimitOf(uint32_t version) const {
  uint32_t limit = limit_bytes;
  for (const Cut& cut : cuts_of_older) {
    if (version < cut.before_version) limit = std::min(limit, cut.bytes);
  }
  return limit;
}

AtomView ViewOf(const AtomPlace& place, uint32_t shape) {
  return ViewAmong(place, place.generations.size(), shape);
}

AtomView ViewBefore(const AtomPlace& place, const Generation& generation) {
  const auto index =
      static_cast<size_t>(&generation - place.generations.data());
  POWERCUT_CHECK(index < place.generations.size());
  return ViewAmong(place, index, generation.from_shape);
}

std::vector<uint32_t> Name::ShownInsteadOf(uint32_t version) const {
  const auto found = left.find(version);
  if (found == left.end() || !found->second.logged) return {};
  std::vector<uint32_t> shown;
  for (uint32_t v = found->second.from; v + 1 < version; ++v) {
    const FileId file = targets[v];
    if (file != kNoFile && file != targets[version - 1]) shown.push_back(v);
  }
  return shown;
}

Tree::Tree(Chains& chains) { AddFile(chains, /*is_directory=*/true, 0); }

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
    at = names[found->second].targets.back();
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

NameId Tree::NameAt(Chains& chains, std::string_view path) {
  const Place place = PlaceOf(path);
  POWERCUT_CHECK(place.directory != kNoFile);
  const auto [entry, added] = files[place.directory].names.emplace(
      std::string(place.last), static_cast<NameId>(names.size()));
  if (added) {
    // Version 0 belongs to no op: the name led nowhere at the start.
    names.push_back({place.directory,
                     std::string(place.last),
                     chains.Add(ChainKind::kName, 0),
                     {kNoFile}});
  }
  return entry->second;
}

FileId Tree::AddFile(Chains& chains, bool is_directory, uint32_t op) {
  File file;
  file.is_directory = is_directory;
  file.created_by = op;
  file.shape = chains.Add(ChainKind::kShape, op);
  file.shapes.push_back({});
  file.times = chains.Add(ChainKind::kTimes, op);
  file.mtimes.push_back(op);
  files.push_back(std::move(file));
  return static_cast<FileId>(files.size() - 1);
}

}  // namespace powercut
