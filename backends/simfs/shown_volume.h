// ShownVolume: what the records that count say, and so what the file system
// shows. The live mount builds it from the records that it writes, recovery
// from the records that it finds, both by the same function.

#ifndef POWERCUT_BACKENDS_SIMFS_SHOWN_VOLUME_H_
#define POWERCUT_BACKENDS_SIMFS_SHOWN_VOLUME_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/record.h"
#include "harness/disk/virtual_disk.h"
#include "model/words/observation.h"

namespace powercut::simfs {

struct ShownFile {
  bool is_directory = false;
  uint64_t created_mtime = 0;
  // `std::nullopt` if the time was never changed after the creation.
  std::optional<uint64_t> mtime;
  Shape shape;
};

// The newest version of a generation that is in a record.
struct ShownAtom {
  uint32_t version = 0;
  AtomBytes bytes{};
};

class ShownVolume {
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

  // Takes everything beyond the end of each file out of its shape, also within
  // the atom at the end: if the file grows after a recovery, those bytes must
  // not show.
  void CutTails();

  // Reads the bytes of one atom as the shape of its file shows them: zeros if
  // the atom has no space.
  // Requires: Has(inode).
  // Errors: kIo.
  Result<AtomBytes> ReadAtom(VirtualDisk& disk, InodeNumber inode,
                             uint64_t index) const;

  // Adds the whole tree to an observation, sorted by path. A directory that
  // lies below itself is shown there and not entered. A file that cannot be
  // read is marked as unreadable. Data that is only copied is declared as such
  // to the disk.
  void Observe(VirtualDisk& disk, Observation& observation) const;

 private:
  void ObserveDirectory(VirtualDisk& disk, InodeNumber directory,
                        const std::string& path,
                        std::vector<InodeNumber>& above,
                        Observation& observation) const;
  void ObserveFile(VirtualDisk& disk, InodeNumber inode,
                   ObservedEntry& entry) const;

  // Where the bytes of an atom are: in a record, in a sector, or nowhere, if
  // the atom reads as zeros.
  struct AtomSource {
    const AtomBytes* recorded = nullptr;
    uint32_t sector = 0;
    // How many bytes show; zeros follow them.
    uint16_t size_bytes = std::tuple_size_v<AtomBytes>;
    // For a sector: the contents of which less shows.
    std::vector<ZeroedOver> zeroed;
  };
  using AtomSpan = std::span<std::byte, std::tuple_size_v<AtomBytes>>;
  AtomSource SourceOf(const AtomMap& atom) const;
  static Status ReadFrom(VirtualDisk& disk, const AtomSource& source,
                         AtomSpan atom);

  std::map<InodeNumber, ShownFile> files_;
  std::map<NameKey, InodeNumber> names_;
  std::map<GenerationId, ShownAtom> atoms_;
};

// Makes the newest layer of an atom show its first `bytes` bytes at most.
void CutAtom(AtomMap& atom, uint16_t bytes);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_SHOWN_VOLUME_H_
