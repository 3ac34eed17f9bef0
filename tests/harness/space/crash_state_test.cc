// Tests the way from crash states to ids and back, on enumerated, random and
// hand-made states. The rules of harness/space/crash_state.h are written here a
// second time.

#include "harness/space/crash_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/space/enumerate.h"
#include "tests/harness/space/naive_crash_space.h"
#include "tests/harness/space/random_state.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

CrashStep StepOf(const std::string& text) {
  const Result<StateId> id = ParseStateId(text + "@00000000");
  POWERCUT_CHECK(id);
  return id->steps.at(0);
}

// Returns the canonical text of what a step names, or the error.
std::string Canonical(const std::string& text, PointCursor& cursor) {
  const Result<CrashState> state = ResolveStep(StepOf(text), cursor);
  if (!state) return state.error().message;
  return CrashStepText(CanonicalStep(*state, cursor));
}

// What a state says about a sector of an open write.
enum class Fate { kLost, kKept, kShadowed };

std::vector<Fate> FatesOf(const NaiveBlock& block, const NaiveChoice& choice,
                          size_t version, uint64_t per_block) {
  const SectorRange& written = block.versions[version].written;
  const bool torn = choice.torn.count > 0;
  const size_t shadow = torn ? choice.under : choice.version;
  std::vector<Fate> fates;
  for (uint64_t s = written.first; s < written.end(); ++s) {
    const uint64_t at = s - block.number * per_block;
    const bool older = at >= choice.torn.first && at < choice.torn.end();
    if (version == choice.version) {
      fates.push_back(older ? Fate::kLost : Fate::kKept);
    } else if (version < shadow) {
      fates.push_back(Fate::kShadowed);
    } else {
      fates.push_back(version == shadow ? Fate::kKept : Fate::kLost);
    }
  }
  return fates;
}

std::string ItemsText(EventNumber event, const DiskEvent& what,
                      const std::vector<Fate>& fates, Fate listed) {
  const std::string name =
      (what.kind == DiskEvent::kDiscard ? "d" : "w") + std::to_string(event);
  const Fate other = listed == Fate::kLost ? Fate::kKept : Fate::kLost;
  const auto count = [&](Fate fate) {
    return std::count(fates.begin(), fates.end(), fate);
  };
  if (count(listed) == 0) return "";
  if (count(other) == 0) return name + ",";
  std::string text;
  for (size_t s = 0; s < fates.size(); ++s) {
    if (fates[s] != listed) continue;
    const size_t first = s;
    while (s + 1 < fates.size() && fates[s + 1] == listed) ++s;
    text += name + ":" + std::to_string(first);
    if (s > first) text += "~" + std::to_string(s);
    text += ",";
  }
  return text;
}

// Returns the items of a state in one of its two forms.
std::string ListText(const NaiveState& state, const NaiveCrashSpace& naive,
                     const Trace& trace, Fate listed) {
  std::map<EventNumber, std::vector<Fate>> fates;
  for (size_t i = 0; i < state.size(); ++i) {
    const NaiveBlock& block = naive.open_block(i);
    for (size_t v = block.floor + 1; v <= block.newest(); ++v) {
      const EventNumber event = block.versions[v].event;
      const SectorRange& range = trace.event(event).range;
      auto& all =
          fates.try_emplace(event, range.count, Fate::kShadowed).first->second;
      const auto part = FatesOf(block, state[i], v, naive.per_block());
      std::copy(
          part.begin(), part.end(),
          all.begin() + static_cast<ptrdiff_t>(block.versions[v].written.first -
                                               range.first));
    }
  }
  std::string text;
  for (const auto& [event, of_event] : fates) {
    text += ItemsText(event, trace.event(event), of_event, listed);
  }
  if (!text.empty()) text.pop_back();
  return text;
}

// Returns the canonical text by its definition; `std::nullopt` if it must be a
// bitmap.
std::optional<std::string> ExpectedText(const CrashState& state,
                                        const NaiveState& plain,
                                        const NaiveCrashSpace& naive,
                                        const Trace& trace) {
  std::string head = std::to_string(state.point);
  if (state.marks > 0) head += "." + std::to_string(state.marks);
  head += "kop"[static_cast<size_t>(state.kind)];
  const std::string lost = ListText(plain, naive, trace, Fate::kLost);
  const std::string kept = ListText(plain, naive, trace, Fate::kKept);
  if (lost.empty()) return head;
  const bool use_kept = !kept.empty() && kept.size() < lost.size();
  std::string text = head + (use_kept ? '+' + kept : '-' + lost);
  if (text.size() > 200) return std::nullopt;
  return text;
}

