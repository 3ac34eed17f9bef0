// Builds a log in memory. Each call appends one entry and sets the fields of
// its header so that WriteBlockLog() accepts them. Only an image becomes an
// unknown number of entries: its pages are joined into long writes.

#include "harness/block_log/builder.h"

namespace powercut {

void BlockLogBuilder::AddMark(std::string text) {
  BlockLogEntry& entry = log_.entries.emplace_back();
  entry.flags = BlockLogEntry::kMark;
  // Readers find the end of the text by data_len: the text may hold NULs.
  entry.data_len = text.size();
  entry.mark_text = std::move(text);
}

void BlockLogBuilder::AddWrite(uint64_t first_sector, ByteSpan data,
                               uint64_t flags) {
  BlockLogEntry& entry = log_.entries.emplace_back();
  entry.sector = first_sector;
  entry.sector_count = data.size() / log_.sector_bytes;
  entry.flags = flags;
  entry.payload.assign(data.begin(), data.end());
}

void BlockLogBuilder::AddFlush() {
  log_.entries.emplace_back().flags = BlockLogEntry::kFlush;
}

void BlockLogBuilder::AddDiscard(SectorRange range) {
  BlockLogEntry& entry = log_.entries.emplace_back();
  entry.sector = range.first;
  entry.sector_count = range.count;
  entry.flags = BlockLogEntry::kDiscard;
}

void BlockLogBuilder::AddImage(const SparseImage& image) {
  // Adjacent pages become one write, since each write costs a header of one
  // sector. A write ends after 1 MiB, so that no reader needs to hold a whole
  // disk as one entry.
  constexpr uint64_t kLongestBytes = uint64_t{1} << 20;
  uint64_t begin = 0;
  uint64_t end = 0;
  image.ForEachPage([&](uint64_t offset_bytes, ByteSpan page) {
    // A reader takes what is not written for zeros.
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

// Lengthens the write that was added last, which ends where `data` begins.
void BlockLogBuilder::ExtendWrite(ByteSpan data) {
  BlockLogEntry& entry = log_.entries.back();
  entry.payload.insert(entry.payload.end(), data.begin(), data.end());
  entry.sector_count = entry.payload.size() / log_.sector_bytes;
}

}  // namespace powercut
