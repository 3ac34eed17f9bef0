// Tests EnumerateStates against brute force. The sets of states are made here
// from their definitions in harness/space/enumerate.h and
// harness/space/state_id.h alone, as naive products and subsets over
// NaiveCrashSpace.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "harness/space/enumerate.h"
#include "tests/harness/space/naive_crash_space.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

// A state as numbers, which sets can order.
using Key = std::vector<uint64_t>;

Key KeyOf(const NaiveState& state) {
  Key key;
  for (const NaiveChoice& choice : state) {
    const std::vector<uint64_t> part = choice.Key();
    key.insert(key.end(), part.begin(), part.end());
  }
  return key;
}

using StateSet = std::map<Key, NaiveState>;

void Insert(StateSet& set, const NaiveState& state) {
  set.emplace(KeyOf(state), state);
}

// Returns all assignments of versions to open blocks.
StateSet Product(const NaiveCrashSpace& naive) {
  StateSet states;
  NaiveState state = naive.Floor();
  for (;;) {
    Insert(states, state);
    size_t i = 0;
    for (; i < state.size(); ++i) {
      if (state[i].version < naive.open_block(i).newest()) {
        ++state[i].version;
        break;
      }
      state[i].version = naive.open_block(i).floor;
    }
    if (i == state.size()) return states;
  }
}

// An item of a list: sectors of one event, by their place on the disk.
struct NaiveItem {
  EventNumber event;
  SectorRange sectors;
};

// Returns all writes of which some block may be lost, whole and block by block.
std::vector<NaiveItem> ItemsOf(const NaiveCrashSpace& naive,
                               const Trace& trace) {
  std::vector<NaiveItem> items;
  std::set<EventNumber> whole;
  for (size_t i = 0; i < naive.open().size(); ++i) {
    const NaiveBlock& block = naive.open_block(i);
    for (size_t v = block.floor + 1; v <= block.newest(); ++v) {
      const EventNumber event = block.versions[v].event;
      items.push_back({event, block.versions[v].written});
      if (whole.insert(event).second) {
        items.push_back({event, trace.event(event).range});
      }
    }
  }
  return items;
}

// Returns the state that the listed items name. From newest, each block holds
// its newest version that is not listed. From the floor, it holds its newest
// version that is listed, or its floor if none is.
NaiveState StateOfItems(const NaiveCrashSpace& naive,
                        const std::vector<NaiveItem>& listed,
                        bool from_newest) {
  NaiveState state;
  for (size_t i = 0; i < naive.open().size(); ++i) {
    const NaiveBlock& block = naive.open_block(i);
    size_t held = block.floor;
    for (size_t v = block.floor + 1; v <= block.newest(); ++v) {
      const SectorRange& written = block.versions[v].written;
      const bool is_listed =
          std::any_of(listed.begin(), listed.end(), [&](const NaiveItem& item) {
            return item.event == block.versions[v].event &&
                   item.sectors.first <= written.first &&
                   item.sectors.end() >= written.end();
          });
      if (is_listed != from_newest) held = v;
    }
    state.push_back({held, {}, 0});
  }
  return state;
}

void AddSubsets(const NaiveCrashSpace& naive,
                const std::vector<NaiveItem>& items, size_t next, uint32_t left,
                std::vector<NaiveItem>& listed, StateSet& states) {
  Insert(states, StateOfItems(naive, listed, true));
  Insert(states, StateOfItems(naive, listed, false));
  if (left == 0) return;
  for (size_t i = next; i < items.size(); ++i) {
    listed.push_back(items[i]);
    AddSubsets(naive, items, i + 1, left - 1, listed, states);
    listed.pop_back();
  }
}

StateSet Epoch(const NaiveCrashSpace& naive, const Trace& trace,
               uint32_t items) {
  StateSet states;
  std::vector<NaiveItem> listed;
  AddSubsets(naive, ItemsOf(naive, trace), 0, items, listed, states);
  return states;
}

