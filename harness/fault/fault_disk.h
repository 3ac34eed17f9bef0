// FaultDisk: a disk that breaks as it was told to (harness/fault/fault.h); the
// storage above cannot tell it from one that breaks by itself. What is below
// sees what really happens.
//
// A request counts for a fault if it is of the fault's kind, touches its
// sectors and came after Arm(). Of several faults that fall on one request the
// first does, and the others only count it. Each time a fault falls on a
// request, a mark says so (harness/trace/op_history.h), in front of what the
// request still does.
//
// Deterministic: what it does follows from the requests alone.

#ifndef POWERCUT_HARNESS_FAULT_FAULT_DISK_H_
#define POWERCUT_HARNESS_FAULT_FAULT_DISK_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "harness/disk/virtual_disk.h"
#include "harness/fault/fault.h"

namespace powercut {

class FaultDisk : public VirtualDisk {
 public:
  // `below` must outlive this object, and had no event yet: whoever names
  // events in Persist() counts the requests that succeeded here.
  // Requires: every fault is offered.
  FaultDisk(VirtualDisk& below, std::span<const Op> faults, FaultPhase phase);

  // Requests count from here on.
  void Arm() { armed_ = true; }
  // No fault falls on any request from here on; writes that were delayed come
  // to the disk.
  // Errors: those of the disk below.
  Status Disarm();

  // Events so far as storage counts them: what Persist() takes as `upto`. A
  // request that failed is none, one that was lost is.
  EventNumber event_count() const {
    return static_cast<EventNumber>(below_after_.size() - 1);
  }

  // The numbers of the faults that fell on a request, ascending.
  std::vector<uint32_t> Fired() const;

  const DiskGeometry& geometry() const override { return below_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override;
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override;
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override;
  Status Discard(SectorRange range) override;
  void Mark(std::string_view text) override { below_.Mark(text); }
  // Passed on where no fault changes what is read.
  void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                         uint64_t offset_bytes) override;

 private:
  struct Armed {
    Fault fault;
    uint64_t seen = 0;
    bool fired = false;
  };

  // Counts a request; the fault that falls on it, or null. `range`: null if it
  // names no sectors; `scope` likewise.
  const Fault* Count(Fault::Target target, const SectorRange* range,
                     const SectorSet* scope);
  bool Concerns(const Fault& fault, const SectorRange* range,
                const SectorSet* scope) const;
  void Tell(const Fault& fault, const SectorRange* range,
            std::string_view what);
  Error Failure(const Fault& fault, const SectorRange* range);

  uint32_t sector_bytes() const { return geometry().sector_bytes; }
  SectorRange RangeOf(uint64_t first_sector, size_t size_bytes) const {
    return {first_sector, size_bytes / sector_bytes()};
  }
  // Where a misdirected request goes: one range, or two.
  std::vector<SectorRange> Elsewhere(SectorRange range) const;
  Status WriteBadly(const Fault& fault, SectorRange range, ByteSpan data,
                    Layer layer);
  Status WriteElsewhere(const Fault& fault, SectorRange range, ByteSpan data,
                        Layer layer);
  Status WriteBelow(uint64_t first_sector, ByteSpan data, Layer layer);
  Status DiscardBelow(SectorRange range);
  // One request that succeeded.
  void EndEvent() { below_after_.push_back(below_count_); }

  void Flip(const Fault& fault, SectorRange range, MutableByteSpan data) const;
  void Delay(SectorRange range, ByteSpan data);
  void ForgetDelayed(SectorRange range);
  void ShowDelayed(SectorRange range, MutableByteSpan out) const;
  Status ReleaseDelayed();

  VirtualDisk& below_;
  std::vector<Armed> faults_;
  bool armed_ = false;
  bool changes_reads_ = false;
  // Events of the disk below after each event here, from 0.
  std::vector<EventNumber> below_after_ = {0};
  EventNumber below_count_ = 0;
  // Sectors that wait.
  std::map<uint64_t, Bytes> delayed_;
  bool release_due_ = false;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_FAULT_FAULT_DISK_H_
