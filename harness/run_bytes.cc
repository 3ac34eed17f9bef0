#include "harness/run_bytes.h"

#include <cstdint>
#include <utility>

namespace powercut {
namespace {

// Numbers in groups of seven bits, the lowest first; the last has no top bit.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void Number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      out_.push_back(static_cast<char>(value | 0x80));
    }
    out_.push_back(static_cast<char>(value));
  }
  // How far it is from the one before: near blocks are read one after another.
  void Step(uint64_t from, uint64_t to) {
    const uint64_t step = to - from;
    const uint64_t sign = step >> 63 == 0 ? 0 : ~uint64_t{0};
    Number(step << 1 ^ sign);
  }
  void Append(ByteSpan data) { out_.append(AsText(data)); }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == bytes_.size()) break;
      const auto group = static_cast<uint8_t>(bytes_[at_++]);
      value |= static_cast<uint64_t>(group & 0x7f) << shift;
      if (group < 0x80) return value;
    }
    Fail();
    return 0;
  }
  // Fails above `most`.
  uint64_t NumberUpTo(uint64_t most) {
    const uint64_t value = Number();
    if (value <= most) return value;
    Fail();
    return 0;
  }
  uint64_t Step(uint64_t from) {
    const uint64_t coded = Number();
    return from + (coded >> 1 ^ (~(coded & 1) + 1));
  }
  // A count of things of at least `least_bytes` bytes each.
  uint64_t Count(uint64_t least_bytes) {
    return NumberUpTo((bytes_.size() - at_) / least_bytes);
  }
  Bytes Take(uint64_t size) {
    if (size > bytes_.size() - at_) {
      Fail();
      return {};
    }
    const ByteSpan taken = AsBytes(bytes_.substr(at_, size));
    at_ += size;
    return {taken.begin(), taken.end()};
  }
  void Require(bool holds) {
    if (!holds) Fail();
  }
  bool Good() const { return good_; }
  bool Finished() const { return good_ && at_ == bytes_.size(); }

 private:
  void Fail() {
    good_ = false;
    at_ = bytes_.size();
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool good_ = true;
};

void WriteReads(Writer& out, const RunReads& reads) {
  out.Number(reads.blocks.size());
  uint64_t before = 0;
  for (const uint64_t block : reads.blocks) {
    out.Step(before, block);
    before = block;
  }
  out.Number(reads.copies.size());
  before = 0;
  for (const CopiedPiece& piece : reads.copies) {
    out.Step(before, piece.block);
    before = piece.block;
    out.Number(piece.offset_in_block);
    out.Number(piece.size_bytes);
    // kDevice becomes 0.
    out.Number(static_cast<uint32_t>(piece.entry + 1));
    out.Number(piece.offset_bytes);
  }
}

RunReads ReadReads(Reader& in, const RunDisk& disk) {
  const uint64_t disk_bytes = disk.geometry.size_bytes();
  const uint64_t block_count =
      (disk_bytes + disk.block_bytes - 1) / disk.block_bytes;
  RunReads reads;
  reads.blocks.resize(in.Count(1));
  uint64_t before = 0;
  for (uint64_t& block : reads.blocks) {
    block = before = in.Step(before);
    in.Require(block < block_count);
  }
  constexpr uint64_t kLeastPieceBytes = 5;
  reads.copies.resize(in.Count(kLeastPieceBytes));
  before = 0;
  for (CopiedPiece& piece : reads.copies) {
    piece.block = before = in.Step(before);
    in.Require(piece.block < block_count);
    piece.offset_in_block =
        static_cast<uint32_t>(in.NumberUpTo(disk.block_bytes));
    piece.size_bytes = static_cast<uint32_t>(
        in.NumberUpTo(disk.block_bytes - piece.offset_in_block));
    piece.entry = static_cast<uint32_t>(in.NumberUpTo(~uint32_t{0})) - 1;
    piece.offset_bytes = in.Number();
  }
  return reads;
}

void WriteEvent(Writer& out, const RecoveryEvent& event) {
  out.Number(event.kind);
  out.Number(static_cast<uint64_t>(event.layer));
  if (event.kind != DiskEvent::kPersist) {
    out.Number(event.range.first);
    out.Number(event.range.count);
    out.Append(event.data);
    return;
  }
  out.Number(event.upto);
  std::vector<SectorRange> ranges;
  if (event.scope) {
    event.scope->ForEachRange(
        [&](SectorRange range) { ranges.push_back(range); });
  }
  out.Number(event.scope ? 1 + ranges.size() : 0);
  for (const SectorRange& range : ranges) {
    out.Number(range.first);
    out.Number(range.count);
  }
}

SectorRange ReadRange(Reader& in, const DiskGeometry& geometry) {
  SectorRange range;
  range.first = in.NumberUpTo(geometry.sector_count);
  range.count = in.NumberUpTo(geometry.sector_count - range.first);
  in.Require(range.count > 0);
  return range;
}

RecoveryEvent ReadEvent(Reader& in, const DiskGeometry& geometry,
                        EventNumber number) {
  RecoveryEvent event;
  event.kind = static_cast<DiskEvent::Kind>(in.NumberUpTo(DiskEvent::kDiscard));
  event.layer =
      static_cast<Layer>(in.NumberUpTo(static_cast<uint64_t>(Layer::kMedia)));
  switch (event.kind) {
    case DiskEvent::kWrite:
      in.Require(event.layer != Layer::kMedia);
      event.range = ReadRange(in, geometry);
      event.data = in.Take(event.range.count * geometry.sector_bytes);
      break;
    case DiskEvent::kDiscard:
      in.Require(event.layer == Layer::kDevice);
      event.range = ReadRange(in, geometry);
      break;
    case DiskEvent::kPersist: {
      in.Require(event.layer != Layer::kProcess);
      event.upto = static_cast<EventNumber>(in.NumberUpTo(number));
      const uint64_t ranges = in.Number();
      if (ranges > 0) event.scope.emplace();
      for (uint64_t i = 1; i < ranges && in.Good(); ++i) {
        const SectorRange range = ReadRange(in, geometry);
        if (in.Good()) event.scope->Add(range);
      }
      break;
    }
  }
  return event;
}

}  // namespace

void RunBytes(const RunAccess& access, std::string& out) {
  out.clear();
  Writer writer(out);
  WriteReads(writer, access.reads);
  writer.Number(access.writes.size());
  for (const RecoveryEvent& event : access.writes) WriteEvent(writer, event);
}

Result<RunAccess> RunAccessOfBytes(std::string_view bytes,
                                   const RunDisk& disk) {
  Reader in(bytes);
  RunAccess access;
  access.reads = ReadReads(in, disk);
  constexpr uint64_t kLeastEventBytes = 4;
  const uint64_t events = in.Count(kLeastEventBytes);
  for (uint64_t i = 1; i <= events && in.Good(); ++i) {
    access.writes.push_back(
        ReadEvent(in, disk.geometry, static_cast<EventNumber>(i)));
  }
  if (!in.Finished()) {
    return Error{ErrorCode::kInternal,
                 "a worker sent a malformed account of a run"};
  }
  return access;
}

}  // namespace powercut
