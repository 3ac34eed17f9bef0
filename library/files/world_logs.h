// WorldLogs: the logs of one machine, with the calls of the CLFS interface
// (backends/clfs/clfs_log.h). Each call that may matter after a crash is kept.

#ifndef POWERCUT_LIBRARY_FILES_WORLD_LOGS_H_
#define POWERCUT_LIBRARY_FILES_WORLD_LOGS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/clfs/clfs_log.h"
#include "harness/base/bytes.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"
#include "library/calls/call_log.h"
#include "library/files/planned_failures.h"

namespace powercut {

// Functions that return an int64_t return 0 or what the text says, or the
// negative of an errno number: EBADF (no such log or area), EINVAL, ENOSPC (the
// log or the disk is full), ENODATA (there is no such record), EUCLEAN (the log
// cannot be recovered), EBADMSG (a record is damaged), EIO. Log sequence
// numbers (LSNs) are those of clfs_lsn.h. Not thread-safe.
class WorldLogs {
 public:
  using Log = int32_t;
  using Area = int32_t;
  using Lsn = uint64_t;

  // What an append promises when it returns: that the record survives the
  // process, or that it is on the media.
  struct Force {
    bool append = false;
    bool flush = false;
  };

  // The logs of an own disk, which begins with the bytes of `disk`. Calls that
  // succeed are added to `log`, which must outlive this object.
  WorldLogs(const std::shared_ptr<const SparseImage>& disk, CallLog& log,
            ClfsBug bug);
  // The logs of a disk, which must outlive this object. No calls are kept.
  WorldLogs(VirtualDisk& disk, ClfsBug bug);
  ~WorldLogs();

  // Whether the logs of the disk could be opened; no other call is allowed if
  // not. An error is the negative of an errno number.
  int64_t status() const { return status_; }

  // See WorldFiles::Fail(), for kSync and kSyncLies. A sync is a Flush(), a
  // FlushTo() or a FlushAll().
  void Fail(CallFailure failure, uint64_t passed, uint64_t count) {
    failures_.Plan(failure, passed, count);
  }

  // Opens a log, and makes it if there is none. Returns its handle, which is
  // above 0, and the same for the same name.
  int64_t Open(std::string_view name);
  // Adds a marshalling area. Returns its handle, which is above 0.
  int64_t MakeArea(Log log);
  int64_t Append(Area area, ByteSpan data, Force force, Lsn& lsn);
  int64_t Flush(Area area);
  int64_t FlushTo(Area area, Lsn lsn);
  // Flushes all records, resets, bases and archive tails of all logs.
  int64_t FlushAll();
  // The base stays as it is if `base` is `std::nullopt`.
  int64_t Restart(Area area, ByteSpan data, std::optional<Lsn> base, Lsn& lsn);
  int64_t AdvanceBase(Log log, Lsn lsn);
  int64_t SetArchiveTail(Log log, Lsn lsn);
  int64_t Reset(Log log);

  // Fills in the first record at or after an LSN that is not below the base, or
  // not below the archive tail if that is older.
  int64_t Read(Log log, Lsn from, clfs::LogRecord& record);
  int64_t ReadRestart(Log log, clfs::LogRecord& record);
  int64_t Facts(Log log, clfs::LogFileInformation& facts);

  // Runs a call that another object of this class kept. Areas have the same
  // handles here if all calls are run in their order. A flush that names no
  // area is one of the whole log.
  int64_t Run(const Op& op, std::string_view content);

 private:
  struct OpenLog {
    std::string name;
    clfs::LogFile* file = nullptr;
    // For a flush that names no area.
    clfs::MarshallingArea whole;
  };
  struct OpenArea {
    Log log = 0;
    clfs::MarshallingArea area;
  };

  OpenLog* LogOf(Log log);
  OpenArea* AreaOf(Area area);
  const std::string& NameOf(const OpenArea& area);
  int64_t FlushWhole(std::string_view name);
  // Keeps a call, if calls are kept. `text` is what it is called in reports.
  Call* Keep(OpKind kind, const std::string& name,
             std::vector<uint64_t> numbers, std::string text);
  // Keeps a sync, which may fail, and runs it if it does not.
  template <class Act>
  int64_t Sync(OpKind kind, const std::string& name, Area area,
               std::vector<uint64_t> numbers, std::string text, Act&& act);

  // The own disk, or `nullptr`.
  std::unique_ptr<VirtualDisk> own_;
  std::unique_ptr<clfs::LogVolume> volume_;
  // `nullptr` if no calls are kept.
  CallLog* log_ = nullptr;
  int64_t status_ = 0;
  std::vector<OpenLog> logs_;
  std::vector<OpenArea> areas_;
  PlannedFailures failures_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_FILES_WORLD_LOGS_H_
