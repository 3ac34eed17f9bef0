// Implements the functions of the CLFS interface, each in a few lines over
// LogFile.
//
// A call that promises something becomes a LogRequest: which records (up to a
// target), how far (a layer), and which append has returned with it. If
// `overlapped` is `nullptr`, the request is completed at once; otherwise the
// caller completes the request later. Because the target is taken when the call
// begins, a flush never covers an append that returned while the flush was
// under way.
//
// Example: records 1 (area M), 2 (area A) and 3 (area M) were appended and have
// returned. FlushLogBuffers(A) has record 2 as its target and carries 1 and 2,
// as the records that survive are a run from the first one
// (docs/semantics.md 2.4, O-LSN). FlushLogBuffers(M) carries all three.

#include "backends/clfs/clfs_log.h"

#include <algorithm>
#include <array>

#include "backends/clfs/log_file.h"
#include "harness/base/check.h"

namespace powercut::clfs {
namespace {

constexpr std::array<std::string_view, 11> kStatusNames = {
    "",
    "STATUS_PENDING",
    "STATUS_INVALID_PARAMETER",
    "STATUS_INVALID_HANDLE",
    "STATUS_DISK_FULL",
    "STATUS_LOG_FULL",
    "STATUS_IO_DEVICE_ERROR",
    "STATUS_LOG_METADATA_CORRUPT",
    "STATUS_LOG_BLOCK_INVALID",
    "STATUS_LOG_NO_RESTART",
    "STATUS_END_OF_FILE",
};
static_assert(kStatusNames.size() ==
              static_cast<size_t>(LogStatus::kEndOfFile) + 1);

// Returns the layer to which a flush carries records.
Layer FlushLayer(const LogFile& log) {
  return log.bug() == ClfsBug::kFlushStopsAtDevice ? Layer::kDevice
                                                   : Layer::kMedia;
}

// Completes a request, or hands it to a caller who will.
LogStatus Finish(LogRequest& request, LogRequest* overlapped) {
  if (overlapped == nullptr) return CompleteLogRequest(request);
  *overlapped = request;
  return LogStatus::kPending;
}

}  // namespace

std::string_view LogStatusName(LogStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

uint32_t LogContainerCount(const LogFile& log) {
  return static_cast<uint32_t>(log.place().containers.size());
}

LogStatus CreateLogMarshallingArea(LogFile& log, MarshallingArea* area) {
  *area = {&log, log.NewArea()};
  return LogStatus::kSuccess;
}

LogStatus DeleteLogMarshallingArea(MarshallingArea& area) {
  // The documents promise a flush here (docs/semantics.md 2.3, R-DELMA).
  const LogStatus flushed = FlushLogBuffers(area);
  area = {};
  return flushed;
}

LogStatus ReserveAndAppendLog(const MarshallingArea& area,
                              std::string_view data, uint32_t flags,
                              CLFS_LSN* lsn, LogRequest* overlapped) {
  if (area.log == nullptr) return LogStatus::kInvalidHandle;
  const ClfsBug bug = area.log->bug();
  if (bug == ClfsBug::kForceFlushIsForceAppend &&
      (flags & CLFS_FLAG_FORCE_FLUSH) != 0) {
    flags = CLFS_FLAG_FORCE_APPEND;
  }
  LogRequest request;
  request.area = area;
  request.epoch = area.log->epoch();
  const LogStatus appended =
      area.log->Append(area.id, RecordType::kData, data, std::nullopt, lsn);
  if (appended != LogStatus::kSuccess) return appended;
  // The target is the record itself, which has not returned yet.
  request.appended = *lsn;
  request.target = *lsn;
  if ((flags & CLFS_FLAG_FORCE_FLUSH) != 0) {
    request.layer = FlushLayer(*area.log);
  } else if ((flags & CLFS_FLAG_FORCE_APPEND) != 0 &&
             bug != ClfsBug::kForceAppendIsNothing) {
    request.layer = Layer::kHost;
  }
  return Finish(request, overlapped);
}

LogStatus FlushLogBuffers(const MarshallingArea& area, LogRequest* overlapped) {
  if (area.log == nullptr) return LogStatus::kInvalidHandle;
  LogRequest request;
  request.area = area;
  request.epoch = area.log->epoch();
  request.target = area.log->NewestReturned(area.id, CLFS_LSN_INVALID);
  if (area.log->bug() != ClfsBug::kFlushDoesNothing) {
    request.layer = FlushLayer(*area.log);
  }
  return Finish(request, overlapped);
}

LogStatus FlushLogToLsn(const MarshallingArea& area, CLFS_LSN target,
                        CLFS_LSN* last_flushed, LogRequest* overlapped) {
  if (area.log == nullptr) return LogStatus::kInvalidHandle;
  const ClfsBug bug = area.log->bug();
  if (LsnNull(target) && bug == ClfsBug::kNullLsnIsNone) {
    return LogStatus::kSuccess;
  }
  if (LsnNull(target)) return FlushLogBuffers(area, overlapped);
  // An LSN that no record can have yet is refused; one between two records is
  // not, since only the order counts.
  if (!area.log->WasAppended(target)) return LogStatus::kInvalidParameter;
  LogRequest request;
  request.area = area;
  request.epoch = area.log->epoch();
  request.is_flush_to = true;
  request.target = area.log->NewestReturned(0, target);
  if (bug == ClfsBug::kFlushToOneShort && !LsnNull(request.target)) {
    request.target = {request.target.Internal - 1};
  }
  request.layer = FlushLayer(*area.log);
  if (last_flushed != nullptr) *last_flushed = LsnIncrement(target);
  return Finish(request, overlapped);
}

LogStatus CompleteLogRequest(LogRequest& request) {
  LogFile& log = *request.area.log;
  // The append has an effect even if its flush fails below, so that later
  // flushes cover it.
  if (!LsnInvalid(request.appended)) log.Returned(request.appended);
  if (request.layer == Layer::kProcess) return LogStatus::kSuccess;
  // Records of other areas with smaller LSNs go, too: otherwise one of them
  // could be missing below a record that is there.
  const bool own_area =
      log.bug() == ClfsBug::kFlushOwnAreaOnly && !request.is_flush_to;
  return log.Carry(
      request.epoch,
      [&](uint32_t area, CLFS_LSN lsn) {
        return lsn <= request.target && (!own_area || area == request.area.id);
      },
      request.layer, false);
}

LogStatus WriteLogRestartArea(const MarshallingArea& area,
                              std::string_view data,
                              std::optional<CLFS_LSN> base, CLFS_LSN* lsn) {
  if (area.log == nullptr) return LogStatus::kInvalidHandle;
  LogFile& log = *area.log;
  const ClfsBug bug = log.bug();
  if (base && !log.IsReadable(*base)) return LogStatus::kInvalidParameter;
  // The base goes into the record, so that no crash can separate the two
  // (docs/semantics.md 2.4, O-RST).
  std::optional<CLFS_LSN> base_with_it = base;
  if (bug == ClfsBug::kRestartBaseApart) base_with_it.reset();
  const LogStatus appended =
      log.Append(area.id, RecordType::kRestart, data, base_with_it, lsn);
  if (appended != LogStatus::kSuccess) return appended;
  log.Returned(*lsn);
  const CLFS_LSN own = *lsn;
  const LogStatus flushed = log.Carry(
      log.epoch(),
      [&](uint32_t, CLFS_LSN l) {
        return l == own || bug != ClfsBug::kRestartAlone;
      },
      Layer::kMedia, bug != ClfsBug::kRestartSkipsPointers);
  // Only the bug kRestartBaseApart comes to the end.
  if (flushed != LogStatus::kSuccess || !base || base_with_it) return flushed;
  return log.SetBase(*base);
}

LogStatus ReadLogRestartArea(LogFile& log, std::string* data, CLFS_LSN* lsn) {
  const CLFS_LSN restart = log.Information().RestartLsn;
  if (LsnInvalid(restart)) return LogStatus::kNoRestart;
  LogRecord record;
  const LogStatus read = log.Read(restart, &record);
  *data = std::move(record.data);
  *lsn = restart;
  return read;
}

LogStatus AdvanceLogBase(LogFile& log, CLFS_LSN base) {
  return log.SetBase(base);
}

LogStatus SetLogArchiveTail(LogFile& log, CLFS_LSN tail) {
  return log.SetTail(tail);
}

LogStatus CloseAndResetLogFile(LogFile& log) { return log.Reset(); }

LogStatus ReadLogRecord(LogFile& log, CLFS_LSN lsn, LogRecord* record) {
  return log.Read(lsn, record);
}

LogStatus ReadNextLogRecord(LogFile& log, LogRecord* record) {
  return log.Read(LsnIncrement(record->lsn), record);
}

LogFileInformation GetLogFileInformation(const LogFile& log) {
  return log.Information();
}

}  // namespace powercut::clfs
