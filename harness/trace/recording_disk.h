// RecordingDisk: the disk of a run. It keeps the newest contents and appends
// every event to a trace.

#ifndef POWERCUT_HARNESS_TRACE_RECORDING_DISK_H_
#define POWERCUT_HARNESS_TRACE_RECORDING_DISK_H_

#include <memory>

#include "harness/disk/virtual_disk.h"
#include "harness/trace/trace.h"

namespace powercut {

class RecordingDisk : public VirtualDisk {
 public:
  // Begins with the bytes of `base`, whose size is the geometry's.
  RecordingDisk(DiskGeometry geometry,
                const std::shared_ptr<const SparseImage>& base);

  const DiskGeometry& geometry() const override { return trace_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override;
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override;
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override;
  Status Discard(SectorRange range) override;
  void Mark(std::string_view text) override;

  const Trace& trace() const { return trace_; }
  const SparseImage& live() const { return live_; }

  // Requires: nothing uses the disk any more.
  Trace TakeTrace() { return std::move(trace_); }
  SparseImage TakeLive() { return std::move(live_); }

 private:
  Trace trace_;
  SparseImage live_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_RECORDING_DISK_H_
