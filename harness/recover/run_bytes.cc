#include "harness/recover/run_bytes.h"

#include <cstdint>
#include <utility>

#include "harness/system/packed_bytes.h"

namespace powercut {
namespace {

void WriteReads(PackedWriter& out, const RunReads& reads) {
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

RunReads ReadReads(PackedReader& in, const RunDisk& disk) {
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

void WriteEvent(PackedWriter& out, const RecoveryEvent& event) {
  out.Number(event.kind);
  out.Number(static_cast<uint64_t>(event.layer));
  if (event.kind != DiskEvent::kPersist) {
    out.Number(event.range.first);
    out.Number(event.range.count);
    out.Raw(event.data);
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

SectorRange ReadRange(PackedReader& in, const DiskGeometry& geometry) {
  SectorRange range;
  range.first = in.NumberUpTo(geometry.sector_count);
  range.count = in.NumberUpTo(geometry.sector_count - range.first);
  in.Require(range.count > 0);
  return range;
}

RecoveryEvent ReadEvent(PackedReader& in, const DiskGeometry& geometry,
                        EventNumber number) {
  RecoveryEvent event;
  event.kind = static_cast<DiskEvent::Kind>(in.NumberUpTo(DiskEvent::kDiscard));
  event.layer =
      static_cast<Layer>(in.NumberUpTo(static_cast<uint64_t>(Layer::kMedia)));
  switch (event.kind) {
    case DiskEvent::kWrite: {
      in.Require(event.layer != Layer::kMedia);
      event.range = ReadRange(in, geometry);
      const ByteSpan data = in.Raw(event.range.count * geometry.sector_bytes);
      event.data.assign(data.begin(), data.end());
      break;
    }
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
  PackedWriter writer(out);
  WriteReads(writer, access.reads);
  writer.Number(access.writes.size());
  for (const RecoveryEvent& event : access.writes) WriteEvent(writer, event);
}

Result<RunAccess> RunAccessOfBytes(std::string_view bytes,
                                   const RunDisk& disk) {
  PackedReader in(bytes);
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
