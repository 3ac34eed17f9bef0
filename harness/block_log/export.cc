// Exports a trace as a log that holds only what other tools understand.
//
// The events are taken in order. Writes, discards and flushes of the whole disk
// become entries. A write and a persist of exactly its sectors become one FUA
// entry. No other persist has an entry, so it is left out and counted:
//
//     1  write   device  sector 3         write of sector 3 with FUA
//     2  persist media   sector 3         (part of the entry above)
//     3  write   host    sector 4         write of sector 4
//     4  persist device  sector 4         left out: the log knows the media
//     only 5  persist media   all              flush
//
// A flush of the log covers every entry before it, whereas a flush of the trace
// covers only what is at the device. The exporter therefore follows which
// sectors have not been sent to the device yet: after event 3 sector 4 is at
// the host, after event 4 no more. A flush while such sectors exist promises
// more in the log than in the trace, and is counted as well. Every count
// becomes a line of `losses`, so that the log never says more or less than the
// trace unnoticed.

#include "harness/block_log/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "harness/block_log/builder.h"
#include "harness/trace/marks.h"

namespace powercut {
namespace {

// Exports one trace; Export() is called once.
class Exporter {
 public:
  Exporter(const Trace& trace, const TraceAbout& about)
      : trace_(trace), about_(about), builder_(trace.geometry().sector_bytes) {}

  ExportedLog Export() &&;

 private:
  void AddBase();
  // Adds the entry for an event. Returns the number of the last event that the
  // entry stands for: an FUA entry stands for two.
  EventNumber AddEvent(EventNumber number);
  EventNumber AddWrite(EventNumber number);
  void AddPersist(EventNumber number);
  void AddMarksBehind(EventNumber number);
  void AddMark(std::string_view text);
  void AddEnd();

  // Returns whether the event after a write carries exactly the sectors of that
  // write to the media, with no mark between the two.
  bool IsFua(EventNumber write) const;
  // Updates the sets below for a persist that has no entry.
  void CarryToDevice(const DiskEvent& persist);

  // Adds a line to `losses_` unless `count` is 0.
  void Lose(uint64_t count, std::string_view noun, std::string_view what);
  std::vector<std::string> Losses();

  const Trace& trace_;
  const TraceAbout& about_;
  BlockLogBuilder builder_;
  size_t next_mark_ = 0;
  // The last write or discard so far.
  EventNumber last_written_ = 0;

  // The sectors whose newest version has not been sent to the device: it is at
  // the host, or still in the process.
  SectorSet at_host_;
  SectorSet in_process_;

