// Effects: what each op changes, op by op. Each function writes the op's
// records and data at Layer::kProcess and adds the versions to the live state.
// The caller carries them on to other layers.
//
// Each function that returns a text returns an empty one for success, and then
// has added what was written to OpEffects::written; otherwise the text is the
// name of an error (`ENOSPC`, `EIO`).
// Requires: the caller has checked that the op is allowed.

#ifndef POWERCUT_BACKENDS_SIMFS_EFFECTS_H_
#define POWERCUT_BACKENDS_SIMFS_EFFECTS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/simfs/batch.h"
#include "backends/simfs/live_state.h"

namespace powercut::simfs {

// What one op did.
struct OpEffects {
  // The sectors that the op wrote, records included.
  SectorVersions written;
  // The versions that the op made of data, of shapes and of times.
  struct OfAtom {
    GenerationId generation = 0;
    uint32_t version = 0;
  };
  std::vector<OfAtom> data;
  std::vector<VersionRef> shape;
  std::vector<VersionRef> times;
};

class Effects {
 public:
  // Both must outlive this object.
  Effects(LiveState& state, OpEffects& done) : s_(state), done_(done) {}

  using NameKey = ShownVolume::NameKey;

  std::string Create(const VersionSource& source, const NameKey& name,
                     bool is_directory);
  std::string Link(const VersionSource& source, const NameKey& name,
                   InodeNumber inode);
  std::string Remove(const VersionSource& source, const NameKey& name);
  std::string Rename(const VersionSource& source, const NameKey& from,
                     const NameKey& to);
  // Each name takes what the other one leads to. Requires: both are there.
  std::string Exchange(const VersionSource& source, const NameKey& a,
                       const NameKey& b);
  // Gives `to` the name `backup`, and then `from` the name `to`.
  std::string Replace(const VersionSource& source, const NameKey& from,
                      const NameKey& to, const NameKey& backup);

  // Writes `content` at `offset`. If the source names a view, the op is a
  // store: it sets no times.
  std::string Write(const VersionSource& source, InodeNumber inode,
                    uint64_t offset, std::string_view content);

  // What changes the size. Only the first two set times; only kSetEndOfFile and
  // kMap may give space that shows old contents.
  enum class Resizing { kTruncate, kSetEndOfFile, kFallocate, kMap };
  // Sets the size. Does nothing if it is the present one.
  std::string Resize(const VersionSource& source, InodeNumber inode,
                     uint64_t size, Resizing how);
  // Raises the valid length, and gives space with old contents to atoms that
  // have none below it.
  std::string SetValidData(const VersionSource& source, InodeNumber inode,
                           uint64_t valid);
  std::string SetTimes(const VersionSource& source, InodeNumber inode,
                       uint64_t mtime);

 private:
  // One change of a name: after `record`, `name` leads to `inode`.
  struct NameStep {
    NameKey name;
    InodeNumber inode = kNoInode;
    RecordNumber record = 0;
  };

  Change NameTo(const NameKey& name, InodeNumber inode) const;
  std::vector<NameStep> AddRename(Batch& batch, const NameKey& from,
                                  const NameKey& to, InodeNumber moved,
                                  bool replaces) const;
  RecordNeeds NeedsOfReplacement(InodeNumber moved) const;
  // `makes` says that the op makes the file that the names lead to.
  std::string CommitNames(Batch& batch, const VersionSource& source,
                          const std::vector<NameStep>& steps,
                          bool makes = false);
  // Tells the log of syncs of a size or of times that an op set.
  void NoteSet(const VersionSource& source, InodeNumber inode,
               RecordNumber record);

  struct TouchedAtom;
  std::vector<TouchedAtom> Touch(Batch& batch, InodeNumber inode,
                                 uint64_t offset, std::string_view content);
  std::vector<Shape> ShapesOfWrite(
      const Shape& shape, uint64_t end,
      const std::vector<TouchedAtom>& touched) const;
  void AddAtoms(const VersionSource& source, InodeNumber inode,
                const Batch& batch, std::vector<TouchedAtom>& touched,
                uint32_t first_shape, const std::vector<Shape>& shapes);
  AtomBytes Memory(InodeNumber inode, uint64_t atom);
  // Reads what the sector of a generation holds from before the mount.
  // Must come before the first write there.
  void NoteFoundContent(Generation& generation);
  // Atoms that get space without data, by index.
  using GivenSpace = std::vector<std::pair<uint64_t, GenerationLayer>>;
  void AddStaleSpace(Batch& batch, uint64_t from, uint64_t to, Shape& shape,
                     GivenSpace& given);
  void AddGenerations(InodeNumber inode, const GivenSpace& given);
  void CutMemory(LiveFile& file, uint64_t size);
  void PlaceData(Batch& batch, TouchedAtom& touched);
  std::vector<TouchedAtom> CutShape(Batch& batch, InodeNumber inode,
                                    uint64_t size, Shape& shape);
  std::vector<TouchedAtom> ZeroPage(Batch& batch, InodeNumber inode,
                                    uint64_t size, Shape& shape);
  void NoteZeroed(const TouchedAtom& touched, uint16_t cut,
                  GenerationLayer& layer) const;

  // Adds a version that a record holds, and returns a reference to the version.
  VersionRef AddVersion(Chain& chain, const VersionSource& source,
                        RecordNumber record);
  void Finish(const Batch& batch);

  LiveState& s_;
  OpEffects& done_;
};

// Returns the oldest version that the generation's sector can hold after any
// crash: the newest one up to `newest` that is on the media.
uint32_t DurableVersion(const LiveState& state, const Generation& generation,
                        uint32_t newest);

// Adds to `needs` that `generation` shows this version or a later one. Adds
// nothing if that is certain already, or if the version is version 0.
void NeedVersion(const LiveState& state, const Generation& generation,
                 uint32_t version, RecordNeeds& needs);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_EFFECTS_H_
