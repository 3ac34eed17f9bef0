// Reads and writes the bytes of a dm-log-writes log.
//
// A log is a superblock of one sector, then entries. An entry is a header of
// one sector, followed by as many sectors of data as the header counts (none
// for a discard or a mark). Only the headers say where the next entry begins,
// so the reader walks from entry to entry and checks each header in full before
// it uses a length from that header:
//
//     sector 0   superblock: 2 entries, sectors of 512 bytes
//     sector 1   header: a write of sectors 8 and 9
//     sector 2   the data of sector 8
//     sector 3   the data of sector 9
//     sector 4   header: a flush; the log ends after this sector
//
// Reading is stricter than xfstests' replay-log. The reader refuses what no
// known writer writes and does not guess: a log that is read one sector off is
// a different history.

#include "harness/block_log/block_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

constexpr uint64_t kMagic = 0x006a736677736872;
constexpr uint64_t kVersion = 1;
// The bytes of the superblock that have a meaning. The kernel leaves the four
// bytes after them, up to kSuperblockBytes, uninitialised.
constexpr size_t kSuperblockFieldBytes = 28;
constexpr size_t kSuperblockBytes = 32;
constexpr size_t kHeaderBytes = 32;
// The sector sizes that QEMU's driver accepts: a header must fit one sector.
constexpr uint32_t kMinSectorBytes = 32;
constexpr uint32_t kSectorBytesLimit = uint32_t{1} << 24;
constexpr uint64_t kKnownFlags =
    BlockLogEntry::kFlush | BlockLogEntry::kFua | BlockLogEntry::kDiscard |
    BlockLogEntry::kMark | BlockLogEntry::kMetadata;

Error BadSuperblock(uint64_t offset_bytes, std::string_view reason) {
  return {ErrorCode::kBadInput,
          fmt::format("superblock at byte {}: {}", offset_bytes, reason)};
}

bool ValidSectorBytes(uint32_t sector_bytes) {
  return std::has_single_bit(sector_bytes) && sector_bytes >= kMinSectorBytes &&
         sector_bytes < kSectorBytesLimit;
}

// The text must leave room for a NUL in its sector, because other tools read it
// as a C string.
bool MarkTextFits(uint64_t text_bytes, uint32_t sector_bytes) {
  return text_bytes == 0 || (sector_bytes > kHeaderBytes &&
                             text_bytes <= sector_bytes - kHeaderBytes - 1);
}

bool HasPayload(const BlockLogEntry& entry) {
  return (entry.flags & (BlockLogEntry::kDiscard | BlockLogEntry::kMark)) == 0;
}

// Says what is wrong with the header of a mark. Empty if it is sound.
std::string MarkFault(const BlockLogEntry& entry, uint32_t sector_bytes) {
  if (entry.flags != BlockLogEntry::kMark) {
    return fmt::format("a mark with other flags ({:#x})", entry.flags);
  }
  if (entry.sector_count != 0) {
    return fmt::format("a mark of {} sectors", entry.sector_count);
  }
  if (!MarkTextFits(entry.data_len, sector_bytes)) {
    return fmt::format("a mark text of {} bytes does not fit its sector",
                       entry.data_len);
  }
  return "";
}

// Says what is wrong with the header of any other entry. Empty if it is sound.
// `following_bytes` is how many bytes the file holds after the header's sector.
std::string NonMarkFault(const BlockLogEntry& entry, uint32_t sector_bytes,
                         uint64_t following_bytes) {
  if ((entry.flags & ~kKnownFlags) != 0) {
    return fmt::format("unknown flag bits {:#x}", entry.flags & ~kKnownFlags);
  }
  if (entry.flags == 0 && entry.sector_count == 0) {
    return "neither flags nor sectors";
  }
  if (entry.sector_count >
      std::numeric_limits<uint64_t>::max() - entry.sector) {
    return fmt::format("{} sectors from {} on overflow", entry.sector_count,
                       entry.sector);
  }
  const uint64_t payload_sectors = HasPayload(entry) ? entry.sector_count : 0;
  // The division comes first, since payload_sectors * sector_bytes could
  // overflow until this line has bounded payload_sectors.
  if (payload_sectors > following_bytes / sector_bytes) {
    return fmt::format(
        "{} sectors of data, but the file ends {} bytes after "
        "the header",
        payload_sectors, following_bytes);
  }
  if (entry.data_len > payload_sectors * sector_bytes) {
    return fmt::format("data_len {} is more than the {} sectors that follow",
                       entry.data_len, payload_sectors);
  }
  return "";
}

}  // namespace

