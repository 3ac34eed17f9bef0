// Makes a trace of a log that the kernel or QEMU wrote.
//
// First the disk is measured: it is as big as the entries need, since the
// format does not say how big it was. Then the base that an export of powercut
// begins with is taken out. Every other entry becomes its events, in order:
//
//     entry                        events
//     write of sector 3            1  write   device  sector 3
//     write of sector 4 with FUA   2  write   device  sector 4
//                                  3  persist media   sector 4
//     flush                        4  persist media   all
//     flush with data, sector 5    5  persist media   all
//                                  6  write   device  sector 5
//
// The two QEMU options change this table only. With race_window=1, each flush
// gets an `upto` just before the last write or discard of its epoch. With
// assume_fua, event 1 is followed by a persist of sector 3, since it is the
// first write of the log. The importer therefore needs to remember one thing:
// which writes and discards the current epoch holds.

#include "harness/block_log/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "harness/block_log/cursor.h"
#include "harness/block_log/limits.h"
#include "harness/block_log/lint.h"
#include "harness/trace/acks.h"
#include "harness/trace/marks.h"
#include "harness/trace/op_history.h"
#include "harness/trace/run_begin.h"

namespace powercut {
namespace {

// An option that cannot apply would be ignored silently and is refused instead.
std::string OptionsFault(const ImportOptions& options) {
  if (options.origin == BlockLogOrigin::kQemu) return "";
  if (options.race_window > 0) {
    return "--race-window is of --origin qemu: the kernel logs a write only "
           "before a flush that covers it";
  }
  if (options.assume_fua) {
    return "--assume-fua is of --origin qemu: the kernel logs FUA";
  }
  return "";
}

// Returns the smallest disk that holds all entries. The geometry is judged
// after each entry, so that the error names the entry that asks for too much.
Result<DiskGeometry> NeededGeometry(const BlockLog& log) {
  DiskGeometry geometry{.sector_bytes = log.sector_bytes, .sector_count = 0};
  for (BlockLogCursor cursor(log);;) {
    const bool at_entry = cursor.Next();
    if (at_entry && !IsMark(cursor.entry()) &&
        cursor.entry().sector_count > 0) {
      const BlockLogEntry& entry = cursor.entry();
      geometry.sector_count =
          std::max(geometry.sector_count, entry.sector + entry.sector_count);
    }
    const std::string fault =
        GeometryProblem(geometry.sector_bytes, geometry.sector_count);
    if (!fault.empty()) return cursor.Bad(fault);
    // The check above also ran once after the last entry: even a log without
    // any needs an allowed sector size.
    if (!at_entry) return geometry;
  }
}

Result<DiskGeometry> GeometryOf(const BlockLog& log,
                                const ImportOptions& options) {
  POWERCUT_ASSIGN(DiskGeometry geometry, NeededGeometry(log));
  if (!options.disk_bytes) return geometry;
  const uint64_t disk_bytes = *options.disk_bytes;
  const auto bad = [&](std::string_view reason) {
    return Error{ErrorCode::kUsage,
                 options.base != nullptr
                     ? fmt::format("a disk of {} bytes, with the image of "
                                   "--base on it: {}",
                                   disk_bytes, reason)
                     : fmt::format("--size {}: {}", disk_bytes, reason)};
  };
  if (disk_bytes % geometry.sector_bytes != 0) {
    return bad(fmt::format("not whole sectors of {}", geometry.sector_bytes));
  }
  if (disk_bytes < geometry.size_bytes()) {
    return bad(fmt::format(
        "the log's entries reach to byte {}{}", geometry.size_bytes(),
        options.base != nullptr
            ? "; --size gives the disk more room after the image, if it is "
              "the image of this disk"
            : ""));
  }
  geometry.sector_count = disk_bytes / geometry.sector_bytes;
  const std::string fault =
      GeometryProblem(geometry.sector_bytes, geometry.sector_count);
  if (!fault.empty()) return bad(fault);
  return geometry;
}

// Returns how many entries the base takes up, including the flush and the mark
// that an export of powercut writes after it. 0 if the log begins with no base.
size_t BaseEntries(const BlockLog& log) {
  const auto& entries = log.entries;
  size_t count = 0;
  while (count < entries.size() && entries[count].flags == 0) ++count;
  const bool is_base = count + 1 < entries.size() &&
                       entries[count].flags == BlockLogEntry::kFlush &&
                       entries[count].sector_count == 0 &&
                       IsMarkWith(entries[count + 1], kBaseEndMark);
  return is_base ? count + 2 : 0;
}

// The number, from 1, of the ack that `name` means among the acks of the log; 0
// if the name is empty.
Result<size_t> AckNamed(const BlockLog& log, const std::string& name) {
  if (name.empty()) return size_t{0};
  std::vector<std::string> acks;
  for (BlockLogCursor cursor(log); cursor.Next();) {
    if (!IsMark(cursor.entry())) continue;
    const Mark mark{.after = 0, .text = std::string(cursor.text())};
    if (const auto ack = AckOf(mark)) acks.emplace_back(*ack);
  }
  // Crashes cannot begin where the kernel ended the log.
  std::vector<std::string_view> texts(acks.begin(), acks.end());
  while (!texts.empty() && texts.back() == kKernelEndMark) texts.pop_back();
  POWERCUT_ASSIGN(const NamedMark found, FindMark(texts, name));
  return found.index + 1;
}

class Importer {
 public:
  // `run_ack` is the number, from 1, of the ack after which crashes begin; 0
  // if there is none.
  Importer(const BlockLog& log, const ImportOptions& options,
           DiskGeometry geometry, std::shared_ptr<const SparseImage> base,
           size_t run_ack)
      : options_(options),
        cursor_(log),
        trace_(geometry, std::move(base)),
        run_ack_(run_ack) {}