// Returns the ways to tear one block: heads and tails of the older version.
std::vector<NaiveChoice> Tears(const NaiveBlock& block, size_t version,
                               uint64_t per_block) {
  std::vector<NaiveChoice> tears;
  if (version == block.floor) return tears;
  const SectorRange written = block.versions[version].written;
  const uint64_t first = written.first - block.number * per_block;
  for (uint64_t cut = 1; cut < written.count; ++cut) {
    tears.push_back({version, {first, cut}, version - 1});
    tears.push_back({version, {first + cut, written.count - cut}, version - 1});
  }
  return tears;
}

StateSet WithTears(const NaiveCrashSpace& naive, const StateSet& whole,
                   uint32_t torn) {
  StateSet states = whole;
  StateSet last = whole;
  for (uint32_t round = 0; round < torn; ++round) {
    StateSet next;
    for (const auto& [key, state] : last) {
      for (size_t i = 0; i < state.size(); ++i) {
        if (state[i].torn.count > 0) continue;
        for (const NaiveChoice& tear :
             Tears(naive.open_block(i), state[i].version, naive.per_block())) {
          NaiveState more = state;
          more[i] = tear;
          Insert(next, more);
        }
      }
    }
    states.insert(next.begin(), next.end());
    last = std::move(next);
  }
  return states;
}

struct Visited {
  CrashState state;
  Hash128 hash;
};

std::vector<Visited> Enumerate(const PointCursor& cursor,
                               const ExplorationSpace& spec,
                               uint64_t seed = 1) {
  std::vector<Visited> visited;
  EXPECT_TRUE(EnumerateStates(
      cursor, spec, seed, [&](const CrashState& state, const Hash128& hash) {
        visited.push_back({state, hash});
        return true;
      }));
  return visited;
}

void ExpectWellFormed(const CrashState& state, const PointCursor& cursor) {
  EXPECT_EQ(state.point, cursor.point());
  EXPECT_EQ(state.kind, cursor.kind());
  EXPECT_EQ(state.marks, 0u);
  for (size_t i = 0; i < state.choices.size(); ++i) {
    const BlockChoice& choice = state.choices[i];
    EXPECT_TRUE(i == 0 || state.choices[i - 1].slot < choice.slot);
    const VersionIndex usual = state.origin == CrashState::kNewest
                                   ? cursor.newest(choice.slot)
                                   : cursor.floor(choice.slot);
    EXPECT_TRUE(choice.version != usual || choice.torn.count > 0);
    EXPECT_TRUE(choice.torn.count > 0 || choice.under == 0);
  }
}

// The bytes that each hash stands for, over all points and kinds of one trace.
struct HashBook {
  std::map<Hash128, Words> image_of;
  std::map<Words, Hash128> hash_of;

  void Note(const Hash128& hash, const Words& image) {
    EXPECT_EQ(image_of.emplace(hash, image).first->second, image);
    EXPECT_EQ(hash_of.emplace(image, hash).first->second, hash);
  }
};

// Exactly the expected states were visited, each of them once.
void ExpectStates(const std::vector<Visited>& visited, const StateSet& expected,
                  const PointCursor& cursor, const NaiveCrashSpace& naive,
                  HashBook& book) {
  std::set<Key> seen;
  for (const auto& [state, hash] : visited) {
    ExpectWellFormed(state, cursor);
    const NaiveState plain = naive.StateOf(state, cursor.space());
    EXPECT_TRUE(expected.contains(KeyOf(plain)));
    EXPECT_TRUE(seen.insert(KeyOf(plain)).second) << "visited twice";
    book.Note(hash, naive.ImageOf(plain));
  }
  EXPECT_EQ(seen.size(), expected.size());
  ASSERT_FALSE(visited.empty());
  EXPECT_EQ(KeyOf(naive.StateOf(visited[0].state, cursor.space())),
            KeyOf(naive.Newest()));
  EXPECT_EQ(visited[0].hash, cursor.newest_hash());
}

// Inserts every choice of the blocks from `next` on.
void InsertAll(const NaiveCrashSpace& naive, NaiveState state, size_t next,
               StateSet& all) {
  if (next == state.size()) {
    Insert(all, state);
    return;
  }
  const NaiveBlock& block = naive.open_block(next);
  for (auto v = block.floor; v <= block.newest(); ++v) {
    state[next].version = v;
    InsertAll(naive, state, next + 1, all);
  }
}

