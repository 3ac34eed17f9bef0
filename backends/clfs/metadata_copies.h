// MetadataCopies: a metadata block and its two shadow copies. The valid copy
// with the largest dump count holds, and a torn write leaves the other copies.
//
// The copy that is known to be on the media is never overwritten, nor is the
// one that is known to have reached the host. Whatever a crash of any kind was
// promised to leave is therefore found, or something newer.

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

  // The copies lie at `first_sector` and take kSectors sectors. If `single` is
  // true, there is only one copy, which is overwritten in place (a planted
  // bug). `disk` must outlive this object.
  MetadataCopies(VirtualDisk& disk, uint64_t first_sector, MetadataKind kind,
                 uint32_t log_id, bool single)
      : disk_(&disk),
        first_sector_(first_sector),
        kind_(kind),
        log_id_(log_id),
        single_(single) {}

  // Reads the copies. Returns the payloads of the valid ones, the newest first.
  // Requires: no other call came before.
  // Errors: kIo.
  Result<std::vector<Bytes>> Load();

  // Writes the next version at Layer::kProcess. The first Write() after a
  // Load() first carries the newest version that was found to the media, since
  // it is not known which copy is there.
  // Errors: kIo: the version may be found or not; kFull.
  Status Write(Bytes payload);

  // Returns the layer that the newest version has reached; kMedia if there is
  // none.
  Layer layer() const { return layer_; }
  // Returns whether there is a version, the newest of which has not reached
  // `layer`.
  bool NeedsPersist(Layer layer) const { return layer_ < layer; }

  // Adds the sectors of the newest version to the scope of a Persist(). If an
  // earlier Persist() of that version failed, the version is written again
  // first.
  // Requires: there is a newest version.
  // Errors: those of a write.
  Status AddTo(SectorSet& scope);
  // Says that the Persist() of what AddTo() named has succeeded, or failed.
  void Persisted(Layer layer);
  void PersistFailed() { write_again_ = true; }

 private:
  SectorRange RangeOf(uint32_t copy) const {
    return {first_sector_ + copy * kMetadataSectors, kMetadataSectors};
  }
  // Returns a copy that may be overwritten.
  uint32_t FreeCopy() const;
  Status WriteNewest();
  // Carries what Load() found to the media, once.
  Status Settle();

  VirtualDisk* disk_;
  uint64_t first_sector_;
  MetadataKind kind_;
  uint32_t log_id_;
  bool single_;
  // The newest version, `std::nullopt` if there is none, and the copy that
  // holds it.
  std::optional<MetadataBlock> newest_;
  uint32_t newest_copy_ = 0;
  Layer layer_ = Layer::kMedia;
  // The copies that hold the newest version to have reached the host and the
  // media; `std::nullopt` if none is known.
  std::optional<uint32_t> host_copy_;
  std::optional<uint32_t> media_copy_;
  // True if the newest version was found by Load(): how far it was carried is
  // not known.
  bool unsettled_ = false;
  // True if the newest version must be written again before it is carried.
  bool write_again_ = false;
};

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_METADATA_COPIES_H_
