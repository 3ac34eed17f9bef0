// Turns the ops of a workload into calls of the CLFS interface.
//
// A mount has one LogVolume, and for each log that an op opened its default
// marshalling area, the areas that log_area made, and the LSN of each record by
// number. An op looks up its log and area, turns record numbers into LSNs, and
// makes one call. Observing walks each log from its first readable record to
// its end.
//
// An op that was `start`ed passes a LogRequest to its call, as a caller passes
// an OVERLAPPED. If the call answers STATUS_PENDING, `wait` completes the
// request. A call that takes no request is done at once; only its return is
// late.
//
// Example: `log_append L 100` (record 1), `start 1 log_flush L`, `log_append L
// 100` (record 2), `wait 1`. The request of the flush remembers the LSN of
// record 1 as its target, so that the wait carries record 1 to the media and
// not 2.

#include "backends/clfs/clfs_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backends/clfs/clfs_log.h"
#include "harness/base/check.h"

namespace powercut {
namespace {

using clfs::CLFS_LSN;
using clfs::LogStatus;

constexpr uint64_t kDefaultDiskBytes = 2u << 20;
// How many containers a log gets when it is opened, if the disk has room.
constexpr uint32_t kContainers = 4;
// A shorter record could not name the op that wrote it
// (model/logs/log_model.h).
constexpr uint64_t kRecordBytesMin = 16;

OpResult ResultOf(LogStatus status) {
  return {std::string(clfs::LogStatusName(status))};
}
OpResult BadHandle() { return ResultOf(LogStatus::kInvalidHandle); }
OpResult BadParameter() { return ResultOf(LogStatus::kInvalidParameter); }

class ClfsMount : public Mount {
 public:
  ClfsMount(VirtualDisk& disk, ClfsBug bug)
      : disk_(disk),
        bug_(bug),
        volume_(std::make_unique<clfs::LogVolume>(disk, bug)) {}

  // Opens the volume. After a failure the mount cannot be used.
  LogStatus Open() { return volume_->Open(); }

  OpResult Apply(const Op& op, uint64_t /*offset_bytes*/,
                 std::string_view content) override {
    return Run(op, content, nullptr);
  }

  OpResult Start(const Op& op, uint64_t /*offset_bytes*/,
                 std::string_view content) override {
    clfs::LogRequest request;
    const OpResult result = Run(op, content, &request);
    const bool pending =
        result.error == clfs::LogStatusName(LogStatus::kPending);
    if (!pending && !result.ok()) return result;
    Started started;
    // A call that answered with success has taken no request.
    if (pending) started.request = request;
    if (op.kind == OpKind::kLogAppend) {
      started.log = op.names.at(0);
      started.record = logs_.at(started.log).records.size();
    }
    started_[op.start.value()] = std::move(started);
    return {};
  }

  OpResult Wait(uint64_t start) override {
    const auto found = started_.find(start);
    // A remount forgets what was started.
    if (found == started_.end()) return {"STATUS_CANCELLED"};
    Started started = std::move(found->second);
    started_.erase(found);
    if (!started.request) return {};
    const LogStatus status = clfs::CompleteLogRequest(*started.request);
    const bool append_failed =
        status != LogStatus::kSuccess && started.record > 0;
    // As for an append that fails at once, no op can name the record.
    if (append_failed) {
      logs_.at(started.log).records[started.record - 1] =
          clfs::CLFS_LSN_INVALID;
    }
    return ResultOf(status);
  }

  Observation Observe() override {
    Observation observation;
    for (const std::string& name : volume_->Names()) {
      observation.logs.push_back(ObserveLog(name));
    }
    return observation;
  }

  OpResult Shutdown() override { return ResultOf(volume_->FlushAll()); }

 private:
  // What ops know about a log that they opened.
  struct OpenLog {
    clfs::LogFile* file = nullptr;
    clfs::MarshallingArea default_area;
    std::map<std::string, clfs::MarshallingArea, std::less<>> areas;
    // The LSN of each record, by record number - 1; CLFS_LSN_INVALID if its
    // append failed.
    std::vector<CLFS_LSN> records;
  };

