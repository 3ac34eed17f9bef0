// Salvage trusts the entries instead of the count. It takes the sector size
// from the superblock, or from the place of the first entry if the superblock
// is zero, and then reads entry after entry until one is not sound. A header
// that is read at a wrong place is refused by its padding and flags, so that
// salvage stops at the first damage and does not go astray.

#include "harness/block_log/salvage.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace powercut {
namespace {

// How many bytes at the start of a superblock or header are looked at to see
// whether it was written. No header has only zeros there: an entry has flags or
// sectors.
constexpr size_t kFieldBytes = 32;
// A disk has sectors of these sizes, so that no log of one has others.
constexpr uint32_t kSectorBytesMin = 512;
constexpr uint32_t kSectorBytesMax = 4096;

bool IsZeroAt(ByteSpan bytes, uint64_t offset_bytes) {
  const ByteSpan rest = bytes.subspan(std::min(offset_bytes, bytes.size()));
  return AllZero(rest.first(std::min(kFieldBytes, rest.size())));
}

// Finds the sector size of a log without a superblock. No header is all zero,
// so that the first bytes that are not zero show where sector 1 begins.
Result<uint32_t> FindSectorBytes(ByteSpan bytes) {
  if (AllZero(bytes.first(std::min<size_t>(kSectorBytesMin, bytes.size())))) {
    for (uint32_t size = kSectorBytesMin; size <= kSectorBytesMax; size *= 2) {
      if (!IsZeroAt(bytes, size)) return size;
    }
  }
  return Error{ErrorCode::kBadInput,
               "superblock at byte 0: all zero, and no entry begins at byte "
               "512, 1024, 2048 or 4096"};
}

// Says why a well-formed entry is not believed. Empty if it is. An entry beyond
// the disk was left in the file by something else.
std::string Doubt(const BlockLogEntry& entry, uint64_t disk_sectors) {
  if (IsMark(entry) || entry.sector + entry.sector_count <= disk_sectors) {
    return "";
  }
  return fmt::format("sectors {}+{} lie beyond a disk of {}", entry.sector,
                     entry.sector_count, disk_sectors);
}

// Where ReadSound() stopped, and why.
struct SoundEnd {
  uint64_t offset_bytes = 0;
  std::string reason;
};

// Appends the sound entries to `log`.
SoundEnd ReadSound(ByteSpan bytes, uint64_t disk_bytes, BlockLog& log) {
  SoundEnd end{.offset_bytes = log.sector_bytes, .reason = ""};
  for (;;) {
    const ByteSpan rest =
        bytes.subspan(std::min(end.offset_bytes, bytes.size()));
    if (rest.empty()) end.reason = "the file ends";
    // Comparing the remaining bytes with zero at each entry is cheap, since a
    // header that is there ends the comparison after a few bytes.
    if (!rest.empty() && AllZero(rest)) end.reason = "only zeros follow";
    if (!end.reason.empty()) return end;
    Result<BlockLogEntry> entry = ReadBlockLogEntry(rest, log.sector_bytes);
    end.reason = entry ? Doubt(*entry, disk_bytes / log.sector_bytes)
                       : entry.error().message;
    if (!end.reason.empty()) return end;
    end.offset_bytes += log.sector_bytes + entry->payload.size();
    log.entries.push_back(*std::move(entry));
  }
}

}  // namespace

bool IsUncounted(ByteSpan bytes) {
  if (bytes.size() >= kFieldBytes && IsZeroAt(bytes, 0)) return true;
  const Result<BlockLogSuperblock> superblock = ReadBlockLogSuperblock(bytes);
  return superblock && superblock->entry_count == 0;
}

Result<BlockLog> SalvageBlockLog(ByteSpan bytes, uint64_t disk_bytes) {
  BlockLog log;
  std::string counted = "all zero, the log was never completed";
  if (bytes.size() >= kFieldBytes && IsZeroAt(bytes, 0)) {
    POWERCUT_ASSIGN(log.sector_bytes, FindSectorBytes(bytes));
  } else {
    POWERCUT_ASSIGN(const BlockLogSuperblock superblock,
                    ReadBlockLogSuperblock(bytes));
    log.sector_bytes = superblock.sector_bytes;
    counted = fmt::format("counts {} entries", superblock.entry_count);
  }
  const SoundEnd end = ReadSound(bytes, disk_bytes, log);
  if (log.entries.empty()) {
    return Error{
        ErrorCode::kBadInput,
        AtEntry(0, end.offset_bytes,
                fmt::format("{} (superblock: {}): no sound entry to salvage",
                            end.reason, counted))};
  }
  log.lint.push_back(
      AtEntry(log.entries.size(), end.offset_bytes,
              fmt::format("salvage ends here, since {} (superblock: {}); {} "
                          "entries taken, of which the data of the last may "
                          "be incomplete",
                          end.reason, counted, log.entries.size())));
  return log;
}

}  // namespace powercut