  // Skips the first `base_entries` entries and takes all others. It is called
  // once.
  Result<Trace> Import(size_t base_entries) &&;

 private:
  Status AddMark();
  Status AddEntry();
  void AddFlush();
  // Adds a persist of the sectors that the current entry wrote.
  Status PersistOwn(SectorRange range);

  const ImportOptions& options_;
  BlockLogCursor cursor_;
  Trace trace_;
  size_t run_ack_;
  size_t acks_ = 0;
  ScopeBudget scope_budget_;
  // The writes and discards since the last flush, in order.
  std::vector<EventNumber> written_;
};

Result<Trace> Importer::Import(size_t base_entries) && {
  while (cursor_.Next()) {
    if (cursor_.index() < base_entries) continue;
    POWERCUT_TRY(IsMark(cursor_.entry()) ? AddMark() : AddEntry());
  }
  return std::move(trace_);
}

Status Importer::AddMark() {
  if (cursor_.index() == 0 && cursor_.text().starts_with(kTraceMark)) {
    return cursor_.Bad("a trace of powercut's own, which needs no import");
  }
  // A trace of powercut's own whose first mark is damaged must not pass as the
  // log of another tool: its layers and persists would be lost.
  if (cursor_.text().starts_with(kTraceMark) ||
      cursor_.text().starts_with(kEndMark)) {
    return cursor_.Bad(
        "a powercut trace begins with `powercut:trace`, this log does not");
  }
  // Marks about the ops of a workload have no meaning without the workload.
  const Mark mark{.after = 0, .text = std::string(cursor_.text())};
  if (!AckOf(mark) && !AttemptOf(mark)) return Ok{};
  trace_.AddMark(mark.text);
  if (AckOf(mark) && ++acks_ == run_ack_) trace_.AddMark(kRunMark);
  return Ok{};
}

Status Importer::AddEntry() {
  const BlockLogEntry& entry = cursor_.entry();
  const SectorRange range{.first = entry.sector, .count = entry.sector_count};
  // The flush of an entry comes before its data, as in the block layer: the
  // flush does not cover what the entry brings.
  if ((entry.flags & BlockLogEntry::kFlush) != 0) AddFlush();
  if (range.count == 0) return Ok{};
  const bool first = written_.empty();
  const EventNumber number =
      (entry.flags & BlockLogEntry::kDiscard) != 0
          ? trace_.AddDiscard(range)
          : trace_.AddWrite(range.first, entry.payload, Layer::kDevice);
  written_.push_back(number);
  // QEMU logs the flush of an FUA write only if something else was written
  // since the last flush, so that only the first write of an epoch can lack it.
  const bool assumed = options_.assume_fua && first && entry.flags == 0;
  if (assumed || (entry.flags & BlockLogEntry::kFua) != 0)
    return PersistOwn(range);
  return Ok{};
}

void Importer::AddFlush() {
  const size_t racing = std::min<size_t>(options_.race_window, written_.size());
  // The limit lies just before the earliest write that may have raced with the
  // flush.
  std::optional<EventNumber> upto;
  if (racing > 0) upto = written_[written_.size() - racing] - 1;
  trace_.AddPersist(Layer::kMedia, nullptr, upto);
  written_.clear();
}

Status Importer::PersistOwn(SectorRange range) {
  if (!scope_budget_.Take(range.count)) {
    return cursor_.Bad("the log's FUA entries cover too many sectors");
  }
  SectorSet scope;
  scope.Add(range);
  trace_.AddPersist(Layer::kMedia, &scope, std::nullopt);
  return Ok{};
}

// Options change what the trace promises, so the trace must name them.
std::string OriginText(const ImportOptions& options) {
  std::string text(BlockLogOriginName(options.origin));
  if (options.race_window > 0) {
    text += fmt::format(" race-window={}", options.race_window);
  }
  if (options.assume_fua) text += " assume-fua";
  return text;
}

}  // namespace

Result<LoadedTrace> ImportBlockLog(const BlockLog& log,
                                   const ImportOptions& options) {
  const std::string fault = OptionsFault(options);
  if (!fault.empty()) return Error{ErrorCode::kUsage, fault};
  POWERCUT_ASSIGN(const DiskGeometry geometry, GeometryOf(log, options));
  const size_t base_entries = BaseEntries(log);
  if (base_entries > 0 && options.base != nullptr) {
    return Error{ErrorCode::kUsage,
                 "--base: the log itself begins with the disk, up to its mark "
                 "`powercut:base-end`"};
  }
  auto written = std::make_shared<SparseImage>(geometry.size_bytes());
  // The last two entries of a base are its flush and its mark.
  for (size_t i = 0; i + 2 < base_entries; ++i) {
    const BlockLogEntry& entry = log.entries[i];
    written->Write(entry.sector * geometry.sector_bytes, entry.payload);
  }
  std::shared_ptr<const SparseImage> base = options.base;
  if (base == nullptr) base = std::move(written);
  POWERCUT_ASSIGN(const size_t run_ack, AckNamed(log, options.from));
  POWERCUT_ASSIGN(Trace trace,
                  Importer(log, options, geometry, std::move(base), run_ack)
                      .Import(base_entries));
  TraceAbout about;
  about.origin = OriginText(options);
  std::vector<std::string> lint = log.lint;
  for (std::string& line : LintOf(log, options.origin, options.assume_fua)) {
    lint.push_back(std::move(line));
  }
  return LoadedTrace{.trace = std::move(trace),
                     .about = std::move(about),
                     .lint = std::move(lint)};
}

}  // namespace powercut
