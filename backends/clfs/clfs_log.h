// The CLFS interface over a VirtualDisk, in process: logs made of containers,
// records appended through marshalling areas, restart areas, a base and an
// archive tail. Names and meanings are those of clfsw32.h and clfs.sys; handles
// are references, results are LogStatus.
//
// What is weak here is weak on purpose: an append that has returned is in the
// memory of the process, and on the disk only as a write that nothing holds
// there. backends/clfs/README.md says what reaches which layer when.
//
// Source: Microsoft, clfsw32.h, wdm.h (Clfs...), "Common Log File System".

#ifndef POWERCUT_BACKENDS_CLFS_CLFS_LOG_H_
#define POWERCUT_BACKENDS_CLFS_CLFS_LOG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/clfs/clfs_bugs.h"
#include "backends/clfs/clfs_lsn.h"
#include "backends/clfs/log_format.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::clfs {

enum class LogStatus : uint8_t {
  kSuccess,
  kPending,           // STATUS_PENDING: see CompleteLogRequest()
  kInvalidParameter,  // STATUS_INVALID_PARAMETER
  kInvalidHandle,     // STATUS_INVALID_HANDLE
  kDiskFull,          // STATUS_DISK_FULL: no room for a log or a container
  kLogFull,           // STATUS_LOG_FULL: no room for a record; nothing was done
  kIoDeviceError,     // STATUS_IO_DEVICE_ERROR: the disk failed
  kMetadataCorrupt,   // STATUS_LOG_METADATA_CORRUPT
  kBlockInvalid,      // STATUS_LOG_BLOCK_INVALID
  kNoRestart,         // STATUS_LOG_NO_RESTART
  kEndOfFile,         // STATUS_END_OF_FILE
};
// Empty for success, else `STATUS_...`.
std::string_view LogStatusName(LogStatus status);

inline constexpr uint32_t CLFS_FLAG_NO_FLAGS = 0;
inline constexpr uint32_t CLFS_FLAG_FORCE_APPEND = 1;
inline constexpr uint32_t CLFS_FLAG_FORCE_FLUSH = 2;

// The smallest disk that holds one log with one container.
inline constexpr uint64_t kVolumeBytesMin = 128u << 10;

class LogFile;

// The logs of one disk. Not thread-safe.
class LogVolume {
 public:
  // `disk` must outlive this object.
  explicit LogVolume(VirtualDisk& disk, ClfsBug bug = ClfsBug::kNone);
  ~LogVolume();
  LogVolume(const LogVolume&) = delete;
  LogVolume& operator=(const LogVolume&) = delete;

  // A disk without logs.
  static SparseImage Format(const DiskGeometry& geometry);

  // Reads the directory and recovers every log. Reads only.
  // Errors: kMetadataCorrupt (no directory), kIoDeviceError. A log that cannot
  // be recovered is no error here, see LogFileStatus().
  LogStatus Open();

  // Null if there is none.
  LogFile* Find(std::string_view name);
  // Sorted.
  std::vector<std::string> Names() const;
  // Whether a log was recovered.
  // Requires: there is one of that name.
  LogStatus LogFileStatus(std::string_view name) const;

  // Everything of all logs, pointers included, to the media.
  LogStatus FlushAll();

 private:
  friend LogStatus CreateLogFile(LogVolume&, std::string_view, LogFile**);
  friend LogStatus AddLogContainer(LogVolume&, LogFile&);
  struct State;
  std::unique_ptr<State> state_;
};

// A marshalling area of a log.
struct MarshallingArea {
  LogFile* log = nullptr;
  uint32_t id = 0;
};

// A call that was begun with an `overlapped` argument: it has an effect from
// then on, and promises what it promises when CompleteLogRequest() succeeds. It
// covers what had returned when it was begun.
struct LogRequest {
  MarshallingArea area;
  uint32_t epoch = 0;  // of the log, when it was begun
  CLFS_LSN appended = CLFS_LSN_INVALID;
  CLFS_LSN target = CLFS_LSN_NULL;
  Layer layer = Layer::kProcess;  // up to which the target is carried
  bool is_flush_to = false;
};

