// Names lost sectors by two maps of the volume, and unissued names by a look.
//
// The map at the crash is made of the image with everything issued by then, so
// that it knows files which were deleted later, but no file whose name was not
// on the disk yet. The map at the end knows those, but a block may have changed
// hands since. Where the maps agree the owner is certain; otherwise the words
// say which map it is from.
//
// The recorder looked at the names of the volume at each ack (AckLooks). The
// map of the image at the ack says what the disk would have shown if all that
// was issued had persisted. The difference was still in the memory of the
// kernel:
//
//     look at ack 3: /f 8192 bytes, /g      disk at ack 3: /f 4096 bytes
//     not yet issued: /f bytes 4096 to 8191; the name /g
//
// A change in place leaves no mark in names and sizes. It is told by the time
// of the last change, and only where no event since the ack before wrote to the
// file, since a flush of data may leave the time behind.

#include "harness/explain/file_losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "harness/explain/state_volume.h"
#include "harness/judge/crash_points.h"
#include "harness/space/crash_state.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

// The owner of a part, without the bytes of it that are concerned.
std::string OwnerText(const VolumePart& part) {
  return part.kind == VolumePart::kDirectory ? "names in " + part.owner
                                             : part.owner;
}

// Whether the part has the same owner in the other map, at the same place of
// the file.
bool IsIn(const VolumePart& part, const std::vector<VolumePart>& parts) {
  return std::ranges::any_of(parts, [&](const VolumePart& other) {
    return other.kind == part.kind && other.owner == part.owner &&
           other.offset_bytes == part.offset_bytes;
  });
}

// The lost bytes of one owner, while they are collected.
struct Collected {
  std::set<EventNumber> events;
  // Bytes of a file as first and last; empty for other owners.
  std::map<uint64_t, uint64_t> runs;
  uint64_t lost_bytes = 0;
};

void AddRun(std::map<uint64_t, uint64_t>& runs, uint64_t first, uint64_t last) {
  auto after = runs.upper_bound(first);
  if (after != runs.begin() && std::prev(after)->second + 1 >= first) {
    after = std::prev(after);
    first = after->first;
  }
  // Takes in all runs that this one reaches.
  while (after != runs.end() && after->first <= last + 1) {
    last = std::max(last, after->second);
    after = runs.erase(after);
  }
  runs[first] = last;
}

// The number of disk events before the ack with this number, from 1. 0 if there
// is none.
EventNumber EventOfAck(const Trace& trace, uint64_t number) {
  uint64_t counted = 0;
  for (const Mark& mark : trace.marks()) {
    if (AckOf(mark) && ++counted == number) return mark.after;
  }
  return 0;
}

std::string RunsText(const std::map<uint64_t, uint64_t>& runs) {
  constexpr size_t kShown = 3;
  std::string text;
  size_t shown = 0;
  for (const auto& [first, last] : runs) {
    if (shown++ == kShown) break;
    text +=
        fmt::format("{}{} to {}", text.empty() ? " bytes " : ", ", first, last);
  }
  if (runs.size() > kShown) {
    text += fmt::format(" and {} more runs", runs.size() - kShown);
  }
  return text;
}

}  // namespace

std::string RangesText(std::span<const EventNumber> numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!text.empty()) text += ", ";
    text += fmt::format("{}", numbers[i]);
    if (end - i == 2) text += fmt::format(", {}", numbers[end - 1]);
    if (end - i > 2) text += fmt::format(" to {}", numbers[end - 1]);
    i = end;
  }
  return text.empty() ? "none" : text;
}

LossNamer::LossNamer(const RecordedRun& run) : run_(run) {}

Result<const LossNamer::Moment*> LossNamer::MomentAt(EventNumber point) {
  const auto known = moments_.find(point);
  if (known != moments_.end()) return &known->second;
  Moment moment;
  POWERCUT_ASSIGN(StateVolume volume,
                  StateVolume::Open(run_.backend, run_.trace().geometry(),
                                    std::make_shared<const SparseImage>(
                                        ApplyUpTo(run_.trace(), point))));
  if (volume.mount() == nullptr) {
    moment.failure = fmt::format("the volume after event {} does not {}", point,
                                 volume.failure());
  } else {
    POWERCUT_ASSIGN(moment.map, volume.mount()->Map());
    if (!moment.map) {
      moment.failure =
          fmt::format("powercut cannot map {}", run_.backend.traits().name);
    }
  }
  return &moments_.emplace(point, std::move(moment)).first->second;
}

