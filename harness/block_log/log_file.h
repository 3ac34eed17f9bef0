// A dm-log-writes version 1 log, entry by entry. Nothing here knows what
// powercut's marks mean; harness/block_log/trace_log.h does.
// harness/block_log/trace_file.md is the byte grammar.
//
// Source: Linux drivers/md/dm-log-writes.c and
// Documentation/admin-guide/device-mapper/log-writes.rst; xfstests
// src/log-writes; QEMU block/blklogwrites.c.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_LOG_FILE_H_
#define POWERCUT_HARNESS_BLOCK_LOG_LOG_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.h"
#include "harness/base/result.h"

namespace powercut {

// One entry of a log as it stands in the file.
struct LogEntry {
  static constexpr uint64_t kFlush = 1;
  static constexpr uint64_t kFua = 2;
  static constexpr uint64_t kDiscard = 4;
  static constexpr uint64_t kMark = 8;
  static constexpr uint64_t kMetadata = 16;

  uint64_t sector = 0;
  uint64_t sector_count = 0;
  uint64_t flags = 0;
  uint64_t data_len = 0;
  // What follows the header: whole sectors of a write; empty for marks and
  // discards.
  Bytes payload;
  std::string mark_text;

  bool operator==(const LogEntry&) const = default;
};

struct Log {
  uint32_t sector_bytes = 512;
  std::vector<LogEntry> entries;
  // Oddities that do not stop reading, one line each.
  std::vector<std::string> lint;
};

inline bool IsMark(const LogEntry& entry) {
  return entry.flags == LogEntry::kMark;
}

inline bool IsMarkWith(const LogEntry& entry, std::string_view prefix) {
  return IsMark(entry) && entry.mark_text.starts_with(prefix);
}

// The longest text of one mark: a NUL must follow it inside its sector.
// Requires: sector_bytes >= 64.
constexpr size_t MarkTextLimit(uint32_t sector_bytes) {
  return sector_bytes - 33;
}

// "entry N at byte B: reason"; entries are counted from 0.
std::string AtEntry(size_t index, uint64_t offset_bytes,
                    std::string_view reason);

struct LogSuperblock {
  uint64_t entry_count = 0;
  uint32_t sector_bytes = 0;
};

// The superblock at the front of a log.
// Errors: kBadInput, "superblock at byte B: reason".
Result<LogSuperblock> ReadLogSuperblock(ByteSpan bytes);

// The entry at the front of `bytes`.
// Errors: kBadInput, the reason alone.
Result<LogEntry> ReadLogEntry(ByteSpan bytes, uint32_t sector_bytes);

// Reads the bytes of a log. Total on any bytes.
// Errors: kBadInput, "entry N at byte B: reason" (entries counted from 0), or
// that of the superblock.
Result<Log> ReadLog(ByteSpan bytes);

// The bytes of a log. WriteLog(*ReadLog(b)) reads back as the same entries.
Bytes WriteLog(const Log& log);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_LOG_FILE_H_