std::string AtEntry(size_t index, uint64_t offset_bytes,
                    std::string_view reason) {
  return fmt::format("entry {} at byte {}: {}", index, offset_bytes, reason);
}

Result<BlockLogSuperblock> ReadBlockLogSuperblock(ByteSpan bytes) {
  if (bytes.size() < kSuperblockBytes) {
    return BadSuperblock(
        0, fmt::format("the file ends after {} bytes", bytes.size()));
  }
  // Both known writers leave the superblock zero until their first flush, FUA
  // write or mark, so this case deserves a better message than a wrong magic.
  if (AllZero(bytes.first(kSuperblockFieldBytes))) {
    return BadSuperblock(0, "all zero: the log was never completed");
  }
  if (LoadLittleEndian<uint64_t>(bytes, 0) != kMagic) {
    return BadSuperblock(0, "not a dm-log-writes log (wrong magic)");
  }
  const uint64_t version = LoadLittleEndian<uint64_t>(bytes, 8);
  if (version != kVersion) {
    return BadSuperblock(8,
                         fmt::format("version {}, not {}", version, kVersion));
  }
  const BlockLogSuperblock superblock{
      .entry_count = LoadLittleEndian<uint64_t>(bytes, 16),
      .sector_bytes = LoadLittleEndian<uint32_t>(bytes, 24)};
  const uint32_t sector_bytes = superblock.sector_bytes;
  if (!ValidSectorBytes(sector_bytes)) {
    return BadSuperblock(
        24, fmt::format("sector size {} is not a power of two from {} to {}",
                        sector_bytes, kMinSectorBytes, kSectorBytesLimit / 2));
  }
  if (bytes.size() < sector_bytes) {
    return BadSuperblock(
        0, fmt::format("the file ends after {} bytes of a sector of {}",
                       bytes.size(), sector_bytes));
  }
  const ByteSpan padding =
      bytes.subspan(kSuperblockBytes, sector_bytes - kSuperblockBytes);
  if (!AllZero(padding)) {
    return BadSuperblock(kSuperblockBytes, "non-zero byte after the fields");
  }
  return superblock;
}

Result<BlockLogEntry> ReadBlockLogEntry(ByteSpan bytes, uint32_t sector_bytes) {
  const auto bad = [](std::string reason) {
    return Error{ErrorCode::kBadInput, std::move(reason)};
  };
  if (bytes.size() < sector_bytes) {
    return bad(fmt::format("truncated: {} bytes left for a header of {}",
                           bytes.size(), sector_bytes));
  }
  BlockLogEntry entry;
  entry.sector = LoadLittleEndian<uint64_t>(bytes, 0);
  entry.sector_count = LoadLittleEndian<uint64_t>(bytes, 8);
  entry.flags = LoadLittleEndian<uint64_t>(bytes, 16);
  entry.data_len = LoadLittleEndian<uint64_t>(bytes, 24);
  const bool is_mark = (entry.flags & BlockLogEntry::kMark) != 0;
  std::string fault =
      is_mark ? MarkFault(entry, sector_bytes)
              : NonMarkFault(entry, sector_bytes, bytes.size() - sector_bytes);
  if (!fault.empty()) return bad(std::move(fault));

  // A byte in the padding means that this sector is no header at all: the
  // reader went astray, or the file is damaged.
  const ByteSpan behind =
      bytes.subspan(kHeaderBytes, sector_bytes - kHeaderBytes);
  const size_t text_bytes = is_mark ? entry.data_len : 0;
  if (!AllZero(behind.subspan(text_bytes))) {
    return bad(is_mark ? "non-zero byte after the mark's text"
                       : "non-zero byte after the header");
  }
  entry.mark_text = AsText(behind.first(text_bytes));
  if (HasPayload(entry)) {
    const ByteSpan payload =
        bytes.subspan(sector_bytes, entry.sector_count * sector_bytes);
    entry.payload.assign(payload.begin(), payload.end());
  }
  return entry;
}