void LossNamer::NameLost(const std::vector<LostSectors>& lost,
                         const Moment& crash, const Moment& end,
                         FileLosses& out) const {
  const uint64_t sector_bytes = run_.trace().geometry().sector_bytes;
  // Ordered by kind, owner and what the words say of the two maps.
  std::map<std::tuple<VolumePart::Kind, std::string, std::string>, Collected>
      places;
  const auto collect = [&](const VolumePart& part, const char* suffix,
                           EventNumber event) {
    Collected& place = places[{part.kind, OwnerText(part), suffix}];
    place.events.insert(event);
    place.lost_bytes += part.bytes;
    if (part.kind == VolumePart::kFile) {
      AddRun(place.runs, part.offset_bytes, part.offset_bytes + part.bytes - 1);
    }
  };
  for (const auto& [event, range] : lost) {
    const uint64_t first_byte = range.first * sector_bytes;
    const uint64_t bytes = range.count * sector_bytes;
    const auto parts_in = [&](const Moment& moment) {
      return moment.map ? PartsAt(*moment.map, first_byte, bytes)
                        : std::vector<VolumePart>();
    };
    const std::vector<VolumePart> then = parts_in(crash);
    const std::vector<VolumePart> later = parts_in(end);
    for (const VolumePart& part : then) {
      const bool kept = IsIn(part, later) || part.kind == VolumePart::kOther;
      collect(part, kept ? "" : ", not so at the end of the recording", event);
    }
    for (const VolumePart& part : later) {
      // What both maps know was told already. An area that is only more
      // specific in the other map is no change of the owner.
      const bool told = IsIn(part, then) ||
                        (part.kind == VolumePart::kOther && !then.empty());
      if (!told) collect(part, ", as at the end of the recording", event);
    }
    if (then.empty() && later.empty()) {
      VolumePart unknown;
      unknown.owner =
          fmt::format("sectors of no known file (from {})", range.first);
      unknown.bytes = bytes;
      collect(unknown, "", event);
    }
  }
  for (const auto& [key, place] : places) {
    const auto& [kind, owner, suffix] = key;
    out.lost.push_back({owner + RunsText(place.runs) + suffix,
                        {place.events.begin(), place.events.end()},
                        place.lost_bytes});
  }
}

// Returns the first event after `after`, and up to `upto`, that writes to a
// file at or after byte `from_byte` of it, as far as one of the maps knows its
// places.
std::optional<EventNumber> LossNamer::FirstWrite(
    EventNumber after, EventNumber upto, const std::string& path,
    uint64_t from_byte, std::span<const VolumeMap* const> maps) const {
  const Trace& trace = run_.trace();
  const uint64_t sector_bytes = trace.geometry().sector_bytes;
  // Bytes of the disk, as the first one and the one after the last.
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (const VolumeMap* map : maps) {
    for (const VolumePart& part : map->parts) {
      if (part.kind != VolumePart::kFile || part.owner != path) continue;
      // A part may begin with bytes that do not matter.
      const uint64_t before =
          from_byte - std::min(from_byte, part.offset_bytes);
      if (before < part.bytes) {
        places.emplace_back(part.first_byte + before,
                            part.first_byte + part.bytes);
      }
    }
  }
  for (EventNumber e = after + 1; e <= upto; ++e) {
    const DiskEvent& event = trace.event(e);
    if (event.kind != DiskEvent::kWrite) continue;
    const uint64_t first = event.range.first * sector_bytes;
    const uint64_t end = first + event.range.count * sector_bytes;
    for (const auto& [begin, after_last] : places) {
      if (begin < end && after_last > first) return e;
    }
  }
  return std::nullopt;
}

// Whether no event wrote to a file since it was changed. The change came after
// the last look that saw the file without it, or else after crashes begin.
bool LossNamer::ChangedUnwritten(const VolumeEntry& entry,
                                 const FileLosses& out,
                                 std::span<const VolumeMap* const> maps) const {
  // Each look is read from the beginning of all looks. A change that is older
  // than so many acks is not named.
  constexpr uint64_t kAcksBack = 32;
  EventNumber since = CrashPointsOf(run_.recording).front().after;
  for (uint64_t acks = out.acks - 1; acks > 0; --acks) {
    if (out.acks - acks > kAcksBack) return false;
    const auto look = run_.recording.looks.At(acks);
    if (!look) continue;
    const auto then =
        std::ranges::find(look->entries, entry.path, &VolumeEntry::path);
    if (then == look->entries.end()) return false;
    if (then->changed_ns == entry.changed_ns) continue;
    since = EventOfAck(run_.trace(), acks);
    break;
  }
  return !FirstWrite(since, out.ack_event, entry.path, 0, maps);
}

void LossNamer::NameUnissued(const VolumeLook& seen, const VolumeMap& issued,
                             const Moment& end, FileLosses& out) const {
  std::vector<std::string> texts;
  std::map<std::string, const VolumeEntry*> on_disk;
  for (const VolumeEntry& entry : issued.look.entries) {
    on_disk[entry.path] = &entry;
  }
  std::vector<const VolumeMap*> maps = {&issued};
  if (end.map) maps.push_back(&*end.map);
  const auto when = [&](const VolumeEntry& entry, uint64_t from_byte) {
    const auto event = FirstWrite(out.ack_event, run_.trace().event_count(),
                                  entry.path, from_byte, maps);
    return event ? fmt::format(" (first written by event {})", *event)
                 : std::string();
  };
  for (const VolumeEntry& entry : seen.entries) {
    const auto found = on_disk.find(entry.path);
    if (found == on_disk.end()) {
      texts.push_back(
          fmt::format("the name {}{}{}", entry.path,
                      entry.size_bytes > 0
                          ? fmt::format(" and its {} bytes", entry.size_bytes)
                          : "",
                      when(entry, 0)));
      continue;
    }
    const VolumeEntry& old = *found->second;
    on_disk.erase(found);
    if (entry.is_directory || old.is_directory) continue;
    if (entry.size_bytes > old.size_bytes) {
      texts.push_back(fmt::format("{} bytes {} to {}{}", entry.path,
                                  old.size_bytes, entry.size_bytes - 1,
                                  when(entry, old.size_bytes)));
    } else if (entry.size_bytes < old.size_bytes) {
      texts.push_back(fmt::format("{} cut from {} to {} bytes", entry.path,
                                  old.size_bytes, entry.size_bytes));
    } else if (entry.changed_ns != old.changed_ns &&
               ChangedUnwritten(entry, out, maps)) {
      texts.push_back("the last change of " + entry.path);
    }
  }
  for (const auto& [path, entry] : on_disk) {
    texts.push_back("the removal of " + path);
  }
  out.unissued = std::move(texts);
}

