// A version of a block that a state does not hold was made by an event, and the
// event tells what is lost with it (ProgramLosses). So a state has a set of
// lost things, and a part of the set has a state, in which all other blocks are
// at their newest version.
//
// Under a journal, what a state lost takes with it what came later, although
// that is on the disk (ProgramLosses::FollowersOf()). It is lost with the
// state, and a part that loses it alone loses its own blocks.
//
// Example: a state lost the data of /f and the name of /g, and the check says
// that /f is damaged. The parts are tried in the order {}, {data of f}, {name
// of g}. With nothing lost the check holds, and without the data of /f it fails
// with the same words. So the cause is the data of /f.

#include "harness/judge/smallest_loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace powercut {
namespace {

// What is lost, with the first event of which something is lost.
struct FirstLoss {
  EventNumber event = 0;
  LossOfThing how;
};
using FirstLosses = std::map<LostThing, FirstLoss>;

// How much a word for the missing sync says: that one is missing says most.
int WeightOf(const std::string& missing) {
  if (missing == kNothingMissing) return 0;
  return missing == kInFlight ? 1 : 2;
}

// Joins two losses of one thing. What was done to it first says what is seen
// without all of it: of a name that was removed and made again, the old one.
// What was synced before and changed again lacks the sync all the same.
void Add(const LostThing& thing, const FirstLoss& loss, FirstLosses& losses) {
  const auto [entry, added] = losses.try_emplace(thing, loss);
  if (added) return;
  FirstLoss& known = entry->second;
  const bool says_more =
      WeightOf(loss.how.missing) > WeightOf(known.how.missing);
  const std::string missing = says_more ? loss.how.missing : known.how.missing;
  if (loss.event < known.event) known = loss;
  known.how.missing = missing;
}

LossSet LossOfWrites(const ProgramLosses& losses,
                     const std::vector<WrittenSector>& lost,
                     EventNumber point) {
  FirstLosses all;
  for (const WrittenSector& write : lost) {
    const auto* const loss = losses.LossOf(write, point);
    if (loss != nullptr) Add(loss->thing, {write.event, loss->how}, all);
  }
  LossSet set;
  for (const auto& [thing, loss] : all) set.emplace(thing, loss.how);
  return set;
}

// What is lost, and what follows from it.
std::vector<WrittenSector> LostWith(const ProgramLosses& losses,
                                    std::vector<WrittenSector> lost,
                                    EventNumber point) {
  const auto followers = losses.FollowersOf(lost, point);
  lost.insert(lost.end(), followers.begin(), followers.end());
  return lost;
}

// The choice with which a state loses what an event wrote; `std::nullopt` if no
// crash loses it.
std::optional<BlockChoice> ChoiceWithout(const WrittenSector& write,
                                         const PointCursor& cursor) {
  const CrashSpace& space = cursor.space();
  const Slot slot = space.SlotOfSector(write.sector);
  const auto at = std::ranges::lower_bound(space.versions(slot), write.event,
                                           {}, &BlockVersion::event);
  const auto version =
      static_cast<VersionIndex>(at - space.versions(slot).begin());
  if (version == 0 || cursor.floor(slot) >= version) return std::nullopt;
  return BlockChoice{slot, version - 1, {}, 0};
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

CountedLosses CountedLossesOf(const ProgramLosses& losses,
                              const CrashState& state,
                              const PointCursor& cursor) {
  const EventNumber point = cursor.point();
  const std::vector<WrittenSector> lost =
      LostWith(losses, SectorsNotHeld(state, cursor), point);
  return {LossOfWrites(losses, lost, point), lost.size()};
}

LossSet LossesOf(const ProgramLosses& losses, const CrashState& state,
                 const PointCursor& cursor) {
  return CountedLossesOf(losses, state, cursor).lost;
}

LossSet OwnLossesOf(const ProgramLosses& losses, const CrashState& state,
                    const PointCursor& cursor) {
  // What follows from a loss was written after it, as a rule.
  std::vector<WrittenSector> own;
  std::set<WrittenSector> followers;
  for (const WrittenSector& lost : SectorsNotHeld(state, cursor)) {
    if (followers.contains(lost)) continue;
    own.push_back(lost);
    for (const WrittenSector& follower :
         losses.FollowersOf({lost}, cursor.point())) {
      followers.insert(follower);
    }
  }
  return LossOfWrites(losses, own, cursor.point());
}

LossSet WithFollowers(const LossSet& lost, const ProgramLosses& losses,
                      const CrashState& state, const PointCursor& cursor) {
  const EventNumber point = cursor.point();
  std::vector<WrittenSector> writes =
      LostWith(losses, SectorsNotHeld(state, cursor), point);
  std::erase_if(writes, [&](const WrittenSector& write) {
    const auto* const loss = losses.LossOf(write, point);
    return loss == nullptr || !lost.contains(loss->thing);
  });
  return LossOfWrites(losses, LostWith(losses, std::move(writes), point),
                      point);
}

PartsOfLoss::PartsOfLoss(const ProgramLosses& losses, const CrashState& state,
                         const PointCursor& cursor)
    : losses_(losses),
      cursor_(cursor),
      state_(FromOrigin(state, CrashState::kNewest, cursor)) {
  const auto loss_of = [&](const BlockChoice& choice) {
    return LossOfWrites(
        losses,
        LostWith(losses, SectorsNotHeld(choice, cursor), cursor.point()),
        cursor.point());
  };
  for (const BlockChoice& choice : state_.choices) {
    losses_of_choices_.push_back(loss_of(choice));
  }
  for (const WrittenSector& follower :
       losses.FollowersOf(SectorsNotHeld(state_, cursor), cursor.point())) {
    if (losses.LossOf(follower, cursor.point()) == nullptr) continue;
    const auto choice = ChoiceWithout(follower, cursor);
    if (choice) followers_.push_back({follower, *choice, loss_of(*choice)});
  }
}

bool PartsOfLoss::AreTried(const ProgramLosses& losses, const CrashState& state,
                           const PointCursor& cursor) {
  constexpr size_t kWorkMax = 1 << 22;
  const auto lost = SectorsNotHeld(state, cursor);
  const size_t followers = losses.FollowersOf(lost, cursor.point()).size();
  return followers == 0 || lost.size() + followers <= kWorkMax / followers;
}

CrashState PartsOfLoss::StateLosingOnly(const LossSet& lost) const {
  CrashState only = state_;
  only.choices.clear();
  for (size_t i = 0; i < state_.choices.size(); ++i) {
    if (!IsPartOf(losses_of_choices_[i], lost)) continue;
    only.choices.push_back(state_.choices[i]);
  }
  // What was on the disk and did not count is there again, unless it is lost by
  // itself now.
  const auto follow = [&](const std::vector<WrittenSector>& writes) {
    return losses_.FollowersOf(writes, cursor_.point());
  };
  const auto of_choices = follow(SectorsNotHeld(only, cursor_));
  std::set<WrittenSector> still(of_choices.begin(), of_choices.end());
  for (const Follower& follower : followers_) {
    if (still.contains(follower.write)) continue;
    if (!IsPartOf(follower.loss, lost)) continue;
    const auto at = std::ranges::lower_bound(only.choices, follower.choice.slot,
                                             {}, &BlockChoice::slot);
    const bool there =
        at != only.choices.end() && at->slot == follower.choice.slot;
    if (there) continue;
    only.choices.insert(at, follower.choice);
    for (const WrittenSector& next :
         follow(SectorsNotHeld(follower.choice, cursor_))) {
      still.insert(next);
    }
  }
  return only;
}

std::optional<CrashState> StateKeepingFirst(const ProgramLosses& losses,
                                            const CrashState& state,
                                            const PointCursor& cursor) {
  const CrashState from_newest = FromOrigin(state, CrashState::kNewest, cursor);
  if (std::ranges::any_of(from_newest.choices, [](const BlockChoice& choice) {
        return choice.torn.count > 0;
      })) {
    return std::nullopt;
  }
  std::vector<WrittenSector> lost = SectorsNotHeld(from_newest, cursor);
  std::vector<WrittenSector> followers;
  const auto first = std::ranges::find_if(lost, [&](const auto& write) {
    followers = losses.FollowersOf({write}, cursor.point());
    return !followers.empty();
  });
  if (first == lost.end()) return std::nullopt;
  lost.erase(first);
  lost.insert(lost.end(), followers.begin(), followers.end());
  std::map<Slot, BlockChoice> choices;
  for (const WrittenSector& write : lost) {
    const auto choice = ChoiceWithout(write, cursor);
    if (!choice) continue;
    const auto [entry, added] = choices.try_emplace(choice->slot, *choice);
    VersionIndex& version = entry->second.version;
    version = std::min(version, choice->version);
  }
  CrashState kept = from_newest;
  kept.choices.clear();
  for (const auto& [slot, choice] : choices) kept.choices.push_back(choice);
  return kept;
}

CrashState StateLosingOnly(const LossSet& lost, const ProgramLosses& losses,
                           const CrashState& state, const PointCursor& cursor) {
  CrashState all = FromOrigin(state, CrashState::kNewest, cursor);
  if (IsPartOf(LossesOf(losses, all, cursor), lost)) return all;
  return PartsOfLoss(losses, all, cursor).StateLosingOnly(lost);
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
  int most = 0;
  for (const auto& [thing, how] : loss) {
    things.insert(fmt::format("{}-of-{}", how.what, thing.path));
    syncs.insert(how.missing);
    most = std::max(most, WeightOf(how.missing));
  }
  // A sync that is missing says more than that another one was not.
  std::erase_if(syncs, [&](const std::string& missing) {
    return WeightOf(missing) < most;
  });
  return Joined(things) + "/" + Joined(syncs);
}

}  // namespace powercut
