// Helpers of log tests: entries to write a log down with, and the sectors that
// a crash may take from a trace.

#ifndef POWERCUT_TESTS_HARNESS_BLOCK_LOG_LOG_ENTRIES_H_
#define POWERCUT_TESTS_HARNESS_BLOCK_LOG_LOG_ENTRIES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/block_log/block_log.h"
#include "harness/space/crash_space.h"

namespace powercut {

// A write of `count` sectors of 512 bytes. Each byte of them is `fill`.
inline BlockLogEntry WriteOf(uint64_t sector, uint64_t count,
                             uint64_t flags = 0, uint8_t fill = 0x11) {
  BlockLogEntry entry;
  entry.sector = sector;
  entry.sector_count = count;
  entry.flags = flags;
  entry.payload = Bytes(count * 512, std::byte{fill});
  return entry;
}

inline BlockLogEntry FlushOf() {
  BlockLogEntry entry;
  entry.flags = BlockLogEntry::kFlush;
  return entry;
}

inline BlockLogEntry DiscardOf(uint64_t sector, uint64_t count,
                               uint64_t flags = 0) {
  BlockLogEntry entry;
  entry.sector = sector;
  entry.sector_count = count;
  entry.flags = flags | BlockLogEntry::kDiscard;
  return entry;
}

inline BlockLogEntry MarkOf(const std::string& text) {
  BlockLogEntry entry;
  entry.flags = BlockLogEntry::kMark;
  entry.data_len = text.size();
  entry.mark_text = text;
  return entry;
}

inline BlockLog LogOf(std::vector<BlockLogEntry> entries) {
  BlockLog log;
  log.entries = std::move(entries);
  return log;
}

// The sectors that a power loss after `point` events may leave at an older
// version, ascending.
inline std::vector<uint64_t> LosableSectors(const Trace& trace,
                                            EventNumber point) {
  const CrashSpace space(trace, trace.geometry().sector_bytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(point);
  std::vector<uint64_t> sectors;
  for (const Slot slot : cursor.open()) sectors.push_back(space.block(slot));
  return sectors;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_BLOCK_LOG_LOG_ENTRIES_H_