  // An op that was started and not waited for.
  struct Started {
    // `std::nullopt` if the op is done and only waits for its return.
    std::optional<clfs::LogRequest> request;
    // The log and the number of the record, for an append; else empty and 0.
    std::string log;
    size_t record = 0;
  };

  OpResult Run(const Op& op, std::string_view content,
               clfs::LogRequest* overlapped) {
    if (op.kind == OpKind::kSyncfs) return ResultOf(volume_->FlushAll());
    if (op.kind == OpKind::kRemount) return Remount(op);
    if (op.kind == OpKind::kLogOpen) return OpenOrMake(op.names.at(0));
    const auto found = logs_.find(op.names.at(0));
    if (found == logs_.end()) return BadHandle();
    return RunOn(found->second, op, content, overlapped);
  }

  OpResult RunOn(OpenLog& log, const Op& op, std::string_view content,
                 clfs::LogRequest* overlapped) {
    // An op that names no area goes through the default one.
    const clfs::MarshallingArea* area = AreaOf(log, op);
    if (area == nullptr) return BadHandle();
    switch (op.kind) {
      case OpKind::kLogArea:
        return ResultOf(
            CreateLogMarshallingArea(*log.file, &log.areas[op.names.at(1)]));
      case OpKind::kLogAppend:
        return Append(log, *area, op, content, overlapped);
      case OpKind::kLogFlush:
        return ResultOf(FlushLogBuffers(*area, overlapped));
      case OpKind::kLogFlushTo: {
        const uint64_t number = op.numbers.at(0);
        // Record 0 of an op stands for CLFS_LSN_NULL.
        if (number == 0) {
          return ResultOf(
              FlushLogToLsn(*area, clfs::CLFS_LSN_NULL, nullptr, overlapped));
        }
        const auto lsn = LsnOf(log, number);
        if (!lsn) return BadParameter();
        return ResultOf(FlushLogToLsn(*area, *lsn, nullptr, overlapped));
      }
      case OpKind::kLogRestart:
        return Restart(log, *area, op, content);
      case OpKind::kLogAdvanceBase:
      case OpKind::kLogArchiveTail: {
        const auto lsn = LsnOf(log, op.numbers.at(0));
        if (!lsn) return BadParameter();
        return ResultOf(op.kind == OpKind::kLogAdvanceBase
                            ? AdvanceLogBase(*log.file, *lsn)
                            : SetLogArchiveTail(*log.file, *lsn));
      }
      case OpKind::kLogReset:
        return ResultOf(CloseAndResetLogFile(*log.file));
      default:
        return {"ENOSYS"};  // The traits offer no other op.
    }
  }

  static const clfs::MarshallingArea* AreaOf(const OpenLog& log, const Op& op) {
    const auto name = op.Key("area");
    if (!name) return &log.default_area;
    const auto found = log.areas.find(*name);
    return found == log.areas.end() ? nullptr : &found->second;
  }

  static std::optional<CLFS_LSN> LsnOf(const OpenLog& log, uint64_t number) {
    if (number == 0 || number > log.records.size()) return std::nullopt;
    const CLFS_LSN lsn = log.records[number - 1];
    return LsnInvalid(lsn) ? std::nullopt : std::optional(lsn);
  }

  OpResult Append(OpenLog& log, const clfs::MarshallingArea& area, const Op& op,
                  std::string_view content, clfs::LogRequest* overlapped) {
    if (op.numbers.at(0) < kRecordBytesMin) return BadParameter();
    POWERCUT_CHECK(content.size() == op.numbers.at(0));
    uint32_t flags = clfs::CLFS_FLAG_NO_FLAGS;
    if (op.HasFlag("force_append")) flags |= clfs::CLFS_FLAG_FORCE_APPEND;
    if (op.HasFlag("force_flush")) flags |= clfs::CLFS_FLAG_FORCE_FLUSH;
    CLFS_LSN lsn = clfs::CLFS_LSN_INVALID;
    const LogStatus status =
        ReserveAndAppendLog(area, content, flags, &lsn, overlapped);
    // An append that failed has a number, too, as in the model, but no op can
    // name its record.
    const bool appended =
        status == LogStatus::kSuccess || status == LogStatus::kPending;
    log.records.push_back(appended ? lsn : clfs::CLFS_LSN_INVALID);
    return ResultOf(status);
  }