ExplorationSpace RandomSpec(Prng& prng) {
  ExplorationSpace spec;
  spec.mode = prng.OneIn(6)   ? ExplorationSpace::kPrefix
              : prng.OneIn(4) ? ExplorationSpace::kExhaustive
                              : ExplorationSpace::kEpoch;
  spec.count = 1 + static_cast<uint32_t>(prng.Below(3));
  spec.torn = prng.OneIn(2) ? 0 : 1 + static_cast<uint32_t>(prng.Below(2));
  return spec;
}

TEST(EnumerateExhaustive, EqualsBruteForceOnRandomTraces) {
  constexpr uint64_t kTraces = 8000 / kSlowdown;
  uint64_t states = 0;
  for (uint64_t seed = 0; seed < kTraces && !testing::Test::HasFailure();
       ++seed) {
    Prng prng(seed);
    const Trace trace =
        RandomTrace(prng, {.sectors_max = 8, .events_max = 10, .range_max = 4});
    const uint32_t atomic_bytes = kSectorBytes << prng.Below(3);
    const CrashSpace space(trace, atomic_bytes);
    HashBook book;
    for (const CrashKind kind : kCrashKinds) {
      PointCursor cursor(space, kind);
      for (EventNumber point = 0; point <= trace.event_count(); ++point) {
        cursor.MoveTo(point);
        const ExplorationSpace spec = RandomSpec(prng);
        SCOPED_TRACE(testing::Message() << "seed " << seed << " point " << point
                                        << " " << CrashKindName(kind) << " "
                                        << ExplorationSpaceText(spec));
        const NaiveCrashSpace naive(trace, atomic_bytes, kind, point);
        StateSet expected;
        if (spec.mode == ExplorationSpace::kEpoch) {
          expected = Epoch(naive, trace, spec.count);
        } else if (spec.mode == ExplorationSpace::kExhaustive) {
          InsertAll(naive, naive.Newest(), 0, expected);
        } else {
          Insert(expected, naive.Newest());
        }
        expected = WithTears(naive, expected, spec.torn);
        const std::vector<Visited> visited = Enumerate(cursor, spec);
        ExpectStates(visited, expected, cursor, naive, book);
        states += visited.size();
      }
    }
  }
  EXPECT_GT(states, kTraces * 100) << "the traces are too dull";
}

