// Tests crashes during recovery against brute force.

#include "harness/explore/nested_crashes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fuzz/draw/seen_states.h"
#include "harness/recover/crash_disk.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "harness/space/recovery_space.h"
#include "harness/trace/acks.h"
#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

constexpr uint64_t kScenes = 400 / kSlowdown;
// log2 of the most states of one crash point and of one recovery. Larger ones
// are left out.
constexpr double kOuterLog2Max = 7;

using Seen = std::set<std::tuple<CrashKind, EventNumber, Hash128>>;

struct Ran {
  Hash128 outcome;
  std::vector<RecoveryEvent> events;
};

Ran RunState(RandomScene& scene, const CrashSpace& space,
             const CrashState& state) {
  CrashImage image(space, state.kind);
  image.Become(state);
  CrashDisk disk(image.bytes(), scene.setting.geometry,
                 scene.setting.atomic_bytes, 0);
  disk.set_keep_events(true);
  OutcomeTable table;
  const OutcomeId id = table.Add(Recover(scene.backend, disk, {}));
  return {table.hash(id), disk.events()};
}

// Sees all states of the crashes during this recovery.
void SeeNested(RandomScene& scene, const CrashSpace& outer,
               const CrashState& state, uint32_t depth, EventNumber point,
               const ExplorationSpace& spec, Seen& seen) {
  const Ran ran = RunState(scene, outer, state);
  seen.emplace(state.kind, point, ran.outcome);
  if (depth == 0) return;
  const RecoverySpace inner(outer, state, ran.events);
  PointCursor cursor(inner.space(), state.kind);
  for (EventNumber p = 1; p <= inner.space().trace().event_count(); ++p) {
    cursor.MoveTo(p);
    EnumerateStates(
        cursor, spec, 1, [&](const CrashState& next, const Hash128&) {
          SeeNested(scene, inner.space(), next, depth - 1, point, spec, seen);
          return true;
        });
  }
}

Seen AllNested(RandomScene& scene, uint32_t depth,
               const ExplorationSpace& spec) {
  Seen seen;
  const CrashSpace space(scene.recording->trace, scene.setting.atomic_bytes);
  for (const CrashKind kind : scene.setting.crash_kinds) {
    PointCursor cursor(space, kind);
    for (const CrashPoint& crash_point : CrashPointsOf(*scene.recording)) {
      cursor.MoveTo(crash_point.after);
      const auto see = [&](const CrashState& state, const Hash128&) {
        SeeNested(scene, space, state, depth, crash_point.after, spec, seen);
        return true;
      };
      EnumerateStates(cursor, spec, 1, see);
    }
  }
  return seen;
}

TEST(NestedCrashesTest, VisitsWhatBruteForceSees) {
  uint64_t scenes = 0;
  uint64_t nested = 0;
  for (uint64_t seed = 1; seed <= kScenes; ++seed) {
    RandomScene scene(seed);
    if (SpaceLog2Of(scene.seen()) > kOuterLog2Max) continue;
    ++scenes;
    const uint32_t depth = seed % 4 == 0 ? 2 : 1;
    for (const ExplorationSpace& spec :
         {ExplorationSpace{ExplorationSpace::kExhaustive, 0, 0},
          ExplorationSpace{ExplorationSpace::kEpoch, 1, 0},
          ExplorationSpace{ExplorationSpace::kPrefix, 0, 0}}) {
      const Seen all = AllNested(scene, depth, spec);
      for (const CopyMode copied : {CopyMode::kAsRead, CopyMode::kFillIn}) {
        ExploreOptions options;
        options.space = spec;
        options.jobs = 0;
        options.copied = copied;
        options.nested = depth;
        const SeenExploration explored = SeenByExplore(scene.seen(), options);
        ASSERT_TRUE(explored.seen.seen == all)
            << "seed " << seed << ", " << ExplorationSpaceText(spec) << ", "
            << CopyModeName(copied) << ": " << explored.seen.seen.size()
            << " of " << all.size();
        ASSERT_TRUE(explored.exploration.exhausted);
        nested += explored.exploration.nested_states;
      }
    }
  }
  EXPECT_GT(scenes, kScenes / 8);
  EXPECT_GT(nested, scenes * 10);
}

