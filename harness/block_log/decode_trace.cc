// Makes the trace of a log that EncodeTrace() wrote.
//
// The steps are: read the geometry from the first mark, verify the count and
// the checksum of the end mark, collect the base up to `powercut:base-end`,
// then turn the remaining entries into events and marks in their order. Only
// the version and the geometry are believed before the checksum is verified.
// What fails to parse later is therefore not damage: a program wrote it
// wrongly.
//
// An entry is accepted only in the one form in which EncodeTrace() writes it.
// An example, after the base:
//
//     mark   powercut:layer host       later writes are at the host
//     write  sector 3                  event 1, at the host
//     mark   powercut:persist to=device upto=1 ranges=3+1
//                                      event 2
//     flush                            event 3
//     mark   powercut:mark powercut:end 1 ok
//                                      the mark `powercut:end 1 ok`
//
// Persists name ranges, and a range of any length takes a few bytes. The limits
// of limits.h hold before memory is allocated for one.

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/base/check.h"
#include "harness/block_log/cursor.h"
#include "harness/block_log/limits.h"
#include "harness/block_log/trace_codec.h"
#include "harness/trace/ack_looks.h"
#include "harness/trace/marks.h"

namespace powercut {
namespace {

// The Take functions parse from the front of `text` and remove what they took.
// They return false, and may have changed `text`, if it begins otherwise.
bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeNumber(std::string_view& text, uint64_t& number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(end - text.data());
  return true;
}

bool TakeLayer(std::string_view& text, Layer& layer) {
  for (const Layer candidate :
       {Layer::kProcess, Layer::kHost, Layer::kDevice, Layer::kMedia}) {
    if (TakePrefix(text, LayerName(candidate))) {
      layer = candidate;
      return true;
    }
  }
  return false;
}

// Reads one log; Read() is called once.
class TraceReader {
 public:
  explicit TraceReader(const BlockLog& log)
      : log_(log), cursor_(log, kContinuationMark), lint_(log.lint) {}

  Result<LoadedTrace> Read() &&;

 private:
  Error Bad(std::string_view reason) const { return cursor_.Bad(reason); }

  Result<DiskGeometry> ReadGeometry();
  // Verifies the end mark: its place, count and checksum.
  Status CheckEnd() const;
  Status ReadBase(SparseImage& base, TraceAbout& about);
  Status ReadAbout(std::string_view rest, TraceAbout& about);
  Status ReadMark(Trace& trace);
  Status ReadPersist(std::string_view rest, Trace& trace);
  Result<SectorSet> ReadRanges(std::string_view rest,
                               const DiskGeometry& geometry);
  Status CheckRange(const DiskGeometry& geometry) const;
  Status CheckWrite(const DiskGeometry& geometry) const;
  Status ReadEvent(Trace& trace);

