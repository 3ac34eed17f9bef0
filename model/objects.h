// The objects of the model: names, sizes and atoms of data, each a chain of
// versions; and the tree they form. Internal to the model: model/model.h is
// its face.

#ifndef POWERCUT_MODEL_OBJECTS_H_
#define POWERCUT_MODEL_OBJECTS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"

namespace powercut {

// Index of a file or directory in Tree::files.
using FileId = uint32_t;
inline constexpr FileId kRootDirectory = 0;
// The value of a name that leads nowhere.
inline constexpr FileId kNoFile = ~FileId{0};
// Index of a name in Tree::names.
using NameId = uint32_t;

// The oldest version that may be found, and the op whose return made it so.
struct Floor {
  uint32_t version = 0;
  // 0: the sync behind `init`. Nothing: nothing was promised yet.
  std::optional<uint32_t> promised_by;
};

template <class Value>
struct Chain {
  struct Version {
    uint32_t op = 0;  // 0: from the start
    Value value{};
  };

  // Index 0 is the state before any op.
  std::vector<Version> versions;
  std::array<Floor, kCrashKinds.size()> floors{};  // by crash kind
  // The floor for power loss before its last rise: what an earlier promise
  // held.
  uint32_t earlier_floor = 0;

  uint32_t newest() const { return static_cast<uint32_t>(versions.size()) - 1; }
  const Floor& floor(CrashKind kind) const {
    return floors[static_cast<size_t>(kind)];
  }
};

struct Size {
  uint64_t bytes = 0;
  // An extension from this size: parts of it may be found (partial_extend).
  // Equal to `bytes` if it is none.
  uint64_t extended_from = 0;
};

struct Atom {
  // The bytes written so far, from the atom's first, up to 512; what lies
  // behind them was never written.
  std::string content;
};

struct File {
  bool is_directory = false;
  uint32_t created_by = 0;  // op number; 0: the root directory
  Chain<Size> size;
  std::map<uint64_t, Chain<Atom>> atoms;  // by index of the atom
  std::map<std::string, NameId> names;    // of a directory: all that ever were
};

struct Name {
  FileId directory = kRootDirectory;
  std::string name;
  Chain<FileId> chain;
};

// A rename: two names that move together.
struct RenameLink {
  uint32_t op = 0;
  NameId source = 0;
  uint32_t source_version = 0;  // leads nowhere from this version on
  NameId target = 0;
  uint32_t target_version = 0;
  // What the target led to before; kNoFile if it was free.
  FileId replaced = kNoFile;
};

struct Tree {
  std::vector<File> files;  // [0] is the root directory
  std::vector<Name> names;
  std::vector<RenameLink> renames;

  Tree();

  // Where a path leads with everything done that began; kNoFile if nowhere.
  FileId Lookup(std::string_view path) const;

  // The name `path` ends in, made if it never was.
  // Requires: the directory it lies in exists.
  NameId NameAt(std::string_view path);

  // Makes a new file and returns it.
  FileId AddFile(bool is_directory, uint32_t op);

  // The directory a path lies in (with everything done), and its last part.
  struct Place {
    FileId directory = kNoFile;
    std::string_view last;
  };
  Place PlaceOf(std::string_view path) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_OBJECTS_H_
