// FileMatcher: which versions of one file explain one observed entry.
//
// Method. Readings() takes the shapes that have the entry's size (and valid
// length) and groups those under which the same is visible. Under each group,
// every atom of the content is held against the versions of that atom from the
// floor on; an atom that no version explains ends the group. Each atom can be
// judged by itself, so that the cost is linear in the content. What an atom
// says of chains that no rule names is dropped: any version will do there.
//
// Version 0 of a generation has no content, but shows what was visible before
// its space was given. An atom can therefore be explained in several ways, and
// a reading of the file takes one way for each atom.
//
// Example: the floor of atom 0 is 1, and its versions 1 and 2 have the same
// bytes. Both explain these bytes, and the reading says "version 1 or 2". If a
// rule demands version 2 of the atom, check.cc can choose it.

#include "model/files/check_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "harness/base/bytes.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// How many ways to read one file under one group of shapes are kept. More than
// one is rare, since it takes a cut atom that was written again.
constexpr size_t kReadingsMax = 64;

// Whether `bytes` show a version with this content, of which the first `limit`
// bytes are visible. Other bytes must be zeros before `stale_from`, and may be
// anything from there on.
bool Shows(std::string_view content, uint32_t limit, uint64_t stale_from,
           std::string_view bytes) {
  const size_t written =
      std::min({content.size(), bytes.size(), static_cast<size_t>(limit)});
  if (bytes.substr(0, written) != content.substr(0, written)) return false;
  const uint64_t zeros_until =
      std::min<uint64_t>(bytes.size(), std::max<uint64_t>(written, stale_from));
  return AllZero(AsBytes(bytes.substr(written, zeros_until - written)));
}

// Joins each of `readings` with each of `options`.
std::vector<FileReading> Combine(const std::vector<FileReading>& readings,
                                 const std::vector<FileReading>& options) {
  std::vector<FileReading> all;
  for (const FileReading& reading : readings) {
    for (const FileReading& option : options) {
      if (all.size() == kReadingsMax) return all;
      FileReading& both = all.emplace_back(reading);
      both.insert(both.end(), option.begin(), option.end());
    }
  }
  return all;
}

}  // namespace

std::vector<uint32_t> FileMatcher::ShapesLike(
    const File& file, const ObservedEntry& entry) const {
  std::vector<uint32_t> shapes;
  for (uint32_t v = FloorOf(file.shape); v < file.shapes.size(); ++v) {
    const Shape& shape = file.shapes[v];
    if (shape.size_bytes != entry.size_bytes) continue;
    if (entry.valid_bytes && shape.valid_bytes != *entry.valid_bytes) continue;
    shapes.push_back(v);
  }
  return shapes;
}

bool FileMatcher::TimesMatch(const File& file,
                             const ObservedEntry& entry) const {
  if (!entry.mtime) return true;
  const auto floor = file.mtimes.begin() + FloorOf(file.times);
  return std::find(floor, file.mtimes.end(), *entry.mtime) != file.mtimes.end();
}

FileMatcher::Stale FileMatcher::StaleOf(const File& file) const {
  Stale stale;
  if (!s_.profile->stale_data) return stale;
  // The least size that a crash can leave is what is promised of the size.
  const uint32_t floor = FloorOf(file.shape);
  for (uint32_t v = floor; v < file.shapes.size(); ++v) {
    stale.from_byte = std::min(stale.from_byte, file.shapes[v].size_bytes);
  }
  // If a crash can leave the file before or after it was cut, what was written
  // beyond the least size may be gone as well.
  stale.shrunk =
      !file.shrunk_at_shapes.empty() && file.shrunk_at_shapes.back() > floor;
  return stale;
}

FileMatcher::Options FileMatcher::ViewOptions(const AtomPlace& place,
                                              const AtomView& view,
                                              uint32_t limit,
                                              uint64_t stale_from,
                                              std::string_view bytes) const {
  const Generation& generation = *view.generation;
  const uint32_t floor = FloorOf(generation.chain);
  std::vector<uint32_t> versions;
  Options options;
  // With floor 0 the write may be lost, and version 0 shows what was there
  // before it: anything, a hole, or an older generation.
  if (floor == 0) {
    const uint32_t unwritten = std::min(limit, view.LimitOf(0));
    const AtomView before = ViewBefore(place, generation);
    if (generation.anything) {
      // Only the bytes after the limit are known: they are zeros.
      const std::string_view beyond =
          bytes.substr(std::min<size_t>(bytes.size(), unwritten));
      const uint64_t stale =
          stale_from > unwritten ? stale_from - unwritten : 0;
      if (Shows({}, 0, stale, beyond)) versions.push_back(0);
    } else if (before.generation == nullptr) {
      if (Shows({}, 0, stale_from, bytes)) versions.push_back(0);
    } else {
      // The older generation explains the bytes only while this one is at
      // version 0, so that the reading says both.
      options = ViewOptions(place, before, unwritten, stale_from, bytes);
      for (FileReading& option : options) {
        option.push_back({generation.chain, {0}});
      }
    }
  }
  for (uint32_t v = std::max(floor, 1U); v <= generation.contents.size(); ++v) {
    const uint32_t shown = std::min(limit, view.LimitOf(v));
    if (Shows(generation.contents[v - 1], shown, stale_from, bytes)) {
      versions.push_back(v);
    }
  }
  if (!versions.empty()) {
    FileReading own;
    if (s_.chains[generation.chain].ruled) {
      own.push_back({generation.chain, std::move(versions)});
    }
    options.push_back(std::move(own));
  }
  return options;
}

