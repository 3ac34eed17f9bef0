// A dm-log-writes version 1 log, entry by entry. Nothing here knows what
// powercut's marks mean; harness/block_log/trace_codec.h does.
// docs/trace_file.md is the byte grammar.
//
// Source: Linux drivers/md/dm-log-writes.c and
// Documentation/admin-guide/device-mapper/log-writes.rst; xfstests
// src/log-writes; QEMU block/blklogwrites.c.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_BLOCK_LOG_H_
#define POWERCUT_HARNESS_BLOCK_LOG_BLOCK_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.h"
#include "harness/base/result.h"

namespace powercut {

// One entry of a log as it stands in the file.
struct BlockLogEntry {
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

  bool operator==(const BlockLogEntry&) const = default;
};

struct BlockLog {
  uint32_t sector_bytes = 512;
  std::vector<BlockLogEntry> entries;
  // Oddities that do not stop reading, one line each.
  std::vector<std::string> lint;
};

inline bool IsMark(const BlockLogEntry& entry) {
  return entry.flags == BlockLogEntry::kMark;
}

inline bool IsMarkWith(const BlockLogEntry& entry, std::string_view prefix) {
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

struct BlockLogSuperblock {
  uint64_t entry_count = 0;
  uint32_t sector_bytes = 0;
};

// The superblock at the front of a log.
// Errors: kBadInput, "superblock at byte B: reason".
Result<BlockLogSuperblock> ReadBlockLogSuperblock(ByteSpan bytes);

// The entry at the front of `bytes`.
// Errors: kBadInput, the reason alone.
Result<BlockLogEntry> ReadBlockLogEntry(ByteSpan bytes, uint32_t sector_bytes);

// Whether `bytes` begin as every log does. A log that passes may still be
// damaged; ReadBlockLog() tells.
bool LooksLikeBlockLog(ByteSpan bytes);

// Reads the bytes of a log. Total on any bytes.
// Errors: kBadInput, "entry N at byte B: reason" (entries counted from 0), or
// that of the superblock.
Result<BlockLog> ReadBlockLog(ByteSpan bytes);

// The bytes of a log. WriteBlockLog(*ReadBlockLog(b)) reads back as the same
// entries.
Bytes WriteBlockLog(const BlockLog& log);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_BLOCK_LOG_H_
