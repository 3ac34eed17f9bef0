// What random states lost, told of events by a table: LossesOf() and
// StateLosingOnly() beside what each block says by itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "harness/base/prng.h"
#include "harness/judge/smallest_loss.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 4;
constexpr EventNumber kEvents = 7;

// Each event is the work of one call, on one of three things, or of none. No
// two of them do the same to a thing.
class TableOfLosses : public ProgramLosses {
 public:
  explicit TableOfLosses(Prng& prng) {
    for (EventNumber event = 1; event <= kEvents; ++event) {
      const uint64_t thing = prng.Below(4);
      if (thing == 3) continue;
      table_[event] = {{"data", std::to_string(thing)},
                       {"done-" + std::to_string(event),
                        prng.OneIn(2) ? "none" : "fdatasync"}};
    }
  }
  // An event needs an earlier one, or none, and lies at a sector.
  void Place(EventNumber event, uint64_t sector, EventNumber needs) {
    sectors_[event] = sector;
    needs_[event] = needs;
  }
  const Loss* Find(EventNumber event) const {
    const auto found = table_.find(event);
    return found == table_.end() ? nullptr : &found->second;
  }
  const Loss* LossOf(const WrittenSector& write, EventNumber) const override {
    return Find(write.event);
  }
  // The events that need one of these, or one that follows from them.
  std::set<EventNumber> WithFollowers(std::set<EventNumber> events) const {
    for (const auto& [event, needs] : needs_) {
      if (events.contains(needs)) events.insert(event);
    }
    return events;
  }
  std::vector<WrittenSector> FollowersOf(const std::vector<WrittenSector>& lost,
                                         EventNumber) const override {
    std::set<EventNumber> events;
    for (const WrittenSector& write : lost) events.insert(write.event);
    std::vector<WrittenSector> followers;
    for (const EventNumber event : WithFollowers(events)) {
      if (events.contains(event)) continue;
      followers.push_back({event, sectors_.at(event)});
    }
    return followers;
  }

 private:
  std::map<EventNumber, Loss> table_;
  std::map<EventNumber, uint64_t> sectors_;
  std::map<EventNumber, EventNumber> needs_;
};

class Scene {
 public:
  Scene(uint64_t seed, bool needs) : prng_(seed), losses_(prng_) {
    for (EventNumber event = 1; event <= kEvents; ++event) {
      const uint64_t sector = prng_.Below(kSectors);
      Write(trace_, sector, {event}, Layer::kDevice);
      const auto needed = static_cast<EventNumber>(prng_.Below(event));
      losses_.Place(event, sector, needs ? needed : 0);
    }
    space_.emplace(trace_, kSectorBytes);
    cursor_.emplace(*space_, CrashKind::kPower);
    cursor_->MoveTo(kEvents);
    state_.point = kEvents;
    for (const Slot slot : cursor_->open()) {
      const VersionIndex newest = cursor_->newest(slot);
      const auto version =
          static_cast<VersionIndex>(prng_.Below(newest + uint64_t{1}));
      if (version < newest) state_.choices.push_back({slot, version, {}, 0});
    }
  }

  // The events whose versions lie above the one that the block holds.
  std::set<EventNumber> LostIn(const BlockChoice& choice) const {
    std::set<EventNumber> events;
    const auto versions = space_->versions(choice.slot);
    for (size_t v = choice.version + size_t{1}; v < versions.size(); ++v) {
      events.insert(versions[v].event);
    }
    return events;
  }
  LossSet LossOf(const std::set<EventNumber>& events) const {
    LossSet lost;
    // In the order of the events, so that the first one makes the entry.
    for (const EventNumber event : events) {
      const ProgramLosses::Loss* loss = losses_.Find(event);
      if (loss == nullptr) continue;
      LossOfThing& how = lost.try_emplace(loss->thing, loss->how).first->second;
      if (loss->how.missing != "none") how.missing = loss->how.missing;
    }
    return lost;
  }

  Prng& prng() { return prng_; }
  const TableOfLosses& losses() const { return losses_; }
  const CrashState& state() const { return state_; }
  const PointCursor& cursor() const { return *cursor_; }

 private:
  Prng prng_;
  TableOfLosses losses_;
  Trace trace_ = EmptyTrace(kSectors);
  std::optional<CrashSpace> space_;
  std::optional<PointCursor> cursor_;
  CrashState state_;
};

// The first event of a thing that is lost says what was done to the thing. It
// lacks a sync if any of its lost events does, in whichever block.
TEST(LossesOfTest, AreThoseOfAllLostEvents) {
  uint64_t joined = 0;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    const Scene scene(seed, /*needs=*/false);
    std::set<EventNumber> events;
    for (const BlockChoice& choice : scene.state().choices) {
      events.merge(scene.LostIn(choice));
    }
    const LossSet expected = scene.LossOf(events);
    ASSERT_EQ(LossesOf(scene.losses(), scene.state(), scene.cursor()), expected)
        << seed;
    joined += events.size() > expected.size() + 1 ? 1 : 0;
  }
  EXPECT_GT(joined, 1000u);
}

// A block goes on losing if all that it lost is wanted, and not otherwise.
TEST(LossesOfTest, AStateCanLoseAPartAlone) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Scene scene(seed, /*needs=*/false);
    LossSet part = LossesOf(scene.losses(), scene.state(), scene.cursor());
    std::erase_if(part, [&](const auto&) { return scene.prng().OneIn(2); });
    CrashState expected = scene.state();
    std::erase_if(expected.choices, [&](const BlockChoice& choice) {
      return !IsPartOf(scene.LossOf(scene.LostIn(choice)), part);
    });
    ASSERT_EQ(
        StateLosingOnly(part, scene.losses(), scene.state(), scene.cursor()),
        expected)
        << seed;
  }
}

// What needs a lost event is lost with it. What is named of a loss brings all
// of the loss, and nothing else follows from a part.
TEST(LossesOfTest, WhatFollowsIsLostAndNotNamed) {
  uint64_t followed = 0;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Scene scene(seed, /*needs=*/true);
    const auto& [losses, state, cursor] =
        std::tie(scene.losses(), scene.state(), scene.cursor());
    std::set<EventNumber> events;
    for (const BlockChoice& choice : state.choices) {
      events.merge(scene.LostIn(choice));
    }
    const LossSet all = LossesOf(losses, state, cursor);
    ASSERT_EQ(all, scene.LossOf(losses.WithFollowers(events))) << seed;
    const LossSet own = OwnLossesOf(losses, state, cursor);
    ASSERT_TRUE(IsPartOf(own, all)) << seed;
    followed += own.size() < all.size() ? 1 : 0;
    ASSERT_EQ(
        LossesOf(losses, StateLosingOnly(all, losses, state, cursor), cursor),
        all)
        << seed;
    LossSet part = all;
    std::erase_if(part, [&](const auto&) { return scene.prng().OneIn(2); });
    const CrashState only = StateLosingOnly(part, losses, state, cursor);
    ASSERT_TRUE(IsPartOf(LossesOf(losses, only, cursor), part)) << seed;
    ASSERT_TRUE(IsPartOf(part, WithFollowers(part, losses, state, cursor)));
  }
  EXPECT_GT(followed, 500u);
}

}  // namespace
}  // namespace powercut
