// MetadataCopies: a metadata block and its two shadow copies. Of the valid
// copies the one with the largest dump count holds; a torn write leaves the
// others.
//
// The copy that is known to be on the media is never written over, nor the one
// that is known to have reached the host, so that a crash of any kind leaves
// what was promised for it, or what was written since.

#ifndef POWERCUT_BACKENDS_CLFS_METADATA_COPIES_H_
#define POWERCUT_BACKENDS_CLFS_METADATA_COPIES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "backends/clfs/log_format.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::clfs {

class MetadataCopies {
 public:
  static constexpr uint32_t kCount = 3;
  static constexpr uint64_t kSectors = uint64_t{kCount} * kMetadataSectors;

  // At `first_sector`, kSectors long. `single`: a planted bug: one copy only,
  // written over in place. `disk` must outlive this object.
  MetadataCopies(VirtualDisk& disk, uint64_t first_sector, MetadataKind kind,
                 uint32_t log_id, bool single)
      : disk_(&disk),
        first_sector_(first_sector),
        kind_(kind),
        log_id_(log_id),
        single_(single) {}

  // Reads the copies: the payloads of the valid ones, the newest first.
  // Errors: kIo.
  Result<std::vector<Bytes>> Load();

  // Writes the next version, at the process layer.
  // What was found by Load() is first carried to the media, since it is not
  // known which copy is there.
  // Errors: kIo: the version may be found or not.
  Status Write(Bytes payload);

  // How far the newest version has come; the media if there is none.
  Layer layer() const { return layer_; }
  // Whether there is a newest version that has not reached `layer`.
  bool NeedsPersist(Layer layer) const { return layer_ < layer; }

  // What a Persist() of the newest version names. If an earlier one failed, it
  // is written again first.
  // Errors: kIo.
  Status AddTo(SectorSet& scope);
  // The Persist() of what AddTo() named has succeeded, or failed.
  void Persisted(Layer layer);
  void PersistFailed() { write_again_ = true; }

 private:
  SectorRange RangeOf(uint32_t copy) const {
    return {first_sector_ + copy * kMetadataSectors, kMetadataSectors};
  }
  uint32_t FreeCopy() const;
  Status WriteNewest();
  Status Settle();

  VirtualDisk* disk_;
  uint64_t first_sector_;
  MetadataKind kind_;
  uint32_t log_id_;
  bool single_;
  // The newest version, if there is any, and the copy that holds it.
  std::optional<MetadataBlock> newest_;
  uint32_t newest_copy_ = 0;
  Layer layer_ = Layer::kMedia;
  // The copies that have reached the host, and the media; nothing: none that
  // counts has.
  std::optional<uint32_t> host_copy_;
  std::optional<uint32_t> media_copy_;
  // Found by Load(): what is on the media is not known.
  bool unsettled_ = false;
  bool write_again_ = false;
};

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_METADATA_COPIES_H_