// Draws of `sample:N` tear a block at each of its cuts, head and tail alike.
TEST(EnumerateExhaustive, SampledTearsAreAtEveryCut) {
  constexpr uint64_t kSectors = 8;
  constexpr uint32_t kDraws = 4000;
  Trace trace = EmptyTrace(kSectors);
  Words words(kSectors);
  std::iota(words.begin(), words.end(), 1);
  Write(trace, 0, words, Layer::kDevice);
  const CrashSpace space(trace, kSectors * kSectorBytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(1);
  std::map<std::pair<uint64_t, uint64_t>, uint32_t> draws;
  // A state is visited once for each seed, however often it is drawn.
  for (uint64_t seed = 1; seed <= kDraws; ++seed) {
    EnumerateStates(cursor, {ExplorationSpace::kSample, 1, 1}, seed,
                    [&](const CrashState& state, const Hash128&) {
                      for (const BlockChoice& choice : state.choices) {
                        ++draws[{choice.torn.first, choice.torn.count}];
                      }
                      return true;
                    });
  }
  // Half of the draws lose the block, and an eighth tears it.
  draws.erase({0, 0});
  EXPECT_EQ(draws.size(), 2 * (kSectors - 1));
  for (const auto& [torn, count] : draws) {
    const double expected = kDraws / 8.0 / (2 * (kSectors - 1));
    EXPECT_GT(count, expected / 2) << torn.first << "+" << torn.second;
    EXPECT_LT(count, expected * 2) << torn.first << "+" << torn.second;
  }
}

TEST(EnumerateExhaustive, ALargeEpochIsTheWholeProduct) {
  constexpr uint64_t kTraces = 2000 / kSlowdown;
  for (uint64_t seed = 0; seed < kTraces && !testing::Test::HasFailure();
       ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Prng prng(seed + 1'000'000);
    const Trace trace =
        RandomTrace(prng, {.sectors_max = 6, .events_max = 5, .range_max = 3});
    const uint32_t atomic_bytes = kSectorBytes << prng.Below(3);
    const CrashSpace space(trace, atomic_bytes);
    HashBook book;
    for (const CrashKind kind : kCrashKinds) {
      PointCursor cursor(space, kind);
      cursor.MoveTo(trace.event_count());
      const NaiveCrashSpace naive(trace, atomic_bytes, kind,
                                  trace.event_count());
      if (ItemsOf(naive, trace).size() > 11) continue;
      const StateSet product = Product(naive);
      EXPECT_NEAR(static_cast<double>(product.size()),
                  std::exp2(cursor.SpaceLog2()), 1e-6);
      const auto visited =
          Enumerate(cursor, {ExplorationSpace::kEpoch, 1000, 0});
      ExpectStates(visited, product, cursor, naive, book);
    }
  }
}

// Returns the fewest items that name each state from one origin;
// items.size() + 1 if no set of up to `most` items names it.
std::map<Key, uint32_t> FewestItems(const NaiveCrashSpace& naive,
                                    const std::vector<NaiveItem>& items,
                                    bool from_newest, uint32_t most) {
  std::map<Key, uint32_t> fewest;
  for (uint32_t subset = 0; subset < uint32_t{1} << items.size(); ++subset) {
    std::vector<NaiveItem> listed;
    for (size_t i = 0; i < items.size(); ++i) {
      if (subset >> i & 1) listed.push_back(items[i]);
    }
    if (listed.size() > most) continue;
    const auto count = static_cast<uint32_t>(listed.size());
    const Key key = KeyOf(StateOfItems(naive, listed, from_newest));
    const auto at = fewest.emplace(key, count).first;
    at->second = std::min(at->second, count);
  }
  return fewest;
}

TEST(EnumerateExhaustive, FewerItemsComeFirst) {
  constexpr uint32_t kItems = 3;
  for (uint64_t seed = 0; seed < 200 / kSlowdown; ++seed) {
    Prng prng(seed + 2'000'000);
    const Trace trace = RandomTrace(prng, {.sectors_max = 6, .events_max = 6});
    const uint32_t atomic_bytes = kSectorBytes << prng.Below(2);
    const CrashSpace space(trace, atomic_bytes);
    PointCursor cursor(space, CrashKind::kPower);
    cursor.MoveTo(trace.event_count());
    const NaiveCrashSpace naive(trace, atomic_bytes, CrashKind::kPower,
                                trace.event_count());
    const std::vector<NaiveItem> items = ItemsOf(naive, trace);
    if (items.size() > 12) continue;
    const auto lost = FewestItems(naive, items, true, kItems);
    const auto kept = FewestItems(naive, items, false, kItems);
    uint32_t before = 0;
    bool from_floor = false;
    for (const Visited& visited :
         Enumerate(cursor, {ExplorationSpace::kEpoch, kItems, 0})) {
      if (!from_floor && visited.state.origin == CrashState::kFloor) {
        from_floor = true;
        before = 0;
      }
      ASSERT_EQ(from_floor, visited.state.origin == CrashState::kFloor);
      const Key key = KeyOf(naive.StateOf(visited.state, space));
      const uint32_t count = from_floor ? kept.at(key) : lost.at(key);
      ASSERT_GE(count, before) << "seed " << seed;
      before = count;
    }
  }
}

uint64_t Binomial(uint64_t n, uint64_t k) {
  uint64_t result = 1;
  for (uint64_t i = 1; i <= k; ++i) result = result * (n - k + i) / i;
  return result;
}

TEST(EnumerateCounts, SingleBlockWritesGiveBinomialSums) {
  for (uint64_t n = 1; n <= 10; ++n) {
    Trace trace = EmptyTrace(n);
    for (uint64_t i = 0; i < n; ++i) {
      Write(trace, i, {static_cast<uint32_t>(i + 1)}, Layer::kDevice);
    }
    const CrashSpace space(trace, kSectorBytes);
    PointCursor cursor(space, CrashKind::kPower);
    cursor.MoveTo(trace.event_count());
    EXPECT_EQ(cursor.SpaceLog2(), static_cast<double>(n));
    for (uint32_t k = 1; k <= n + 2; ++k) {
      uint64_t expected = 0;
      for (uint64_t lost = 0; lost <= n; ++lost) {
        if (lost <= k || n - lost <= k) expected += Binomial(n, lost);
      }
      EXPECT_EQ(Enumerate(cursor, {ExplorationSpace::kEpoch, k, 0}).size(),
                expected)
          << n << " writes, epoch:" << k;
    }
  }
}

TEST(EnumerateCounts, AWriteOfManyBlocksIsLostWholeOrByBlock) {
  for (uint64_t n = 1; n <= 8; ++n) {
    Trace trace = EmptyTrace(n);
    Write(trace, 0, Words(n, 5), Layer::kHost);
    const CrashSpace space(trace, kSectorBytes);
    PointCursor cursor(space, CrashKind::kOs);
    cursor.MoveTo(1);
    const uint64_t expected = n == 1 ? 2 : n == 2 ? 4 : 2 + 2 * n;
    EXPECT_EQ(Enumerate(cursor, {ExplorationSpace::kEpoch, 1, 0}).size(),
              expected);
    PointCursor process(space, CrashKind::kProcess);
    process.MoveTo(1);
    EXPECT_EQ(Enumerate(process, {ExplorationSpace::kEpoch, 1, 0}).size(), 1u);
  }
}

TEST(EnumerateCounts, RewritesOfOneBlockAreOneStateEach) {
  for (uint32_t n = 1; n <= 12; ++n) {
    Trace trace = EmptyTrace(1);
    for (uint32_t i = 1; i <= n; ++i) Write(trace, 0, {i}, Layer::kDevice);
    const CrashSpace space(trace, kSectorBytes);
    PointCursor cursor(space, CrashKind::kPower);
    cursor.MoveTo(n);
    EXPECT_EQ(Enumerate(cursor, {ExplorationSpace::kEpoch, 1, 0}).size(),
              n + 1);
    EXPECT_NEAR(std::exp2(cursor.SpaceLog2()), n + 1, 1e-6);
  }
}

TEST(EnumerateCounts, OneBlockTearsAtEachOfItsSectorsBothWays) {
  Trace trace = EmptyTrace(8);
  Write(trace, 0, Words(8, 5), Layer::kDevice);
  const CrashSpace space(trace, 4096);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(1);
  EXPECT_EQ(Enumerate(cursor, {ExplorationSpace::kPrefix, 0, 0}).size(), 1u);
  EXPECT_EQ(Enumerate(cursor, {ExplorationSpace::kPrefix, 0, 1}).size(), 15u);
  EXPECT_EQ(Enumerate(cursor, {ExplorationSpace::kEpoch, 1, 1}).size(), 16u);
  EXPECT_EQ(Enumerate(cursor, {ExplorationSpace::kEpoch, 1, 3}).size(), 16u);
}

TEST(Enumerate, StopsWhenTheVisitorHasEnough) {
  Trace trace = EmptyTrace(4);
  for (uint32_t i = 0; i < 4; ++i) Write(trace, i, {i + 1}, Layer::kDevice);
  const CrashSpace space(trace, kSectorBytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(4);
  for (const ExplorationSpace& spec :
       {ExplorationSpace{ExplorationSpace::kEpoch, 2, 0},
        ExplorationSpace{ExplorationSpace::kEpoch, 1, 1},
        ExplorationSpace{ExplorationSpace::kSample, 50, 0}}) {
    const size_t all = Enumerate(cursor, spec).size();
    for (size_t enough = 1; enough <= all; ++enough) {
      size_t calls = 0;
      const auto visit = [&](const CrashState&, const Hash128&) {
        return ++calls < enough;
      };
      EXPECT_FALSE(EnumerateStates(cursor, spec, 1, visit));
      EXPECT_EQ(calls, enough);
    }
  }
}

// A torn block of a state lies at a version above the floor and holds some, not
// all, of what that version wrote as the version before had it.
void ExpectWithinSpace(const NaiveState& state, const NaiveCrashSpace& naive,
                       uint32_t torn_max) {
  uint32_t torn = 0;
  for (size_t i = 0; i < state.size(); ++i) {
    const NaiveBlock& block = naive.open_block(i);
    ASSERT_GE(state[i].version, block.floor);
    ASSERT_LE(state[i].version, block.newest());
    if (state[i].torn.count == 0) continue;
    ++torn;
    const auto tears = Tears(block, state[i].version, naive.per_block());
    EXPECT_NE(std::find(tears.begin(), tears.end(), state[i]), tears.end());
  }
  EXPECT_LE(torn, torn_max);
}

TEST(EnumerateSample, StaysWithinTheSpaceAndRepeats) {
  for (uint64_t seed = 0; seed < 1500 / kSlowdown; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Prng prng(seed + 3'000'000);
    const Trace trace = RandomTrace(prng);
    const uint32_t atomic_bytes = RandomAtomicBytes(prng);
    const CrashSpace space(trace, atomic_bytes);
    const CrashKind kind = RandomKind(prng);
    const auto point =
        static_cast<EventNumber>(prng.Below(trace.event_count() + 1));
    PointCursor cursor(space, kind);
    cursor.MoveTo(point);
    ExplorationSpace spec{ExplorationSpace::kSample, 20, 0};
    if (prng.OneIn(2)) spec.torn = 2;
    const auto visited = Enumerate(cursor, spec, seed);
    const NaiveCrashSpace naive(trace, atomic_bytes, kind, point);
    StateSet prefix;
    Insert(prefix, naive.Newest());
    const size_t of_prefix = WithTears(naive, prefix, spec.torn).size();
    EXPECT_LE(visited.size(), spec.count + of_prefix);
    std::set<Key> seen;
    HashBook book;
    for (const auto& [state, hash] : visited) {
      ExpectWellFormed(state, cursor);
      const NaiveState plain = naive.StateOf(state, space);
      ExpectWithinSpace(plain, naive, spec.torn);
      EXPECT_TRUE(seen.insert(KeyOf(plain)).second);
      book.Note(hash, naive.ImageOf(plain));
    }
    EXPECT_EQ(KeyOf(naive.StateOf(visited[0].state, space)),
              KeyOf(naive.Newest()));
    // The states do not depend on the way by which the cursor came to the
    // point.
    PointCursor other(space, kind);
    other.MoveTo(trace.event_count());
    other.MoveTo(point);
    const auto again = Enumerate(other, spec, seed);
    ASSERT_EQ(again.size(), visited.size());
    for (size_t i = 0; i < again.size(); ++i) {
      EXPECT_EQ(again[i].state, visited[i].state);
      EXPECT_EQ(again[i].hash, visited[i].hash);
    }
  }
}

TEST(EnumerateSample, ChoosesEvenlyAndByPointKindAndSeed) {
  constexpr uint32_t kBlocks = 40;
  constexpr uint32_t kDraws = 400;
  Trace trace = EmptyTrace(kBlocks);
  for (uint32_t i = 1; i <= 2; ++i) {
    Write(trace, 0, Words(kBlocks, i), Layer::kProcess);
  }
  trace.AddPersist(Layer::kHost, nullptr, 0);
  const CrashSpace space(trace, kSectorBytes);
  const ExplorationSpace spec{ExplorationSpace::kSample, kDraws, 0};
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(2);
  const auto visited = Enumerate(cursor, spec, 7);
  EXPECT_EQ(visited.size(), kDraws + 1);
  std::array<uint32_t, 3> held{};
  for (size_t i = 1; i < visited.size(); ++i) {
    held[2] += kBlocks;
    for (const BlockChoice& choice : visited[i].state.choices) {
      --held[2];
      ++held[choice.version];
    }
  }
  // Each version has a third of 16,000 choices, with a deviation of 60.
  for (const uint32_t count : held) {
    EXPECT_NEAR(count, kBlocks * kDraws / 3.0, 400);
  }
  EXPECT_NE(Enumerate(cursor, spec, 8)[1].hash, visited[1].hash);
  PointCursor later(space, CrashKind::kPower);
  later.MoveTo(3);
  EXPECT_NE(Enumerate(later, spec, 7)[1].hash, visited[1].hash);
  PointCursor os(space, CrashKind::kOs);
  os.MoveTo(2);
  EXPECT_NE(Enumerate(os, spec, 7)[1].hash, visited[1].hash);
}

}  // namespace
}  // namespace powercut
