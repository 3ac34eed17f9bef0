// Writes and reads timelines. Events are columns of numbers and not objects,
// which takes a tenth of the room.

#include "harness/cli/report/timeline_json.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kCountMax = uint64_t{1} << 53;
constexpr uint64_t kLineMax = std::numeric_limits<int>::max();
constexpr uint64_t kSmallMax = std::numeric_limits<uint32_t>::max();

Json OfNotes(const std::vector<TimelineNote>& notes) {
  Json list = Json::array();
  for (const TimelineNote& note : notes) {
    list.push_back({{"after", note.after}, {"text", EscapeBytes(note.text)}});
  }
  return list;
}

Json OfOps(const std::vector<TimelineOp>& ops) {
  Json list = Json::array();
  for (const TimelineOp& op : ops) {
    Json json = {{"op", op.op},
                 {"line", op.line},
                 {"text", EscapeBytes(op.text)},
                 {"begin", op.begin}};
    // These keys stand only where they say something.
    if (op.end) json["end"] = *op.end;
    if (!op.error.empty()) json["error"] = EscapeBytes(op.error);
    list.push_back(std::move(json));
  }
  return list;
}

std::vector<TimelineNote> ToNotes(JsonFields& json, const char* key,
                                  uint64_t events) {
  std::vector<TimelineNote> notes;
  for (JsonFields& entry : json.Objects(key)) {
    const auto after = static_cast<EventNumber>(entry.Number("after", events));
    notes.push_back({after, entry.Text("text")});
  }
  return notes;
}

std::vector<TimelineOp> ToOps(JsonFields& json, uint64_t events) {
  std::vector<TimelineOp> ops;
  for (JsonFields& entry : json.Objects("ops")) {
    TimelineOp op;
    op.op = static_cast<uint32_t>(entry.Number("op", kSmallMax));
    op.line = static_cast<int>(entry.Number("line", kLineMax));
    op.text = entry.Text("text");
    op.begin = static_cast<EventNumber>(entry.Number("begin", events));
    if (entry.Has("end")) {
      op.end = static_cast<EventNumber>(entry.Number("end", events, op.begin));
    }
    if (entry.Has("error")) op.error = entry.Text("error");
    ops.push_back(std::move(op));
  }
  return ops;
}

// Reads a text of one letter for each event.
std::string ToLetters(JsonFields& json, const char* key, const char* letters,
                      uint64_t length) {
  std::string text = json.Text(key);
  if (text.size() != length) {
    json.Refuse(key,
                fmt::format("{} letters for {} events", text.size(), length));
  } else if (text.find_first_not_of(letters) != text.npos) {
    json.Refuse(key, fmt::format("has letters other than {}", letters));
  }
  return text;
}

std::vector<uint64_t> ToColumn(JsonFields& json, const char* key,
                               uint64_t length) {
  std::vector<uint64_t> column = json.Numbers(key, kCountMax);
  if (column.size() != length) {
    json.Refuse(
        key, fmt::format("{} numbers, and {} are due", column.size(), length));
  }
  return column;
}

}  // namespace

Json JsonOfTimeline(const Timeline& timeline) {
  Json json = {{"sector_bytes", timeline.sector_bytes},
               {"sectors", timeline.sectors},
               {"run", timeline.run},
               {"step", timeline.step}};
  if (timeline.step == 1) {
    json["kinds"] = timeline.kinds;
    json["layers"] = timeline.layers;
  } else {
    json["writes"] = timeline.writes;
    json["flushes"] = timeline.flushes;
  }
  json["first"] = timeline.first;
  json["count"] = timeline.count;
  json["ops"] = OfOps(timeline.ops);
  json["acks"] = OfNotes(timeline.acks);
  json["faults"] = OfNotes(timeline.faults);
  json["left_out"] = timeline.left_out;
  return json;
}

Timeline ReadTimeline(JsonFields& json, uint64_t events) {
  Timeline timeline;
  timeline.sector_bytes =
      static_cast<uint32_t>(json.Number("sector_bytes", kSmallMax, 1));
  timeline.sectors = json.Number("sectors", kCountMax);
  timeline.run = static_cast<EventNumber>(json.Number("run", events));
  timeline.step = static_cast<uint32_t>(json.Number("step", kSmallMax, 1));
  const uint64_t places = (events + timeline.step - 1) / timeline.step;
  if (timeline.step == 1) {
    timeline.kinds = ToLetters(json, "kinds", "wdpf", places);
    timeline.layers = ToLetters(json, "layers", "phdm", places);
  } else {
    timeline.writes = ToColumn(json, "writes", places);
    timeline.flushes = ToColumn(json, "flushes", places);
  }
  timeline.first = ToColumn(json, "first", places);
  timeline.count = ToColumn(json, "count", places);
  timeline.ops = ToOps(json, events);
  timeline.acks = ToNotes(json, "acks", events);
  timeline.faults = ToNotes(json, "faults", events);
  timeline.left_out = json.Number("left_out", kCountMax);
  return timeline;
}

}  // namespace powercut