  OpResult Restart(OpenLog& log, const clfs::MarshallingArea& area,
                   const Op& op, std::string_view content) {
    // A base that is no readable record is refused before anything is written.
    std::optional<CLFS_LSN> base;
    if (const auto number = op.KeyNumber("base")) {
      base = LsnOf(log, *number);
      if (!base || !IsReadable(log, *base)) return BadParameter();
    }
    CLFS_LSN lsn = clfs::CLFS_LSN_INVALID;
    const LogStatus status = WriteLogRestartArea(area, content, base, &lsn);
    const bool written = status == LogStatus::kSuccess;
    log.records.push_back(written ? lsn : clfs::CLFS_LSN_INVALID);
    return ResultOf(status);
  }

  // Returns whether a record with this LSN can be read, at the base or after
  // it.
  static bool IsReadable(const OpenLog& log, CLFS_LSN lsn) {
    clfs::LogRecord record;
    return lsn >= GetLogFileInformation(*log.file).BaseLsn &&
           ReadLogRecord(*log.file, lsn, &record) == LogStatus::kSuccess &&
           record.lsn == lsn;
  }

  OpResult OpenOrMake(const std::string& name) {
    if (logs_.contains(name)) return {};
    OpenLog log;
    const LogStatus opened = CreateLogFile(*volume_, name, &log.file);
    if (opened != LogStatus::kSuccess) return ResultOf(opened);
    // One container is enough to append to: a small disk gives fewer than
    // asked.
    while (LogContainerCount(*log.file) < kContainers) {
      const LogStatus added = AddLogContainer(*volume_, *log.file);
      if (added == LogStatus::kDiskFull && LogContainerCount(*log.file) > 0) {
        break;
      }
      if (added != LogStatus::kSuccess) return ResultOf(added);
    }
    CreateLogMarshallingArea(*log.file, &log.default_area);
    // What the log holds already gets the first numbers.
    clfs::LogRecord record;
    for (LogStatus read = ReadLogRecord(*log.file, {}, &record);
         read == LogStatus::kSuccess;
         read = ReadNextLogRecord(*log.file, &record)) {
      log.records.push_back(record.lsn);
    }
    logs_[name] = std::move(log);
    return {};
  }

  // A remount forgets what is in memory and reads the volume from the disk
  // again. For the workload, logs stay open, with their areas and the numbers
  // of their records. The remount flushes nothing: every append is on the disk,
  // at the process layer. A log that does not open again is not open any more.
  OpResult Remount(const Op& op) {
    if (op.HasFlag("read_only")) return {"STATUS_NOT_SUPPORTED"};
    started_.clear();
    volume_ = std::make_unique<clfs::LogVolume>(disk_, bug_);
    const LogStatus opened = volume_->Open();
    if (opened != LogStatus::kSuccess) {
      logs_.clear();
      return ResultOf(opened);
    }
    LogStatus worst = LogStatus::kSuccess;
    for (auto at = logs_.begin(); at != logs_.end();) {
      OpenLog& log = at->second;
      const LogStatus status = CreateLogFile(*volume_, at->first, &log.file);
      if (status != LogStatus::kSuccess) {
        // The log's areas refer to the volume that is gone.
        worst = status;
        at = logs_.erase(at);
        continue;
      }
      CreateLogMarshallingArea(*log.file, &log.default_area);
      for (auto& [area_name, area] : log.areas) {
        CreateLogMarshallingArea(*log.file, &area);
      }
      ++at;
    }
    return ResultOf(worst);
  }

