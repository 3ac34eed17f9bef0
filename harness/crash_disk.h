// CrashDisk: a crash image as the disk of a recovery. What recovery writes is
// seen by its later reads and taken back afterwards.

#ifndef POWERCUT_HARNESS_CRASH_DISK_H_
#define POWERCUT_HARNESS_CRASH_DISK_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "harness/content_hash.h"
#include "harness/disk.h"
#include "harness/recovery_event.h"
#include "harness/run_reads.h"
#include "harness/sparse_image.h"
#include "model/observation.h"

namespace powercut {

// A block that recovery read before it had overwritten all that it read, with
// what it found there.
struct FirstRead {
  uint64_t block = 0;
  Hash128 content;  // of the whole block, as in BlockVersion::hash

  bool operator==(const FirstRead&) const = default;
};

class CrashDisk : public VirtualDisk {
 public:
  // `image` must outlive this object; it is lent: Reset() or destruction gives
  // it back as it was. After `request_limit` reads, writes and persists every
  // request fails, and limit_reached() says so; 0 is no limit.
  CrashDisk(SparseImage& image, DiskGeometry geometry, uint32_t block_bytes,
            uint64_t request_limit);
  ~CrashDisk() override;

  const DiskGeometry& geometry() const override { return geometry_; }
  // Errors: kIo once the request limit is reached.
  Status Read(uint64_t first_sector, MutableByteSpan out) override;
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override;
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override;
  Status Discard(SectorRange range) override;
  void Mark(std::string_view text) override;

  bool limit_reached() const {
    return request_limit_ > 0 && requests_ > request_limit_;
  }
  uint64_t write_count() const { return write_count_; }

  // The blocks read first, in order of their first read, without duplicates.
  // Hashes each block: call it only when the contents matter.
  std::vector<FirstRead> FirstReads() const;

  // What was read so far, by the run that made `observation`.
  RunReads Reads(const Observation& observation) const;

  // Before the first request: whether to keep what recovery does to the disk.
  void set_keep_events(bool keep) { keep_events_ = keep; }
  // The backend is open: what it does from here on is not its recovery.
  void ObservationBegins() { observing_ = true; }
  // What recovery did so far, numbered from 1, if it is kept.
  const std::vector<RecoveryEvent>& events() const { return events_; }

  // Takes back every write and forgets every read and event, for the next
  // recovery.
  void Reset();

 private:
  Status CountRequest();
  bool KeepsEvents() const { return keep_events_ && !observing_; }
  void WriteImage(uint64_t first_sector, ByteSpan data);

  SparseImage& image_;
  DiskGeometry geometry_;
  uint32_t block_bytes_;
  uint64_t request_limit_;
  uint64_t requests_ = 0;
  uint64_t write_count_ = 0;

  // A run number for each sector written and block read, so that forgetting
  // costs nothing; from calloc(), so that what is never touched costs nothing
  // either.
  struct Free {
    void operator()(uint32_t* numbers) const { std::free(numbers); }
  };
  using RunNumbers = std::unique_ptr<uint32_t[], Free>;
  static RunNumbers MakeRunNumbers(uint64_t count);
  uint32_t run_ = 1;
  RunNumbers sector_written_in_;
  RunNumbers block_read_in_;
  std::vector<uint64_t> blocks_read_;
  // Old bytes of the sectors written, in order, one entry a sector.
  std::vector<uint64_t> saved_sectors_;
  Bytes saved_bytes_;

  bool keep_events_ = false;
  bool observing_ = false;
  std::vector<RecoveryEvent> events_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CRASH_DISK_H_
