// Reading is stricter than xfstests' replay-log: what a known writer never
// writes is refused rather than guessed at, since a log read one sector off is
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
// Bytes of the superblock that mean something. The kernel leaves four more
// uninitialised, up to kSuperblockBytes.
constexpr size_t kSuperblockFieldBytes = 28;
constexpr size_t kSuperblockBytes = 32;
constexpr size_t kHeaderBytes = 32;
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

// A text ends in a NUL inside its sector, for readers that expect a C string.
bool MarkTextFits(uint64_t text_bytes, uint32_t sector_bytes) {
  return text_bytes == 0 || (sector_bytes > kHeaderBytes &&
                             text_bytes <= sector_bytes - kHeaderBytes - 1);
}

bool HasPayload(const BlockLogEntry& entry) {
  return (entry.flags & (BlockLogEntry::kDiscard | BlockLogEntry::kMark)) == 0;
}

// The reason why a mark with this header cannot be, or an empty string.
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

// Same for the header of anything else. `following_bytes` is what the file
// holds behind the header's sector.
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
  if (payload_sectors > following_bytes / sector_bytes) {
    return fmt::format(
        "{} sectors of data, but the file ends {} bytes behind "
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
    return BadSuperblock(kSuperblockBytes, "non-zero byte behind the fields");
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

  const ByteSpan behind =
      bytes.subspan(kHeaderBytes, sector_bytes - kHeaderBytes);
  const size_t text_bytes = is_mark ? entry.data_len : 0;
  if (!AllZero(behind.subspan(text_bytes))) {
    return bad(is_mark ? "non-zero byte behind the mark's text"
                       : "non-zero byte behind the header");
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
  // The count is only believed as far as the file goes: no reserve().
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
  if (!AllZero(bytes.subspan(offset_bytes))) {
    log.lint.push_back(
        AtEntry(superblock.entry_count, offset_bytes,
                fmt::format("{} bytes behind the last entry that the "
                            "superblock counts: a stale count, or an older log",
                            bytes.size() - offset_bytes)));
  }
  return log;
}

Bytes WriteBlockLog(const BlockLog& log) {
  const uint32_t sector_bytes = log.sector_bytes;
  POWERCUT_CHECK(ValidSectorBytes(sector_bytes));
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