// A block that a recovery only copies is undecided for the crashes during it,
// so that its contents make no recoveries that are interrupted one by one.
TEST(NestedCrashesTest, CopiedBlocksMakeNoMoreStatesThanReadOnes) {
  uint64_t with_fewer_runs = 0;
  for (uint64_t seed = 1; seed <= kScenes; ++seed) {
    RandomScene scene(seed);
    if (SpaceLog2Of(scene.seen()) > kOuterLog2Max) continue;
    ExploreOptions options;
    options.space = {ExplorationSpace::kExhaustive, 0, 0};
    options.jobs = 0;
    options.nested = 1;
    options.copied = CopyMode::kAsRead;
    const Exploration read = SeenByExplore(scene.seen(), options).exploration;
    for (const CopyMode copied : {CopyMode::kFillIn, CopyMode::kVaryEach}) {
      SCOPED_TRACE(CopyModeName(copied));
      options.copied = copied;
      const Exploration e = SeenByExplore(scene.seen(), options).exploration;
      ASSERT_LE(e.nested_states, read.nested_states) << "seed " << seed;
      ASSERT_LE(e.nested_runs, read.nested_runs) << "seed " << seed;
      with_fewer_runs += e.nested_runs < read.nested_runs ? 1 : 0;
    }
  }
  EXPECT_GT(with_fewer_runs, 10 / kSlowdown);
}

// The blocks that recovery read, also those that it only copied, as the tree
// of decisions takes them.
std::vector<ContentId> ReadBy(RandomScene& scene, BlockContents& contents,
                              const CrashState& state) {
  CrashImage image(contents.space(), state.kind);
  image.Become(state);
  CrashDisk disk(image.bytes(), scene.setting.geometry,
                 scene.setting.atomic_bytes, 0);
  disk.set_keep_events(true);
  const RecoveryOutcome outcome = Recover(scene.backend, disk, {});
  const RunReads reads = disk.Reads(outcome.observation);
  std::vector<uint64_t> blocks = reads.blocks;
  for (const CopiedPiece& piece : reads.copies) blocks.push_back(piece.block);
  std::vector<ContentId> read;
  for (const uint64_t block : blocks) {
    const auto slot = contents.space().FindSlot(block);
    if (slot) read.push_back(contents.In(state, *slot));
  }
  return read;
}

// What an id names: the outcome after its last step, and how many blocks the
// steps after the first lost.
struct NamedRun {
  Hash128 outcome;
  uint64_t inner_lost = 0;
};

// Runs the crashes of an id one after the other in this process.
NamedRun RunSteps(RandomScene& scene, const CrashSpace& first,
                  const std::vector<CrashStep>& steps) {
  NamedRun named;
  std::vector<std::unique_ptr<RecoverySpace>> inner;
  const CrashSpace* space = &first;
  for (size_t i = 0; i < steps.size(); ++i) {
    PointCursor cursor(*space, steps[i].kind);
    const auto state = ResolveStep(steps[i], cursor);
    POWERCUT_CHECK(state);
    if (i > 0) named.inner_lost += LostBlocks(*state, cursor);
    const Ran ran = RunState(scene, *space, *state);
    named.outcome = ran.outcome;
    if (i + 1 == steps.size()) break;
    inner.push_back(
        std::make_unique<RecoverySpace>(*space, *state, ran.events));
    space = &inner.back()->space();
  }
  return named;
}

// Counts of the states whose ids were run again.
struct NamedCounts {
  uint64_t states = 0;
  uint64_t two_losses = 0;  // at both of two crashes during recovery
  uint64_t third_contents = 0;
};