FileMatcher::Options FileMatcher::AtomOptions(const AtomPlace* place,
                                              uint32_t shape,
                                              uint64_t stale_from, bool shrunk,
                                              std::string_view bytes) const {
  const AtomView view = place != nullptr ? ViewOf(*place, shape) : AtomView{};
  if (view.generation == nullptr) {
    // A hole can be read in one way, which says nothing of any chain.
    if (!Shows({}, 0, stale_from, bytes)) return {};
    return {FileReading{}};
  }
  const uint64_t limit =
      shrunk ? std::min<uint64_t>(kAtomBytes, stale_from) : kAtomBytes;
  return ViewOptions(*place, view, static_cast<uint32_t>(limit), stale_from,
                     bytes);
}

bool FileMatcher::AtomMatches(const File& file, uint32_t shape, uint64_t index,
                              std::string_view bytes) const {
  const Stale stale = StaleOf(file);
  const uint64_t begin = index * kAtomBytes;
  const auto place = file.atoms.find(index);
  return !AtomOptions(place == file.atoms.end() ? nullptr : &place->second,
                      shape,
                      stale.from_byte > begin ? stale.from_byte - begin : 0,
                      stale.shrunk, bytes)
              .empty();
}

std::vector<FileReading> FileMatcher::ReadingsUnder(
    const File& file, const Stale& stale, const std::vector<uint32_t>& shapes,
    const ObservedEntry& entry) const {
  FileReading base;
  if (s_.chains[file.shape].ruled) base.push_back({file.shape, shapes});
  std::vector<FileReading> readings = {std::move(base)};
  // The content has every atom, `file.atoms` only those that ever had space:
  // both are walked side by side.
  auto place = file.atoms.begin();
  for (uint64_t at = 0; at < entry.content.size(); at += kAtomBytes) {
    const uint64_t index = at / kAtomBytes;
    while (place != file.atoms.end() && place->first < index) ++place;
    const bool known = place != file.atoms.end() && place->first == index;
    const Options options = AtomOptions(
        known ? &place->second : nullptr, shapes.front(),
        stale.from_byte > at ? stale.from_byte - at : 0, stale.shrunk,
        std::string_view(entry.content).substr(at, kAtomBytes));
    if (options.empty()) return {};
    // Nearly every atom has one option. Appending it in place keeps a file of
    // many atoms from being copied once for each of them.
    if (options.size() == 1) {
      for (FileReading& reading : readings) {
        reading.insert(reading.end(), options[0].begin(), options[0].end());
      }
    } else {
      readings = Combine(readings, options);
    }
  }
  return readings;
}

std::vector<FileReading> FileMatcher::Readings(
    const File& file, const ObservedEntry& entry) const {
  FileReading times;
  if (entry.mtime && s_.chains[file.times].ruled) {
    times.push_back({file.times, {}});
    for (uint32_t v = FloorOf(file.times); v < file.mtimes.size(); ++v) {
      if (file.mtimes[v] == *entry.mtime) times[0].versions.push_back(v);
    }
  }
  if (!TimesMatch(file, entry)) return {};
  if (file.is_directory) return {std::move(times)};
  const std::vector<uint32_t> shapes = ShapesLike(file, entry);
  if (shapes.empty()) return {};
  // Shapes between which no byte of the content became visible or ceased to be
  // show the same and are read together. `changes` has the shapes at which a
  // new group begins.
  std::set<uint32_t> changes;
  if (shapes.size() > 1) {
    for (const auto& [index, place] : file.atoms) {
      if (index * kAtomBytes >= entry.size_bytes) break;
      for (const Generation& g : place.generations) {
        changes.insert(g.from_shape);
      }
      for (const Cut& cut : place.cuts) changes.insert(cut.from_shape);
    }
  }
  const Stale stale = StaleOf(file);
  std::vector<FileReading> readings;
  for (size_t i = 0; i < shapes.size();) {
    const auto next_change = changes.upper_bound(shapes[i]);
    std::vector<uint32_t> alike;
    for (; i < shapes.size() &&
           (next_change == changes.end() || shapes[i] < *next_change);
         ++i) {
      alike.push_back(shapes[i]);
    }
    for (FileReading& reading : ReadingsUnder(file, stale, alike, entry)) {
      reading.insert(reading.end(), times.begin(), times.end());
      readings.push_back(std::move(reading));
    }
  }
  return readings;
}

}  // namespace powercut
