// An event of the trace belongs to the call during which it was issued, so that
// the versions of blocks that a state does not hold name the calls that made
// them.

#include "library/states/lost_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace powercut {
namespace {

// The call that issued an event.
size_t CallOf(const ProfileRun& run, EventNumber event) {
  const auto& after = run.recorded().events_after;
  return static_cast<size_t>(std::ranges::lower_bound(after, event) -
                             after.begin());
}

// The calls of which the state lost something; those of the set-up are none.
std::set<size_t> LostBy(const ProfileRun& run, const CrashState& state,
                        const PointCursor& cursor) {
  std::set<size_t> lost;
  const CrashSpace& space = cursor.space();
  const CrashState from_newest = FromOrigin(state, CrashState::kNewest, cursor);
  for (const BlockChoice& choice : from_newest.choices) {
    const auto versions = space.versions(choice.slot);
    const VersionIndex newest = cursor.newest(choice.slot);
    const VersionIndex held =
        choice.torn.count > 0 ? choice.under : choice.version;
    for (VersionIndex version = held + 1; version <= newest; ++version) {
      const size_t call = CallOf(run, versions[version].event);
      if (call < run.calls().size()) lost.insert(call);
    }
  }
  return lost;
}

std::string_view ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

// The path whose sync would keep what a call wrote.
std::string_view FileOf(const Call& call) {
  if (!call.path.empty()) return call.path;
  return call.op.names.empty() ? std::string_view() : call.op.names.back();
}

bool IsSyncOf(const Call& call, std::string_view path) {
  return IsSync(call) &&
         (call.op.kind == OpKind::kSyncfs || FileOf(call) == path);
}

}  // namespace

std::string PlaceInWords(const CallPlace& place) {
  const std::string text = PlaceText(place);
  return text.empty() ? "" : fmt::format(" ({})", text);
}

std::string CrashText(const ProfileRun& run, const CrashState& state,
                      size_t crashes) {
  const Calls& calls = run.calls();
  const auto& after = run.recorded().events_after;
  const auto in_words = [&](size_t call) {
    return fmt::format("`{}`{}", CallText(calls[call]),
                       PlaceInWords(calls[call].place));
  };
  size_t returned = 0;  // How many calls had.
  while (returned < calls.size() && after[returned] <= state.point) ++returned;
  const EventNumber before = returned == 0 ? 0 : after[returned - 1];
  std::string text = returned == 0 ? std::string("before any call had returned")
                                   : fmt::format("after {} had returned",
                                                 in_words(returned - 1));
  if (returned < calls.size() && state.point > before) {
    text += fmt::format(", during {}", in_words(returned));
  }
  if (crashes > 1) {
    text +=
        fmt::format(", and {} during the recovery",
                    crashes == 2 ? std::string("once more")
                                 : fmt::format("{} times more", crashes - 1));
  }
  return text;
}

std::vector<std::string> LostCalls(const ProfileRun& run,
                                   const CrashState& state,
                                   const PointCursor& cursor) {
  const Calls& calls = run.calls();
  const auto& after = run.recorded().events_after;
  std::vector<std::string> lines;
  for (const size_t lost : LostBy(run, state, cursor)) {
    const std::string_view path = FileOf(calls[lost]);
    std::string sync = ", never synced before the crash";
    for (size_t i = lost; i < calls.size(); ++i) {
      if (!IsSyncOf(calls[i], path)) continue;
      const bool returned = after[i] <= state.point;
      if (!returned && i > 0 && after[i - 1] >= state.point) break;
      sync = fmt::format(", although `{}`{} {}", CallText(calls[i]),
                         PlaceInWords(calls[i].place),
                         returned ? "had returned" : "was under way");
      break;
    }
    lines.push_back(fmt::format("{}{}{}", CallText(calls[lost]),
                                PlaceInWords(calls[lost].place), sync));
  }
  return lines;
}

std::vector<ExtraSync> SyncsFor(const ProfileRun& run, const CrashState& state,
                                const PointCursor& cursor) {
  const Calls& calls = run.calls();
  const std::set<size_t> lost = LostBy(run, state, cursor);
  std::vector<ExtraSync> syncs;
  const auto add = [&](std::string_view path, size_t call) {
    const bool there = std::ranges::any_of(
        syncs, [&](const ExtraSync& sync) { return sync.path == path; });
    if (!there) syncs.push_back({std::string(path), call});
  };
  for (auto call = lost.rbegin(); call != lost.rend(); ++call) {
    const OpKind kind = calls[*call].op.kind;
    if (kind == OpKind::kDiskWrite || kind == OpKind::kDiskDiscard) {
      return {{"", *call}};
    }
    add(FileOf(calls[*call]), *call);
  }
  for (auto call = lost.rbegin(); call != lost.rend(); ++call) {
    add(ParentOf(FileOf(calls[*call])), *call);
  }
  return syncs;
}

}  // namespace powercut
