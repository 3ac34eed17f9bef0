// SimfsBase: the files of a mounted simfs, as a base that a FileTree shows.

#ifndef POWERCUT_LIBRARY_STATES_SIMFS_BASE_H_
#define POWERCUT_LIBRARY_STATES_SIMFS_BASE_H_

#include <unordered_map>

#include "backends/simfs/simfs_mount.h"
#include "library/files/file_base.h"

namespace powercut {

// Reads of the disk what is asked for, and nothing else, so that an exploration
// varies only that.
class SimfsBase : public FileBase {
 public:
  // `mount` must outlive this object, and no op may change it meanwhile.
  explicit SimfsBase(simfs::SimfsMount& mount) : mount_(mount) {}

  BaseId root() const override { return simfs::kRootInode; }
  std::vector<BaseEntry> EntriesOf(BaseId directory) override;
  std::optional<BaseEntry> Lookup(BaseId directory,
                                  const std::string& name) override;
  uint64_t SizeOf(BaseId file) override;
  Status Read(BaseId file, uint64_t offset_bytes, MutableByteSpan out) override;

 private:
  // Which version of a shape counts may take many reads to find out, so that it
  // is asked once.
  const simfs::Shape& ShapeOf(BaseId file);

  simfs::SimfsMount& mount_;
  std::unordered_map<BaseId, const simfs::Shape*> shapes_;
  // The one that was asked for last: each read asks for it.
  BaseId shape_of_ = 0;
  const simfs::Shape* last_shape_ = nullptr;
  // The atom that was read last: code that recovers often reads a few bytes at
  // a time.
  BaseId atom_of_ = 0;
  uint64_t atom_index_ = 0;
  simfs::AtomBytes atom_{};
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_SIMFS_BASE_H_
