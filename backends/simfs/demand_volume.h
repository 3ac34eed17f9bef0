// DemandVolume: what a crash of a studied trace left, found out when it is
// asked for. Making one reads nothing.

#ifndef POWERCUT_BACKENDS_SIMFS_DEMAND_VOLUME_H_
#define POWERCUT_BACKENDS_SIMFS_DEMAND_VOLUME_H_

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "backends/simfs/record_catalog.h"
#include "backends/simfs/shown_objects.h"
#include "harness/base/result.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::simfs {

class DemandVolume : public ShownObjects {
 public:
  // Both must outlive this object. Records that were written after event `upto`
  // are taken to be missing, without a look.
  // Requires: a crash of the catalog's trace, after at most `upto` events, left
  // the disk, and nobody wrote to it since.
  DemandVolume(VirtualDisk& disk, const RecordCatalog& catalog,
               EventNumber upto)
      : disk_(disk),
        catalog_(catalog),
        record_count_(catalog.RecordsUpTo(upto)) {}

  Names NamesIn(InodeNumber directory) override;
  InodeNumber Lookup(InodeNumber directory, const std::string& name) override;
  bool IsDirectory(InodeNumber inode) override;
  uint64_t TimeOf(InodeNumber inode) override;
  const Shape& ShapeOf(InodeNumber inode) override;
  ShownAtom AtomOf(GenerationId generation) override;
  void AskFor(ShownPart part) override;

  // Whether every read succeeded so far. If not, the answers mean nothing.
  // Errors: kIo.
  const Status& status() const { return status_; }

 private:
  // What is known of the disk.
  struct Known {
    // By index of the record: whether it counts, and whether a commit can
    // have it.
    std::unordered_map<uint32_t, bool> counts;
    std::unordered_map<uint32_t, bool> in_order;
    // `std::nullopt` until it was read.
    std::optional<uint64_t> segments_used;
  };

  std::optional<bool> KnownToCount(uint32_t record) const;
  std::optional<bool> KnownInOrder(uint32_t record) const;
  // The newest version of which the record counts; `nullptr` if none does.
  template <class T>
  const T* Newest(const CatalogVersions<T>* versions);
  // Whether a record counts: all that it needs counts, it is whole, and its
  // conditions hold. Reads what decides that and was not read before.
  bool Counts(uint32_t record);
  // Answers for a record whose needs are answered; otherwise adds the first of
  // them that is not to `open`, and returns `std::nullopt`.
  std::optional<bool> Answer(uint32_t record, std::vector<uint32_t>& open);
  // Whether all holds that does not depend on a commit. The same for what is
  // not answered yet.
  std::optional<bool> Stands(const CatalogRecord& stored,
                             std::vector<uint32_t>& open);
  // Whether a commit can have the record: it stands, and so does each that
  // comes before it in the order.
  bool IsInOrder(uint32_t record);
  bool IsWhole(const CatalogRecord& record);
  bool IsInUse(uint64_t sector);
  Known& known() { return whole_ ? of_whole_ : of_part_; }
  bool Holds(const SectorCondition& condition);
  bool Read(uint64_t sector);

  VirtualDisk& disk_;
  const RecordCatalog& catalog_;
  // How many of the catalog's records can be there.
  const uint32_t record_count_;
  Status status_ = Ok{};
  // What was read for the whole observation, and what was read for the part
  // that is asked for. A part may use what the whole observation knows, and
  // nothing that another part knows.
  bool whole_ = true;
  Known of_whole_;
  Known of_part_;
  // By inode: the name by which it was found.
  std::unordered_map<InodeNumber, const NameChange*> found_by_;
  Bytes sector_ = Bytes(kSimfsSectorBytes);
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_DEMAND_VOLUME_H_