  const BlockLog& log_;
  BlockLogCursor cursor_;
  // The layer of the next write.
  Layer layer_ = Layer::kDevice;
  ScopeBudget scope_budget_;
  std::vector<std::string> lint_;
};

Result<LoadedTrace> TraceReader::Read() && {
  POWERCUT_ASSIGN(const DiskGeometry geometry, ReadGeometry());
  POWERCUT_TRY(CheckEnd());
  // The end mark was read by CheckEnd(). It is never a continuation, so that
  // the walk ends exactly before it.
  cursor_.LimitTo(log_.entries.size() - 1);
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  TraceAbout about;
  POWERCUT_TRY(ReadBase(*base, about));
  Trace trace(geometry, std::move(base));
  while (cursor_.Next()) {
    POWERCUT_TRY(IsMark(cursor_.entry()) ? ReadMark(trace) : ReadEvent(trace));
  }
  return LoadedTrace{.trace = std::move(trace),
                     .about = std::move(about),
                     .lint = std::move(lint_)};
}

Result<DiskGeometry> TraceReader::ReadGeometry() {
  POWERCUT_CHECK(cursor_.Next());
  std::string_view rest = cursor_.text();
  uint64_t version = 0;
  uint64_t sector_bytes = 0;
  uint64_t sector_count = 0;
  if (!TakePrefix(rest, kTraceMark) || !TakeNumber(rest, version)) {
    return Bad("expected `powercut:trace version=..`");
  }
  // The version is judged first: another version may have other words after it,
  // and its number is then the only useful message.
  if (version != kTraceVersion) {
    return Bad(fmt::format("trace version {}; this powercut reads {}", version,
                           kTraceVersion));
  }
  if (!TakePrefix(rest, " sector=") || !TakeNumber(rest, sector_bytes) ||
      !TakePrefix(rest, " sectors=") || !TakeNumber(rest, sector_count) ||
      !rest.empty()) {
    return Bad("expected `powercut:trace version=.. sector=.. sectors=..`");
  }
  const std::string fault = GeometryProblem(sector_bytes, sector_count);
  if (!fault.empty()) return Bad(fault);
  if (sector_bytes != log_.sector_bytes) {
    return Bad(fmt::format("the trace has sectors of {} bytes, its log of {}",
                           sector_bytes, log_.sector_bytes));
  }
  return DiskGeometry{.sector_bytes = log_.sector_bytes,
                      .sector_count = sector_count};
}

Status TraceReader::CheckEnd() const {
  // Reading a log keeps every byte of its entries, so that writing the log
  // again gives the bytes that the writer took the checksum of.
  const Bytes bytes = WriteBlockLog(log_);
  const BlockLogEntry& end = log_.entries.back();
  const size_t index = log_.entries.size() - 1;
  const uint64_t offset_bytes =
      bytes.size() - log_.sector_bytes - end.payload.size();
  const auto bad = [&](std::string_view reason) {
    return Error{ErrorCode::kBadInput, AtEntry(index, offset_bytes, reason)};
  };
  if (!IsMarkWith(end, kEndMark)) {
    return bad("incomplete: the last entry is not `powercut:end`");
  }
  const std::string expected = EndMarkText(
      index, ByteSpan(bytes).first(offset_bytes), log_.sector_bytes);
  // The checksum does not cover the end mark itself. Its text is compared as a
  // whole, and `sector` is the only other field that a mark leaves open.
  if (end.mark_text != expected || end.sector != 0) {
    return bad(fmt::format(
        "wrong count or checksum: the entries in front need `{}`", expected));
  }
  return Ok{};
}

Status TraceReader::ReadBase(SparseImage& base, TraceAbout& about) {
  const DiskGeometry geometry{
      .sector_bytes = log_.sector_bytes,
      .sector_count = base.size_bytes() / log_.sector_bytes};
  while (cursor_.Next()) {
    const BlockLogEntry& entry = cursor_.entry();
    const std::string_view text = cursor_.text();
    if (!IsMark(entry)) {
      if (entry.flags != 0) return Bad("only writes make up the base");
      POWERCUT_TRY(CheckWrite(geometry));
      base.Write(entry.sector * geometry.sector_bytes, entry.payload);
    } else if (text == kBaseEndMark) {
      return Ok{};
    } else if (text.starts_with(kAboutMark)) {
      POWERCUT_TRY(ReadAbout(text.substr(kAboutMark.size()), about));
    } else {
      return Bad("this mark does not belong before `powercut:base-end`");
    }
  }
  return Bad("expected `powercut:base-end`");
}

Status TraceReader::ReadAbout(std::string_view rest, TraceAbout& about) {
  if (TakePrefix(rest, "backend ")) {
    about.backend = rest;
  } else if (TakePrefix(rest, "pcut ")) {
    about.pcut = rest;
  } else if (TakePrefix(rest, "origin ")) {
    about.origin = rest;
  } else if (TakePrefix(rest, "writeback ")) {
    about.writeback = rest;
  } else if (uint64_t number = 0; TakePrefix(rest, "program-end ") &&
                                  TakeNumber(rest, number) && rest.empty()) {
    about.program_end = static_cast<EventNumber>(
        std::min<uint64_t>(number, std::numeric_limits<EventNumber>::max()));
  } else if (TakePrefix(rest, "looks ")) {
    // The text is verified here, so that whoever uses it need not.
    if (const auto looks = AckLooks::Parse(rest); !looks) {
      return Bad(looks.error().message);
    }
    about.looks = rest;
  } else if (TakePrefix(rest, "profile ")) {
    about.profile = rest;
  } else if (TakePrefix(rest, "calls ")) {
    about.calls = rest;
  } else {
    lint_.push_back(cursor_.At("an unknown `powercut:about` was passed over"));
  }
  return Ok{};
}

Status TraceReader::ReadMark(Trace& trace) {
  std::string_view rest = cursor_.text();
  // Marks that do not begin with `powercut:` stand as they are; all others are
  // escaped or have a meaning.
  if (!rest.starts_with(kOurs)) {
    trace.AddMark(rest);
    return Ok{};
  }
  if (TakePrefix(rest, kUserMark)) {
    trace.AddMark(rest);
    return Ok{};
  }
  if (TakePrefix(rest, kPersistMark)) return ReadPersist(rest, trace);
  if (TakePrefix(rest, kLayerMark) && TakeLayer(rest, layer_) && rest.empty() &&
      layer_ != Layer::kMedia) {
    return Ok{};
  }
  return Bad("a `powercut:` mark that this version does not know");
}

Status TraceReader::ReadPersist(std::string_view rest, Trace& trace) {
  Layer to = Layer::kProcess;
  uint64_t upto = 0;
  if (!TakeLayer(rest, to) || to == Layer::kProcess ||
      !TakePrefix(rest, " upto=") || !TakeNumber(rest, upto)) {
    return Bad("expected `powercut:persist to=LAYER upto=N ..`");
  }
  // A persist may name itself as its limit, which means everything so far. The
  // comparison also makes the narrowing of `upto` below safe.
  const EventNumber number = trace.event_count() + 1;
  if (upto > number) {
    return Bad(fmt::format("event {} cannot carry what event {} will write",
                           number, upto));
  }
  if (rest == " all") {
    trace.AddPersist(to, nullptr, static_cast<EventNumber>(upto));
    return Ok{};
  }
  if (!TakePrefix(rest, " ranges=")) return Bad("expected `all` or `ranges=`");
  POWERCUT_ASSIGN(const SectorSet scope, ReadRanges(rest, trace.geometry()));
  trace.AddPersist(to, &scope, static_cast<EventNumber>(upto));
  return Ok{};
}

Result<SectorSet> TraceReader::ReadRanges(std::string_view rest,
                                          const DiskGeometry& geometry) {
  // Ranges that touch would be one range: each set has one spelling only. A
  // following range must begin after `least_first`, which is 0 before the first
  // range.
  SectorSet scope;
  uint64_t least_first = 0;
  while (!rest.empty()) {
    SectorRange range;
    if ((least_first > 0 && !TakePrefix(rest, ",")) ||
        !TakeNumber(rest, range.first) || !TakePrefix(rest, "+") ||
        !TakeNumber(rest, range.count)) {
      return Bad("expected ranges as FIRST+COUNT,FIRST+COUNT,..");
    }
    if (range.first < least_first || range.count == 0) {
      return Bad("ranges are not empty and ascend without touching");
    }
    if (range.first > geometry.sector_count ||
        range.count > geometry.sector_count - range.first) {
      return Bad(fmt::format("range {}+{} lies beyond the disk's {} sectors",
                             range.first, range.count, geometry.sector_count));
    }
    // The budget is asked before the set grows.
    if (!scope_budget_.Take(range.count)) {
      return Bad("the trace's persist events name too many sectors");
    }
    scope.Add(range);
    least_first = range.end() + 1;
  }
  return scope;
}

Status TraceReader::CheckRange(const DiskGeometry& geometry) const {
  const BlockLogEntry& entry = cursor_.entry();
  const std::string fault = RangeProblem(
      {.first = entry.sector, .count = entry.sector_count}, geometry);
  if (!fault.empty()) return Bad(fault);
  return Ok{};
}

Status TraceReader::CheckWrite(const DiskGeometry& geometry) const {
  POWERCUT_TRY(CheckRange(geometry));
  if (cursor_.entry().data_len != 0)
    return Bad("powercut writes no data_len here");
  return Ok{};
}

Status TraceReader::ReadEvent(Trace& trace) {
  const BlockLogEntry& entry = cursor_.entry();
  if (entry.flags == 0) {
    POWERCUT_TRY(CheckWrite(trace.geometry()));
    trace.AddWrite(entry.sector, entry.payload, layer_);
    return Ok{};
  }
  if (entry.flags == BlockLogEntry::kFlush && entry.sector_count == 0) {
    trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
    return Ok{};
  }
  if (entry.flags == BlockLogEntry::kDiscard) {
    POWERCUT_TRY(CheckRange(trace.geometry()));
    trace.AddDiscard({.first = entry.sector, .count = entry.sector_count});
    return Ok{};
  }
  return Bad(
      fmt::format("powercut writes no entry with flags {:#x}", entry.flags));
}

}  // namespace

Result<LoadedTrace> DecodeTrace(const BlockLog& log) {
  if (log.entries.empty() || !IsMarkWith(log.entries.front(), kTraceMark)) {
    return Error{
        ErrorCode::kBadInput,
        AtEntry(0, log.sector_bytes,
                "a trace of powercut begins with the mark `powercut:trace`, "
                "this log does not: `powercut import` makes a trace of it")};
  }
  return TraceReader(log).Read();
}

}  // namespace powercut
