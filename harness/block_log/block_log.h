// BlockLog: a dm-log-writes log, version 1, as a list of entries, with reading
// from and writing to bytes. The meaning of powercut's marks is not known here;
// harness/block_log/trace_codec.h knows it. docs/trace_file.md 1 describes the
// log byte by byte.
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

// One entry of a log: the fields of its header, and what follows them.
struct BlockLogEntry {
  // The bits of `flags`.
  static constexpr uint64_t kFlush = 1;
  static constexpr uint64_t kFua = 2;
  static constexpr uint64_t kDiscard = 4;
  static constexpr uint64_t kMark = 8;
  static constexpr uint64_t kMetadata = 16;

  // The first sector on the disk and the number of sectors, in units of the
  // log's sector size.
  uint64_t sector = 0;
  uint64_t sector_count = 0;
  uint64_t flags = 0;
  // For a mark, the bytes of its text. Old kernels set it for DAX writes to the
  // bytes of the payload that were used; all other writers leave 0.
  uint64_t data_len = 0;
  // The data of a write: sector_count whole sectors. Empty for marks and
  // discards.
  Bytes payload;
  // The text of a mark. Empty for other entries.
  std::string mark_text;

  bool operator==(const BlockLogEntry&) const = default;
};

// A whole log, without the numbers that its superblock repeats.
struct BlockLog {
  // A power of two, 32 to 2^23.
  uint32_t sector_bytes = 512;
  std::vector<BlockLogEntry> entries;
  // What was odd but did not stop reading, one line each.
  std::vector<std::string> lint;
};

inline bool IsMark(const BlockLogEntry& entry) {
  return entry.flags == BlockLogEntry::kMark;
}

inline bool IsMarkWith(const BlockLogEntry& entry, std::string_view prefix) {
  return IsMark(entry) && entry.mark_text.starts_with(prefix);
}

// The longest text, in bytes, that one mark holds: a NUL must follow the text
// inside its sector.
// Requires: sector_bytes >= 64.
constexpr size_t MarkTextLimit(uint32_t sector_bytes) {
  return sector_bytes - 33;
}

// Returns "entry N at byte B: reason", the form of all messages about entries.
// Entries are counted from 0, bytes from the start of the file.
std::string AtEntry(size_t index, uint64_t offset_bytes,
                    std::string_view reason);

struct BlockLogSuperblock {
  // How many entries the writer counted; the file may hold fewer or more.
  uint64_t entry_count = 0;
  uint32_t sector_bytes = 0;
};

// Reads the superblock at the start of a log. On success `bytes` holds at least
// one whole sector.
// Errors: kBadInput with "superblock at byte B: reason".
Result<BlockLogSuperblock> ReadBlockLogSuperblock(ByteSpan bytes);

// Reads the entry that begins at the start of `bytes`; what comes after the
// entry does not matter. Any bytes are allowed. The entry takes up sector_bytes
// plus the size of its payload. O(size of the entry).
// Errors: kBadInput with the reason alone; the caller knows the place.
Result<BlockLogEntry> ReadBlockLogEntry(ByteSpan bytes, uint32_t sector_bytes);

// Whether `bytes` begin as every log does. A log that passes may still be
// damaged; ReadBlockLog() tells.
bool LooksLikeBlockLog(ByteSpan bytes);

// Reads a whole log. Any bytes are allowed. Bytes after the last counted entry
// that are not all zero become lint. O(bytes).
// Errors: kBadInput with AtEntry()'s text for the first entry that cannot be
// read, or with the message of ReadBlockLogSuperblock().
Result<BlockLog> ReadBlockLog(ByteSpan bytes);

// Returns the bytes of a log. The bytes of WriteBlockLog(*ReadBlockLog(b)) read
// back as the same entries.
// Requires: a sector size that BlockLog allows; the payload of a write has
// sector_count sectors, and other entries have no payload; only marks have a
// text, which fits MarkTextLimit() and has data_len bytes.
Bytes WriteBlockLog(const BlockLog& log);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_BLOCK_LOG_H_
