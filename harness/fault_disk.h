// FaultDisk: a disk that fails requests it was told to fail; the storage above
// cannot tell it from one that breaks.
//
// Offered now: `fault error on read|write|flush [nth=N] [times=N|always]
// [sectors=A~B] in=run`. A flush is any persist request. The n-th request of
// that kind since Arm() that touches the sectors fails, and so do those after
// it, `times` in all (once by default). A failed request does nothing.

#ifndef POWERCUT_HARNESS_FAULT_DISK_H_
#define POWERCUT_HARNESS_FAULT_DISK_H_

#include <cstdint>
#include <vector>

#include "harness/disk.h"
#include "model/op.h"

namespace powercut {

// Whether a fault line is offered; else why not.
// Errors: kUnsupported.
Status CheckFaultIsOffered(const Op& fault);

class FaultDisk : public VirtualDisk {
 public:
  // `below` must outlive this object. Requires: every fault is offered.
  FaultDisk(VirtualDisk& below, const std::vector<Op>& faults);

  // Requests count from here on.
  void Arm() { armed_ = true; }
  // The lines of faults that did not fire, in order.
  std::vector<int> NotFired() const;

  const DiskGeometry& geometry() const override { return below_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override;
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override;
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override;
  Status Discard(SectorRange range) override;
  void Mark(std::string_view text) override { below_.Mark(text); }
  void CopyInto(std::string_view path, MutableByteSpan buffer,
                uint64_t offset_bytes) override {
    below_.CopyInto(path, buffer, offset_bytes);
  }

 private:
  enum Target : uint8_t { kRead, kWrite, kFlush };
  struct Fault {
    Target target = kFlush;
    SectorRange sectors;
    uint64_t nth = 1;
    uint64_t times = 1;
    int line = 0;
    uint64_t seen = 0;
    bool fired = false;
  };

  // Counts a request, and fails it if it is its turn.
  Status Count(Target target, const SectorRange* range);

  VirtualDisk& below_;
  std::vector<Fault> faults_;
  bool armed_ = false;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_FAULT_DISK_H_
