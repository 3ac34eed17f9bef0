// FaultDisk: a disk with injected faults (harness/fault/fault.h), between the
// storage under test and another disk. The storage cannot tell it from a disk
// that breaks by itself. The disk below gets the requests that really reach it.
//
// A request counts for a fault if it is of the fault's target, touches the
// fault's sectors and came after Arm(). If several faults fall on one request,
// the first one takes effect, and the others only count the request. Each time
// a fault falls, a mark of the disk below says so (harness/trace/op_history.h).
// The mark comes before any event that the request still makes.
//
// FaultDisk is deterministic: what it does follows from the requests alone.

#ifndef POWERCUT_HARNESS_FAULT_FAULT_DISK_H_
#define POWERCUT_HARNESS_FAULT_FAULT_DISK_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "harness/disk/virtual_disk.h"
#include "harness/fault/fault.h"

namespace powercut {

// Not thread-safe.
class FaultDisk : public VirtualDisk {
 public:
  // `faults` are all faults of the workload; this disk has the ones of `phase`.
  // `below` must outlive this object.
  // Requires: `below` had no event yet, since the storage counts its requests
  // from 1; CheckFaultIsOffered() succeeded for every fault.
  FaultDisk(VirtualDisk& below, std::span<const Op> faults, FaultPhase phase);

  // Faults count requests from now on. Before, every request goes through.
  void Arm() { armed_ = true; }
  // No fault falls on a request from now on. Data that was delayed comes to the
  // disk.
  // Errors: those of the disk below.
  Status Disarm();

  // The number of events so far as the storage counts them, which is what it
  // passes to Persist() as `upto`. A request that failed is no event; one that
  // was lost, or a flush that was a lie, is one.
  EventNumber event_count() const {
    return static_cast<EventNumber>(below_after_.size() - 1);
  }

  // The numbers of the faults that fell so far (Fault::number), ascending.
  std::vector<uint32_t> Fired() const;

  const DiskGeometry& geometry() const override { return below_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override;
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override;
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override;
  Status Discard(SectorRange range) override;
  void Mark(std::string_view text) override { below_.Mark(text); }
  // Passed on if none of the faults can change what is read: below, the bytes
  // of a misdirected or delayed sector are not the ones that the storage gets.
  void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                         uint64_t offset_bytes) override;
  // Passed on if there are no faults: which request a fault falls on depends on
  // all requests before it.
  void DeclarePart(ShownPart part) override;

 private:
  struct Armed {
    Fault fault;
    // How many requests counted for the fault.
    uint64_t seen = 0;
    // Whether the fault fell.
    bool fired = false;
  };

  // Counts a request for all faults, and returns the fault that falls on it, or
  // `nullptr`. A read, a write or a discard has a `range`; a flush has a
  // `scope`, or neither if it names no sectors.
  const Fault* Count(Fault::Target target, const SectorRange* range,
                     const SectorSet* scope);
  // Whether such a request counts for the fault, given that it is of the
  // fault's target.
  bool Concerns(const Fault& fault, const SectorRange* range,
                const SectorSet* scope) const;
  // Adds the fault's mark. `range` is the request's, or `nullptr`.
  void Tell(const Fault& fault, const SectorRange* range,
            std::string_view what);
  // Adds the mark of a request that fails, and returns its error.
  Error Failure(const Fault& fault, const SectorRange* range);

  uint32_t sector_bytes() const { return geometry().sector_bytes; }
  SectorRange RangeOf(uint64_t first_sector, size_t size_bytes) const {
    return {first_sector, size_bytes / sector_bytes()};
  }
  // The sectors that a misdirected request goes to, in the order of its data:
  // one range, or two if they wrap around the end of the disk.
  std::vector<SectorRange> Elsewhere(SectorRange range) const;
  // A write on which a fault falls.
  Status WriteBadly(const Fault& fault, SectorRange range, ByteSpan data,
                    Layer layer);
  Status WriteElsewhere(const Fault& fault, SectorRange range, ByteSpan data,
                        Layer layer);
  // Changes of the disk below, which they count.
  Status WriteBelow(uint64_t first_sector, ByteSpan data, Layer layer);
  Status DiscardBelow(SectorRange range);
  // Ends a request that the storage counts as an event.
  void EndEvent() { below_after_.push_back(below_count_); }

  void Flip(const Fault& fault, SectorRange range, MutableByteSpan data) const;
  void Delay(SectorRange range, ByteSpan data);
  void ForgetDelayed(SectorRange range);
  // Puts delayed data of the range into what was read from the disk below.
  void ShowDelayed(SectorRange range, MutableByteSpan out) const;
  Status ReleaseDelayed();

  VirtualDisk& below_;
  std::vector<Armed> faults_;
  bool armed_ = false;
  // Whether some fault can make a read differ from the disk below.
  bool changes_reads_ = false;
  // By event as the storage counts them, from 0: how many events the disk below
  // had after it.
  std::vector<EventNumber> below_after_ = {0};
  // How many events the disk below had so far.
  EventNumber below_count_ = 0;
  // The content of each sector whose write is delayed.
  std::map<uint64_t, Bytes> delayed_;
  // Whether a flush has passed that the delayed data had to wait for.
  bool release_due_ = false;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_FAULT_FAULT_DISK_H_
