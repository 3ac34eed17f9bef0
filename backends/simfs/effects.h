// Effects: what each op changes, written out op by op. Each function writes
// the op's records and data at Layer::kProcess and adds the versions; carrying
// them on is the caller's.
//
// All return the name of an error (`ENOSPC`, `EIO`), or nothing, and then add
// what was written to `written`. Whether an op is allowed was settled before.

#ifndef POWERCUT_BACKENDS_SIMFS_EFFECTS_H_
#define POWERCUT_BACKENDS_SIMFS_EFFECTS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/simfs/batch.h"
#include "backends/simfs/live_state.h"

namespace powercut::simfs {

// What an op did.
struct OpEffects {
  SectorVersions written;
  // Its versions in data, shape and times.
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
  // `from` takes the place of `to`, which becomes `backup`.
  std::string Replace(const VersionSource& source, const NameKey& from,
                      const NameKey& to, const NameKey& backup);

  // A write, or, with a view as its source, a store.
  std::string Write(const VersionSource& source, InodeNumber inode,
                    uint64_t offset, std::string_view content);

  enum class Resizing { kTruncate, kSetEndOfFile, kFallocate, kMap };
  std::string Resize(const VersionSource& source, InodeNumber inode,
                     uint64_t size, Resizing how);
  std::string SetValidData(const VersionSource& source, InodeNumber inode,
                           uint64_t valid);
  std::string SetTimes(const VersionSource& source, InodeNumber inode,
                       uint64_t mtime);

 private:
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
  std::string CommitNames(Batch& batch, const VersionSource& source,
                          const std::vector<NameStep>& steps);

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
  // Learns what a generation held before the mount.
  void NoteFoundContent(Generation& generation);
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

  // Adds a version held by a record; returns its place.
  VersionRef AddVersion(Chain& chain, const VersionSource& source,
                        RecordNumber record);
  void Finish(const Batch& batch);

  LiveState& s_;
  OpEffects& done_;
};

// The oldest version in place that its sector can still hold, up to `newest`.
uint32_t DurableVersion(const LiveState& state, const Generation& generation,
                        uint32_t newest);

// The condition that `generation` shows this version or a later one, added to
// `needs`; nothing if that is known, or if the version is the first.
void NeedVersion(const LiveState& state, const Generation& generation,
                 uint32_t version, RecordNeeds& needs);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_EFFECTS_H_
