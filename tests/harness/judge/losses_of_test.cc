// What random states lost, told of events by a table: LossesOf() and
// StateLosingOnly() beside what each block says by itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
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
  const Loss* LossOf(EventNumber event, EventNumber) const override {
    const auto found = table_.find(event);
    return found == table_.end() ? nullptr : &found->second;
  }

 private:
  std::map<EventNumber, Loss> table_;
};

class Scene {
 public:
  explicit Scene(uint64_t seed) : prng_(seed), losses_(prng_) {
    for (EventNumber event = 1; event <= kEvents; ++event) {
      Write(trace_, prng_.Below(kSectors), {event}, Layer::kDevice);
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
      const ProgramLosses::Loss* loss = losses_.LossOf(event, kEvents);
      if (loss == nullptr) continue;
      LossOfThing& how = lost.try_emplace(loss->thing, loss->how).first->second;
      if (loss->how.missing != "none") how.missing = loss->how.missing;
    }
    return lost;
  }

  Prng& prng() { return prng_; }
  const ProgramLosses& losses() const { return losses_; }
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
    const Scene scene(seed);
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
    Scene scene(seed);
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

}  // namespace
}  // namespace powercut
