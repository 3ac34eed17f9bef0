// Trace: what a run did to its disk, in order, and the disk it began with.
//
// Disk events are numbered from 1; point N is the moment after event N. Marks
// lie between events and have no number of their own. An immutable value once
// recorded; harness/block_log/trace_file.h is its form on disk.

#ifndef POWERCUT_HARNESS_TRACE_TRACE_H_
#define POWERCUT_HARNESS_TRACE_TRACE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/bytes.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"

namespace powercut {

struct DiskEvent {
  enum Kind : uint8_t { kWrite, kPersist, kDiscard };

  Kind kind = kWrite;
  // kWrite: the layer written at. kPersist: the layer carried to. kDiscard:
  // kDevice.
  Layer layer = Layer::kHost;
  // kWrite, kDiscard.
  SectorRange range;
  // kWrite: where its bytes begin in the trace's data.
  uint64_t data_offset = 0;
  // kPersist: the last event whose versions it carries; <= its own number.
  EventNumber upto = 0;
  // kPersist: index of its sectors in the trace's scopes, or nothing for all.
  std::optional<uint32_t> scope;

  bool operator==(const DiskEvent&) const = default;
};

struct Mark {
  // The mark lies behind this many events.
  EventNumber after = 0;
  std::string text;

  bool operator==(const Mark&) const = default;
};

class Trace {
 public:
  // `base` is the disk before event 1; its size is the geometry's.
  Trace(DiskGeometry geometry, std::shared_ptr<const SparseImage> base);

  const DiskGeometry& geometry() const { return geometry_; }
  const SparseImage& base() const { return *base_; }
  const std::shared_ptr<const SparseImage>& shared_base() const {
    return base_;
  }

  EventNumber event_count() const {
    return static_cast<EventNumber>(events_.size());
  }
  // Requires: 1 <= number <= event_count().
  const DiskEvent& event(EventNumber number) const;
  // The bytes of a write: range.count sectors.
  ByteSpan data(const DiskEvent& write) const;
  const SectorSet& scope(const DiskEvent& persist) const;
  // In order.
  const std::vector<Mark>& marks() const { return marks_; }

  // Appending. Each returns the new event's number. Requires: the range lies
  // within the disk; data is whole sectors; upto <= the new event's number.
  EventNumber AddWrite(uint64_t first_sector, ByteSpan data, Layer layer);
  EventNumber AddPersist(Layer to, const SectorSet* scope,
                         std::optional<EventNumber> upto);
  EventNumber AddDiscard(SectorRange range);
  void AddMark(std::string_view text);

  // 32 bits over the geometry, the base and every disk event (marks apart):
  // what ids end in. O(size of base and data) at the first call, then O(1);
  // appending forgets it.
  uint32_t Digest() const;

 private:
  DiskGeometry geometry_;
  std::shared_ptr<const SparseImage> base_;
  std::vector<DiskEvent> events_;
  Bytes data_;
  std::vector<SectorSet> scopes_;
  std::vector<Mark> marks_;
  mutable std::optional<uint32_t> digest_;
};

// The base with every event applied, whatever its layer: what the live disk
// holds at the end. O(data).
SparseImage ApplyAll(const Trace& trace);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_TRACE_H_
