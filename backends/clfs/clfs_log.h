// The CLFS interface over a VirtualDisk, in process: logs made of containers,
// records that are appended through marshalling areas, restart areas, a base
// and an archive tail. Names and meanings are those of clfsw32.h and clfs.sys;
// handles are references, and results are of type LogStatus.
//
// The log is weak on purpose: a record whose append has returned is written at
// Layer::kProcess, and any crash can lose it. backends/clfs/README.md says what
// reaches which layer and when.
//
// Not thread-safe. Every function that takes a marshalling area without a log
// returns kInvalidHandle.
//
// Source: docs/semantics.md 1.5; Microsoft, clfsw32.h, wdm.h (Clfs...), "Common
// Log File System".

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

// How a call ended, with the names of LogStatusName().
enum class LogStatus : uint8_t {
  kSuccess,
  // STATUS_PENDING: the call is begun, see CompleteLogRequest().
  kPending,
  kInvalidParameter,
  kInvalidHandle,
  // STATUS_DISK_FULL: there is no room for a log or a container, or the disk
  // itself has none.
  kDiskFull,
  // STATUS_LOG_FULL: there is no room for a record, and nothing was done.
  kLogFull,
  // STATUS_IO_DEVICE_ERROR: the disk failed.
  kIoDeviceError,
  kMetadataCorrupt,
  kBlockInvalid,
  kNoRestart,
  kEndOfFile,
};
// Returns an empty text for success, else the name `STATUS_...`.
std::string_view LogStatusName(LogStatus status);

inline constexpr uint32_t CLFS_FLAG_NO_FLAGS = 0;
inline constexpr uint32_t CLFS_FLAG_FORCE_APPEND = 1;
inline constexpr uint32_t CLFS_FLAG_FORCE_FLUSH = 2;

// The smallest disk that is accepted: one log with three containers fits.
inline constexpr uint64_t kVolumeBytesMin = 128u << 10;

class LogFile;

// The logs of one disk.
class LogVolume {
 public:
  // `disk` must outlive this object.
  explicit LogVolume(VirtualDisk& disk, ClfsBug bug = ClfsBug::kNone);
  ~LogVolume();
  LogVolume(const LogVolume&) = delete;
  LogVolume& operator=(const LogVolume&) = delete;

  // Returns a disk without logs.
  // Requires: sectors of kSectorBytes, at least kVolumeBytesMin.
  static SparseImage Format(const DiskGeometry& geometry);

  // Reads the directory and recovers every log. Writes nothing.
  // Errors: kMetadataCorrupt (no copy of the directory is valid),
  // kIoDeviceError. A log that cannot be recovered is no error here; see
  // LogFileStatus().
  LogStatus Open();

  // Returns the log of that name, `nullptr` if there is none. The volume owns
  // it.
  LogFile* Find(std::string_view name);
  // The names of all logs, sorted.
  std::vector<std::string> Names() const;
  // Returns kSuccess if the log was recovered or created, kMetadataCorrupt if
  // not.
  // Requires: there is a log of that name.
  LogStatus LogFileStatus(std::string_view name) const;

