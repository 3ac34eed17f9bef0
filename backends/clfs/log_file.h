// LogFile: one log, in memory and on the disk. Behind clfs_log.h, which is the
// interface.

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
// Control, base and tail, each with its shadows.
inline constexpr uint64_t kControlAreaSectors = 3 * MetadataCopies::kSectors;

// What the directory knows of a log.
struct LogPlace {
  std::string name;
  uint32_t id = 0;
  uint64_t control_sector = 0;
  std::vector<uint64_t> containers;  // first sectors; [0] is container 1
};

class LogFile {
 public:
  LogFile(VirtualDisk& disk, LogPlace place, ClfsBug bug);

  // A new log's control block, to the media.
  LogStatus Format();
  // Reads the log from the disk. Writes nothing.
  // Errors: kMetadataCorrupt, kIoDeviceError.
  LogStatus Recover();

  LogPlace& place() { return place_; }
  const LogPlace& place() const { return place_; }
  ClfsBug bug() const { return bug_; }

  uint32_t epoch() const { return epoch_; }
  uint32_t NewArea() { return ++areas_; }

  LogStatus Append(uint32_t area, RecordType type, std::string_view data,
                   std::optional<CLFS_LSN> base, CLFS_LSN* lsn);
  void Returned(CLFS_LSN lsn);

  // The newest record of the area, up to `upto`, whose append has returned;
  // CLFS_LSN_NULL: none. Area 0: of any.
  CLFS_LSN NewestReturned(uint32_t area, CLFS_LSN upto) const;
  // Carries the blocks chosen of an epoch to `layer`, with the reset that began
  // it.
  using Chosen = std::function<bool(uint32_t area, CLFS_LSN lsn)>;
  LogStatus Carry(uint32_t epoch, const Chosen& chosen, Layer layer,
                  bool with_pointers);
  LogStatus CarryUpTo(CLFS_LSN target, Layer layer, bool with_pointers);

  bool WasAppended(CLFS_LSN lsn) const { return lsn < LsnAt(next_position_); }
  bool IsReadable(CLFS_LSN lsn) const;
  LogStatus SetBase(CLFS_LSN base);
  LogStatus SetTail(CLFS_LSN tail);
  LogStatus Reset();

  LogStatus Read(CLFS_LSN from, LogRecord* record);
  LogFileInformation Information() const;

 private:
  struct Placed {
    uint32_t epoch = 0;
    CLFS_LSN lsn;
    uint64_t position = 0;
    uint32_t sectors = 0;
    uint32_t checksum = 0;
    RecordType type = RecordType::kData;
    std::optional<CLFS_LSN> base;
    uint32_t area = 0;  // 0: found by recovery
    bool returned = false;
    Layer layer = Layer::kProcess;  // that it has surely reached
    // A Persist() of it has failed, or may have, before recovery.
    bool write_again = false;
  };

  CLFS_LSN LsnAt(uint64_t position) const;
  uint64_t SectorAt(uint64_t position) const;
  uint64_t position_end() const {
    return place_.containers.size() * kContainerSectors;
  }
  SectorRange RangeOf(const Placed& block) const {
    return {SectorAt(block.position), block.sectors};
  }
  const Placed* FindBlock(CLFS_LSN lsn) const;
  CLFS_LSN BaseNow() const;
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
  // The largest that any block on the disk claims.
  uint32_t epoch_max_ = 1;
  std::vector<Placed> blocks_;  // of the present epoch, by LSN
  // Of epochs before, as far as they were appended since recovery: a call that
  // was begun before the reset may still have to carry them.
  std::vector<Placed> former_blocks_;
  // How far the resets that began them had come.
  std::map<uint32_t, Layer> former_layers_;
  // In sectors over all containers, where the next block goes at the earliest.
  uint64_t next_position_ = 0;
  CLFS_LSN base_ = CLFS_LSN_NULL;  // null: none was set
  CLFS_LSN tail_ = CLFS_LSN_NULL;
  uint32_t areas_ = 0;
};

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_LOG_FILE_H_
