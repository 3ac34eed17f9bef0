// The objects of the model: names, files with their shapes, data and times, and
// the raw part of the device. Each object has a chain of versions
// (model/files/chain.h), and this header says what the versions mean. It is
// internal to the model; users include model/files/model.h.

#ifndef POWERCUT_MODEL_FILES_OBJECTS_H_
#define POWERCUT_MODEL_FILES_OBJECTS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/files/chain.h"

namespace powercut {

// The index of a file or directory in Tree::files.
using FileId = uint32_t;
inline constexpr FileId kRootDirectory = 0;
// The value of a name that leads nowhere.
inline constexpr FileId kNoFile = ~FileId{0};
// The index of a name in Tree::names.
using NameId = uint32_t;

// One version of a file's shape. The third part of a shape, which atoms have
// space, is kept with the atoms (AtomPlace).
struct Shape {
  uint64_t size_bytes = 0;
  uint64_t valid_bytes = 0;
};

// The bytes of one atom in one space, from the moment the space was given until
// a cut ended it and a new write put another space in its place.
struct Generation {
  ChainId chain = kNoChain;
  // The version of the shape that gave the space. Under older shapes the space
  // is not visible.
  uint32_t from_shape = 0;
  // contents[v - 1] belongs to version v of the chain. It holds the bytes from
  // the first one of the atom on, at most 512; bytes after them were never
  // written. Version 0 has no content: it shows what the place showed before.
  std::vector<std::string> contents;
  // Whether version 0 shows anything, not zeros, where the place was a hole
  // before.
  bool anything = false;
};

// A truncation of one atom: under the version `from_shape` of the shape and all
// later ones, what was visible shows its first `bytes` bytes only.
struct Cut {
  static constexpr uint32_t kEveryVersion = ~uint32_t{0};

  uint32_t from_shape = 0;
  uint32_t bytes = 0;
  // The cut applies to versions of the generation's chain before this one. If
  // it applies to every version, the space is given up for good, and a cut to 0
  // bytes leaves a hole. Otherwise the space stays, and the cut itself wrote
  // this version to it, with zeros after the first `bytes` bytes
  // (truncation_writes_zeros).
  uint32_t before_version = kEveryVersion;
};

// One atom of a file, through the life of the file. Both vectors ascend by
// `from_shape`.
struct AtomPlace {
  std::vector<Generation> generations;
  std::vector<Cut> cuts;
};

// What is visible of an atom under one version of the shape.
struct AtomView {
  // The visible generation; `nullptr` if the place is a hole. Points into the
  // AtomPlace.
  const Generation* generation = nullptr;
  uint32_t limit_bytes = 0;  // Bytes from here on read as zeros.
  // Cuts that lower the limit for versions before their `before_version`.
  std::vector<Cut> cuts_of_older;

  // The limit for one version of the generation.
  uint32_t LimitOf(uint32_t version) const;
};
// What is visible of the place under this version of the shape.
AtomView ViewOf(const AtomPlace& place, uint32_t shape);
// What version 0 of a generation shows: what was visible when its space was
// given.
// Requires: `generation` is an element of `place.generations`.
AtomView ViewBefore(const AtomPlace& place, const Generation& generation);

struct File {
  bool is_directory = false;
  uint32_t created_by = 0;  // The op's number; 0 for the root directory.
  ChainId shape = kNoChain;
  std::vector<Shape> shapes;  // By version of the shape.
  ChainId times = kNoChain;
  std::vector<uint64_t> mtimes;         // By version of the times.
  std::map<uint64_t, AtomPlace> atoms;  // By index of the atom.
  // Every name that was ever made in this directory; empty for a file.
  std::map<std::string, NameId> names;
  // The versions of the shape that are smaller than the one before them,
  // ascending.
  std::vector<uint32_t> shrunk_at_shapes;
};

struct Name {
  FileId directory = kRootDirectory;
  std::string text;
  ChainId chain = kNoChain;
  std::vector<FileId> targets;  // By version; kNoFile if it leads nowhere.
  // Under metadata_committed: the versions that a rename or an exchange made,
  // as far as nothing hides them yet, and whether it gave the other name to the
  // file that this name led to.
  std::map<uint32_t, bool> ties = {};
  // Under left_name_shows_old: the versions at which a file left the name for
  // another one (O-LEFT).
  struct Left {
    // The oldest version that may be shown in its place.
    uint32_t from = 0;
    // Whether the log of a sync may hold the change.
    bool logged = false;
  };
  std::map<uint32_t, Left> left = {};

  // The versions that `version` may show in place of its own target, ascending.
  // A crash of the process alone shows none of them. O(versions).
  std::vector<uint32_t> ShownInsteadOf(uint32_t version) const;
};

// A rename, seen from the name that it made or replaced.
struct RenameLink {
  uint32_t op = 0;
  NameId target = 0;
  uint32_t target_version = 0;
  // The file that the target led to before; kNoFile if the name was free.
  FileId replaced = kNoFile;
};

// A sector of the raw part of the device.
struct RawSector {
  ChainId chain = kNoChain;
  std::vector<std::string> contents;  // By version; empty stands for zeros.
};

struct Tree {
  std::vector<File> files;  // files[0] is the root directory.
  std::vector<Name> names;
  std::vector<RenameLink> renames;
  std::map<uint64_t, RawSector> sectors;

  explicit Tree(Chains& chains);

  // The file that a path leads to when every op that began is done; kNoFile if
  // it leads nowhere.
  FileId Lookup(std::string_view path) const;

  // The name in which `path` ends. The name is made if it never existed.
  // Requires: the directory in which the name lies exists.
  NameId NameAt(Chains& chains, std::string_view path);

  // Makes a file or directory that no name leads to yet.
  FileId AddFile(Chains& chains, bool is_directory, uint32_t op);

  // The directory in which a path lies when every op that began is done, and
  // the last part of the path. `last` refers to the bytes of the path.
  struct Place {
    FileId directory = kNoFile;
    std::string_view last;
  };
  Place PlaceOf(std::string_view path) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_OBJECTS_H_
