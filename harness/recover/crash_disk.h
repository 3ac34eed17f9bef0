// CrashDisk: a crash image as the disk of a recovery. What recovery writes is
// seen by its later reads and taken back afterwards. What it reads is noted
// (harness/recover/run_reads.h).

#ifndef POWERCUT_HARNESS_RECOVER_CRASH_DISK_H_
#define POWERCUT_HARNESS_RECOVER_CRASH_DISK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/disk/lent_disk.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"
#include "harness/recover/run_reads.h"
#include "harness/trace/recovery_event.h"
#include "model/files/independent_parts.h"
#include "model/words/observation.h"

namespace powercut {

// Not thread-safe.
class CrashDisk : public VirtualDisk, private LentDisk {
 public:
  // `image` must outlive this object and belongs to it until Reset() or the
  // destructor puts it back as it was. After `request_limit` reads, writes,
  // persists and discards every request fails, and limit_reached() says so; 0
  // means no limit.
  CrashDisk(SparseImage& image, DiskGeometry geometry, uint32_t block_bytes,
            uint64_t request_limit);
  ~CrashDisk() override;

  const DiskGeometry& geometry() const override { return geometry_; }
  // Errors of all requests: kIo once the request limit is passed.
  Status Read(uint64_t first_sector, MutableByteSpan out) override;
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override;
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override;
  Status Discard(SectorRange range) override;
  void Mark(std::string_view text) override;
  void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                         uint64_t offset_bytes) override;
  void DeclarePart(ShownPart part) override;

  // `nullptr` if what recovery does is kept as events, which hold the data of
  // writes, if reads are told one by one, which must happen before the storage
  // can go on, or if set_lends() says so. Requests of a lent disk count for the
  // limit, too.
  LentDisk* Lend() override {
    return lends_ && !keep_events_ && !read_seen_ ? this : nullptr;
  }
  // Whether Lend() may lend the disk, as it does at the start. Requires: no
  // request was made since Reset().
  void set_lends(bool lends) { lends_ = lends; }
  // Whether requests of a lent disk were lost since the last Reset(). The run
  // must be made again, with a disk that is not lent.
  bool lost() const { return lent_lost_; }

  bool limit_reached() const {
    return request_limit_ > 0 && requests_ > request_limit_;
  }
  // How many writes and discards were made since the last Reset().
  uint64_t write_count() const { return write_count_; }

  // What was read so far by the run that made `observation`. A copied piece
  // counts as read if the observation has no content in its place (the entry is
  // missing or unreadable, or its content ends earlier), or if the piece is out
  // of step with the content's atoms. O(reads).
  RunReads Reads(const Observation& observation) const;
  // Makes everything that was copied so far count as read, and everything that
  // was read count as read for the whole observation. To be called if the
  // observation that the reads went into was looked at.
  void CountCopiesAsRead();

  // Whether to keep what recovery does to the disk. Blocks that it overwrites
  // in part then count as read. Requires: no request was made since Reset().
  void set_keep_events(bool keep) { keep_events_ = keep; }
  // Sets the parts for which reads are noted (RunReads::parts); `nullptr`, as
  // at first, if none are. They must outlive this object. A run that writes has
  // no parts, since what it wrote may follow from reads for any of them.
  // Requires: no request was made since Reset().
  void set_parts(const IndependentParts* parts);
  // Sets what is called with each block at its first read of any kind; may be
  // empty. Reset() does not change it.
  void set_read_seen(std::function<void(uint64_t block)> seen) {
    read_seen_ = std::move(seen);
  }
  // The recovery is over: what is done from now on is no part of it, and is not
  // kept as events.
  void ObservationBegins() { observing_ = true; }
  // What recovery did so far, numbered from 1; empty if it is not kept.
  const std::vector<RecoveryEvent>& events() const { return events_; }

  // Takes back every write and forgets every read and event, for the next
  // recovery.
  void Reset();

 private:
  SparseImage& LentImage() override { return image_; }
  void TellRead(SectorRange range) override;
  void TellWriteBegan(SectorRange range) override;
  void TellWritten(SectorRange range) override;
  void TellLost() override { lent_lost_ = true; }
  bool IsExhausted() const override { return limit_reached(); }

  Status CountRequest();
  // Notes the blocks of sectors that were not written as read, by a read that
  // decides.
  void NoteReads(SectorRange range);
  void NoteDeciding(uint64_t block);
  void NoteRead(uint64_t block);
  void NotePart(uint64_t block);
  // Whether some of `out` lies in the buffer of DeclareCopyTarget().
  bool IsCopying(MutableByteSpan out) const;
  void NoteCopies(uint64_t first_sector, MutableByteSpan out);
  void NoteCopy(const CopiedPiece& copy);
  bool KeepsEvents() const { return keep_events_ && !observing_; }
  void NoteRests(SectorRange written);
  void WriteImage(uint64_t first_sector, ByteSpan data);

  SparseImage& image_;
  DiskGeometry geometry_;
  uint32_t block_bytes_;
  uint64_t request_limit_;
  uint64_t requests_ = 0;
  uint64_t write_count_ = 0;

  // Arrays of run numbers, for sectors written and blocks read: an entry counts
  // if it is `run_`, so that forgetting all of them costs nothing. The memory
  // is mapped and not reserved, so that entries never touched cost nothing
  // either: for a disk of 1 TiB the arrays have 24 GiB.
  struct Unmap {
    size_t bytes = 0;
    void operator()(uint32_t* numbers) const;
  };
  using RunNumbers = std::unique_ptr<uint32_t[], Unmap>;
  static RunNumbers MakeRunNumbers(uint64_t count);
  uint32_t run_ = 1;
  RunNumbers sector_written_in_;
  // The run that last read a block in any way.
  RunNumbers block_read_in_;
  // The run that last read a block in another way than copying.
  RunNumbers block_decides_in_;
  const IndependentParts* parts_ = nullptr;
  // The number of the part that is declared; 0 for the whole observation.
  uint32_t part_ = 0;
  // The run that last read a block for the whole observation. Made with the
  // first `parts_`.
  RunNumbers block_whole_in_;
  // The reads for a part. Some are there more than once.
  std::vector<BlockPart> part_reads_;
  // In order of first read of any kind.
  std::vector<uint64_t> blocks_read_;
  // In order of the first read that decided.
  std::vector<uint64_t> blocks_deciding_;
  std::function<void(uint64_t)> read_seen_;
  // The last declaration of DeclareCopyTarget().
  MutableByteSpan copy_buffer_;
  uint64_t copy_offset_bytes_ = 0;
  std::vector<std::string> copy_paths_;
  // The copied pieces in order of reading; their `entry` is an index in
  // copy_paths_.
  std::vector<CopiedPiece> copies_;
  // The sectors written, and the old bytes of each, in the same order.
  std::vector<uint64_t> saved_sectors_;
  Bytes saved_bytes_;
  // What was written to a copy of the image, and whether that is not all.
  std::vector<SectorRange> lent_writes_;
  bool lent_lost_ = false;
  bool lends_ = true;

  bool keep_events_ = false;
  bool observing_ = false;
  std::vector<RecoveryEvent> events_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_CRASH_DISK_H_
