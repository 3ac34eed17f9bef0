// ShownVolume: what the records that count say, and so what the file system
// shows. The live mount and recovery build it by the same function, one from
// the records it writes, the other from those it finds.

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
  std::optional<uint64_t> mtime;  // nothing: since it was created
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

  void Apply(const Record& record);

  const std::map<InodeNumber, ShownFile>& files() const { return files_; }
  // Requires: a record spoke of it.
  const ShownFile& file(InodeNumber inode) const { return files_.at(inode); }
  bool Has(InodeNumber inode) const { return files_.contains(inode); }
  // The names that lead somewhere.
  using NameKey = std::pair<InodeNumber, std::string>;
  const std::map<NameKey, InodeNumber>& names() const { return names_; }

  // The newest version of a generation that is in a record; 0: none is.
  uint32_t RecordedVersion(GenerationId generation) const {
    const auto found = atoms_.find(generation);
    return found == atoms_.end() ? 0 : found->second.version;
  }

  // Makes files forget what lies behind their ends, in the atom at the end and
  // in those behind it: after a recovery later sizes must not show it.
  void CutTails();

  // The bytes of one atom as its file's shape shows them.
  // Errors: kIo.
  Result<AtomBytes> ReadAtom(VirtualDisk& disk, InodeNumber inode,
                             uint64_t index) const;

  // The whole tree. A directory that leads to itself is shown, not entered.
  void Observe(VirtualDisk& disk, Observation& observation) const;

 private:
  void ObserveDirectory(VirtualDisk& disk, InodeNumber directory,
                        const std::string& path,
                        std::vector<InodeNumber>& above,
                        Observation& observation) const;
  void ObserveFile(VirtualDisk& disk, InodeNumber inode,
                   ObservedEntry& entry) const;

  // Where the bytes of an atom are: in a record, in a sector, or, if neither,
  // nowhere. The first `size_bytes` of them show; zeros behind. A sector shows
  // less where a truncation zeroed what it holds.
  struct AtomSource {
    const AtomBytes* recorded = nullptr;
    uint32_t sector = 0;
    uint16_t size_bytes = std::tuple_size_v<AtomBytes>;
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

// Forgets what an atom shows from byte `bytes` on.
void CutAtom(AtomMap& atom, uint16_t bytes);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_SHOWN_VOLUME_H_
