// FileMatcher: which versions of a file explain what was found under its name.
// This header is internal to the model; check.cc combines the files of an
// observation.

#ifndef POWERCUT_MODEL_FILES_CHECK_FILES_H_
#define POWERCUT_MODEL_FILES_CHECK_FILES_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/files/model_state.h"
#include "model/words/observation.h"

namespace powercut {

// The versions of one chain that explain what was seen, ascending.
struct AllowedVersions {
  ChainId chain = kNoChain;
  std::vector<uint32_t> versions;
};

// One way to read a file: any choice among the listed versions of each listed
// chain explains what was seen. Chains that no implication names are left out,
// since their versions decide nothing else.
using FileReading = std::vector<AllowedVersions>;

class FileMatcher {
 public:
  FileMatcher(const Model::State& state, CrashKind kind)
      : s_(state), kind_(kind) {}

  // The ways to read `entry` as `file`, at most 64 for each group of shapes
  // that show the same; empty if there is none.
  // Requires: the entry could be read, and both are files or both directories.
  // Cost: O(bytes times the versions above the floors).
  std::vector<FileReading> Readings(const File& file,
                                    const ObservedEntry& entry) const;

  // The versions of the shape from the floor on that have the entry's size, and
  // its valid length if the entry shows one; ascending.
  std::vector<uint32_t> ShapesLike(const File& file,
                                   const ObservedEntry& entry) const;
  // Whether some version of the times from the floor on has the entry's time;
  // true if the entry shows none.
  bool TimesMatch(const File& file, const ObservedEntry& entry) const;
  // Whether some versions from the floors on give the atom with this index
  // these bytes under this version of the shape.
  bool AtomMatches(const File& file, uint32_t shape, uint64_t index,
                   std::string_view bytes) const;

 private:
  // Which bytes at the end of a file may hold anything (stale_data).
  struct Stale {
    // From this byte on, bytes that were never written may hold anything.
    uint64_t from_byte = ~uint64_t{0};
    // Whether written bytes from there on may be gone, too.
    bool shrunk = false;
  };
  // The ways to read one atom.
  using Options = std::vector<FileReading>;

  uint32_t FloorOf(ChainId chain) const {
    return s_.chains[chain].floor(kind_).version;
  }
  Stale StaleOf(const File& file) const;
  std::vector<FileReading> ReadingsUnder(const File& file, const Stale& stale,
                                         const std::vector<uint32_t>& shapes,
                                         const ObservedEntry& entry) const;
  Options AtomOptions(const AtomPlace* place, uint32_t shape,
                      uint64_t stale_from, bool shrunk,
                      std::string_view bytes) const;
  Options ViewOptions(const AtomPlace& place, const AtomView& view,
                      uint32_t limit, uint64_t stale_from,
                      std::string_view bytes) const;

  const Model::State& s_;
  CrashKind kind_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_CHECK_FILES_H_