// Explores the crashes during the recovery from one state, and runs the id of
// each again.
void RunEachId(RandomScene& scene, const CrashSpace& space,
               const CrashState& state, NestedOptions options,
               NamedCounts& counts) {
  const Ran ran = RunState(scene, space, state);
  if (ran.events.empty()) return;
  BlockContents contents(space);
  InterruptedRecovery recovery{
      state,
      std::make_shared<const std::vector<RecoveryEvent>>(ran.events),
      {}};
  if (options.space.mode == ExplorationSpace::kExhaustive) {
    recovery.undecided =
        UndecidedBlocks(contents, state, ReadBy(scene, contents, state));
  }
  NestedCrashes crashes(scene.backend, std::move(options));
  const auto run_again = [&](const NestedCrashes::Visited& visited) {
    const NestedState nested = visited.state();
    PointCursor cursor(space, state.kind);
    cursor.MoveTo(nested.outer.point);
    std::vector<CrashStep> steps = {CanonicalStep(nested.outer, cursor)};
    steps.insert(steps.end(), nested.inner.begin(), nested.inner.end());
    const NamedRun named = RunSteps(scene, space, steps);
    OutcomeTable table;
    const Hash128 shown = table.hash(table.Add(visited.outcome));
    ASSERT_TRUE(named.outcome == shown) << StateIdText({steps, 0});
    ASSERT_EQ(named.inner_lost, nested.inner_lost) << StateIdText({steps, 0});
    // The last step names the same state of the trace of the last recovery.
    const CrashSpace last(*nested.recovery, space.block_bytes());
    PointCursor of_last(last, state.kind);
    ASSERT_TRUE(ResolveStep(steps.back(), of_last)) << StateIdText({steps, 0});
    ASSERT_TRUE(RunSteps(scene, last, {steps.back()}).outcome == shown)
        << StateIdText({steps, 0});
    ++counts.states;
    const bool both =
        steps.size() == 3 && steps[1].sign != 0 && steps[2].sign != 0;
    counts.two_losses += both ? 1 : 0;
    for (const UndecidedBlock& block : recovery.undecided) {
      const ContentId held =
          contents.Of(contents.ChoiceIn(nested.outer, block.slot));
      const bool third = block.options.size() > 2 &&
                         held != contents.Of(block.options[0]) &&
                         held != contents.Of(block.options[1]);
      counts.third_contents += third ? 1 : 0;
    }
  };
  crashes.Explore(space, recovery, run_again);
}