// CLS_INFORMATION.
struct LogFileInformation {
  CLFS_LSN BaseLsn;            // CLFS_LSN_NULL: no record yet
  CLFS_LSN LastLsn;            // the last record
  CLFS_LSN LastFlushedLsn;     // up to here all are on the media
  CLFS_LSN RestartLsn;         // CLFS_LSN_INVALID: none
  CLFS_LSN MinArchiveTailLsn;  // CLFS_LSN_NULL: none was set
};

// Opens the log of that name, or makes it; it is on the media then.
// Errors: kInvalidParameter (no name, or more than 32 bytes), kDiskFull,
// kMetadataCorrupt, kIoDeviceError.
LogStatus CreateLogFile(LogVolume& volume, std::string_view name,
                        LogFile** log);

// 32 KiB more; on the media on return.
// Errors: kDiskFull (also: 16 containers), kIoDeviceError.
LogStatus AddLogContainer(LogVolume& volume, LogFile& log);
uint32_t LogContainerCount(const LogFile& log);

LogStatus CreateLogMarshallingArea(LogFile& log, MarshallingArea* area);
// Flushes the area first.
LogStatus DeleteLogMarshallingArea(MarshallingArea& area);

// Appends a record. Without a flag nothing is promised; FORCE_APPEND: it and
// all below it survive the process; FORCE_FLUSH: they are on the media.
// Errors: kLogFull, before any effect; kIoDeviceError: the record may be found.
LogStatus ReserveAndAppendLog(const MarshallingArea& area,
                              std::string_view data, uint32_t flags,
                              CLFS_LSN* lsn, LogRequest* overlapped = nullptr);

// All records that returned from an append to this area are on the media, with
// all below them.
// Errors: kIoDeviceError: nothing is promised; what it covered stays queued and
// is written again by the next flush.
LogStatus FlushLogBuffers(const MarshallingArea& area,
                          LogRequest* overlapped = nullptr);

// The same for all records up to `target`; CLFS_LSN_NULL: as FlushLogBuffers().
// `last_flushed` (may be null) gets the least LSN that was not flushed.
// Errors: kInvalidParameter (no record had this LSN yet), kIoDeviceError.
LogStatus FlushLogToLsn(const MarshallingArea& area, CLFS_LSN target,
                        CLFS_LSN* last_flushed,
                        LogRequest* overlapped = nullptr);

LogStatus CompleteLogRequest(LogRequest& request);

// Appends a restart record and flushes all before it, it, base and tail.
// Errors: kInvalidParameter (`base` is no readable record), kLogFull,
// kIoDeviceError.
LogStatus WriteLogRestartArea(const MarshallingArea& area,
                              std::string_view data,
                              std::optional<CLFS_LSN> base, CLFS_LSN* lsn);
// Errors: kNoRestart, kBlockInvalid, kIoDeviceError.
LogStatus ReadLogRestartArea(LogFile& log, std::string* data, CLFS_LSN* lsn);

// May be found from now on; promised by the next restart area, not before.
// Errors: kInvalidParameter (no record from the base on), kIoDeviceError.
LogStatus AdvanceLogBase(LogFile& log, CLFS_LSN base);
LogStatus SetLogArchiveTail(LogFile& log, CLFS_LSN tail);

// Empties the log; promised by the next flush or restart area. LSNs go on
// rising.
// Errors: kIoDeviceError.
LogStatus CloseAndResetLogFile(LogFile& log);

struct LogRecord {
  CLFS_LSN lsn;
  RecordType type = RecordType::kData;
  std::string data;
};
// The first record at or behind `lsn` that can be read: not below the base, or
// the archive tail if that is older.
// Errors: kEndOfFile, kBlockInvalid, kIoDeviceError.
LogStatus ReadLogRecord(LogFile& log, CLFS_LSN lsn, LogRecord* record);
// The one behind `record`. Errors: as ReadLogRecord().
LogStatus ReadNextLogRecord(LogFile& log, LogRecord* record);

LogFileInformation GetLogFileInformation(const LogFile& log);

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_CLFS_LOG_H_
