// Tests what is said of lost writes: reasons of two and more persist events at
// once by hand, then random traces. There, one write is followed alone: the
// crash space of a trace in which every other write goes elsewhere says how far
// each persist event carried it.

#include "harness/explain/loss_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "harness/space/enumerate.h"
#include "tests/harness/space/naive_crash_space.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

std::string WhyAtEnd(const Trace& trace, EventNumber event, uint64_t sector,
                     CrashKind kind = CrashKind::kPower) {
  return LossReader(trace, trace.event_count(), kind).Why(event, {sector, 1});
}

TEST(LossReaderTest, TheFirstPersistThatFailedIsNamed) {
  Trace trace = EmptyTrace(2);
  Write(trace, 0, {1}, Layer::kProcess);
  EXPECT_EQ(WhyAtEnd(trace, 1, 0),
            "no persist event follows; it is at the process");
  const SectorSet other = SetOf({1});
  trace.AddPersist(Layer::kMedia, &other, std::nullopt);
  trace.AddPersist(Layer::kMedia, nullptr, 0);
  EXPECT_EQ(WhyAtEnd(trace, 1, 0), "persist event 2 names other sectors");
}

TEST(LossReaderTest, APersistThatWentFurtherReplacesAnEarlierReason) {
  Trace trace = EmptyTrace(2);
  Write(trace, 0, {1}, Layer::kProcess);
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  EXPECT_EQ(WhyAtEnd(trace, 1, 0),
            "persist event 2 carries only what is at the device; this is at "
            "the process");
  const SectorSet own = SetOf({0});
  trace.AddPersist(Layer::kDevice, &own, std::nullopt);
  EXPECT_EQ(WhyAtEnd(trace, 1, 0), "persist event 3 stops at the device");
}

TEST(LossReaderTest, APersistToALayerBeforeTakesNothingBack) {
  Trace trace = EmptyTrace(1);
  Write(trace, 0, {1}, Layer::kDevice);
  const SectorSet own = SetOf({0});
  trace.AddPersist(Layer::kHost, &own, std::nullopt);
  EXPECT_EQ(WhyAtEnd(trace, 1, 0), "persist event 2 stops at the device");
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  const LossReader before(trace, 2, CrashKind::kPower);
  EXPECT_EQ(before.KeptBy(1, {0, 1}), 3u);
}

// The name of the layer that the text ends with, after these words.
std::string_view LayerAfter(std::string_view text, std::string_view words) {
  const size_t at = text.rfind(words);
  return at == text.npos ? std::string_view() : text.substr(at + words.size());
}

// One write of one sector, followed alone.
class Followed {
 public:
  Followed(const Trace& trace, EventNumber event, uint64_t sector)
      : alone_(EmptyTrace(trace.geometry().sector_count + 1)) {
    // What goes elsewhere keeps its number, so that `upto` means the same.
    const uint64_t elsewhere = trace.geometry().sector_count;
    for (EventNumber n = 1; n <= trace.event_count(); ++n) {
      const DiskEvent& e = trace.event(n);
      if (e.kind == DiskEvent::kPersist) {
        alone_.AddPersist(e.layer, e.scope ? &trace.scope(e) : nullptr, e.upto);
      } else {
        Write(alone_, n == event ? sector : elsewhere, {n}, e.layer);
      }
    }
    space_.emplace(alone_, kSectorBytes);
    slot_ = space_->SlotOfSector(sector);
  }

  bool IsSafe(EventNumber point, CrashKind kind) const {
    PointCursor cursor(*space_, kind);
    cursor.MoveTo(point);
    return cursor.floor(slot_) > 0;
  }

  Layer ReachedAt(EventNumber point) const {
    Layer reached = Layer::kProcess;
    for (const CrashKind kind : kCrashKinds) {
      if (IsSafe(point, kind))
        reached = std::max(reached, SurvivingLayer(kind));
    }
    return reached;
  }

 private:
  Trace alone_;
  std::optional<CrashSpace> space_;
  Slot slot_ = 0;
};

// Holds the words for a loss against the trace.
void CheckWords(const Trace& trace, EventNumber point, CrashKind kind,
                EventNumber event, uint64_t sector, const std::string& why) {
  SCOPED_TRACE(fmt::format("event {}, sector {}, point {}: {}", event, sector,
                           point, why));
  const Followed followed(trace, event, sector);
  constexpr std::string_view kNone = "no persist event follows; it is at the ";
  constexpr std::string_view kPersist = "persist event ";
  if (why.starts_with(kNone)) {
    EXPECT_EQ(LayerAfter(why, kNone), LayerName(followed.ReachedAt(point)));
    return;
  }
  ASSERT_TRUE(why.starts_with(kPersist));
  const auto number =
      static_cast<EventNumber>(std::stoul(why.substr(kPersist.size())));
  ASSERT_GT(number, event);
  ASSERT_LE(number, point);
  const DiskEvent& persist = trace.event(number);
  ASSERT_EQ(persist.kind, DiskEvent::kPersist);
  if (why.ends_with(" names other sectors")) {
    ASSERT_TRUE(persist.scope);
    EXPECT_FALSE(trace.scope(persist).Contains(sector));
  } else if (why.find(" was written up to ") != why.npos) {
    EXPECT_EQ(LayerAfter(why, " event "), std::to_string(persist.upto));
    EXPECT_LT(persist.upto, event);
  } else if (why.find(" carries only what is at ") != why.npos) {
    EXPECT_FALSE(persist.scope);
    EXPECT_EQ(LayerAfter(why, " this is at the "),
              LayerName(followed.ReachedAt(number - 1)));
    EXPECT_EQ(followed.ReachedAt(number), followed.ReachedAt(number - 1));
  } else {
    const Layer reached = followed.ReachedAt(number);
    EXPECT_EQ(LayerAfter(why, " stops at the "), LayerName(reached));
    EXPECT_LT(reached, SurvivingLayer(kind));
    // It is the last one that carried the write.
    EXPECT_EQ(followed.ReachedAt(point), reached);
  }
}

