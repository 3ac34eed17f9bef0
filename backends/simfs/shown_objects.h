// ShownObjects: what a simfs volume shows, asked for object by object, and the
// observation that is made of it. Recovery answers each question from what it
// read so far; the live mount answers from what it keeps in memory.

#ifndef POWERCUT_BACKENDS_SIMFS_SHOWN_OBJECTS_H_
#define POWERCUT_BACKENDS_SIMFS_SHOWN_OBJECTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/record.h"
#include "harness/disk/virtual_disk.h"
#include "model/words/observation.h"

namespace powercut::simfs {

// The newest version of a generation that is in a record.
struct ShownAtom {
  uint32_t version = 0;
  // `nullptr` if no record holds a version.
  const AtomBytes* bytes = nullptr;
};

class ShownObjects {
 public:
  ShownObjects() = default;
  ShownObjects(const ShownObjects&) = default;
  ShownObjects& operator=(const ShownObjects&) = default;
  ShownObjects(ShownObjects&&) = default;
  ShownObjects& operator=(ShownObjects&&) = default;
  virtual ~ShownObjects() = default;

  // The names in a directory with what they lead to, sorted by name.
  using Names = std::vector<std::pair<std::string, InodeNumber>>;
  virtual Names NamesIn(InodeNumber directory) = 0;
  // What one name leads to; kNoInode if the directory has no such name.
  virtual InodeNumber Lookup(InodeNumber directory,
                             const std::string& name) = 0;
  // Requires, for the next three: a name that NamesIn() or Lookup() returned
  // leads to `inode`.
  virtual bool IsDirectory(InodeNumber inode) = 0;
  // The time of the last change, or of the creation if there was none.
  virtual uint64_t TimeOf(InodeNumber inode) = 0;
  // Valid until the volume changes.
  virtual const Shape& ShapeOf(InodeNumber inode) = 0;
  virtual ShownAtom AtomOf(GenerationId generation) = 0;

  // Says that all questions until the next call are for this part of the
  // observation (VirtualDisk::DeclarePart()).
  virtual void AskFor(ShownPart part) { (void)part; }
};

// Reads the bytes of one atom with these layers: zeros if there are none.
// Errors: kIo.
Status ReadAtomOf(VirtualDisk& disk, ShownObjects& objects, AtomLayers layers,
                  std::span<std::byte, std::tuple_size_v<AtomBytes>> bytes);

// Adds the whole tree to an observation, sorted by path. A directory that lies
// below itself is shown there and not entered. A file that cannot be read is
// marked as unreadable. Data that is only copied is declared as such to the
// disk.
void ObserveTree(VirtualDisk& disk, ShownObjects& objects,
                 Observation& observation);

// Adds the files and directories at these paths, and nothing else, in the order
// of `paths`. A path that leads to nothing adds no entry.
// Requires: the paths are absolute, and none is the root.
void ObservePaths(VirtualDisk& disk, ShownObjects& objects,
                  const std::vector<std::string>& paths,
                  Observation& observation);

// Takes everything beyond the end of a file out of its shape, also within the
// atom at the end: if the file grows after a recovery, those bytes must not
// show.
void CutTail(Shape& shape);

// Makes the newest layer of an atom show its first `bytes` bytes at most.
void CutAtom(AtomMap& atom, uint16_t bytes);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_SHOWN_OBJECTS_H_
