// LyingDisk: a disk that acknowledges some flushes without making anything
// durable. What such a flush should have carried is at the device then, so that
// the next flush that is carried out makes it durable, too.
//
// The fault `lie on flush` of workloads (harness/fault/fault.h) also keeps what
// a file system sends to the device from getting there. A later sync would not
// send it again, and so would never make it durable.

#ifndef POWERCUT_LIBRARY_CALLS_LYING_DISK_H_
#define POWERCUT_LIBRARY_CALLS_LYING_DISK_H_

#include "harness/disk/virtual_disk.h"

namespace powercut {

// Each request is one event of the disk below. Not thread-safe.
class LyingDisk : public VirtualDisk {
 public:
  // `below` must outlive this object. The disk is honest at first.
  explicit LyingDisk(VirtualDisk& below) : below_(below) {}

  void set_lies(bool lies) { lies_ = lies; }

  const DiskGeometry& geometry() const override { return below_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    return below_.Read(first_sector, out);
  }
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    return below_.Write(first_sector, data, layer);
  }
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    const bool lies = lies_ && to == Layer::kMedia;
    return below_.Persist(lies ? Layer::kDevice : to, scope, upto);
  }
  Status Discard(SectorRange range) override { return below_.Discard(range); }
  void Mark(std::string_view text) override { below_.Mark(text); }

 private:
  VirtualDisk& below_;
  bool lies_ = false;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_CALLS_LYING_DISK_H_
