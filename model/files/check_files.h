// Which versions of a file explain what was found under its name. Internal to
// the model: check.cc puts the files together.

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

// One way to read a file: any choice among the versions of each chain named
// explains it. Only chains that some rule speaks of are named.
using FileReading = std::vector<AllowedVersions>;

class FileMatcher {
 public:
  FileMatcher(const Model::State& state, CrashKind kind)
      : s_(state), kind_(kind) {}

  // All ways to read `entry`, which can be opened, as `file`, of its kind;
  // empty if there is none. Cost: O(bytes, times versions above the floors).
  std::vector<FileReading> Readings(const File& file,
                                    const ObservedEntry& entry) const;

  // The versions of the shape that have the entry's size and valid length.
  std::vector<uint32_t> ShapesLike(const File& file,
                                   const ObservedEntry& entry) const;
  bool TimesMatch(const File& file, const ObservedEntry& entry) const;
  // Whether the bytes of one atom can be what they are under this shape.
  bool AtomMatches(const File& file, uint32_t shape, uint64_t index,
                   std::string_view bytes) const;

 private:
  // What may be anything at the end of a file (stale_data).
  struct Stale {
    uint64_t from_byte = ~uint64_t{0};
    bool shrunk = false;  // what was written beyond may be gone, too
  };
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