  // How often the log says something else than the trace, by kind.
  uint64_t base_writes_ = 0;
  uint64_t writes_above_device_ = 0;
  uint64_t persists_above_media_ = 0;
  uint64_t narrow_persists_ = 0;
  uint64_t late_flushes_ = 0;
  uint64_t wide_flushes_ = 0;
  uint64_t discards_ = 0;
  uint64_t cut_marks_ = 0;
  uint64_t own_marks_ = 0;
  std::vector<std::string> losses_;
};

ExportedLog Exporter::Export() && {
  AddBase();
  AddMarksBehind(0);
  for (EventNumber number = 1; number <= trace_.event_count(); ++number) {
    number = AddEvent(number);
    AddMarksBehind(number);
  }
  AddEnd();
  std::vector<std::string> losses = Losses();
  return {.log = std::move(builder_).Finish(), .losses = std::move(losses)};
}

void Exporter::AddBase() {
  builder_.AddImage(trace_.base());
  base_writes_ = builder_.log().entries.size();
  // The flush makes the base durable for every reader, and the mark lets
  // ImportBlockLog() find the end of the base.
  if (base_writes_ == 0) return;
  builder_.AddFlush();
  builder_.AddMark(std::string(kBaseEndMark));
}

EventNumber Exporter::AddEvent(EventNumber number) {
  const DiskEvent& event = trace_.event(number);
  switch (event.kind) {
    case DiskEvent::kWrite:
      return AddWrite(number);
    case DiskEvent::kPersist:
      AddPersist(number);
      break;
    case DiskEvent::kDiscard:
      // A discard is at the device at once, and its versions are newer than
      // what may still be at the host.
      builder_.AddDiscard(event.range);
      at_host_.Remove(event.range);
      in_process_.Remove(event.range);
      last_written_ = number;
      ++discards_;
      break;
  }
  return number;
}

EventNumber Exporter::AddWrite(EventNumber number) {
  const DiskEvent& event = trace_.event(number);
  const bool fua = IsFua(number);
  builder_.AddWrite(event.range.first, trace_.data(event),
                    fua ? BlockLogEntry::kFua : 0);
  last_written_ = number;
  // Only the newest version of a sector counts: an older one on its way to the
  // device cannot show after the new one has been sent.
  at_host_.Remove(event.range);
  in_process_.Remove(event.range);
  if (fua) return number + 1;
  if (event.layer < Layer::kDevice) {
    ++writes_above_device_;
    (event.layer == Layer::kHost ? at_host_ : in_process_).Add(event.range);
  }
  return number;
}

bool Exporter::IsFua(EventNumber write) const {
  if (write == trace_.event_count()) return false;
  // A mark between the two says something about the moment between them. One
  // entry would move the mark to after the persist.
  if (next_mark_ < trace_.marks().size() &&
      trace_.marks()[next_mark_].after == write) {
    return false;
  }
  const DiskEvent& next = trace_.event(write + 1);
  if (next.kind != DiskEvent::kPersist || next.layer != Layer::kMedia ||
      !next.scope || next.upto < write) {
    return false;
  }
  SectorSet own;
  own.Add(trace_.event(write).range);
  return trace_.scope(next) == own;
}

void Exporter::AddPersist(EventNumber number) {
  const DiskEvent& event = trace_.event(number);
  if (event.layer != Layer::kMedia) {
    ++persists_above_media_;
    CarryToDevice(event);
    return;
  }
  if (event.scope) {
    ++narrow_persists_;
    CarryToDevice(event);
    return;
  }
  // The flush of the log covers what was written after `upto`, and what was
  // written above the device. In both cases it promises more than the trace.
  builder_.AddFlush();
  if (event.upto < last_written_) ++late_flushes_;
  if (!at_host_.empty() || !in_process_.empty()) ++wide_flushes_;
}

// A persist with a limit before the last write carries the newest versions of
// some sectors only. It is ignored, since it is better to count a flush as wide
// that is not than to miss one that is.
void Exporter::CarryToDevice(const DiskEvent& persist) {
  if (persist.upto < last_written_) return;
  // A persist of named sectors carries them from any layer; a persist of all
  // carries what is at the layer just before the one that it names.
  if (persist.scope && persist.layer >= Layer::kDevice) {
    at_host_.Subtract(trace_.scope(persist));
    in_process_.Subtract(trace_.scope(persist));
  } else if (persist.scope) {
    // What was both in the process and named is now at the host. SectorSet has
    // no intersection, so it is the difference of before and after.
    SectorSet carried = in_process_;
    in_process_.Subtract(trace_.scope(persist));
    carried.Subtract(in_process_);
    at_host_.UnionWith(carried);
  } else if (persist.layer == Layer::kDevice) {
    at_host_ = SectorSet();
  } else {
    at_host_.UnionWith(in_process_);
    in_process_ = SectorSet();
  }
}

void Exporter::AddMarksBehind(EventNumber number) {
  for (; next_mark_ < trace_.marks().size() &&
         trace_.marks()[next_mark_].after <= number;
       ++next_mark_) {
    AddMark(trace_.marks()[next_mark_].text);
  }
}

void Exporter::AddMark(std::string_view text) {
  // A mark like this would make ImportBlockLog() refuse the log as a damaged
  // trace file, or take the start of the log for a base.
  for (const std::string_view own : {kTraceMark, kBaseEndMark, kEndMark}) {
    if (!text.starts_with(own)) continue;
    ++own_marks_;
    return;
  }
  // Other tools read the text as a C string.
  const size_t limit = MarkTextLimit(builder_.log().sector_bytes);
  const std::string_view whole = text.substr(0, text.find('\0'));
  const std::string_view kept = whole.substr(0, limit);
  if (kept.size() < text.size()) ++cut_marks_;
  builder_.AddMark(std::string(kept));
}

void Exporter::AddEnd() {
  // The trace of an imported kernel log may end with this mark already.
  const auto& entries = builder_.log().entries;
  const bool ended = !entries.empty() && IsMark(entries.back()) &&
                     entries.back().mark_text == kKernelEndMark;
  if (!ended) builder_.AddMark(std::string(kKernelEndMark));
}

void Exporter::Lose(uint64_t count, std::string_view noun,
                    std::string_view what) {
  if (count == 0) return;
  const std::string_view plural = noun.ends_with("sh") ? "es" : "s";
  losses_.push_back(
      fmt::format("{} {}{}{}", count, noun, count == 1 ? "" : plural, what));
}

std::vector<std::string> Exporter::Losses() {
  Lose(base_writes_, "write",
       " and a flush for the disk before event 1: a reader may take a crash "
       "between them");
  Lose(writes_above_device_, "write",
       " at the host or in the process: logged in place, as if sent to the "
       "device");
  Lose(wide_flushes_, "flush",
       " after writes that had not been sent to the device: the log's may "
       "cover them and promise more");
  Lose(late_flushes_, "flush",
       " of what was written up to an earlier event (upto): the log's covers "
       "all before it and promises more");
  Lose(narrow_persists_, "persist",
       " of named sectors to the media, not FUA: left out, the log promises "
       "less");
  Lose(persists_above_media_, "persist",
       " to the host or the device: left out, the log knows the media only");
  Lose(discards_, "discard",
       ": that zeros are read there afterwards is not in the log");
  Lose(cut_marks_, "mark",
       " cut: one holds a text without NUL that fits its sector");
  Lose(own_marks_, "mark", " left out: the text begins as powercut's own");
  // A reader can only take the disk to end where the last entry ends.
  uint64_t reach = 0;
  for (const BlockLogEntry& entry : builder_.log().entries) {
    if (entry.sector_count == 0) continue;
    reach = std::max(reach, entry.sector + entry.sector_count);
  }
  const DiskGeometry& geometry = trace_.geometry();
  if (reach < geometry.sector_count) {
    losses_.push_back(
        fmt::format("the disk's size, {} bytes, is not in the log: its entries "
                    "reach to byte {}",
                    geometry.size_bytes(), reach * geometry.sector_bytes));
  }
  if (about_ != TraceAbout{}) {
    losses_.emplace_back(
        "where the trace comes from (backend, workload or origin) is not in "
        "the log");
  }
  return std::move(losses_);
}

}  // namespace

ExportedLog ExportBlockLog(const Trace& trace, const TraceAbout& about) {
  return Exporter(trace, about).Export();
}

}  // namespace powercut
