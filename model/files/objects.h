// The objects of the model: names, files with their shapes, data and times, and
// the raw part of the device. Each has a chain of versions
// (model/files/chain.h); here is what the versions mean. Internal to the model:
// model/files/model.h is its face.

#ifndef POWERCUT_MODEL_FILES_OBJECTS_H_
#define POWERCUT_MODEL_FILES_OBJECTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/files/chain.h"

namespace powercut {

// Index of a file or directory in Tree::files.
using FileId = uint32_t;
inline constexpr FileId kRootDirectory = 0;
// The value of a name that leads nowhere.
inline constexpr FileId kNoFile = ~FileId{0};
// Index of a name in Tree::names.
using NameId = uint32_t;

// A version of a file's shape. Which space each atom has is kept with the
// atoms.
struct Shape {
  uint64_t size_bytes = 0;
  uint64_t valid_bytes = 0;
};

// The bytes of one atom in one space: from when the space was given until a cut
// and a new write put another in its place.
struct Generation {
  ChainId chain = kNoChain;
  // The shape version that gave the space: it is not in sight before.
  uint32_t from_shape = 0;
  // By version of the chain: the bytes from the atom's first, up to 512; what
  // lies behind them was never written. Version 0 is not in here: it shows what
  // the place showed before.
  std::vector<std::string> contents;
  // Version 0 of a space that was a hole shows anything, not zeros.
  bool anything = false;
};

// From a shape version on, what was in sight shows its first bytes only.
struct Cut {
  static constexpr uint32_t kEveryVersion = ~uint32_t{0};

  uint32_t from_shape = 0;
  uint32_t bytes = 0;
  // Those versions of the generation's chain before this one. If every version
  // is cut, the space is given up for good (of 0 bytes, a hole is left);
  // otherwise it stays, and the cut wrote that version to it, with zeros
  // behind these bytes.
  uint32_t before_version = kEveryVersion;
};

// One atom of a file, through the file's life. Both in ascending order.
struct AtomPlace {
  std::vector<Generation> generations;
  std::vector<Cut> cuts;
};

// What is in sight of a place under one version of the shape.
struct AtomView {
  // Index of the generation, or nothing: a hole.
  const Generation* generation = nullptr;
  uint32_t limit_bytes = 0;  // what lies behind reads as zeros
  // Of versions before `before_version` only; they lower the limit.
  std::vector<Cut> cuts_of_older;

  // The limit for one version of the generation.
  uint32_t LimitOf(uint32_t version) const;
};
AtomView ViewOf(const AtomPlace& place, uint32_t shape);
// What version 0 of a generation shows: what was in sight before it.
AtomView ViewBefore(const AtomPlace& place, const Generation& generation);

struct File {
  bool is_directory = false;
  uint32_t created_by = 0;  // op number; 0: the root directory
  ChainId shape = kNoChain;
  std::vector<Shape> shapes;  // by version
  ChainId times = kNoChain;
  std::vector<uint64_t> mtimes;            // by version
  std::map<uint64_t, AtomPlace> atoms;     // by index of the atom
  std::map<std::string, NameId> names;     // of a directory: all that ever were
  std::vector<uint32_t> shrunk_at_shapes;  // versions smaller than before
};

struct Name {
  FileId directory = kRootDirectory;
  std::string text;
  ChainId chain = kNoChain;
  std::vector<FileId> targets;  // by version
};

// A rename: two names that move together.
struct RenameLink {
  uint32_t op = 0;
  NameId target = 0;
  uint32_t target_version = 0;
  // What the target led to before; kNoFile if it was free.
  FileId replaced = kNoFile;
};

// A sector of the raw part of the device.
struct RawSector {
  ChainId chain = kNoChain;
  std::vector<std::string> contents;  // by version; [0] is empty: zeros
};

struct Tree {
  std::vector<File> files;  // [0] is the root directory
  std::vector<Name> names;
  std::vector<RenameLink> renames;
  std::map<uint64_t, RawSector> sectors;

  explicit Tree(Chains& chains);

  // Where a path leads with everything done that began; kNoFile if nowhere.
  FileId Lookup(std::string_view path) const;

  // The name `path` ends in, made if it never was.
  // Requires: the directory it lies in exists.
  NameId NameAt(Chains& chains, std::string_view path);

  // Makes a new file and returns it.
  FileId AddFile(Chains& chains, bool is_directory, uint32_t op);

  // The directory a path lies in (with everything done), and its last part.
  struct Place {
    FileId directory = kNoFile;
    std::string_view last;
  };
  Place PlaceOf(std::string_view path) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_OBJECTS_H_