  // Carries to the media, for all logs, the records whose appends have returned
  // and what lies below them, resets, bases and archive tails. Logs that were
  // not recovered are passed over.
  // Errors: kIoDeviceError; the other logs are flushed all the same.
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

// A call that was begun with an `overlapped` argument. Its effect can be found
// from then on. It promises something only when CompleteLogRequest() succeeds,
// and covers the appends that had returned when it was begun.
struct LogRequest {
  MarshallingArea area;
  // The epoch of the log when the call was begun.
  uint32_t epoch = 0;
  // The record that the call appended; CLFS_LSN_INVALID if it only flushes.
  CLFS_LSN appended = CLFS_LSN_INVALID;
  // Records up to this LSN are carried to `layer`. At kProcess there is nothing
  // to carry.
  CLFS_LSN target = CLFS_LSN_NULL;
  Layer layer = Layer::kProcess;
  // True for FlushLogToLsn(), which covers all areas.
  bool is_flush_to = false;
};

// What CLS_INFORMATION has of a log.
struct LogFileInformation {
  // The base that was set, else the first record; CLFS_LSN_NULL if the log has
  // no record.
  CLFS_LSN BaseLsn;
  // The last record; CLFS_LSN_NULL if the log has none.
  CLFS_LSN LastLsn;
  // Every record up to this one is known to be on the media; CLFS_LSN_NULL if
  // none is, as after a recovery.
  CLFS_LSN LastFlushedLsn;
  // The newest restart record that can be read; CLFS_LSN_INVALID if there is
  // none.
  CLFS_LSN RestartLsn;
  // The archive tail; CLFS_LSN_NULL if none was set.
  CLFS_LSN MinArchiveTailLsn;
};

// Opens the log of that name, or makes an empty one without containers, which
// is on the media on return.
// Errors: kInvalidParameter (the name is empty, has more than 32 bytes or a
// zero byte), kDiskFull (also with 8 logs), kMetadataCorrupt (the log is there
// and was not recovered; `*log` is set), kIoDeviceError.
LogStatus CreateLogFile(LogVolume& volume, std::string_view name,
                        LogFile** log);

// Gives the log 32 KiB more, durably on return.
// Requires: `log` is of this volume.
// Errors: kDiskFull (also with 16 containers), kIoDeviceError.
LogStatus AddLogContainer(LogVolume& volume, LogFile& log);
uint32_t LogContainerCount(const LogFile& log);

// Makes a marshalling area. Always succeeds.
LogStatus CreateLogMarshallingArea(LogFile& log, MarshallingArea* area);
// Flushes the area and makes it invalid, even if the flush fails.
// Errors: as FlushLogBuffers().
LogStatus DeleteLogMarshallingArea(MarshallingArea& area);

// Appends a record. With FORCE_APPEND, on return the record and all records
// below it survive the process; with FORCE_FLUSH they are on the media. With no
// flag nothing is promised. With `overlapped`, returns kPending once the record
// is written, and the promise is given by CompleteLogRequest().
// Errors: kLogFull, before any effect; kIoDeviceError: the record may be found.
LogStatus ReserveAndAppendLog(const MarshallingArea& area,
                              std::string_view data, uint32_t flags,
                              CLFS_LSN* lsn, LogRequest* overlapped = nullptr);

// Flushes an area: on return, or on completion, all records whose append to
// this area had returned at the call are on the media, with all records below
// them.
// Errors: kIoDeviceError: nothing is promised. What the flush covered is
// written again before the next flush that covers it.
LogStatus FlushLogBuffers(const MarshallingArea& area,
                          LogRequest* overlapped = nullptr);

// Flushes the records of all areas up to `target` whose appends had returned at
// the call. With CLFS_LSN_NULL it does what FlushLogBuffers() does, and leaves
// `*last_flushed` alone. Otherwise `*last_flushed`, unless it is `nullptr`,
// becomes the least LSN above `target`, also if the flush fails or is still to
// complete.
// Errors: kInvalidParameter (no record can have this LSN yet), kIoDeviceError.
LogStatus FlushLogToLsn(const MarshallingArea& area, CLFS_LSN target,
                        CLFS_LSN* last_flushed,
                        LogRequest* overlapped = nullptr);

// Completes a call that returned kPending: the append, if it is one, has
// returned then, and what the call promises is carried.
// Requires: `request` was filled in by a call, and its log was not opened anew
// since.
// Errors: kIoDeviceError, with the same meaning as for the call itself.
LogStatus CompleteLogRequest(LogRequest& request);

// Appends a restart record, which sets the base if one is given, and flushes
// all records before it, the record itself, and the base and tail that were set
// before.
// Errors: kInvalidParameter (`base` is not the LSN of a record at the present
// base or after it), kLogFull, kIoDeviceError: the record may be found.
LogStatus WriteLogRestartArea(const MarshallingArea& area,
                              std::string_view data,
                              std::optional<CLFS_LSN> base, CLFS_LSN* lsn);
// Reads the newest restart record.
// Errors: kNoRestart, kBlockInvalid, kIoDeviceError.
LogStatus ReadLogRestartArea(LogFile& log, std::string* data, CLFS_LSN* lsn);

// Sets the base, or the archive tail, to a record. The new value may be found
// from now on; the next restart area or LogVolume::FlushAll() promises it.
// Errors: kInvalidParameter (the LSN is not that of a record at the present
// base or after it), kDiskFull, kIoDeviceError: the value may be found.
LogStatus AdvanceLogBase(LogFile& log, CLFS_LSN base);
LogStatus SetLogArchiveTail(LogFile& log, CLFS_LSN tail);

// Empties the log. The next flush or restart area promises that. LSNs go on
// rising.
// Errors: kDiskFull, kIoDeviceError: the log may be found empty.
LogStatus CloseAndResetLogFile(LogFile& log);

struct LogRecord {
  CLFS_LSN lsn;
  RecordType type = RecordType::kData;
  std::string data;
};
// Reads the first record at or after `lsn` that is not below the base, or not
// below the archive tail if the tail is older.
// Errors: kEndOfFile (there is no such record), kBlockInvalid (the block on the
// disk is not the one that was written), kIoDeviceError.
LogStatus ReadLogRecord(LogFile& log, CLFS_LSN lsn, LogRecord* record);
// Replaces `*record` by the record after it.
// Errors: as ReadLogRecord().
LogStatus ReadNextLogRecord(LogFile& log, LogRecord* record);

LogFileInformation GetLogFileInformation(const LogFile& log);

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_CLFS_LOG_H_
