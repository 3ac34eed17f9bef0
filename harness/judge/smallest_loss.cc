// A version of a block that a state does not hold was made by an event, and the
// event tells what is lost with it (ProgramLosses). So a state has a set of
// lost things, and a part of the set has a state, in which all other blocks are
// at their newest version.
//
// Example: a state lost the data of /f and the name of /g, and the check says
// that /f is damaged. The parts are tried in the order {}, {data of f}, {name
// of g}. With nothing lost the check holds, and without the data of /f it fails
// with the same words. So the cause is the data of /f.

#include "harness/judge/smallest_loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

namespace powercut {
namespace {

// The versions of its block that a choice does not hold, oldest first.
struct LostVersions {
  VersionIndex first = 0;
  VersionIndex last = 0;
};

LostVersions LostVersionsOf(const BlockChoice& choice,
                            const PointCursor& cursor) {
  const VersionIndex held =
      choice.torn.count > 0 ? choice.under : choice.version;
  return {held + 1, cursor.newest(choice.slot)};
}

// What is lost, with the first event of which something is lost.
struct FirstLoss {
  EventNumber event = 0;
  LossOfThing how;
};
using FirstLosses = std::map<LostThing, FirstLoss>;

// Joins two losses of one thing. What was done to it first says what is seen
// without all of it: of a name that was removed and made again, the old one.
// What was synced before and changed again lacks the sync all the same.
void Add(const LostThing& thing, const FirstLoss& loss, FirstLosses& losses) {
  const auto [entry, added] = losses.try_emplace(thing, loss);
  if (added) return;
  FirstLoss& known = entry->second;
  const std::string missing =
      known.how.missing == "none" ? loss.how.missing : known.how.missing;
  if (loss.event < known.event) known = loss;
  known.how.missing = missing;
}

void AddLossesOfChoice(const ProgramLosses& losses, const BlockChoice& choice,
                       const PointCursor& cursor, FirstLosses& all) {
  const auto versions = cursor.space().versions(choice.slot);
  const auto [first, last] = LostVersionsOf(choice, cursor);
  for (VersionIndex version = first; version <= last; ++version) {
    const EventNumber event = versions[version].event;
    const auto* const loss = losses.LossOf(event, cursor.point());
    if (loss) Add(loss->thing, {event, loss->how}, all);
  }
}

LossSet SetOf(const FirstLosses& losses) {
  LossSet set;
  for (const auto& [thing, loss] : losses) set.emplace(thing, loss.how);
  return set;
}

LossSet Without(const LossSet& set, const LostThing& thing) {
  LossSet rest = set;
  rest.erase(thing);
  return rest;
}

// Takes away one thing after the other, the last one first, and begins again
// until none can go.
Result<LossSet> Shrunk(
    LossSet set, const std::function<Result<bool>(const LossSet&)>& fails) {
  for (bool again = true; again;) {
    again = false;
    std::vector<LostThing> things;
    for (const auto& [thing, how] : set) things.push_back(thing);
    for (auto thing = things.rbegin(); thing != things.rend(); ++thing) {
      LossSet rest = Without(set, *thing);
      POWERCUT_ASSIGN(const bool still, fails(rest));
      if (!still) continue;
      set = std::move(rest);
      again = true;
    }
  }
  return set;
}

std::string Joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : "+") + word;
  }
  return text;
}

}  // namespace

LossSet LossesOf(const ProgramLosses& losses, const CrashState& state,
                 const PointCursor& cursor) {
  FirstLosses all;
  const CrashState lost = FromOrigin(state, CrashState::kNewest, cursor);
  for (const BlockChoice& choice : lost.choices) {
    AddLossesOfChoice(losses, choice, cursor, all);
  }
  return SetOf(all);
}

CrashState StateLosingOnly(const LossSet& lost, const ProgramLosses& losses,
                           const CrashState& state, const PointCursor& cursor) {
  CrashState only = FromOrigin(state, CrashState::kNewest, cursor);
  std::erase_if(only.choices, [&](const BlockChoice& choice) {
    FirstLosses of_choice;
    AddLossesOfChoice(losses, choice, cursor, of_choice);
    return !IsPartOf(SetOf(of_choice), lost);
  });
  return only;
}

bool IsPartOf(const LossSet& part, const LossSet& whole) {
  return std::ranges::all_of(
      part, [&](const auto& one) { return whole.contains(one.first); });
}

bool ComesBefore(const LossSet& a, const LossSet& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

Result<LossSet> SmallestLoss(
    const LossSet& all,
    const std::function<Result<bool>(const LossSet&)>& fails) {
  if (all.size() > kLossPartsMax) return Shrunk(all, fails);
  std::vector<LossSet> parts;
  for (uint32_t bits = 0; bits + 1 < uint32_t{1} << all.size(); ++bits) {
    LossSet& part = parts.emplace_back();
    uint32_t bit = 1;
    for (const auto& one : all) {
      if ((bits & bit) != 0) part.insert(one);
      bit <<= 1;
    }
  }
  std::ranges::sort(parts, ComesBefore);
  for (LossSet& part : parts) {
    POWERCUT_ASSIGN(const bool still, fails(part));
    if (still) return std::move(part);
  }
  return all;
}

LossSet LossOfRecovery() {
  return {{LostThing{"crash", "recovery"}, LossOfThing{"crash", "none"}}};
}

std::string LossInWords(const LossSet& loss) {
  if (loss.empty()) return "nothing/none";
  std::set<std::string> things;
  std::set<std::string> syncs;
  for (const auto& [thing, how] : loss) {
    things.insert(fmt::format("{}-of-{}", how.what, thing.path));
    syncs.insert(how.missing);
  }
  // A sync that is missing says more than that another one was not.
  if (syncs.size() > 1) syncs.erase("none");
  return Joined(things) + "/" + Joined(syncs);
}

}  // namespace powercut
