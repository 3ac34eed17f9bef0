// Does each call on the log of backends/clfs first, which says whether it
// succeeds, and keeps it as an op then. The ops are those of workloads, with
// two differences: records are named by LSN, and areas by the order in which
// they were made (`area=2`). LSNs follow from the appends alone, so that a
// recording of the calls has the same ones.

#include "library/files/world_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "harness/trace/recording_disk.h"

namespace powercut {
namespace {

using clfs::CLFS_LSN;
using clfs::LogStatus;

// How many containers of 32 KiB a log gets, if the disk has room.
constexpr uint32_t kContainers = 4;

int64_t ErrnoOf(LogStatus status) {
  switch (status) {
    case LogStatus::kSuccess:
      return 0;
    case LogStatus::kInvalidHandle:
      return -EBADF;
    case LogStatus::kDiskFull:
    case LogStatus::kLogFull:
      return -ENOSPC;
    case LogStatus::kIoDeviceError:
      return -EIO;
    case LogStatus::kMetadataCorrupt:
      return -EUCLEAN;
    case LogStatus::kBlockInvalid:
      return -EBADMSG;
    case LogStatus::kNoRestart:
    case LogStatus::kEndOfFile:
      return -ENODATA;
    case LogStatus::kPending:
    case LogStatus::kInvalidParameter:
      break;
  }
  return -EINVAL;
}

uint32_t FlagsOf(WorldLogs::Force force) {
  return (force.append ? clfs::CLFS_FLAG_FORCE_APPEND : 0) |
         (force.flush ? clfs::CLFS_FLAG_FORCE_FLUSH : 0);
}

CLFS_LSN At(WorldLogs::Lsn lsn) { return {lsn}; }

std::unique_ptr<VirtualDisk> DiskOf(
    const std::shared_ptr<const SparseImage>& image) {
  const DiskGeometry geometry{clfs::kSectorBytes,
                              image->size_bytes() / clfs::kSectorBytes};
  return std::make_unique<RecordingDisk>(geometry, image);
}

}  // namespace

WorldLogs::WorldLogs(const std::shared_ptr<const SparseImage>& disk,
                     CallLog& log, ClfsBug bug)
    : own_(DiskOf(disk)),
      volume_(std::make_unique<clfs::LogVolume>(*own_, bug)),
      log_(&log),
      status_(ErrnoOf(volume_->Open())) {}

WorldLogs::WorldLogs(VirtualDisk& disk, ClfsBug bug)
    : volume_(std::make_unique<clfs::LogVolume>(disk, bug)),
      status_(ErrnoOf(volume_->Open())) {}

WorldLogs::~WorldLogs() = default;

WorldLogs::OpenLog* WorldLogs::LogOf(Log log) {
  const bool known = log > 0 && static_cast<size_t>(log) <= logs_.size();
  return known ? &logs_[static_cast<size_t>(log) - 1] : nullptr;
}

WorldLogs::OpenArea* WorldLogs::AreaOf(Area area) {
  const bool known = area > 0 && static_cast<size_t>(area) <= areas_.size();
  return known ? &areas_[static_cast<size_t>(area) - 1] : nullptr;
}

const std::string& WorldLogs::NameOf(const OpenArea& area) {
  return LogOf(area.log)->name;
}

Call* WorldLogs::Keep(OpKind kind, const std::string& name,
                      std::vector<uint64_t> numbers, std::string text) {
  if (log_ == nullptr) return nullptr;
  std::vector<std::string> names;
  if (!name.empty()) names.push_back(name);
  Call& call = log_->Add(kind, std::move(names), std::move(numbers), name);
  call.text = std::move(text);
  return &call;
}

// --- logs and areas ----------------------------------------------------------

int64_t WorldLogs::Open(std::string_view name) {
  const auto known = std::ranges::find(logs_, name, &OpenLog::name);
  if (known != logs_.end()) return known - logs_.begin() + 1;
  clfs::LogFile* file = nullptr;
  const LogStatus opened = CreateLogFile(*volume_, name, &file);
  if (opened != LogStatus::kSuccess) return ErrnoOf(opened);
  // One container is enough to append to: a small disk gives fewer than asked.
  while (LogContainerCount(*file) < kContainers) {
    const LogStatus added = AddLogContainer(*volume_, *file);
    const bool some = LogContainerCount(*file) > 0;
    if (added == LogStatus::kDiskFull && some) break;
    if (added != LogStatus::kSuccess) return ErrnoOf(added);
  }
  OpenLog log{std::string(name), file, {}};
  CreateLogMarshallingArea(*file, &log.whole);
  logs_.push_back(log);
  Keep(OpKind::kLogOpen, log.name, {}, {});
  return static_cast<int64_t>(logs_.size());
}

int64_t WorldLogs::MakeArea(Log log) {
  OpenLog* const of = LogOf(log);
  if (of == nullptr) return -EBADF;
  OpenArea area{log, {}};
  CreateLogMarshallingArea(*of->file, &area.area);
  areas_.push_back(area);
  Keep(OpKind::kLogArea, of->name, {},
       fmt::format("log_area {} {}", of->name, areas_.size()));
  return static_cast<int64_t>(areas_.size());
}

// --- records -----------------------------------------------------------------

int64_t WorldLogs::Append(Area area, ByteSpan data, Force force, Lsn& lsn) {
  OpenArea* const of = AreaOf(area);
  if (of == nullptr) return -EBADF;
  CLFS_LSN given = clfs::CLFS_LSN_INVALID;
  const LogStatus status =
      ReserveAndAppendLog(of->area, AsText(data), FlagsOf(force), &given);
  lsn = given.Internal;
  if (status != LogStatus::kSuccess) return ErrnoOf(status);
  Call* const call =
      Keep(OpKind::kLogAppend, NameOf(*of), {data.size()},
           fmt::format("log_append {} {}{}{} ({:#x})", NameOf(*of), data.size(),
                       force.append ? " force_append" : "",
                       force.flush ? " force_flush" : "", lsn));
  if (call == nullptr) return 0;
  call->op.keys = {{"area", std::to_string(area)}};
  if (force.append) call->op.flags.emplace_back("force_append");
  if (force.flush) call->op.flags.emplace_back("force_flush");
  call->content = AsText(data);
  return 0;
}

int64_t WorldLogs::Restart(Area area, ByteSpan data, std::optional<Lsn> base,
                           Lsn& lsn) {
  OpenArea* const of = AreaOf(area);
  if (of == nullptr) return -EBADF;
  CLFS_LSN given = clfs::CLFS_LSN_INVALID;
  const LogStatus status = WriteLogRestartArea(
      of->area, AsText(data), base ? std::optional(At(*base)) : std::nullopt,
      &given);
  lsn = given.Internal;
  if (status != LogStatus::kSuccess) return ErrnoOf(status);
  Call* const call =
      Keep(OpKind::kLogRestart, NameOf(*of), {},
           fmt::format("log_restart {}{} ({:#x})", NameOf(*of),
                       base ? fmt::format(" base={:#x}", *base) : "", lsn));
  if (call == nullptr) return 0;
  call->op.keys = {{"area", std::to_string(area)}};
  if (base) call->op.keys.emplace_back("base", std::to_string(*base));
  call->content = AsText(data);
  return 0;
}

int64_t WorldLogs::AdvanceBase(Log log, Lsn lsn) {
  OpenLog* const of = LogOf(log);
  if (of == nullptr) return -EBADF;
  const LogStatus status = AdvanceLogBase(*of->file, At(lsn));
  if (status != LogStatus::kSuccess) return ErrnoOf(status);
  Keep(OpKind::kLogAdvanceBase, of->name, {lsn},
       fmt::format("log_advance_base {} {:#x}", of->name, lsn));
  return 0;
}

int64_t WorldLogs::SetArchiveTail(Log log, Lsn lsn) {
  OpenLog* const of = LogOf(log);
  if (of == nullptr) return -EBADF;
  const LogStatus status = SetLogArchiveTail(*of->file, At(lsn));
  if (status != LogStatus::kSuccess) return ErrnoOf(status);
  Keep(OpKind::kLogArchiveTail, of->name, {lsn},
       fmt::format("log_archive_tail {} {:#x}", of->name, lsn));
  return 0;
}

int64_t WorldLogs::Reset(Log log) {
  OpenLog* const of = LogOf(log);
  if (of == nullptr) return -EBADF;
  const LogStatus status = CloseAndResetLogFile(*of->file);
  if (status != LogStatus::kSuccess) return ErrnoOf(status);
  Keep(OpKind::kLogReset, of->name, {}, {});
  return 0;
}

// --- flushes -----------------------------------------------------------------

// A flush that fails does nothing here. In the recording the disk fails, after
// which the log writes the same blocks again: their LSNs stay what they are.
template <class Act>
int64_t WorldLogs::Sync(OpKind kind, const std::string& name, Area area,
                        std::vector<uint64_t> numbers, std::string text,
                        Act&& act) {
  const bool fails = failures_.Take(CallFailure::kSync);
  const bool lies = failures_.Take(CallFailure::kSyncLies);
  if (!fails) {
    const LogStatus status = act();
    if (status != LogStatus::kSuccess) return ErrnoOf(status);
  }
  Call* const call = Keep(kind, name, std::move(numbers), std::move(text));
  if (call != nullptr) {
    if (area > 0) call->op.keys = {{"area", std::to_string(area)}};
    call->fails = fails;
    call->lies = lies && !fails;
  }
  return fails ? -EIO : 0;
}

int64_t WorldLogs::Flush(Area area) {
  OpenArea* const of = AreaOf(area);
  if (of == nullptr) return -EBADF;
  return Sync(OpKind::kLogFlush, NameOf(*of), area, {},
              fmt::format("log_flush {} area={}", NameOf(*of), area),
              [&] { return FlushLogBuffers(of->area); });
}

int64_t WorldLogs::FlushTo(Area area, Lsn lsn) {
  OpenArea* const of = AreaOf(area);
  if (of == nullptr) return -EBADF;
  return Sync(OpKind::kLogFlushTo, NameOf(*of), area, {lsn},
              fmt::format("log_flush_to {} {:#x}", NameOf(*of), lsn),
              [&] { return FlushLogToLsn(of->area, At(lsn), nullptr); });
}

int64_t WorldLogs::FlushAll() {
  return Sync(OpKind::kSyncfs, "", 0, {}, {},
              [&] { return volume_->FlushAll(); });
}

int64_t WorldLogs::FlushWhole(std::string_view name) {
  const auto log = std::ranges::find(logs_, name, &OpenLog::name);
  if (log == logs_.end()) return -EBADF;
  const CLFS_LSN last = GetLogFileInformation(*log->file).LastLsn;
  if (LsnNull(last)) return 0;
  return ErrnoOf(FlushLogToLsn(log->whole, last, nullptr));
}

// --- reading -----------------------------------------------------------------

int64_t WorldLogs::Read(Log log, Lsn from, clfs::LogRecord& record) {
  OpenLog* const of = LogOf(log);
  if (of == nullptr) return -EBADF;
  return ErrnoOf(ReadLogRecord(*of->file, At(from), &record));
}

int64_t WorldLogs::ReadRestart(Log log, clfs::LogRecord& record) {
  OpenLog* const of = LogOf(log);
  if (of == nullptr) return -EBADF;
  record.type = clfs::RecordType::kRestart;
  return ErrnoOf(ReadLogRestartArea(*of->file, &record.data, &record.lsn));
}

int64_t WorldLogs::Facts(Log log, clfs::LogFileInformation& facts) {
  OpenLog* const of = LogOf(log);
  if (of == nullptr) return -EBADF;
  facts = GetLogFileInformation(*of->file);
  return 0;
}

// --- calls that were kept ----------------------------------------------------

int64_t WorldLogs::Run(const Op& op, std::string_view content) {
  if (op.kind == OpKind::kSyncfs) return FlushAll();
  const std::string& name = op.names.at(0);
  const auto area = static_cast<Area>(op.KeyNumber("area").value_or(0));
  const auto log = [&] { return static_cast<Log>(Open(name)); };
  Lsn lsn = 0;
  switch (op.kind) {
    case OpKind::kLogOpen:
      return std::min<int64_t>(Open(name), 0);
    case OpKind::kLogArea:
      return std::min<int64_t>(MakeArea(log()), 0);
    case OpKind::kLogAppend:
      return Append(area, AsBytes(content),
                    {op.HasFlag("force_append"), op.HasFlag("force_flush")},
                    lsn);
    case OpKind::kLogFlush:
      return area == 0 ? FlushWhole(name) : Flush(area);
    case OpKind::kLogFlushTo:
      return FlushTo(area, op.numbers.at(0));
    case OpKind::kLogRestart:
      return Restart(area, AsBytes(content), op.KeyNumber("base"), lsn);
    case OpKind::kLogAdvanceBase:
      return AdvanceBase(log(), op.numbers.at(0));
    case OpKind::kLogArchiveTail:
      return SetArchiveTail(log(), op.numbers.at(0));
    case OpKind::kLogReset:
      return Reset(log());
    default:
      return -ENOTSUP;
  }
}

}  // namespace powercut
