#include "harness/crash_disk.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace powercut {

CrashDisk::CrashDisk(SparseImage& image, DiskGeometry geometry,
                     uint32_t block_bytes, uint64_t request_limit)
    : image_(image),
      geometry_(geometry),
      block_bytes_(block_bytes),
      request_limit_(request_limit),
      sector_written_in_(MakeRunNumbers(geometry.sector_count)),
      block_read_in_(MakeRunNumbers(geometry.size_bytes() / block_bytes + 1)) {}

CrashDisk::RunNumbers CrashDisk::MakeRunNumbers(uint64_t count) {
  RunNumbers numbers(
      static_cast<uint32_t*>(std::calloc(count, sizeof(uint32_t))));
  CHECK(numbers != nullptr);
  return numbers;
}

CrashDisk::~CrashDisk() { Reset(); }

Status CrashDisk::CountRequest() {
  ++requests_;
  if (!limit_reached()) return Ok{};
  return Error{ErrorCode::kIo, "recovery made too many device requests"};
}

Status CrashDisk::Read(uint64_t first_sector, MutableByteSpan out) {
  POWERCUT_TRY(CountRequest());
  const uint64_t per_block = block_bytes_ / geometry_.sector_bytes;
  const uint64_t end = first_sector + out.size() / geometry_.sector_bytes;
  for (uint64_t sector = first_sector; sector < end; ++sector) {
    uint32_t& read_in = block_read_in_[sector / per_block];
    if (read_in == run_ || sector_written_in_[sector] == run_) continue;
    read_in = run_;
    blocks_read_.push_back(sector / per_block);
  }
  image_.Read(first_sector * geometry_.sector_bytes, out);
  return Ok{};
}

Status CrashDisk::Write(uint64_t first_sector, ByteSpan data, Layer layer) {
  POWERCUT_TRY(CountRequest());
  WriteImage(first_sector, data);
  if (KeepsEvents()) {
    const uint64_t count = data.size() / geometry_.sector_bytes;
    events_.push_back({DiskEvent::kWrite,
                       layer,
                       {first_sector, count},
                       {data.begin(), data.end()},
                       0,
                       std::nullopt});
  }
  return Ok{};
}

void CrashDisk::WriteImage(uint64_t first_sector, ByteSpan data) {
  ++write_count_;
  const uint32_t size = geometry_.sector_bytes;
  for (uint64_t i = 0; i < data.size() / size; ++i) {
    const uint64_t sector = first_sector + i;
    if (sector_written_in_[sector] == run_) continue;
    sector_written_in_[sector] = run_;
    saved_sectors_.push_back(sector);
    saved_bytes_.resize(saved_bytes_.size() + size);
    image_.Read(sector * size, MutableByteSpan(saved_bytes_).last(size));
  }
  image_.Write(first_sector * size, data);
}

Status CrashDisk::Persist(Layer to, const SectorSet* scope,
                          std::optional<EventNumber> upto) {
  POWERCUT_TRY(CountRequest());
  if (!KeepsEvents()) return Ok{};
  const auto number = static_cast<EventNumber>(events_.size() + 1);
  RecoveryEvent event;
  event.kind = DiskEvent::kPersist;
  event.layer = to;
  event.upto = std::min(upto.value_or(number), number);
  if (scope != nullptr) event.scope = *scope;
  events_.push_back(std::move(event));
  return Ok{};
}

Status CrashDisk::Discard(SectorRange range) {
  POWERCUT_TRY(CountRequest());
  WriteImage(range.first, Bytes(range.count * geometry_.sector_bytes));
  if (KeepsEvents()) {
    events_.push_back(
        {DiskEvent::kDiscard, Layer::kDevice, range, {}, 0, std::nullopt});
  }
  return Ok{};
}

void CrashDisk::Mark(std::string_view) {}

std::vector<FirstRead> CrashDisk::FirstReads() const {
  const uint64_t sector_bytes = geometry_.sector_bytes;
  std::unordered_map<uint64_t, size_t> saved;
  for (size_t i = 0; i < saved_sectors_.size(); ++i) {
    saved.emplace(saved_sectors_[i], i);
  }
  std::vector<FirstRead> reads;
  for (const uint64_t block : blocks_read_) {
    Bytes content(block_bytes_);
    const uint64_t offset = block * block_bytes_;
    const uint64_t size =
        std::min<uint64_t>(block_bytes_, image_.size_bytes() - offset);
    image_.Read(offset, MutableByteSpan(content).first(size));
    // What it found is what lay there before its own writes.
    for (uint64_t at = 0; at < size; at += sector_bytes) {
      const auto found = saved.find((offset + at) / sector_bytes);
      if (found == saved.end()) continue;
      const ByteSpan old =
          ByteSpan(saved_bytes_)
              .subspan(found->second * sector_bytes, sector_bytes);
      std::copy(old.begin(), old.end(),
                content.begin() + static_cast<ptrdiff_t>(at));
    }
    reads.push_back({block, HashBytes(content, block)});
  }
  return reads;
}

RunReads CrashDisk::Reads(const Observation&) const {
  return {blocks_read_, {}};
}

void CrashDisk::Reset() {
  const uint32_t size = geometry_.sector_bytes;
  for (size_t i = 0; i < saved_sectors_.size(); ++i) {
    image_.Write(saved_sectors_[i] * size,
                 ByteSpan(saved_bytes_).subspan(i * size, size));
  }
  saved_sectors_.clear();
  saved_bytes_.clear();
  blocks_read_.clear();
  events_.clear();
  observing_ = false;
  requests_ = 0;
  write_count_ = 0;
  ++run_;
}

}  // namespace powercut
