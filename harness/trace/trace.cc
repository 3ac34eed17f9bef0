// A trace is a few flat arrays: events of a fixed size, chunks with the bytes
// of all writes, the scopes of persist events, and the marks. An event refers
// to its bytes and its scope by their place. Bytes never move, so that crash
// spaces and images can point to them and need not copy blocks that a write
// covers whole.
//
// Example: a write of sector 9, a flush, a write of sectors 8 and 9, with 512
// bytes a sector:
//
//   events  1 write  {9, 1}  data_offset 0
//           2 persist media  upto 2, no scope
//           3 write  {8, 2}  data_offset 512
//   data    one chunk: 512 bytes of event 1, then 1024 bytes of event 3
//
// The content of a write lies in one chunk. A chunk has at most 1 MiB, or holds
// one longer write alone, so that the lower 20 bits of an offset are the place
// in the chunk and the upper bits are the index of the chunk.
//
// Every Add function checks its arguments, since backends call them with what
// the storage under test asked for. The digest covers the same facts in a form
// that does not depend on how this file keeps them.

#include "harness/trace/trace.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

// The longest chunk of contents that can hold several writes, and the shortest.
constexpr uint64_t kChunkBytes = uint64_t{1} << 20;
constexpr uint64_t kShortestChunkBytes = uint64_t{1} << 12;

// XXH3 over numbers and bytes in a fixed form, so that a digest does not depend
// on the memory layout of structs. Ids in files end in digests, so that the
// form must never change.
class Hasher {
 public:
  Hasher() : state_(XXH3_createState()) {
    POWERCUT_CHECK(state_ != nullptr);
    POWERCUT_CHECK(XXH3_64bits_reset(state_) == XXH_OK);
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() { XXH3_freeState(state_); }

  void AddNumber(uint64_t number) {
    POWERCUT_CHECK(XXH3_64bits_update(state_, &number, sizeof(number)) ==
                   XXH_OK);
  }
  void AddBytes(ByteSpan bytes) {
    // The size tells where this span ends and the next begins.
    AddNumber(bytes.size());
    if (bytes.empty()) return;
    POWERCUT_CHECK(XXH3_64bits_update(state_, bytes.data(), bytes.size()) ==
                   XXH_OK);
  }
  uint64_t Finish() const { return XXH3_64bits_digest(state_); }

 private:
  XXH3_state_t* state_;
};

void AddScope(Hasher& hasher, const SectorSet& scope) {
  hasher.AddNumber(scope.size());
  scope.ForEachRange([&hasher](SectorRange range) {
    hasher.AddNumber(range.first);
    hasher.AddNumber(range.count);
  });
}

// Writes zeros over a range. A discard may span terabytes of which little was
// ever written, so that a long one visits the pages that exist.
void Clear(SparseImage& image, uint64_t offset_bytes, uint64_t count_bytes) {
  constexpr uint64_t kPieceBytes = uint64_t{1} << 16;
  constexpr uint64_t kLongBytes = uint64_t{1} << 24;
  // Offset and count of each. They are collected first, so that the image does
  // not change while its pages are visited.
  std::vector<std::pair<uint64_t, uint64_t>> pieces;
  const uint64_t end = offset_bytes + count_bytes;
  if (count_bytes <= kLongBytes) {
    for (uint64_t at = offset_bytes; at < end; at += kPieceBytes) {
      pieces.emplace_back(at, std::min(kPieceBytes, end - at));
    }
  } else {
    image.ForEachPage([&](uint64_t page_offset, ByteSpan page) {
      const uint64_t from = std::max(page_offset, offset_bytes);
      const uint64_t to = std::min(page_offset + page.size(), end);
      if (from < to) pieces.emplace_back(from, to - from);
    });
  }
  const Bytes zeros(kPieceBytes);
  for (const auto& [at, count] : pieces) {
    image.Write(at, ByteSpan(zeros).first(count));
  }
}

}  // namespace

Trace::Trace(DiskGeometry geometry, std::shared_ptr<const SparseImage> base)
    : geometry_(geometry), base_(std::move(base)) {
  POWERCUT_CHECK(base_ != nullptr);
  POWERCUT_CHECK(base_->size_bytes() == geometry_.size_bytes());
}

const DiskEvent& Trace::event(EventNumber number) const {
  POWERCUT_CHECK(number >= 1 && number <= events_.size());
  return events_[number - 1];
}

ByteSpan Trace::data(const DiskEvent& write) const {
  POWERCUT_CHECK(write.kind == DiskEvent::kWrite);
  const uint64_t count_bytes = write.range.count * geometry_.sector_bytes;
  const uint64_t chunk = write.data_offset / kChunkBytes;
  const uint64_t begin = write.data_offset % kChunkBytes;
  POWERCUT_CHECK(chunk < data_.size() && begin <= data_[chunk].size() &&
                 count_bytes <= data_[chunk].size() - begin);
  return ByteSpan(data_[chunk]).subspan(begin, count_bytes);
}

uint64_t Trace::Keep(ByteSpan data) {
  // A chunk is never made longer than it was made for, since its bytes would
  // move. After a copy of the trace, none of them has any room.
  if (data_.empty() ||
      data_.back().capacity() - data_.back().size() < data.size()) {
    // The first chunks are short, since most traces are.
    const uint64_t chunk_bytes =
        data_.size() < 8 ? kShortestChunkBytes << data_.size() : kChunkBytes;
    data_.emplace_back().reserve(std::max<uint64_t>(chunk_bytes, data.size()));
  }
  Bytes& chunk = data_.back();
  const uint64_t offset = (data_.size() - 1) * kChunkBytes + chunk.size();
  chunk.insert(chunk.end(), data.begin(), data.end());
  return offset;
}

