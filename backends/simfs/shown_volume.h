// ShownVolume: what the records that count say, and so what the file system
// shows. The live mount builds it from the records that it writes, recovery
// from the records that it finds, both by the same function.

#ifndef POWERCUT_BACKENDS_SIMFS_SHOWN_VOLUME_H_
#define POWERCUT_BACKENDS_SIMFS_SHOWN_VOLUME_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "backends/simfs/record.h"
#include "backends/simfs/shown_objects.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::simfs {

struct ShownFile {
  bool is_directory = false;
  uint64_t created_mtime = 0;
  // `std::nullopt` if the time was never changed after the creation.
  std::optional<uint64_t> mtime;
  Shape shape;
};

// What a record holds of a generation.
struct RecordedAtom {
  uint32_t version = 0;
  AtomBytes bytes{};
};

class ShownVolume : public ShownObjects {
 public:
  ShownVolume() { files_[kRootInode].is_directory = true; }

  // Makes the changes of a record. Records are applied in the order of their
  // numbers. A void change shows nothing.
  void Apply(const Record& record);

  const std::map<InodeNumber, ShownFile>& files() const { return files_; }
  // Requires: Has(inode).
  const ShownFile& file(InodeNumber inode) const { return files_.at(inode); }
  // Returns whether a record has changed the file. The root is always there.
  bool Has(InodeNumber inode) const { return files_.contains(inode); }
  // A name: its directory and its text.
  using NameKey = std::pair<InodeNumber, std::string>;
  // The names that lead to a file or directory.
  const std::map<NameKey, InodeNumber>& names() const { return names_; }

  // Returns the newest version of a generation that is in a record; 0 if none
  // is.
  uint32_t RecordedVersion(GenerationId generation) const {
    const auto found = atoms_.find(generation);
    return found == atoms_.end() ? 0 : found->second.version;
  }

  // CutTail() for each file.
  void CutTails();

  // Reads the bytes of one atom as the shape of its file shows them: zeros if
  // the atom has no space.
  // Requires: Has(inode).
  // Errors: kIo.
  Result<AtomBytes> ReadAtom(VirtualDisk& disk, InodeNumber inode,
                             uint64_t index);

  Names NamesIn(InodeNumber directory) override;
  InodeNumber Lookup(InodeNumber directory, const std::string& name) override;
  bool IsDirectory(InodeNumber inode) override;
  uint64_t TimeOf(InodeNumber inode) override;
  const Shape& ShapeOf(InodeNumber inode) override;
  ShownAtom AtomOf(GenerationId generation) override;

 private:
  std::map<InodeNumber, ShownFile> files_;
  std::map<NameKey, InodeNumber> names_;
  std::map<GenerationId, RecordedAtom> atoms_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_SHOWN_VOLUME_H_
