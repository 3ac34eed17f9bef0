// Both forms are sequences of packed values (harness/system/packed_bytes.h).
// What a run read and wrote is sent with every run, so it is small: a block
// read costs about one byte, since most block numbers lie near the one before.
//
// The bytes come from workers, in which storage may have written anywhere. So
// the reader checks every value against the disk, and every count against the
// bytes that are left (the kLeast... constants are the fewest bytes that one
// element takes). Where a piece goes in the observation is not checked here.
//
// A value that may be missing is written as 0, or as 1 plus the count of its
// elements. Example: the blocks 100, 101 and 99 are the bytes 3 (the count),
// 200 1 (the step from 0, doubled to make room for the sign), 2 (+1), 3 (-2).

#include "harness/recover/outcome_codec.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "harness/system/packed_bytes.h"

namespace powercut {

namespace {

void WriteLog(PackedWriter& out, const ObservedLog& log) {
  out.Text(log.name);
  out.Text(log.unreadable);
  out.Number(log.base_lsn);
  out.Number(log.restart_lsn);
  out.Number(log.records.size());
  for (const ObservedRecord& record : log.records) {
    out.Number(record.lsn);
    out.Text(record.content);
    out.Number(record.restart ? 1 : 0);
  }
}

void ReadLog(PackedReader& in, ObservedLog& log) {
  log.name = in.Text();
  log.unreadable = in.Text();
  log.base_lsn = in.Number();
  log.restart_lsn = in.Number();
  constexpr uint64_t kLeastRecordBytes = 3;
  log.records.resize(in.Count(kLeastRecordBytes));
  for (ObservedRecord& record : log.records) {
    record.lsn = in.Number();
    record.content = in.Text();
    record.restart = in.NumberUpTo(1) != 0;
  }
}

// An estimate of the encoded size, to reserve memory once. Contents are nearly
// all of an outcome; an estimate that is too small only costs time.
uint64_t SizeAbout(const Observation& seen) {
  constexpr uint64_t kEntryBytes = 256;
  uint64_t size = kEntryBytes + seen.device.size();
  for (const ObservedEntry& entry : seen.entries) {
    size += kEntryBytes + entry.content.size();
  }
  return size;
}

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
    // kDevice, the largest number, becomes 0 and takes one byte.
    out.Number(static_cast<uint32_t>(piece.entry + 1));
    out.Number(piece.offset_bytes);
  }
  out.Number(reads.parts.size());
  before = 0;
  for (const BlockPart& read : reads.parts) {
    out.Step(before, read.block);
    before = read.block;
    out.Number(read.part);
  }
}

