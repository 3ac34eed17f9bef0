// The part of the C interface that is about the logs of a world.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "library/c_handles.h"

using powercut::WorldLogs;
using powercut::c_interface::BytesAt;
using powercut::c_interface::Guarded;
using powercut::c_interface::Require;
using powercut::c_interface::RequireRoom;

namespace {

static_assert(PC_LSN_NULL == powercut::clfs::CLFS_LSN_NULL.Internal);
static_assert(PC_LSN_INVALID == powercut::clfs::CLFS_LSN_INVALID.Internal);

constexpr unsigned kForceFlags = PC_LOG_FORCE_APPEND | PC_LOG_FORCE_FLUSH;

WorldLogs::Force ForceOf(unsigned flags) {
  return {(flags & PC_LOG_FORCE_APPEND) != 0,
          (flags & PC_LOG_FORCE_FLUSH) != 0};
}

std::optional<uint64_t> BaseOf(uint64_t base) {
  return base == PC_LSN_INVALID ? std::nullopt : std::optional(base);
}

// Hands a record to the caller. Returns its size.
int64_t Give(const powercut::clfs::LogRecord& found, void* buffer, size_t size,
             pc_log_record* record) {
  const size_t bytes = std::min(size, found.data.size());
  if (bytes > 0) std::memcpy(buffer, found.data.data(), bytes);
  if (record != nullptr) {
    record->lsn = found.lsn.Internal;
    record->record_bytes = found.data.size();
    record->is_restart =
        found.type == powercut::clfs::RecordType::kRestart ? 1 : 0;
  }
  return static_cast<int64_t>(found.data.size());
}

}  // namespace

extern "C" {

int pc_log_open(pc_world* world, const char* name) {
  return static_cast<int>(
      PC_CALL_ON(logs, "pc_log_open", name != nullptr, Open(name)));
}
int pc_log_area(pc_world* world, int log) {
  return static_cast<int>(PC_CALL_ON(logs, "pc_log_area", true, MakeArea(log)));
}

int pc_log_append(pc_world* world, int area, const void* data, size_t size,
                  unsigned flags, uint64_t* lsn) {
  uint64_t given = PC_LSN_INVALID;
  const int result = static_cast<int>(
      PC_CALL_ON(logs, "pc_log_append",
                 (data != nullptr || size == 0) && (flags & ~kForceFlags) == 0,
                 Append(area, BytesAt(data, size), ForceOf(flags), given)));
  if (lsn != nullptr) *lsn = given;
  return result;
}
int pc_log_flush(pc_world* world, int area) {
  return static_cast<int>(PC_CALL_ON(logs, "pc_log_flush", true, Flush(area)));
}
int pc_log_flush_to(pc_world* world, int area, uint64_t lsn) {
  return static_cast<int>(
      PC_CALL_ON(logs, "pc_log_flush_to", true, FlushTo(area, lsn)));
}
int pc_log_restart(pc_world* world, int area, const void* data, size_t size,
                   uint64_t base, uint64_t* lsn) {
  uint64_t given = PC_LSN_INVALID;
  const int result = static_cast<int>(
      PC_CALL_ON(logs, "pc_log_restart", data != nullptr || size == 0,
                 Restart(area, BytesAt(data, size), BaseOf(base), given)));
  if (lsn != nullptr) *lsn = given;
  return result;
}
int pc_log_advance_base(pc_world* world, int log, uint64_t lsn) {
  return static_cast<int>(
      PC_CALL_ON(logs, "pc_log_advance_base", true, AdvanceBase(log, lsn)));
}
int pc_log_archive_tail(pc_world* world, int log, uint64_t lsn) {
  return static_cast<int>(
      PC_CALL_ON(logs, "pc_log_archive_tail", true, SetArchiveTail(log, lsn)));
}
int pc_log_reset(pc_world* world, int log) {
  return static_cast<int>(PC_CALL_ON(logs, "pc_log_reset", true, Reset(log)));
}

int64_t pc_log_read(pc_world* world, int log, uint64_t from, void* buffer,
                    size_t size, pc_log_record* record) {
  return Guarded(world, "pc_log_read", [&]() -> int64_t {
    Require(buffer != nullptr || size == 0, "`buffer` is NULL");
    if (record != nullptr) RequireRoom(record, "record");
    if (world->logs == nullptr) return -ENOTSUP;
    powercut::clfs::LogRecord found;
    const int64_t result = world->logs->Read(log, from, found);
    return result < 0 ? result : Give(found, buffer, size, record);
  });
}
int64_t pc_log_read_restart(pc_world* world, int log, void* buffer, size_t size,
                            pc_log_record* record) {
  return Guarded(world, "pc_log_read_restart", [&]() -> int64_t {
    Require(buffer != nullptr || size == 0, "`buffer` is NULL");
    if (record != nullptr) RequireRoom(record, "record");
    if (world->logs == nullptr) return -ENOTSUP;
    powercut::clfs::LogRecord found;
    const int64_t result = world->logs->ReadRestart(log, found);
    return result < 0 ? result : Give(found, buffer, size, record);
  });
}
int pc_log_stat(pc_world* world, int log, pc_log_facts* facts) {
  return static_cast<int>(Guarded(world, "pc_log_stat", [&]() -> int64_t {
    RequireRoom(facts, "facts");
    if (world->logs == nullptr) return -ENOTSUP;
    powercut::clfs::LogFileInformation known;
    const int64_t result = world->logs->Facts(log, known);
    if (result < 0) return result;
    facts->base = known.BaseLsn.Internal;
    facts->last = known.LastLsn.Internal;
    facts->last_flushed = known.LastFlushedLsn.Internal;
    facts->restart = known.RestartLsn.Internal;
    facts->archive_tail = known.MinArchiveTailLsn.Internal;
    return 0;
  }));
}

}  // extern "C"