bool LooksLikeBlockLog(ByteSpan bytes) {
  return bytes.size() >= sizeof(kMagic) &&
         LoadLittleEndian<uint64_t>(bytes, 0) == kMagic;
}

Result<BlockLog> ReadBlockLog(ByteSpan bytes) {
  POWERCUT_ASSIGN(const BlockLogSuperblock superblock,
                  ReadBlockLogSuperblock(bytes));
  BlockLog log;
  log.sector_bytes = superblock.sector_bytes;
  uint64_t offset_bytes = log.sector_bytes;
  // The count may be any number in a damaged file, so memory is not reserved
  // for it: the vector grows only by entries that the file really holds.
  for (uint64_t i = 0; i < superblock.entry_count; ++i) {
    Result<BlockLogEntry> entry =
        ReadBlockLogEntry(bytes.subspan(offset_bytes), log.sector_bytes);
    if (!entry) {
      return Error{ErrorCode::kBadInput,
                   AtEntry(i, offset_bytes, entry.error().message)};
    }
    offset_bytes += log.sector_bytes + entry->payload.size();
    log.entries.push_back(*std::move(entry));
  }
  // More entries than the superblock counts do not stop reading. They are often
  // there in a log that was copied while in use (docs/trace_file.md 2).
  if (!AllZero(bytes.subspan(offset_bytes))) {
    log.lint.push_back(
        AtEntry(superblock.entry_count, offset_bytes,
                fmt::format("{} bytes after the last entry that the "
                            "superblock counts: a stale count, or an older log",
                            bytes.size() - offset_bytes)));
  }
  return log;
}

Bytes WriteBlockLog(const BlockLog& log) {
  const uint32_t sector_bytes = log.sector_bytes;
  POWERCUT_CHECK(ValidSectorBytes(sector_bytes));
  // One pass checks and measures, so that the second one fills a buffer of the
  // final size and needs no checks.
  uint64_t size_bytes = sector_bytes;
  for (const BlockLogEntry& entry : log.entries) {
    POWERCUT_CHECK(entry.payload.size() ==
                   (HasPayload(entry) ? entry.sector_count * sector_bytes : 0));
    POWERCUT_CHECK(MarkTextFits(entry.mark_text.size(), sector_bytes));
    POWERCUT_CHECK(entry.mark_text.empty() ||
                   entry.data_len == entry.mark_text.size());
    size_bytes += sector_bytes + entry.payload.size();
  }
  Bytes bytes(size_bytes);
  StoreLittleEndian<uint64_t>(bytes, 0, kMagic);
  StoreLittleEndian<uint64_t>(bytes, 8, kVersion);
  StoreLittleEndian<uint64_t>(bytes, 16, log.entries.size());
  StoreLittleEndian<uint32_t>(bytes, 24, sector_bytes);
  MutableByteSpan rest = MutableByteSpan(bytes).subspan(sector_bytes);
  for (const BlockLogEntry& entry : log.entries) {
    StoreLittleEndian(rest, 0, entry.sector);
    StoreLittleEndian(rest, 8, entry.sector_count);
    StoreLittleEndian(rest, 16, entry.flags);
    StoreLittleEndian(rest, 24, entry.data_len);
    std::ranges::copy(AsBytes(entry.mark_text), rest.begin() + kHeaderBytes);
    rest = rest.subspan(sector_bytes);
    std::ranges::copy(entry.payload, rest.begin());
    rest = rest.subspan(entry.payload.size());
  }
  return bytes;
}

}  // namespace powercut
