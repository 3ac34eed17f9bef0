// An event of the trace belongs to the call during which it was issued, so that
// the versions of blocks that a state does not hold name the calls that made
// them.

#include "library/states/lost_calls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "library/calls/called_files.h"
#include "model/files/model_state.h"

namespace powercut {
namespace {

// The calls of which the state lost something, each with the contents of blocks
// that it wrote and that are not there.
using LostContents = std::map<size_t, std::vector<ByteSpan>>;

// Leaves out calls that are not the user's own: those that damage, and those
// that put back what was not damaged, since the damage is lost, too.
void EraseDamages(const Calls& calls, LostContents& lost) {
  std::map<std::string_view, size_t> damages;
  for (const auto& [call, blocks] : lost) {
    if (calls[call].damage != Call::kDamages) continue;
    damages[calls[call].text] += blocks.size();
  }
  std::erase_if(lost, [&](const auto& one) {
    const Call& call = calls[one.first];
    if (call.damage == Call::kNoDamage) return false;
    return call.damage == Call::kDamages ||
           damages[call.text] >= one.second.size();
  });
}

LostContents LostBy(const IssuedCalls& run, const CrashState& state,
                    const PointCursor& cursor) {
  LostContents lost;
  const CrashSpace& space = cursor.space();
  const CrashState from_newest = FromOrigin(state, CrashState::kNewest, cursor);
  for (const BlockChoice& choice : from_newest.choices) {
    const auto versions = space.versions(choice.slot);
    const VersionIndex newest = cursor.newest(choice.slot);
    const VersionIndex held =
        choice.torn.count > 0 ? choice.under : choice.version;
    for (VersionIndex version = held + 1; version <= newest; ++version) {
      const size_t call = CallOf(run, versions[version].event);
      if (call >= run.calls.size()) continue;
      lost[call].emplace_back(versions[version].content, space.block_bytes());
    }
  }
  EraseDamages(run.calls, lost);
  return lost;
}

// Which bytes of its file a call wrote into lost blocks: the ranges that are
// found there, as words. Empty if the blocks hold something else, such as a
// name or a size.
std::string LostBytes(const Call& call, const std::vector<ByteSpan>& blocks) {
  if (call.content.empty() || call.path.empty()) return "";
  // What such a call lost is in its own text. A record of a log has no place.
  if (call.damage != Call::kNoDamage || IsLogOp(call.op.kind)) return "";
  constexpr uint64_t kAtom = 512;
  const uint64_t begin = call.offset_bytes;
  const uint64_t end = begin + call.content.size();
  const auto is_lost = [&](uint64_t from, uint64_t to) {
    const ByteSpan written =
        AsBytes(call.content).subspan(from - begin, to - from);
    // A record may hold the bytes anywhere; a sector in place holds them where
    // they are in their atom.
    return std::ranges::any_of(blocks, [&](ByteSpan block) {
      return std::ranges::equal(written,
                                block.subspan(from % kAtom, to - from));
    });
  };
  std::vector<std::string> ranges;
  uint64_t first = end;  // Of the range that goes on; `end` if none does.
  for (uint64_t from = begin; from < end;) {
    const uint64_t to = std::min(end, (from / kAtom + 1) * kAtom);
    const bool lost = is_lost(from, to);
    if (lost && first == end) first = from;
    const bool ends = first != end && (!lost || to == end);
    if (ends) {
      ranges.push_back(fmt::format("{} to {}", first, (lost ? to : from) - 1));
      first = end;
    }
    from = to;
  }
  if (ranges.empty()) return "";
  return fmt::format("bytes {} of {}: ", fmt::join(ranges, ", "), call.path);
}

// Whether call `index` is a sync of what call `lost` was about. A log and a raw
// disk are no files, and are told by their names.
bool IsSyncOf(const Calls& calls, const CalledFiles& files, size_t index,
              size_t lost) {
  if (!IsSync(calls[index])) return false;
  if (calls[index].op.kind == OpKind::kSyncfs) return true;
  if (files.Of(lost) != CalledFiles::kNoFile) {
    return files.Of(index) == files.Of(lost);
  }
  return PathOf(calls[index]) == PathOf(calls[lost]);
}

// The calls around a crash point.
struct AroundPoint {
  // How many calls had returned.
  size_t returned = 0;
  // Whether the call after them was in flight.
  bool in_flight = false;
  // How many calls had returned up to the last one that is told: what an open
  // or a close did is no news.
  size_t told = 0;
};

AroundPoint AroundPointOf(const IssuedCalls& run, const CrashState& state) {
  const size_t calls = run.calls.size();
  const auto& after = run.events_after;
  AroundPoint around;
  while (around.returned < calls && after[around.returned] <= state.point) {
    ++around.returned;
  }
  const EventNumber before =
      around.returned == 0 ? 0 : after[around.returned - 1];
  around.in_flight = around.returned < calls && state.point > before;
  around.told = around.returned;
  while (around.told > 0) {
    const OpKind kind = run.calls[around.told - 1].op.kind;
    if (kind != OpKind::kOpen && kind != OpKind::kClose) break;
    --around.told;
  }
  return around;
}

// The last call that changed the file of call `lost` before the first ack after
// it, and before call `end`: a sync that comes earlier misses what came later.
size_t LastChange(const Calls& calls, const CalledFiles& files, size_t lost,
                  size_t end) {
  size_t last = lost;
  for (size_t i = lost + 1; i < end && !IsAck(calls[i]); ++i) {
    const OpKind kind = calls[i].op.kind;
    const bool changes = calls[i].kind == Call::kOp && !IsSync(calls[i]) &&
                         kind != OpKind::kOpen && kind != OpKind::kClose;
    if (changes && files.Of(i) == files.Of(lost)) last = i;
  }
  return last;
}

}  // namespace

std::string PlaceInWords(const Call& call) {
  const std::string text =
      call.program.empty() ? PlaceText(call.place) : call.program;
  return text.empty() ? "" : fmt::format(" ({})", text);
}

std::string CrashText(const IssuedCalls& run, const CrashState& state,
                      size_t crashes) {
  const Calls& calls = run.calls;
  const auto in_words = [&](size_t call) {
    return fmt::format("`{}`{}", CallText(calls[call]),
                       PlaceInWords(calls[call]));
  };
  const AroundPoint around = AroundPointOf(run, state);
  std::string text =
      around.told == 0
          ? std::string("before any call had returned")
          : fmt::format("after {} had returned", in_words(around.told - 1));
  if (around.in_flight) {
    text += fmt::format(", during {}", in_words(around.returned));
  }
  if (crashes > 1) {
    text +=
        fmt::format(", and {} during the recovery",
                    crashes == 2 ? std::string("once more")
                                 : fmt::format("{} times more", crashes - 1));
  }
  return text;
}

std::vector<std::string> LostCalls(const IssuedCalls& run,
                                   const CrashState& state,
                                   const PointCursor& cursor) {
  const Calls& calls = run.calls;
  const auto& after = run.events_after;
  const CalledFiles files(calls);
  std::vector<std::string> lines;
  for (const auto& [lost, blocks] : LostBy(run, state, cursor)) {
    std::string sync = ", never synced before the crash";
    for (size_t i = lost; i < calls.size(); ++i) {
      if (!IsSyncOf(calls, files, i, lost)) continue;
      const bool returned = after[i] <= state.point;
      if (!returned && i > 0 && after[i - 1] >= state.point) break;
      sync = fmt::format(", although `{}`{} {}{}", CallText(calls[i]),
                         PlaceInWords(calls[i]),
                         returned ? "had returned" : "was under way",
                         calls[i].lies    ? ", to which the disk lied"
                         : calls[i].fails ? ", with EIO"
                                          : "");
      break;
    }
    lines.push_back(fmt::format("{}{}{}{}", LostBytes(calls[lost], blocks),
                                CallText(calls[lost]),
                                PlaceInWords(calls[lost]), sync));
  }
  return lines;
}

std::vector<CallPlace> NamedPlaces(const IssuedCalls& run,
                                   const CrashState& state,
                                   const PointCursor& cursor) {
  const Calls& calls = run.calls;
  const AroundPoint around = AroundPointOf(run, state);
  std::vector<CallPlace> places;
  if (around.told > 0) places.push_back(calls[around.told - 1].place);
  if (around.in_flight) places.push_back(calls[around.returned].place);
  for (const auto& [lost, blocks] : LostBy(run, state, cursor)) {
    places.push_back(calls[lost].place);
  }
  return places;
}

std::vector<OpKind> LostKinds(const IssuedCalls& run, const CrashState& state,
                              const PointCursor& cursor) {
  std::set<OpKind> kinds;
  for (const auto& [lost, blocks] : LostBy(run, state, cursor)) {
    kinds.insert(run.calls[lost].op.kind);
  }
  return {kinds.begin(), kinds.end()};
}

std::vector<ExtraSync> SyncsFor(const IssuedCalls& run, const CrashState& state,
                                const PointCursor& cursor) {
  const Calls& calls = run.calls;
  const LostContents lost = LostBy(run, state, cursor);
  const CalledFiles files(calls);
  const size_t returned = AroundPointOf(run, state).returned;
  std::vector<ExtraSync> syncs;
  const auto add = [&](std::string_view path, size_t call) {
    const bool there = std::ranges::any_of(
        syncs, [&](const ExtraSync& sync) { return sync.path == path; });
    if (!there) syncs.push_back({std::string(path), call});
  };
  // The same later, if the file was changed again by then.
  const auto add_later = [&](size_t call, bool directory) {
    if (files.Of(call) == CalledFiles::kNoFile) return;
    const size_t last = LastChange(calls, files, call, returned);
    if (last == call) return;
    const std::string& name = files.NamesAfter(last + 1, files.Of(call))[0];
    syncs.push_back({directory ? std::string(ParentOf(name)) : name, last});
  };
  for (auto call = lost.rbegin(); call != lost.rend(); ++call) {
    const OpKind kind = calls[call->first].op.kind;
    if (kind == OpKind::kDiskWrite || kind == OpKind::kDiskDiscard) {
      return {{"", call->first}};
    }
    add(PathOf(calls[call->first]), call->first);
  }
  // A log has no directory to sync.
  if (!lost.empty() && IsLogOp(calls[lost.begin()->first].op.kind)) {
    return syncs;
  }
  const size_t last_lost = lost.empty() ? 0 : lost.rbegin()->first;
  if (!lost.empty()) add_later(last_lost, /*directory=*/false);
  for (auto call = lost.rbegin(); call != lost.rend(); ++call) {
    add(ParentOf(PathOf(calls[call->first])), call->first);
  }
  if (!lost.empty()) add_later(last_lost, /*directory=*/true);
  return syncs;
}

}  // namespace powercut
