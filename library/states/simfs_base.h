// SimfsBase: the files of a mounted simfs, as a base that a FileTree shows.

#ifndef POWERCUT_LIBRARY_STATES_SIMFS_BASE_H_
#define POWERCUT_LIBRARY_STATES_SIMFS_BASE_H_

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
  simfs::SimfsMount& mount_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_SIMFS_BASE_H_