// A random trace and crash kind, at one of the trace's points.
class OnePoint {
 public:
  OnePoint(uint64_t seed, const RandomTraceShape& shape)
      : prng_(seed),
        trace_(RandomTrace(prng_, shape)),
        atomic_bytes_(RandomAtomicBytes(prng_)),
        space_(trace_, atomic_bytes_),
        cursor_(space_, RandomKind(prng_)) {
    MoveTo(trace_.event_count());
  }

  void MoveTo(EventNumber point) {
    cursor_.MoveTo(point);
    naive_ = std::make_unique<const NaiveCrashSpace>(trace_, atomic_bytes_,
                                                     cursor_.kind(), point);
  }

  // Checks everything that must hold for one state of this point.
  void Check(const CrashState& state) {
    const NaiveState plain = naive_->StateOf(state, space_);
    const CrashStep step = CanonicalStep(state, cursor_);
    const std::string text = CrashStepText(step);
    SCOPED_TRACE(text);
    const auto expected = ExpectedText(state, plain, *naive_, trace_);
    if (expected) {
      EXPECT_EQ(text, *expected);
    } else {
      EXPECT_THAT(text, HasSubstr("-#"));
    }
    EXPECT_EQ(StepOf(text), step);
    const Result<CrashState> back = ResolveStep(step, cursor_);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(naive_->StateOf(*back, space_), plain);
    EXPECT_EQ(back->marks, state.marks);
    EXPECT_EQ(CanonicalStep(*back, cursor_), step);
    CheckOrigins(state, plain, step);
  }

  Prng& prng() { return prng_; }
  const Trace& trace() const { return trace_; }
  PointCursor& cursor() { return cursor_; }
  const NaiveCrashSpace& naive() const { return *naive_; }

 private:
  void CheckOrigins(const CrashState& state, const NaiveState& plain,
                    const CrashStep& step) {
    uint64_t lost = 0;
    const NaiveState newest = naive_->Newest();
    for (size_t i = 0; i < plain.size(); ++i) lost += plain[i] != newest[i];
    for (const auto origin : {CrashState::kNewest, CrashState::kFloor}) {
      const CrashState same = FromOrigin(state, origin, cursor_);
      EXPECT_EQ(same.origin, origin);
      EXPECT_EQ(naive_->StateOf(same, space_), plain);
      EXPECT_EQ(FromOrigin(same, state.origin, cursor_), state);
      EXPECT_EQ(LostBlocks(same, cursor_), lost);
      EXPECT_EQ(CanonicalStep(same, cursor_), step);
    }
  }

  Prng prng_;
  Trace trace_;
  uint32_t atomic_bytes_;
  CrashSpace space_;
  PointCursor cursor_;
  std::unique_ptr<const NaiveCrashSpace> naive_;
};