Result<FileLosses> LossNamer::Name(const CrashState& state,
                                   const PointCursor& cursor) {
  FileLosses out;
  const Trace& trace = run_.trace();
  POWERCUT_ASSIGN(const Moment* crash, MomentAt(state.point));
  POWERCUT_ASSIGN(const Moment* end, MomentAt(trace.event_count()));
  for (const Moment* moment : {crash, end}) {
    if (!moment->map) {
      out.notes.push_back(moment->failure);
    } else {
      for (const std::string& note : moment->map->notes) {
        if (std::ranges::find(out.notes, note) == out.notes.end()) {
          out.notes.push_back(note);
        }
      }
    }
    if (crash == end) break;
  }
  NameLost(LostSectorsOf(state, cursor), *crash, *end, out);
  const auto acks = AcksUpTo(trace, state.point);
  if (acks.empty()) return out;
  out.acks = acks.size();
  out.last_ack = acks.back();
  out.ack_event = EventOfAck(trace, out.acks);
  const auto seen = run_.recording.looks.At(out.acks);
  if (!seen) {
    out.notes.emplace_back(
        "the recording does not say which names there were at the last ack");
    return out;
  }
  POWERCUT_ASSIGN(const Moment* ack, MomentAt(out.ack_event));
  if (ack->map && !ack->map->look.cut) {
    NameUnissued(*seen, *ack->map, *end, out);
  }
  return out;
}

Result<std::vector<std::string>> LossNamer::OwnersOf(
    EventNumber point, std::span<const SectorRange> ranges) {
  POWERCUT_ASSIGN(const Moment* crash, MomentAt(point));
  POWERCUT_ASSIGN(const Moment* end, MomentAt(run_.trace().event_count()));
  const uint64_t sector_bytes = run_.trace().geometry().sector_bytes;
  std::vector<std::string> owners(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i) {
    for (const Moment* moment : {crash, end}) {
      if (!owners[i].empty() || !moment->map) continue;
      const std::vector<VolumePart> parts =
          PartsAt(*moment->map, ranges[i].first * sector_bytes,
                  ranges[i].count * sector_bytes);
      for (const VolumePart& part : parts) {
        if (!owners[i].empty()) owners[i] += ", ";
        owners[i] += OwnerText(part);
        if (part.kind == VolumePart::kFile) {
          owners[i] += fmt::format(" bytes {} to {}", part.offset_bytes,
                                   part.offset_bytes + part.bytes - 1);
        }
      }
    }
  }
  return owners;
}

Status AddFileNames(const RecordedRun& run, std::span<Finding> findings) {
  const bool program = run.workload.init.empty() && run.workload.run.empty();
  if (!program || findings.empty()) return Ok{};
  constexpr size_t kShown = 8;
  const auto shorten = [](std::vector<std::string> texts) {
    if (texts.size() > kShown) {
      const size_t more = texts.size() - kShown + 1;
      texts.resize(kShown - 1);
      texts.push_back(fmt::format("{} more", more));
    }
    return texts;
  };
  LossNamer namer(run);
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  Status named = Ok{};
  for (Finding& finding : findings) {
    const ViolationKind kind = finding.violation.kind;
    if (kind == ViolationKind::kDied || kind == ViolationKind::kHang) continue;
    const auto id = ParseStateId(finding.id);
    POWERCUT_CHECK(id);
    PointCursor cursor(space, id->steps[0].kind);
    const auto state = ResolveStep(id->steps[0], cursor);
    POWERCUT_CHECK(state);
    const auto losses = namer.Name(*state, cursor);
    if (!losses) {
      named = losses.error();
      break;
    }
    std::vector<std::string> lost;
    for (const LostPlace& place : losses->lost) {
      lost.push_back(fmt::format("{} (event{} {})", place.owner,
                                 place.events.size() == 1 ? "" : "s",
                                 RangesText(place.events)));
    }
    finding.lost_files = shorten(std::move(lost));
    if (losses->unissued) finding.unissued = shorten(*losses->unissued);
  }
  run.backend.ReleaseHelpers();
  return named;
}

}  // namespace powercut
