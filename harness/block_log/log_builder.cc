#include "harness/block_log/log_builder.h"

namespace powercut {

void LogBuilder::AddMark(std::string text) {
  LogEntry& entry = log_.entries.emplace_back();
  entry.flags = LogEntry::kMark;
  entry.data_len = text.size();
  entry.mark_text = std::move(text);
}

void LogBuilder::AddWrite(uint64_t first_sector, ByteSpan data,
                          uint64_t flags) {
  LogEntry& entry = log_.entries.emplace_back();
  entry.sector = first_sector;
  entry.sector_count = data.size() / log_.sector_bytes;
  entry.flags = flags;
  entry.payload.assign(data.begin(), data.end());
}

void LogBuilder::AddFlush() {
  log_.entries.emplace_back().flags = LogEntry::kFlush;
}

void LogBuilder::AddDiscard(SectorRange range) {
  LogEntry& entry = log_.entries.emplace_back();
  entry.sector = range.first;
  entry.sector_count = range.count;
  entry.flags = LogEntry::kDiscard;
}

void LogBuilder::AddImage(const SparseImage& image) {
  // Neighbouring pages become one write, but not an endless one.
  constexpr uint64_t kLongestBytes = uint64_t{1} << 20;
  uint64_t begin = 0;
  uint64_t end = 0;
  image.ForEachPage([&](uint64_t offset_bytes, ByteSpan page) {
    if (AllZero(page)) return;
    if (offset_bytes == end && end - begin > 0 && end - begin < kLongestBytes) {
      ExtendWrite(page);
    } else {
      AddWrite(offset_bytes / log_.sector_bytes, page);
      begin = offset_bytes;
    }
    end = offset_bytes + page.size();
  });
}

// Appends to the write just added, which ends where `data` begins.
void LogBuilder::ExtendWrite(ByteSpan data) {
  LogEntry& entry = log_.entries.back();
  entry.payload.insert(entry.payload.end(), data.begin(), data.end());
  entry.sector_count = entry.payload.size() / log_.sector_bytes;
}

}  // namespace powercut
