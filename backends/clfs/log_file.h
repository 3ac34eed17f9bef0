// LogFile: one log, in memory and on the disk. It is the implementation under
// the interface of clfs_log.h.
//
// Positions count sectors over all containers of the log, from 0; position P
// lies in container P / 64 + 1, and LSNs rise with positions. Every record is
// a block of its own. A reset begins a new epoch; the blocks of earlier epochs
// stay on the disk and do not count.

#ifndef POWERCUT_BACKENDS_CLFS_LOG_FILE_H_
#define POWERCUT_BACKENDS_CLFS_LOG_FILE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/clfs/clfs_bugs.h"
#include "backends/clfs/clfs_log.h"
#include "backends/clfs/log_format.h"
#include "backends/clfs/metadata_copies.h"

namespace powercut::clfs {

inline constexpr uint32_t kContainerSectors = 64;
inline constexpr uint32_t kContainersMax = 16;
// The control, base and tail blocks, each with its shadow copies.
inline constexpr uint64_t kControlAreaSectors = 3 * MetadataCopies::kSectors;

// What the directory knows about a log.
struct LogPlace {
  std::string name;
  uint32_t id = 0;
  uint64_t control_sector = 0;
  // The first sector of each container; entry 0 is container 1.
  std::vector<uint64_t> containers;
};

class LogFile {
 public:
  // `disk` must outlive this object.
  LogFile(VirtualDisk& disk, LogPlace place, ClfsBug bug);

  // Writes the control block of a new log, durably on return.
  // Errors: kIoDeviceError.
  LogStatus Format();
  // Reads the log from the disk. Writes nothing.
  // Requires: no other call came before.
  // Errors: kMetadataCorrupt, kIoDeviceError.
  LogStatus Recover();

  LogPlace& place() { return place_; }
  const LogPlace& place() const { return place_; }
  ClfsBug bug() const { return bug_; }

  uint32_t epoch() const { return epoch_; }
  // Returns the number of a new marshalling area, from 1.
  uint32_t NewArea() { return ++areas_; }

  // Writes a record of the area at Layer::kProcess. A `base` becomes the base
  // of the log if it is above the present one.
  // Errors: kLogFull, before any effect; kIoDeviceError: the record may be
  // found.
  LogStatus Append(uint32_t area, RecordType type, std::string_view data,
                   std::optional<CLFS_LSN> base, CLFS_LSN* lsn);
  // Says that the append of a record has returned.
  void Returned(CLFS_LSN lsn);

  // Returns the newest record of the area, up to `upto`, whose append has
  // returned, CLFS_LSN_NULL if there is none. Area 0 stands for all areas.
  // Records that recovery found have lost their area and count for each.
  CLFS_LSN NewestReturned(uint32_t area, CLFS_LSN upto) const;
  // Carries the chosen blocks of an epoch to `layer`, together with the reset
  // that began the epoch or, for an earlier epoch, with the newest one, and
  // with base and tail if `with_pointers` says so. One persist event carries
  // them all.
  // Errors: kIoDeviceError: nothing is promised, and what was to be carried is
  // written again before it is carried the next time.
  // Cost: O(blocks of the log).
  using Chosen = std::function<bool(uint32_t area, CLFS_LSN lsn)>;
  LogStatus Carry(uint32_t epoch, const Chosen& chosen, Layer layer,
                  bool with_pointers);
  // The same for the records of the present epoch up to `target`.
  LogStatus CarryUpTo(CLFS_LSN target, Layer layer, bool with_pointers);

  // Returns whether `lsn` is below every LSN that the next record can get.
  bool WasAppended(CLFS_LSN lsn) const { return lsn < LsnAt(next_position_); }
  // Returns whether a record with this LSN lies at the base or after it.
  bool IsReadable(CLFS_LSN lsn) const;
  // See AdvanceLogBase(), SetLogArchiveTail(), CloseAndResetLogFile(),
  // ReadLogRecord() and GetLogFileInformation() for what the following do.
  LogStatus SetBase(CLFS_LSN base);
  LogStatus SetTail(CLFS_LSN tail);
  LogStatus Reset();

  LogStatus Read(CLFS_LSN from, LogRecord* record);
  LogFileInformation Information() const;

 private:
  // A block of this log.
  struct Placed {
    uint32_t epoch = 0;
    CLFS_LSN lsn;
    uint64_t position = 0;
    uint32_t sectors = 0;
    uint32_t checksum = 0;
    RecordType type = RecordType::kData;
    std::optional<CLFS_LSN> base;
    // The area that it was appended to; 0 if recovery found it.
    uint32_t area = 0;
    // True if its append has returned.
    bool returned = false;
    // The layer that it has certainly reached.
    Layer layer = Layer::kProcess;
    // True if a Persist() of the block has failed, or may have failed before a
    // recovery: a new version must be written, or nothing is promised of it.
    bool write_again = false;
  };

  // Return the LSN and the sector of a position.
  CLFS_LSN LsnAt(uint64_t position) const;
  uint64_t SectorAt(uint64_t position) const;
  // Returns the number of positions that the containers have.
  uint64_t position_end() const {
    return place_.containers.size() * kContainerSectors;
  }
  SectorRange RangeOf(const Placed& block) const {
    return {SectorAt(block.position), block.sectors};
  }
  // Returns the block of the present epoch with this LSN, or `nullptr`.
  const Placed* FindBlock(CLFS_LSN lsn) const;
  // Returns the base that was set, else the first record; CLFS_LSN_NULL if the
  // log has none.
  CLFS_LSN BaseNow() const;
  // Returns the least LSN that a reader gets: the base, or an older archive
  // tail.
  CLFS_LSN FirstReadable() const;
  Status WriteAgain(Placed& block);
  LogStatus WritePointer(MetadataCopies& copies, CLFS_LSN lsn);

  // log_recovery.cc
  Status ScanContainers();
  bool Accepts(const DecodedBlock& decoded, uint64_t position) const;
  void Accept(const DecodedBlock& decoded, uint64_t position);
  Status RecoverPointers();
  void StayAbove(const std::vector<Bytes>& pointers);

  VirtualDisk& disk_;
  LogPlace place_;
  ClfsBug bug_;
  MetadataCopies control_;
  MetadataCopies base_copies_;
  MetadataCopies tail_copies_;

  uint32_t epoch_ = 1;
  // The largest epoch that any block on the disk claims to be of.
  uint32_t epoch_max_ = 1;
  // The blocks of the present epoch, by LSN.
  std::vector<Placed> blocks_;
  // The blocks of the epochs that ended since recovery: a call that was begun
  // before a reset may still have to carry them.
  std::vector<Placed> former_blocks_;
  // The layer that the reset which began such an epoch had reached at its end.
  std::map<uint32_t, Layer> former_layers_;
  // The least position where the next block can go.
  uint64_t next_position_ = 0;
  // CLFS_LSN_NULL if none was set in the present epoch.
  CLFS_LSN base_ = CLFS_LSN_NULL;
  CLFS_LSN tail_ = CLFS_LSN_NULL;
  // The number of the newest area.
  uint32_t areas_ = 0;
};

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_LOG_FILE_H_