std::optional<EventNumber> FirstSafe(const Followed& followed,
                                     const Trace& trace, EventNumber point,
                                     CrashKind kind) {
  for (EventNumber n = point + 1; n <= trace.event_count(); ++n) {
    if (followed.IsSafe(n, kind)) return n;
  }
  return std::nullopt;
}

TEST(LossReaderTest, RandomTracesSayWhatTheCrashSpaceSays) {
  uint64_t losses = 0;
  uint64_t kept = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Prng prng(seed);
    const Trace trace =
        RandomTrace(prng, {.sectors_max = 3, .persist_percent = 60});
    const CrashSpace space(trace, kSectorBytes);
    for (const CrashKind kind : kCrashKinds) {
      const auto point =
          static_cast<EventNumber>(prng.Below(trace.event_count() + 1));
      PointCursor cursor(space, kind);
      cursor.MoveTo(point);
      const CrashState floor{point, 0, kind, CrashState::kFloor, {}};
      const LossReader reader(trace, point, kind);
      for (const LostSectors& lost : LostSectorsOf(floor, cursor)) {
        const uint64_t sector = lost.range.first;
        CheckWords(trace, point, kind, lost.event, sector,
                   reader.Why(lost.event, lost.range));
        const auto first =
            FirstSafe(Followed(trace, lost.event, sector), trace, point, kind);
        EXPECT_EQ(reader.KeptBy(lost.event, lost.range), first);
        ++losses;
        kept += first ? 1 : 0;
      }
    }
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(losses, 1000u);
  EXPECT_GT(kept, 100u);
}

// What a state lost, sector by sector: every write of the sector that is newer
// than what the block holds, and the newest of the block where it is torn.
TEST(LossReaderTest, RandomStatesLostWhatTheyDoNotHold) {
  uint64_t torn_states = 0;
  for (uint64_t seed = 0; seed < 150; ++seed) {
    Prng prng(seed);
    const Trace trace = RandomTrace(prng);
    const uint32_t block_bytes = RandomAtomicBytes(prng);
    const CrashKind kind = RandomKind(prng);
    const auto point =
        static_cast<EventNumber>(prng.Below(trace.event_count() + 1));
    const CrashSpace space(trace, block_bytes);
    PointCursor cursor(space, kind);
    cursor.MoveTo(point);
    const NaiveCrashSpace naive(trace, block_bytes, kind, point);
    const auto visit = [&](const CrashState& state, const Hash128&) {
      using Lost = std::set<std::pair<EventNumber, uint64_t>>;
      const NaiveState choices = naive.StateOf(state, space);
      Lost expected;
      uint64_t torn = 0;
      for (size_t i = 0; i < choices.size(); ++i) {
        const NaiveBlock& block = naive.open_block(i);
        const uint64_t first = block.number * naive.per_block();
        torn += choices[i].torn.count > 0 ? 1 : 0;
        for (uint64_t s = 0; s < choices[i].torn.count; ++s) {
          expected.insert({block.versions[choices[i].version].event,
                           first + choices[i].torn.first + s});
        }
        for (size_t v = choices[i].version + 1; v <= block.newest(); ++v) {
          const SectorRange& written = block.versions[v].written;
          for (uint64_t s = written.first; s < written.end(); ++s) {
            expected.insert({block.versions[v].event, s});
          }
        }
      }
      Lost lost;
      for (const LostSectors& one : LostSectorsOf(state, cursor)) {
        for (uint64_t s = one.range.first; s < one.range.end(); ++s) {
          EXPECT_TRUE(lost.insert({one.event, s}).second);
        }
      }
      EXPECT_EQ(lost, expected);
      EXPECT_EQ(TornBlocks(state, cursor), torn);
      torn_states += torn > 0 ? 1 : 0;
      return !::testing::Test::HasFailure();
    };
    const auto spec = ParseExplorationSpace("sample:30+torn:2").value();
    EnumerateStates(cursor, spec, seed, visit);
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(torn_states, 100u);
}

}  // namespace
}  // namespace powercut