const SectorSet& Trace::scope(const DiskEvent& persist) const {
  POWERCUT_CHECK(persist.scope.has_value() && *persist.scope < scopes_.size());
  return scopes_[*persist.scope];
}

EventNumber Trace::AddWrite(uint64_t first_sector, ByteSpan data, Layer layer) {
  POWERCUT_CHECK(!data.empty() && data.size() % geometry_.sector_bytes == 0);
  const uint64_t count = data.size() / geometry_.sector_bytes;
  POWERCUT_CHECK(count <= geometry_.sector_count &&
                 first_sector <= geometry_.sector_count - count);
  POWERCUT_CHECK(layer != Layer::kMedia);
  POWERCUT_CHECK(events_.size() < std::numeric_limits<EventNumber>::max());
  events_.push_back({.range = {.first = first_sector, .count = count},
                     .data_offset = Keep(data),
                     .upto = 0,
                     .scope = std::nullopt,
                     .kind = DiskEvent::kWrite,
                     .layer = layer});
  // The digest covered one event less.
  digest_.reset();
  return event_count();
}

EventNumber Trace::AddPersist(Layer to, const SectorSet* scope,
                              std::optional<EventNumber> upto) {
  POWERCUT_CHECK(to != Layer::kProcess);
  POWERCUT_CHECK(events_.size() < std::numeric_limits<EventNumber>::max());
  const EventNumber number = event_count() + 1;
  POWERCUT_CHECK(!upto || *upto <= number);
  DiskEvent persist{.range = {},
                    .data_offset = 0,
                    .upto = upto.value_or(number),
                    .scope = std::nullopt,
                    .kind = DiskEvent::kPersist,
                    .layer = to};
  if (scope != nullptr) {
    // The scope must hold no sector from the end of the disk on. A set has no
    // numbers from 2^32 on, and may not be asked for them.
    constexpr uint64_t kSectorLimit = uint64_t{1} << 32;
    const uint64_t disk_end = std::min(geometry_.sector_count, kSectorLimit);
    POWERCUT_CHECK(!scope->Intersects(
        {.first = disk_end, .count = kSectorLimit - disk_end}));
    persist.scope = static_cast<uint32_t>(scopes_.size());
    scopes_.push_back(*scope);
  }
  events_.push_back(persist);
  digest_.reset();
  return number;
}

EventNumber Trace::AddDiscard(SectorRange range) {
  POWERCUT_CHECK(range.count > 0 && range.count <= geometry_.sector_count &&
                 range.first <= geometry_.sector_count - range.count);
  POWERCUT_CHECK(events_.size() < std::numeric_limits<EventNumber>::max());
  events_.push_back({.range = range,
                     .data_offset = 0,
                     .upto = 0,
                     .scope = std::nullopt,
                     .kind = DiskEvent::kDiscard,
                     .layer = Layer::kDevice});
  digest_.reset();
  return event_count();
}

void Trace::AddMark(std::string_view text) {
  marks_.push_back({.after = event_count(), .text = std::string(text)});
}

uint32_t Trace::Digest() const {
  if (digest_) return *digest_;
  Hasher hasher;
  hasher.AddNumber(geometry_.sector_bytes);
  hasher.AddNumber(geometry_.sector_count);
  base_->ForEachPage([&hasher](uint64_t offset_bytes, ByteSpan page) {
    // Equal disks must have equal digests: whether zeros were written or never
    // touched makes no difference.
    if (AllZero(page)) return;
    hasher.AddNumber(offset_bytes);
    hasher.AddBytes(page);
  });
  hasher.AddNumber(events_.size());
  for (const DiskEvent& event : events_) {
    hasher.AddNumber(event.kind);
    hasher.AddNumber(static_cast<uint64_t>(event.layer));
    hasher.AddNumber(event.range.first);
    hasher.AddNumber(event.range.count);
    hasher.AddNumber(event.upto);
    hasher.AddNumber(event.scope.has_value() ? 1 : 0);
    if (event.scope) AddScope(hasher, scope(event));
    if (event.kind == DiskEvent::kWrite) hasher.AddBytes(data(event));
  }
  digest_ = static_cast<uint32_t>(hasher.Finish());
  return *digest_;
}

SparseImage ApplyAll(const Trace& trace) {
  return ApplyUpTo(trace, trace.event_count());
}

SparseImage ApplyUpTo(const Trace& trace, EventNumber point) {
  // The order of the events is the order of versions, so that a later version
  // overwrites an earlier one whatever the layers; persists change no content.
  SparseImage image = trace.base();
  const uint64_t sector_bytes = trace.geometry().sector_bytes;
  for (EventNumber number = 1; number <= point; ++number) {
    const DiskEvent& event = trace.event(number);
    const uint64_t offset_bytes = event.range.first * sector_bytes;
    if (event.kind == DiskEvent::kWrite) {
      image.Write(offset_bytes, trace.data(event));
    } else if (event.kind == DiskEvent::kDiscard) {
      Clear(image, offset_bytes, event.range.count * sector_bytes);
    }
  }
  return image;
}

}  // namespace powercut
