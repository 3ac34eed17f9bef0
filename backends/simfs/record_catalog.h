// RecordCatalog: every record that a trace wrote, decoded once. A crash of the
// trace leaves some of these records whole and no others, so that a mount that
// knows the catalog reads a record only when somebody asks for what it holds.

#ifndef POWERCUT_BACKENDS_SIMFS_RECORD_CATALOG_H_
#define POWERCUT_BACKENDS_SIMFS_RECORD_CATALOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backends/simfs/layout.h"
#include "backends/simfs/record.h"
#include "harness/trace/trace.h"

namespace powercut::simfs {

// A record of the trace without its changes, and where it lies.
struct CatalogRecord {
  RecordNumber number = 0;
  std::vector<RecordNumber> needs;
  std::vector<SectorCondition> conditions;
  // What an OrderChange asks for; 0 if there is none.
  RecordNumber after = 0;
  // The records that name this one in a FreeChange, as indices.
  std::vector<uint32_t> freed_by;
  uint64_t first_sector = 0;
  // The event that wrote the record.
  EventNumber event = 0;
  // Whole sectors. They belong to the trace.
  ByteSpan bytes;
};

// One version of an object: the record that holds it, as an index, and the
// change.
template <class T>
struct CatalogVersion {
  uint32_t record = 0;
  T change;
};
// The versions of an object, the oldest first.
template <class T>
using CatalogVersions = std::vector<CatalogVersion<T>>;

class RecordCatalog {
 public:
  // Studies a trace, which must outlive the catalog. `fresh_base` says that the
  // disk before it is known to be freshly formatted, which costs a formatting
  // to find out. `nullptr` if a mount of its crashes has to scan the disk: if
  // the disk was no freshly formatted simfs before, if anything but whole
  // records was written to the record area, if a place there was written twice,
  // or if a record voids others. O(bytes of the records).
  static std::unique_ptr<const RecordCatalog> Of(const Trace& trace,
                                                 bool fresh_base = false);

  RecordCatalog(const RecordCatalog&) = delete;
  RecordCatalog& operator=(const RecordCatalog&) = delete;

  // In the order of their numbers, and of their places.
  const std::vector<CatalogRecord>& records() const { return records_; }
  // The index of a record with this number; the number of records if there is
  // none.
  uint32_t IndexOf(RecordNumber number) const;

  // How many records the events up to this one wrote: the first so many.
  // O(log(records)).
  uint32_t RecordsUpTo(EventNumber event) const;

  using NameKey = std::pair<InodeNumber, std::string>;
  const std::map<NameKey, CatalogVersions<NameChange>>& names() const {
    return names_;
  }
  // `nullptr` if no record changes the object. Shapes are cut to their sizes
  // (CutTail()).
  const CatalogVersions<ShapeChange>* ShapesOf(InodeNumber inode) const;
  const CatalogVersions<TimesChange>* TimesOf(InodeNumber inode) const;
  const CatalogVersions<AtomChange>* AtomsOf(GenerationId generation) const;

 private:
  RecordCatalog() = default;
  // Adds the records that one event wrote. Returns false if there is anything
  // else.
  bool AddWrite(EventNumber event, uint64_t first_sector, ByteSpan bytes);
  // Adds a change of the record that was added last.
  void AddChange(Change change);

  SimfsLayout layout_;
  std::vector<CatalogRecord> records_;
  std::map<NameKey, CatalogVersions<NameChange>> names_;
  std::unordered_map<InodeNumber, CatalogVersions<ShapeChange>> shapes_;
  std::unordered_map<InodeNumber, CatalogVersions<TimesChange>> times_;
  std::unordered_map<GenerationId, CatalogVersions<AtomChange>> atoms_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_RECORD_CATALOG_H_
