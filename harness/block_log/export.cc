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

class Exporter {
 public:
  Exporter(const Trace& trace, const TraceAbout& about)
      : trace_(trace), about_(about), builder_(trace.geometry().sector_bytes) {}

  ExportedLog Export() &&;

 private:
  void AddBase();
  // Returns the last event that it took: two become one where they are FUA.
  EventNumber AddEvent(EventNumber number);
  EventNumber AddWrite(EventNumber number);
  void AddPersist(EventNumber number);
  void AddMarksBehind(EventNumber number);
  void AddMark(std::string_view text);
  void AddEnd();

  // Whether the event behind a write carries just its sectors to the media.
  bool IsFua(EventNumber write) const;
  void CarryToDevice(const DiskEvent& persist);

  void Lose(uint64_t count, std::string_view noun, std::string_view what);
  std::vector<std::string> Losses();

  const Trace& trace_;
  const TraceAbout& about_;
  BlockLogBuilder builder_;
  size_t next_mark_ = 0;
  EventNumber last_written_ = 0;  // the last write or discard

  // Sectors whose newest version has not been sent to the device: it is at the
  // host, or not even there.
  SectorSet at_host_;
  SectorSet in_process_;

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
  builder_.AddFlush();
  if (event.upto < last_written_) ++late_flushes_;
  if (!at_host_.empty() || !in_process_.empty()) ++wide_flushes_;
}

// Of a persist that does not carry everything so far, nothing is believed:
// rather a flush too many is counted as wide.
void Exporter::CarryToDevice(const DiskEvent& persist) {
  if (persist.upto < last_written_) return;
  if (persist.scope && persist.layer >= Layer::kDevice) {
    at_host_.Subtract(trace_.scope(persist));
    in_process_.Subtract(trace_.scope(persist));
  } else if (persist.scope) {
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
  for (const std::string_view own : {kTraceMark, kBaseEndMark, kEndMark}) {
    if (!text.starts_with(own)) continue;
    ++own_marks_;
    return;
  }
  // Other tools take the text as a C string.
  const size_t limit = MarkTextLimit(builder_.log().sector_bytes);
  const std::string_view whole = text.substr(0, text.find('\0'));
  const std::string_view kept = whole.substr(0, limit);
  if (kept.size() < text.size()) ++cut_marks_;
  builder_.AddMark(std::string(kept));
}

void Exporter::AddEnd() {
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
       " behind writes that had not been sent to the device: the log's may "
       "cover them and promise more");
  Lose(late_flushes_, "flush",
       " of what was written up to an earlier event (upto): the log's covers "
       "all in front of it and promises more");
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