RunReads ReadReads(PackedReader& in, const RunDisk& disk) {
  const uint64_t disk_bytes = disk.geometry.size_bytes();
  // The last block may be cut short by the end of the disk.
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
    const uint64_t end_bytes = piece.block * disk.block_bytes +
                               piece.offset_in_block + piece.size_bytes;
    in.Require(end_bytes <= disk_bytes);
    piece.entry = static_cast<uint32_t>(in.NumberUpTo(~uint32_t{0})) - 1;
    piece.offset_bytes = in.Number();
  }
  constexpr uint64_t kLeastPartBytes = 2;
  reads.parts.resize(in.Count(kLeastPartBytes));
  before = 0;
  for (BlockPart& read : reads.parts) {
    read.block = before = in.Step(before);
    in.Require(read.block < block_count);
    read.part = static_cast<uint32_t>(in.NumberUpTo(~uint32_t{0}));
    in.Require(read.part > 0);
  }
  in.Require(std::ranges::adjacent_find(reads.parts, std::greater_equal()) ==
             reads.parts.end());
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
      // A Trace refuses a write that is at the media from the start.
      in.Require(event.layer != Layer::kMedia);
      event.range = ReadRange(in, geometry);
      const ByteSpan data = in.Raw(event.range.count * geometry.sector_bytes);
      event.data.assign(data.begin(), data.end());
      break;
    }
    case DiskEvent::kDiscard:
      // Discards are requests to the device.
      in.Require(event.layer == Layer::kDevice);
      event.range = ReadRange(in, geometry);
      break;
    case DiskEvent::kPersist: {
      in.Require(event.layer != Layer::kProcess);
      event.upto = static_cast<EventNumber>(in.NumberUpTo(number));
      const uint64_t ranges = in.Number();
      if (ranges > 0) event.scope.emplace();
      // A count that is too large ends this loop when the bytes run out.
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

void EncodeOutcome(const RecoveryOutcome& outcome, std::string& bytes) {
  bytes.clear();
  bytes.reserve(SizeAbout(outcome.observation));
  PackedWriter out(bytes);
  out.Number(outcome.kind);
  out.Text(outcome.detail);
  const Observation& seen = outcome.observation;
  out.Text(seen.unreadable);
  out.Number(seen.entries.size());
  for (const ObservedEntry& entry : seen.entries) {
    out.Text(entry.path);
    out.Number(entry.is_directory ? 1 : 0);
    out.Number(entry.file_id);
    out.Text(entry.unreadable);
    out.Number(entry.size_bytes);
    out.Text(entry.content);
    out.MaybeNumber(entry.valid_bytes);
    out.MaybeNumber(entry.mtime);
  }
  out.Text(seen.device);
  out.Number(seen.logs.size());
  for (const ObservedLog& log : seen.logs) WriteLog(out, log);
  out.Number(seen.keys ? 1 + seen.keys->size() : 0);
  if (seen.keys) {
    for (const auto& [key, value] : *seen.keys) {
      out.Text(key);
      out.Text(value);
    }
  }
  out.Number(seen.probe_failures.size());
  for (const std::string& failure : seen.probe_failures) out.Text(failure);
  out.Text(outcome.check);
  out.Text(outcome.fsck);
  out.Number(outcome.faults_fired.size());
  for (const uint32_t number : outcome.faults_fired) out.Number(number);
}

std::string EncodeOutcome(const RecoveryOutcome& outcome) {
  std::string bytes;
  EncodeOutcome(outcome, bytes);
  return bytes;
}

Result<RecoveryOutcome> DecodeOutcome(std::string_view bytes) {
  PackedReader in(bytes);
  RecoveryOutcome outcome;
  const uint64_t kind = in.NumberUpTo(RecoveryOutcome::kOwnBug);
  outcome.kind = static_cast<RecoveryOutcome::Kind>(kind);
  outcome.detail = in.Text();
  Observation& seen = outcome.observation;
  seen.unreadable = in.Text();
  constexpr uint64_t kLeastEntryBytes = 8;
  seen.entries.resize(in.Count(kLeastEntryBytes));
  for (ObservedEntry& entry : seen.entries) {
    entry.path = in.Text();
    entry.is_directory = in.NumberUpTo(1) != 0;
    entry.file_id = in.Number();
    entry.unreadable = in.Text();
    entry.size_bytes = in.Number();
    entry.content = in.Text();
    entry.valid_bytes = in.MaybeNumber();
    entry.mtime = in.MaybeNumber();
  }
  seen.device = in.Text();
  constexpr uint64_t kLeastLogBytes = 5;
  seen.logs.resize(in.Count(kLeastLogBytes));
  for (ObservedLog& log : seen.logs) ReadLog(in, log);
  const uint64_t keys = in.Number();
  if (keys > 0) seen.keys.emplace();
  for (uint64_t i = 1; i < keys && in.Good(); ++i) {
    const std::string key(in.Text());
    (*seen.keys)[key] = in.Text();
  }
  seen.probe_failures.resize(in.Count(1));
  for (std::string& failure : seen.probe_failures) failure = in.Text();
  outcome.check = in.Text();
  outcome.fsck = in.Text();
  outcome.faults_fired.resize(in.Count(1));
  for (uint32_t& number : outcome.faults_fired) {
    constexpr uint64_t kNumberMax = 0xffff'ffff;
    number = static_cast<uint32_t>(in.NumberUpTo(kNumberMax));
  }
  if (!in.Finished()) {
    return Error{ErrorCode::kInternal, "a worker sent a malformed outcome"};
  }
  return outcome;
}

void EncodeRunAccess(const RunAccess& access, std::string& out) {
  out.clear();
  PackedWriter writer(out);
  WriteReads(writer, access.reads);
  writer.Number(access.writes.size());
  for (const RecoveryEvent& event : access.writes) WriteEvent(writer, event);
}

Result<RunAccess> DecodeRunAccess(std::string_view bytes, const RunDisk& disk) {
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