TEST(CrashStateIds, EveryEnumeratedStateGoesToItsIdAndBack) {
  for (uint64_t seed = 0; seed < 800 / kSlowdown; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    OnePoint random(seed, {.sectors_max = 8});
    for (EventNumber point = 0; point <= random.trace().event_count();
         ++point) {
      random.MoveTo(point);
      ExplorationSpace spec{ExplorationSpace::kEpoch, 2, 0};
      if (random.prng().OneIn(3)) spec = {ExplorationSpace::kEpoch, 1, 1};
      EnumerateStates(random.cursor(), spec, seed,
                      [&](const CrashState& state, const Hash128&) {
                        CrashState marked = state;
                        marked.marks =
                            static_cast<uint32_t>(random.prng().Below(3));
                        random.Check(marked);
                        return !testing::Test::HasFailure();
                      });
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(CrashStateIds, SmallRandomStatesGoToTheirIdsAndBack) {
  for (uint64_t seed = 0; seed < 2000 / kSlowdown; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    OnePoint random(seed + 4'000'000, {});
    for (int i = 0; i < 5 && !testing::Test::HasFailure(); ++i) {
      random.Check(RandomState(random.cursor(), random.prng()));
    }
    if (testing::Test::HasFailure()) return;
  }
}

TEST(CrashStateIds, LargeStatesGoToTheirBitmapsAndBack) {
  uint32_t bitmaps = 0;
  for (uint64_t seed = 0; seed < 200 / kSlowdown; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    OnePoint random(seed + 1'000'000, {.sectors_max = 150,
                                       .events_max = 150,
                                       .range_max = 20,
                                       .persist_percent = 2});
    for (int i = 0; i < 5; ++i) {
      const CrashState state = RandomState(random.cursor(), random.prng());
      random.Check(state);
      const CrashStep step = CanonicalStep(state, random.cursor());
      bitmaps += step.bitmap.empty() ? 0 : 1;
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(bitmaps, 20u / kSlowdown);
}

// Returns what a list of items says about one block: its choice, or
// `std::nullopt` if the items tear the block in more than one place.
std::optional<NaiveChoice> ChoiceOfItems(const CrashStep& step,
                                         const Trace& trace,
                                         const NaiveBlock& block,
                                         uint64_t per_block) {
  std::optional<NaiveChoice> torn;
  for (size_t v = block.newest(); v > block.floor; --v) {
    const NaiveVersion& version = block.versions[v];
    const uint64_t event_first = trace.event(version.event).range.first;
    std::vector<uint64_t> lost;
    for (uint64_t s = version.written.first; s < version.written.end(); ++s) {
      bool listed = false;
      for (const StateItem& item : step.items) {
        const uint64_t at = s - event_first;
        listed |= item.event == version.event &&
                  (!item.sectors ||
                   (at >= item.sectors->first && at <= item.sectors->second));
      }
      if (listed == (step.sign == '-')) lost.push_back(s);
    }
    if (lost.size() == version.written.count) continue;
    if (lost.empty()) {
      if (!torn) return NaiveChoice{v, {}, 0};
      torn->under = v;
      return torn;
    }
    if (torn || lost.back() - lost.front() + 1 != lost.size()) {
      return std::nullopt;
    }
    torn = {v, {lost[0] - block.number * per_block, lost.size()}, block.floor};
  }
  return torn ? torn : NaiveChoice{block.floor, {}, 0};
}

CrashStep RandomStep(Prng& prng, const PointCursor& cursor,
                     const NaiveCrashSpace& naive) {
  const Trace& trace = cursor.space().trace();
  CrashStep step{cursor.point(), 0, cursor.kind(), 0, {}, {}};
  step.sign = prng.OneIn(2) ? '-' : '+';
  for (uint64_t items = 1 + prng.Below(5); items > 0; --items) {
    const NaiveBlock& block = naive.open_block(prng.Below(naive.open().size()));
    const size_t v = block.floor + 1 + prng.Below(block.newest() - block.floor);
    const EventNumber event = block.versions[v].event;
    const auto count = static_cast<uint32_t>(trace.event(event).range.count);
    StateItem item{trace.event(event).kind == DiskEvent::kDiscard, event, {}};
    if (prng.OneIn(2)) {
      const auto first = static_cast<uint32_t>(prng.Below(count));
      item.sectors = {first,
                      first + static_cast<uint32_t>(prng.Below(count - first))};
    }
    step.items.push_back(item);
  }
  return step;
}

TEST(CrashStateIds, RandomItemsMeanWhatTheGrammarSays) {
  uint32_t accepted = 0;
  uint32_t refused = 0;
  for (uint64_t seed = 0; seed < 6000 / kSlowdown; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    OnePoint random(seed + 2'000'000, {});
    const NaiveCrashSpace& naive = random.naive();
    if (naive.open().empty()) continue;
    const CrashStep step = RandomStep(random.prng(), random.cursor(), naive);
    SCOPED_TRACE(CrashStepText(step));
    NaiveState expected;
    bool good = true;
    for (size_t i = 0; i < naive.open().size() && good; ++i) {
      const auto choice = ChoiceOfItems(step, random.trace(),
                                        naive.open_block(i), naive.per_block());
      good = choice.has_value();
      expected.push_back(choice.value_or(NaiveChoice{}));
    }
    const Result<CrashState> state = ResolveStep(step, random.cursor());
    ASSERT_EQ(state.has_value(), good);
    ++(good ? accepted : refused);
    if (!good) {
      EXPECT_THAT(state.error().message, HasSubstr("in more than one place"));
      continue;
    }
    EXPECT_EQ(naive.StateOf(*state, random.cursor().space()), expected);
    random.Check(*state);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(accepted, 2000 / kSlowdown);
  EXPECT_GT(refused, 0u);
}

// No item of a canonical id can be removed without changing the state.
TEST(CrashStateIds, EveryCanonicalItemMatters) {
  for (uint64_t seed = 0; seed < 400 / kSlowdown; ++seed) {
    OnePoint random(seed + 3'000'000, {});
    PointCursor& cursor = random.cursor();
    const auto visit = [&](const CrashState& state, const Hash128&) {
      const CrashStep step = CanonicalStep(state, cursor);
      const NaiveState plain = random.naive().StateOf(state, cursor.space());
      for (size_t i = 0; i < step.items.size(); ++i) {
        CrashStep fewer = step;
        fewer.items.erase(fewer.items.begin() + static_cast<ptrdiff_t>(i));
        const Result<CrashState> other = ResolveStep(fewer, cursor);
        if (!other) continue;  // The block is torn in two places.
        EXPECT_NE(random.naive().StateOf(*other, cursor.space()), plain)
            << "seed " << seed << ": item " << i << " of "
            << CrashStepText(step);
      }
      return true;
    };
    EnumerateStates(cursor, {ExplorationSpace::kEpoch, 2, 1}, seed, visit);
  }
}

// Events: 1 to 4 write a block of four sectors each, 5 rewrites the first two,
// 6 discards the third.
class FourBlocks : public testing::Test {
 protected:
  static Trace MakeTrace() {
    Trace trace = EmptyTrace(16);
    for (uint32_t i = 0; i < 4; ++i) {
      Write(trace, uint64_t{i} * 4, Words(4, i + 1), Layer::kDevice);
    }
    Write(trace, 0, Words(8, 5), Layer::kDevice);
    trace.AddDiscard({8, 4});
    return trace;
  }

  std::string Canon(const std::string& text) {
    return Canonical(text, cursor_);
  }

  Trace trace_ = MakeTrace();
  CrashSpace space_{trace_, 2048};
  PointCursor cursor_{space_, CrashKind::kPower};
};

TEST_F(FourBlocks, TheShorterFormIsCanonicalAndMinusOnATie) {
  EXPECT_EQ(Canon("6p"), "6p");
  EXPECT_EQ(Canon("6.7p"), "6.7p");
  EXPECT_EQ(Canon("4p-w1"), "4p-w1");
  EXPECT_EQ(Canon("4p+w1"), "4p+w1");
  EXPECT_EQ(Canon("4p-w1,w2,w3"), "4p+w4");
  EXPECT_EQ(Canon("4p+w2,w3,w4"), "4p-w1");
  EXPECT_EQ(Canon("4p-w1,w2"), "4p-w1,w2");
  EXPECT_EQ(Canon("4p+w3,w4"), "4p-w1,w2");
  EXPECT_EQ(Canon("4p+w1,w2,w3,w4"), "4p");
  // If nothing is kept, the `+` form has no items, and `+` alone is no id.
  EXPECT_EQ(Canon("4p-w1,w2,w3,w4"), "4p-w1,w2,w3,w4");
}

TEST_F(FourBlocks, WhatANewerVersionShadowsIsLeftOut) {
  EXPECT_EQ(Canon("5p-w1"), "5p");
  EXPECT_EQ(Canon("5p-w1,w2,w3"), "5p-w3");
  EXPECT_EQ(Canon("5p+w1,w5"), "5p+w5");
  EXPECT_EQ(Canon("5p-w5:0~3"), "5p-w5:0~3");
  EXPECT_EQ(Canon("5p-w1,w5:4~7"), "5p-w5:4~7");
  EXPECT_EQ(Canon("6p-w3"), "6p");
  EXPECT_EQ(Canon("6p-d6"), "6p-d6");
  EXPECT_EQ(Canon("6p-d6,w3"), "6p-w3,d6");
}

TEST_F(FourBlocks, TornBlocksNameTheirSectors) {
  EXPECT_EQ(Canon("1p-w1:0~1"), "1p-w1:0~1");
  EXPECT_EQ(Canon("1p-w1:2~3"),
            "1p+w1:0~1" == std::string("1p-w1:2~3") ? "" : "1p-w1:2~3");
  EXPECT_EQ(Canon("1p+w1:0~1"), "1p-w1:2~3");
  EXPECT_EQ(Canon("1p-w1:3"), "1p-w1:3");
  EXPECT_EQ(Canon("1p-w1:1~3"), "1p+w1:0");
  EXPECT_EQ(Canon("1p-w1:0,w1:1"), "1p-w1:0~1");
  EXPECT_EQ(Canon("1p-w1:0,w1:1~3"), "1p-w1");
  const auto state = ResolveStep(StepOf("5p-w5:1,w1"), cursor_);
  ASSERT_TRUE(state);
  ASSERT_EQ(state->choices.size(), 1u);
  EXPECT_EQ(state->choices[0], (BlockChoice{0, 2, {1, 1}, 0}));
  Bytes content(2048);
  ReadChoice(space_, state->choices[0], content);
  EXPECT_EQ(WordsOf(content), (Words{5, 0, 5, 5}));
  EXPECT_EQ(HashOfChoice(space_, state->choices[0]), HashBytes(content, 0));
}

TEST_F(FourBlocks, WrongIdsAreRefusedWithTheReason) {
  EXPECT_THAT(Canon("7p"), HasSubstr("only 6 disk events"));
  EXPECT_THAT(Canon("4p-w5"), HasSubstr("event 5 is no write"));
  EXPECT_THAT(Canon("6p-w7"), HasSubstr("event 7 is no write"));
  EXPECT_THAT(Canon("6p-w0"), HasSubstr("event 0 is no write"));
  EXPECT_THAT(Canon("6p-d5"), HasSubstr("event 5 is a write"));
  EXPECT_THAT(Canon("6p-w6"), HasSubstr("event 6 is a discard"));
  EXPECT_THAT(Canon("6p-w5:8"), HasSubstr("only 8 sectors"));
  EXPECT_THAT(Canon("6p-w5:0~8"), HasSubstr("only 8 sectors"));
  EXPECT_THAT(Canon("5p-w5:0,w5:2"), HasSubstr("block 0 is torn in more"));
  EXPECT_THAT(Canon("5p+w5:1,w5:3"), HasSubstr("block 0 is torn in more"));
  EXPECT_THAT(Canon("5p-w5:0,w1:3"), HasSubstr("block 0 is torn in more"));
  const auto error = ResolveStep(StepOf("9.1p-w3"), cursor_).error();
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_THAT(error.message, HasSubstr("9.1p-w3"));
}

TEST_F(FourBlocks, WhatTheFloorHoldsIsNotOpen) {
  trace_.AddPersist(Layer::kMedia, nullptr, 5);
  const CrashSpace space(trace_, 2048);
  PointCursor power(space, CrashKind::kPower);
  // The flush was issued before the discard.
  EXPECT_EQ(Canonical("7p-d6", power), "7p-d6");
  EXPECT_THAT(Canonical("7p-w5", power), HasSubstr("event 5 is no write"));
  EXPECT_THAT(Canonical("7p-w3", power), HasSubstr("event 3 is no write"));
  EXPECT_EQ(Canonical("6p-d6,w3", power), "6p-w3,d6");
  PointCursor os(space, CrashKind::kOs);
  EXPECT_THAT(Canonical("6o-d6", os), HasSubstr("event 6 is no write"));
}

TEST_F(FourBlocks, BitmapsListTheSectorsOfOpenWritesLowestBitFirst) {
  // Four writes of four sectors make 16 bits, which are 3 digits.
  EXPECT_EQ(Canon("4p-#PAA"), "4p-w1");
  EXPECT_EQ(Canon("4p-#BAA"), "4p-w1:0");
  EXPECT_EQ(Canon("4p-#wAA"), "4p-w2:0~1");
  EXPECT_EQ(Canon("4p-#AAI"), "4p-w4:3");
  EXPECT_EQ(Canon("4p-#AAA"), "4p");
  EXPECT_EQ(Canon("4p+#__P"), "4p");
  EXPECT_EQ(Canon("4p-#B_P"), "4p+w1:1~3,w2:0~1");
  for (const std::string text : {"4p-#A", "4p-#AA", "4p-#AAAA", "0p-#A"}) {
    EXPECT_THAT(Canon(text), HasSubstr("digits, but"));
  }
}

TEST(CrashStateBitmap, AListOfOver200CharactersBecomesABitmap) {
  Trace trace = EmptyTrace(120);
  for (uint32_t i = 0; i < 120; ++i) {
    Write(trace, i, {i + 1}, Layer::kDevice);
  }
  const CrashSpace space(trace, kSectorBytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(120);
  bool at_the_limit = false;
  for (const uint32_t marks : {0u, 1u, 10u, 100u, 1000u}) {
    for (Slot lost = 1; lost <= 60; ++lost) {
      CrashState state{120, marks, CrashKind::kPower, CrashState::kNewest, {}};
      const std::string head =
          marks > 0 ? "120." + std::to_string(marks) + "p-" : "120p-";
      std::string list = head;
      for (Slot slot = 0; slot < lost; ++slot) {
        state.choices.push_back({slot * 2, 0, {}, 0});
        list += (slot > 0 ? ",w" : "w") + std::to_string(slot * 2 + 1);
      }
      const std::string text = CrashStepText(CanonicalStep(state, cursor));
      if (list.size() <= 200) {
        EXPECT_EQ(text, list);
        at_the_limit |= list.size() == 200;
      } else {
        EXPECT_EQ(text.substr(0, head.size() + 1), head + "#");
        EXPECT_EQ(text.size(), head.size() + 1 + 120 / 6);
      }
      EXPECT_EQ(Canonical(text, cursor), text);
      EXPECT_EQ(Canonical(list, cursor), text);
    }
  }
  EXPECT_TRUE(at_the_limit);
}

}  // namespace
}  // namespace powercut
