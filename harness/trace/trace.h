// Trace: what a workload, a program or a recovery did to its disk, in order,
// and the disk that it began with (docs/crash_model.md 3).
//
// Disk events are numbered from 1; point N is the moment after event N. Marks
// lie between events and have no number of their own. While a run is recorded a
// trace only grows; afterwards nobody changes it. Its form in a file is in
// harness/block_log/trace_file.h.

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

  // The sectors. For kWrite and kDiscard.
  SectorRange range;
  // Where the content is in the trace's data; see Trace::data(). For kWrite.
  uint64_t data_offset = 0;
  // The last event whose versions are carried, at most the event's own number.
  // For kPersist.
  EventNumber upto = 0;
  // The index of the carried sectors among the trace's scopes; see
  // Trace::scope(). `std::nullopt` means all sectors. For kPersist.
  std::optional<uint32_t> scope;
  Kind kind = kWrite;
  // kWrite: the layer at which the new versions are. kPersist: the layer to
  // which versions are carried. kDiscard: always kDevice.
  Layer layer = Layer::kHost;

  bool operator==(const DiskEvent&) const = default;
};

// A line of text between two events (docs/trace_file.md 4).
struct Mark {
  // The number of events before the mark.
  EventNumber after = 0;
  std::string text;

  bool operator==(const Mark&) const = default;
};

// Not thread-safe: Digest() keeps its result.
class Trace {
 public:
  // `base` is the disk before event 1.
  // Requires: base->size_bytes() is the size of the geometry.
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
  // The content of a write, range.count sectors. It stays in its place as long
  // as there is the trace, or the one that the trace is moved to.
  // Requires: the event is a write of this trace.
  ByteSpan data(const DiskEvent& write) const;
  // Requires: the event is a persist of this trace and has a scope.
  const SectorSet& scope(const DiskEvent& persist) const;
  // In the order in which they were added, so that `after` never descends.
  const std::vector<Mark>& marks() const { return marks_; }

  // Append an event and return its number.
  // Requires: the range is not empty and lies within the disk, and so does the
  // scope; `data` is whole sectors; a write is not at the media; a persist is
  // not to the process; `upto` is at most the new event's number, which is what
  // `std::nullopt` means.
  EventNumber AddWrite(uint64_t first_sector, ByteSpan data, Layer layer);
  EventNumber AddPersist(Layer to, const SectorSet* scope,
                         std::optional<EventNumber> upto);
  EventNumber AddDiscard(SectorRange range);
  // Puts a mark after the last event so far.
  void AddMark(std::string_view text);

  // 32 bits over the geometry, the base and all disk events, but not the marks.
  // Ids of crash states end in it (docs/crash_model.md 4). The first call costs
  // O(base and data). The result is kept until an event is added.
  uint32_t Digest() const;

 private:
  // Keeps a copy of `data`. Returns where, as DiskEvent::data_offset says it.
  uint64_t Keep(ByteSpan data);

  DiskGeometry geometry_;
  std::shared_ptr<const SparseImage> base_;
  std::vector<DiskEvent> events_;
  // The contents of writes, in chunks that never grow beyond their capacity, so
  // that contents stay in their places.
  std::vector<Bytes> data_;
  std::vector<SectorSet> scopes_;
  std::vector<Mark> marks_;
  mutable std::optional<uint32_t> digest_;
};

// The base with the content of every write and discard applied, whatever its
// layer. This is what the live disk holds at the end. O(base and data).
SparseImage ApplyAll(const Trace& trace);

// The same after the first `point` events only: all that was issued by then.
// Requires: point is at most event_count().
SparseImage ApplyUpTo(const Trace& trace, EventNumber point);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_TRACE_H_