// Each nested state has an id that names it: the crashes that the id lists,
// run one after the other, show what the exploration was told, and lose as many
// blocks.
TEST(NestedCrashesTest, EachIdNamesItsState) {
  // Few blocks that are written often, and recoveries that do much: a block has
  // three contents, and three blocks of a recovery are open.
  constexpr RandomTraceShape kShape{
      .sectors_max = 5, .events_max = 12, .range_max = 2, .persist_percent = 8};
  constexpr uint64_t kRecoverySteps = 14;
  constexpr uint64_t kStatesOfScene = 6;
  constexpr uint64_t kShapedScenes = kSlowdown > 1 ? 12 : 40;
  NamedCounts counts;
  for (uint64_t seed = 1; seed <= kShapedScenes; ++seed) {
    RandomScene scene(seed, kShape, kRecoverySteps);
    scene.setting.atomic_bytes = kSectorBytes;
    const CrashSpace space(scene.recording->trace, scene.setting.atomic_bytes);
    for (const ExplorationSpace& spec :
         {ExplorationSpace{ExplorationSpace::kExhaustive, 0, 0},
          ExplorationSpace{ExplorationSpace::kEpoch, 1, 0},
          ExplorationSpace{ExplorationSpace::kEpoch, 2, 1}}) {
      NestedOptions options;
      options.space = spec;
      options.depth = 1 + seed % 2;
      options.pool.jobs = 0;
      options.stop = [] { return false; };
      uint64_t states = 0;
      const CrashKind kind = kCrashKinds[seed % kCrashKinds.size()];
      PointCursor cursor(space, kind);
      for (const CrashPoint& crash_point : CrashPointsOf(*scene.recording)) {
        cursor.MoveTo(crash_point.after);
        EnumerateStates(
            cursor, spec, 1, [&](const CrashState& state, const Hash128&) {
              RunEachId(scene, space, state, options, counts);
              return ++states % kStatesOfScene != 0 && !HasFatalFailure();
            });
        if (HasFatalFailure()) FAIL() << "seed " << seed;
      }
    }
  }
  EXPECT_GT(counts.states, 10'000 / kSlowdown);
  EXPECT_GT(counts.two_losses, 1000 / kSlowdown);
  // The few scenes of slow builds have none.
  if (kSlowdown == 1) {
    EXPECT_GT(counts.third_contents, 20u);
  }
}

// A recovery writes two blocks and then the first one again, which had three
// contents and was not read. The second write tears over the first one, and the
// other block loses the first write.
TEST(NestedCrashesTest, TornBlocksAreNamedByTheEventsOfTheirRecovery) {
  Trace trace = EmptyTrace(4);
  Write(trace, 0, {1, 1}, Layer::kDevice);
  Write(trace, 0, {2, 2}, Layer::kDevice);
  const CrashSpace outer(trace, 2 * kSectorBytes);
  CrashState first;
  first.point = 2;
  first.kind = CrashKind::kPower;
  std::vector<RecoveryEvent> events(2);
  for (RecoveryEvent& event : events) event.layer = Layer::kDevice;
  events[0].range = {0, 4};
  events[0].data = SectorsOf({3, 3, 3, 3});
  events[1].range = {0, 2};
  events[1].data = SectorsOf({4, 4});
  const RecoverySpace all(outer, first, events,
                          {{0, {{0, 2, {}, 0}, {0, 1, {}, 0}, {0, 0, {}, 0}}}});
  CrashState visited;
  visited.point = all.begin() + 2;
  visited.kind = CrashKind::kPower;
  visited.choices = {{0, 4, {1, 1}, 3}, {1, 0, {}, 0}};
  const RecoverySpace plain(outer, all.DecideOuter(visited), events);
  const RecoverySpace::Decided decided = all.Decide(visited, plain.space());
  PointCursor cursor(plain.space(), CrashKind::kPower);
  cursor.MoveTo(2);
  const CrashStep step = CanonicalStep(decided.inner, cursor);
  EXPECT_EQ(CrashStepText(step), "2p-w1:2~3,w2:1");
  const auto named = ResolveStep(step, cursor);
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_TRUE(*named == decided.inner);
}

// A check that judges a second crash is told what was in force at the first.
TEST(NestedCrashesTest, AcksStayInForce) {
  Trace trace = EmptyTrace(4);
  trace.AddMark(LineMark("powercut:attempt one"));
  trace.AddMark(LineMark("one"));
  Write(trace, 0, {1}, Layer::kDevice);
  trace.AddMark(LineMark("two"));
  trace.AddMark(LineMark("powercut:attempt two"));
  Write(trace, 1, {2}, Layer::kDevice);
  const CrashSpace outer(trace, kSectorBytes);
  CrashState state;
  state.kind = CrashKind::kPower;
  std::vector<RecoveryEvent> events(1);
  events[0].layer = Layer::kDevice;
  events[0].range = {2, 1};
  events[0].data = Bytes(kSectorBytes);
  for (const EventNumber point : {0, 1, 2}) {
    state.point = point;
    const RecoverySpace first(outer, state, events);
    EXPECT_EQ(AcksUpTo(first.space().trace(), 1), AcksUpTo(trace, point));
    EXPECT_EQ(AttemptsUpTo(first.space().trace(), 1),
              AttemptsUpTo(trace, point));
    CrashState again;
    again.kind = CrashKind::kPower;
    again.point = 1;
    const RecoverySpace second(first.space(), again, events);
    EXPECT_EQ(AcksUpTo(second.space().trace(), 1), AcksUpTo(trace, point));
    EXPECT_EQ(AttemptsUpTo(second.space().trace(), 1),
              AttemptsUpTo(trace, point));
  }
}

}  // namespace
}  // namespace powercut
