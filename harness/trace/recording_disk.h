// RecordingDisk: the disk on which a workload or a program is recorded. It
// keeps the newest contents and appends every event and every mark to a trace.

#ifndef POWERCUT_HARNESS_TRACE_RECORDING_DISK_H_
#define POWERCUT_HARNESS_TRACE_RECORDING_DISK_H_

#include <memory>

#include "harness/disk/virtual_disk.h"
#include "harness/trace/trace.h"

namespace powercut {

// Every request succeeds; a range beyond the disk fails a POWERCUT_CHECK.
class RecordingDisk : public VirtualDisk {
 public:
  // The disk begins with the bytes of `base`.
  // Requires: base->size_bytes() is the size of the geometry.
  RecordingDisk(DiskGeometry geometry,
                const std::shared_ptr<const SparseImage>& base);

  const DiskGeometry& geometry() const override { return trace_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override;
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override;
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override;
  Status Discard(SectorRange range) override;
  void Mark(std::string_view text) override;

  // The events so far.
  const Trace& trace() const { return trace_; }
  // The newest contents, whatever their layer.
  const SparseImage& live() const { return live_; }

  // Moves the trace out. Requires: nobody uses the disk any more.
  Trace TakeTrace() { return std::move(trace_); }

 private:
  Trace trace_;
  // Points to contents that the trace keeps.
  SparseImage live_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_RECORDING_DISK_H_