  ObservedLog ObserveLog(const std::string& name) {
    ObservedLog seen;
    seen.name = name;
    LogStatus status = volume_->LogFileStatus(name);
    if (status == LogStatus::kSuccess) {
      clfs::LogFile& log = *volume_->Find(name);
      const clfs::LogFileInformation information = GetLogFileInformation(log);
      seen.base_lsn = information.BaseLsn.Internal;
      if (!LsnInvalid(information.RestartLsn)) {
        seen.restart_lsn = information.RestartLsn.Internal;
      }
      clfs::LogRecord record;
      for (status = ReadLogRecord(log, {}, &record);
           status == LogStatus::kSuccess;
           status = ReadNextLogRecord(log, &record)) {
        seen.records.push_back({record.lsn.Internal, record.data,
                                record.type == clfs::RecordType::kRestart});
      }
    }
    // A reader that does not come to the end makes the whole log unreadable.
    if (status != LogStatus::kEndOfFile) {
      seen = {};
      seen.name = name;
      seen.unreadable = clfs::LogStatusName(status);
    }
    return seen;
  }

  VirtualDisk& disk_;
  ClfsBug bug_;
  std::unique_ptr<clfs::LogVolume> volume_;
  std::map<std::string, OpenLog, std::less<>> logs_;
  // By the number of their `start`.
  std::map<uint64_t, Started> started_;
};

BackendTraits MakeTraits() {
  BackendTraits traits;
  traits.name = "clfs";
  traits.description = "a log with the CLFS interface, in process";
  traits.profile = "spec-strict";
  traits.default_disk_bytes = kDefaultDiskBytes;
  traits.minimum_disk_bytes = clfs::kVolumeBytesMin;
  traits.sector_sizes_bytes = {clfs::kSectorBytes};
  traits.crash_kinds = {CrashKind::kPower, CrashKind::kOs, CrashKind::kProcess};
  traits.ops = {
      OpKind::kLogOpen,        OpKind::kLogArea,        OpKind::kLogAppend,
      OpKind::kLogFlush,       OpKind::kLogFlushTo,     OpKind::kLogRestart,
      OpKind::kLogAdvanceBase, OpKind::kLogArchiveTail, OpKind::kLogReset,
      OpKind::kSyncfs,         OpKind::kRemount,        OpKind::kWait};
  traits.overlap = true;
  traits.recovery_idempotent = true;
  traits.repeatable = true;
  return traits;
}

class ClfsBackend : public Backend {
 public:
  explicit ClfsBackend(ClfsBug bug) : bug_(bug) {}

  const BackendTraits& traits() const override { return traits_; }

  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    const DiskGeometry& geometry = spec.geometry;
    if (geometry.sector_bytes != clfs::kSectorBytes) {
      return Error{ErrorCode::kBadInput,
                   fmt::format("clfs: sectors of {} bytes are not offered; "
                               "take {}",
                               geometry.sector_bytes, clfs::kSectorBytes)};
    }
    if (geometry.size_bytes() < traits_.minimum_disk_bytes) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("clfs: a disk of {} bytes is too small; the "
                      "minimum is {}",
                      geometry.size_bytes(), traits_.minimum_disk_bytes)};
    }
    // The profile changes nothing: clfs has one behaviour.
    std::shared_ptr<const SparseImage>& cached = formatted_[geometry];
    if (cached == nullptr) {
      cached = std::make_shared<const SparseImage>(
          clfs::LogVolume::Format(geometry));
    }
    return cached;
  }

  MountResult Open(VirtualDisk& disk) override {
    auto mount = std::make_unique<ClfsMount>(disk, bug_);
    MountResult result;
    const LogStatus status = mount->Open();
    if (status == LogStatus::kSuccess) {
      result.mount = std::move(mount);
    } else {
      result.failure = fmt::format("open: {}", clfs::LogStatusName(status));
    }
    return result;
  }

 private:
  const ClfsBug bug_;
  const BackendTraits traits_ = MakeTraits();
  std::map<DiskGeometry, std::shared_ptr<const SparseImage>> formatted_;
};

}  // namespace

std::unique_ptr<Backend> MakeClfsBackend(ClfsBug bug) {
  return std::make_unique<ClfsBackend>(bug);
}

std::unique_ptr<Backend> MakeClfsBackend() {
  return MakeClfsBackend(ClfsBug::kNone);
}

}  // namespace powercut
