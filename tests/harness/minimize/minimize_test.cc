// Tests minimizing on simfs with planted bugs, against brute force.

#include "harness/minimize/minimize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/fewer_ops.h"
#include "fuzz/draw/planted_workload.h"
#include "harness/explain/replay.h"
#include "harness/minimize/state_shrinker.h"
#include "tests/harness/minimize/minimize_scene.h"
#include "tests/three_block_backend.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

// The `at` state shows the cause, and would not with one more block kept.
void ExpectSimplestState(Backend& backend, const Minimized& minimized) {
  const auto recorded = RecordPcut(backend, minimized.pcut);
  ASSERT_TRUE(recorded) << recorded.error().message;
  const Violation& wanted = minimized.finding.violation;
  EXPECT_EQ(recorded->workload.at, minimized.finding.id);
  const auto id = ParseStateId(recorded->workload.at);
  ASSERT_TRUE(id);
  EXPECT_TRUE(Shows(ViolationsAt(backend, *recorded, *id), wanted));
  const CrashSpace space(recorded->recording.trace,
                         recorded->setting.atomic_bytes);
  PointCursor cursor(space, id->steps[0].kind);
  const auto state = ResolveStep(id->steps[0], cursor);
  ASSERT_TRUE(state);
  const CrashState lost = FromOrigin(*state, CrashState::kNewest, cursor);
  EXPECT_EQ(lost.choices.size(), minimized.finding.lost_blocks);
  for (size_t i = 0; i < lost.choices.size(); ++i) {
    CrashState less = lost;
    less.choices.erase(less.choices.begin() + static_cast<ptrdiff_t>(i));
    const StateId simpler{{CanonicalStep(less, cursor)}, id->digest};
    EXPECT_FALSE(Shows(ViolationsAt(backend, *recorded, simpler), wanted))
        << StateIdText(simpler) << " of\n"
        << PrintPcut(minimized.pcut);
  }
}

// The findings are exactly the expected ones, as `check` compares them.
void ExpectExpectations(Backend& backend, const Pcut& pcut,
                        const ExplorationSpace& space) {
  const auto recorded = RecordPcut(backend, pcut);
  ASSERT_TRUE(recorded);
  ExploreOptions options;
  options.space = space;
  const auto exploration = Explore(
      {backend, recorded->workload, recorded->setting, recorded->recording},
      options);
  ASSERT_TRUE(exploration);
  using KindAndPath = std::pair<std::string, std::string>;
  std::set<KindAndPath> found;
  for (const Finding& finding : exploration->findings) {
    found.emplace(ViolationKindName(finding.violation.kind),
                  finding.violation.path);
  }
  std::set<KindAndPath> expected;
  for (const Expectation& e : recorded->workload.expectations) {
    EXPECT_TRUE(expected.emplace(e.kind, e.path).second);
  }
  EXPECT_EQ(found, expected);
}

// The bugs whose scene is refused, since an op succeeds that must not or the
// live tree is wrong; and the bugs that promise too much, which is no
// violation.
const std::set<SimfsBug> kNotViolating = {
    SimfsBug::kDataOnlyIsFull,      SimfsBug::kNoSyncFlushesDevice,
    SimfsBug::kDataSyncWritesTimes, SimfsBug::kViewReachesMedia,
    SimfsBug::kMsyncAsyncIsSync,    SimfsBug::kRangeIgnored,
    SimfsBug::kTruncateKeepsBytes,  SimfsBug::kFailedFlushForgotten,
    SimfsBug::kVolumeFlagsAccepted, SimfsBug::kReadOnlyFlushes};

// Minimizes a workload with the scene among other ops. These may hide the bug,
// for instance behind a flush; other draws are made then, eleven at most.
Result<Minimized> MinimizedAmongOthers(Backend& backend,
                                       const SimfsBugScene& scene) {
  Result<Minimized> minimized = Error{ErrorCode::kUsage, "nothing drawn"};
  for (uint64_t seed = 1; seed <= 12 && !minimized; ++seed) {
    SeededChooser chooser(seed);
    const Pcut given = PlantedWorkload(chooser, scene, 10, 25);
    minimized = MinimizePcut(backend, given, In(kNear));
  }
  return minimized;
}

// About 38 ops come down to 2 to 10. No workload with one op less shows the
// cause, and where 7 or fewer ops are left, no smaller set of them does.
TEST(MinimizeTest, PlantedBugsAmongManyOps) {
  constexpr size_t kOpsMax = 10;
  constexpr size_t kOpsOfSubsetsMax = 7;
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    if (kNotViolating.contains(scene.bug)) continue;
    SCOPED_TRACE(static_cast<int>(scene.bug));
    const auto backend = MakeSimfsBackend(SimfsBugs{scene.bug});
    const auto minimized = MinimizedAmongOthers(*backend, scene);
    ASSERT_TRUE(minimized) << minimized.error().message;
    const std::string& cause = minimized->finding.violation.cause;
    EXPECT_GE(minimized->ops_before, 30u);
    EXPECT_LE(minimized->ops, kOpsMax) << PrintPcut(minimized->pcut);
    EXPECT_FALSE(minimized->interrupted);
    ExpectSimplestState(*backend, *minimized);
    ExpectExpectations(*backend, minimized->pcut, kNear);
    EXPECT_FALSE(OneOpLess(*backend, minimized->pcut, cause, kNear));
    if (minimized->ops > kOpsOfSubsetsMax) continue;
    EXPECT_EQ(FewestOps(*backend, minimized->pcut, cause, kNear),
              minimized->ops)
        << PrintPcut(minimized->pcut);
  }
}

TEST(MinimizeTest, SameForAnyNumberOfJobs) {
  for (const SimfsBug bug :
       {SimfsBug::kFsyncSkipsShape, SimfsBug::kJournalOrderIgnored}) {
    SeededChooser chooser(5);
    const Pcut given = PlantedWorkload(chooser, SceneOf(bug), 6, 14);
    const auto backend = MakeSimfsBackend(SimfsBugs{bug});
    MinimizeOptions options = In(kNear);
    const auto alone = MinimizePcut(*backend, given, options);
    ASSERT_TRUE(alone);
    for (const uint32_t jobs : {1, 5}) {
      options.explore.jobs = jobs;
      const auto together = MinimizePcut(*backend, given, options);
      ASSERT_TRUE(together);
      EXPECT_EQ(PrintPcut(alone->pcut), PrintPcut(together->pcut)) << jobs;
      EXPECT_EQ(alone->tried, together->tried);
    }
  }
}

// States that are drawn at random lose much more than they need to.
TEST(MinimizeTest, StatesLoseNoMoreThanTheyMust) {
  uint64_t lost = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    const SimfsBugScene& scene = SceneOf(SimfsBug::kJournalOrderIgnored);
    SeededChooser chooser(seed);
    const Pcut given = PlantedWorkload(chooser, scene, 4, 8);
    const auto backend = MakeSimfsBackend(SimfsBugs{scene.bug});
    const auto minimized =
        MinimizePcut(*backend, given,
                     In({ExplorationSpace::kSample, /*count=*/30, /*torn=*/1}));
    ASSERT_TRUE(minimized) << minimized.error().message;
    ExpectSimplestState(*backend, *minimized);
    lost += minimized->finding.lost_blocks;
  }
  EXPECT_GT(lost, 0u);
}

// The middle block can be kept only once the first one is, and blocks are tried
// from the last one on, so that one round over all blocks is not enough.
TEST(MinimizeTest, ABlockMayBeKeptOnlyOnceAnotherIs) {
  ThreeBlockBackend backend(MakeSimfsBackend(),
                            [](bool first, bool middle, bool last) {
                              return !last && (!middle || first);
                            });
  const auto recorded = RecordPcut(
      backend, MustParsePcut("powercut 1\nbackend simfs\nprofile linux-man\n"
                             "init\n  create /f\n  write /f 0 1536\nrun\n"
                             "  write /f 0 512\n  write /f 512 512\n"
                             "  write /f 1024 512\n"));
  ASSERT_TRUE(recorded) << recorded.error().message;
  backend.Plant(recorded->recording);
  const RecordedRun run{backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const CrashSpace space(recorded->recording.trace,
                         recorded->setting.atomic_bytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(recorded->recording.trace.event_count());
  const CrashState all_lost{
      cursor.point(), 0, CrashKind::kPower, CrashState::kFloor, {}};
  const StateId id{{CanonicalStep(all_lost, cursor)},
                   recorded->recording.trace.Digest()};
  const auto replayed = Replay(run, id, {});
  ASSERT_TRUE(replayed) << replayed.error().message;
  ASSERT_FALSE(replayed->findings.empty());
  const Finding& found = replayed->findings.front();
  EXPECT_GE(found.lost_blocks, 3u);
  const auto simplest = ShrinkState(run, {}, found);
  ASSERT_TRUE(simplest) << simplest.error().message;
  EXPECT_EQ(simplest->violation.cause, found.violation.cause);
  EXPECT_EQ(simplest->lost_blocks, 1u) << simplest->id;
}

// Two files are lost with one cause, of which a replay tells the first. Blocks
// are kept from the last one on, so that the block of that file is tried first;
// the other file, which is then lost alone, is not what the finding is about.
TEST(MinimizeTest, TheSimplerStateIsAboutTheSameFile) {
  const auto backend = MakeSimfsBackend(SimfsBugs{SimfsBug::kFsyncSkipsDevice});
  const auto recorded = RecordPcut(
      *backend,
      MustParsePcut("powercut 1\nbackend simfs\nprofile linux-man\n"
                    "init\n  create /g\n  create /f\n  write /g 0 512\n"
                    "  write /f 0 512\n"
                    "run\n  write /g 0 512\n  write /f 0 512\n"
                    "  fsync /g\n  fsync /f\n"));
  ASSERT_TRUE(recorded) << recorded.error().message;
  const RecordedRun run{*backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const Trace& trace = recorded->recording.trace;
  const CrashSpace space(trace, recorded->setting.atomic_bytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(trace.event_count());
  // One mark follows: the return of the last op.
  const CrashState all_lost{
      cursor.point(), 1, CrashKind::kPower, CrashState::kFloor, {}};
  const StateId id{{CanonicalStep(all_lost, cursor)}, trace.Digest()};
  const auto replayed = Replay(run, id, {});
  ASSERT_TRUE(replayed) << replayed.error().message;
  const auto lost =
      std::find_if(replayed->findings.begin(), replayed->findings.end(),
                   [](const Finding& f) {
                     return f.violation.kind == ViolationKind::kLost;
                   });
  ASSERT_NE(lost, replayed->findings.end());
  EXPECT_EQ(lost->violation.path, "/f");
  EXPECT_EQ(replayed->repeated, 1u);
  const auto simplest = ShrinkState(run, {}, *lost);
  ASSERT_TRUE(simplest) << simplest.error().message;
  EXPECT_EQ(simplest->violation.path, "/f");
  EXPECT_EQ(simplest->lost_blocks, 1u);
}

std::string With(const std::string& text, const std::string& end) {
  return text + end;
}

// Leaves out the id, which depends on the layout of the disk.
std::string TextWithoutAt(Pcut pcut) {
  EXPECT_EQ(std::erase_if(pcut.statements,
                          [](const Statement& statement) {
                            return statement.kind == Statement::kAt;
                          }),
            1u);
  return PrintPcut(pcut);
}

std::string CauseKept(Backend& backend, const std::string& text) {
  const auto minimized = MinimizePcut(backend, MustParsePcut(text), In(kNear));
  EXPECT_TRUE(minimized) << (minimized ? "" : minimized.error().message);
  return minimized ? minimized->finding.violation.cause : "";
}

TEST(MinimizeTest, KeepsAnyCauseThatIsAskedFor) {
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsShape});
  const Pcut given = MustParsePcut(kTwoCauses);
  const auto causes = CausesShown(*backend, given, kNear);
  ASSERT_TRUE(causes);
  EXPECT_GE(causes->size(), 2u);
  MinimizeOptions options = In(kNear);
  for (const std::string& cause : *causes) {
    options.cause = cause;
    const auto minimized = MinimizePcut(*backend, given, options);
    ASSERT_TRUE(minimized) << minimized.error().message;
    EXPECT_EQ(minimized->finding.violation.cause, cause);
    EXPECT_FALSE(OneOpLess(*backend, minimized->pcut, cause, kNear));
  }
}

TEST(MinimizeTest, WhichCause) {
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsShape});
  const Pcut given = MustParsePcut(kTwoCauses);
  const auto causes = CausesShown(*backend, given, kNear);
  ASSERT_TRUE(causes);
  ASSERT_GE(causes->size(), 2u);
  const std::string first = *causes->begin();
  const std::string last = *causes->rbegin();
  EXPECT_EQ(CauseKept(*backend, kTwoCauses), first);
  // The file names a state of the last cause, or expects that cause.
  const auto recorded = RecordPcut(*backend, given);
  ASSERT_TRUE(recorded);
  ExploreOptions explore;
  explore.space = kNear;
  const auto all = Explore(
      {*backend, recorded->workload, recorded->setting, recorded->recording},
      explore);
  ASSERT_TRUE(all);
  const Finding& shown = all->findings.back();
  ASSERT_EQ(shown.violation.cause, last);
  const std::string expect =
      "expect  violation " +
      std::string(ViolationKindName(shown.violation.kind)) + " " +
      shown.violation.path + "\n";
  EXPECT_EQ(CauseKept(*backend, With(kTwoCauses, expect)), last);
  EXPECT_EQ(CauseKept(*backend, With(kTwoCauses, "at " + shown.id + "\n")),
            last);
  // An `at` that belongs to another recording is ignored.
  EXPECT_EQ(CauseKept(*backend, With(kTwoCauses, "at 1p@00000000\n")), first);
}

TEST(MinimizeTest, TheFileThatIsLeft) {
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsShape});
  const auto minimized =
      MinimizePcut(*backend, MustParsePcut(kTwoCauses), In(kNear));
  ASSERT_TRUE(minimized);
  EXPECT_EQ(TextWithoutAt(minimized->pcut), R"(powercut 1
# why it is here
name    two files, two flushes
backend simfs
profile linux-man
crash   power
init
  create /f
  create /g
run
  append /f 1  # stays
  fsync  /f
  append /g 0
expect  violation lost /f
)");
}

TEST(MinimizeTest, NothingToMinimize) {
  const auto sound = MakeSimfsBackend();
  const Pcut given = MustParsePcut(kTwoCauses);
  auto minimized = MinimizePcut(*sound, given, In(kNear));
  ASSERT_FALSE(minimized);
  EXPECT_EQ(minimized.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(minimized.error().message,
              HasSubstr("given.pcut: no violation in epoch:1"));

  const auto buggy = MakeSimfsBackend({SimfsBug::kFsyncSkipsShape});
  MinimizeOptions options = In(kNear);
  options.cause = "lost/by/the/way";
  minimized = MinimizePcut(*buggy, given, options);
  ASSERT_FALSE(minimized);
  EXPECT_EQ(minimized.error().code, ErrorCode::kUsage);
  EXPECT_THAT(minimized.error().message, HasSubstr("lost/by/the/way"));

  options = In(kNear);
  options.explore.bounds.max_runs = 0;
  minimized = MinimizePcut(*buggy, given, options);
  ASSERT_FALSE(minimized);
  EXPECT_EQ(minimized.error().code, ErrorCode::kStale);
  EXPECT_THAT(minimized.error().message, HasSubstr("--max-runs 0"));
}

// The bound holds for each workload that is tried. What is left is explored as
// a whole all the same: its file expects all that a check of it finds.
TEST(MinimizeTest, ABoundOfRunsLeavesNoExpectationOut) {
  size_t several = 0;
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    if (kNotViolating.contains(scene.bug)) continue;
    const auto backend = MakeSimfsBackend(SimfsBugs{scene.bug});
    SeededChooser chooser(1);
    const Pcut given = PlantedWorkload(chooser, scene, 2, 4);
    for (const uint64_t max_runs : {2, 5}) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(scene.bug) << " with "
                                      << max_runs << " runs");
      MinimizeOptions options = In(kNear);
      options.explore.bounds.max_runs = max_runs;
      const auto minimized = MinimizePcut(*backend, given, options);
      if (!minimized) {
        EXPECT_NE(minimized.error().code, ErrorCode::kInternal)
            << minimized.error().message;
        continue;
      }
      ExpectExpectations(*backend, minimized->pcut, kNear);
      const auto recorded = RecordPcut(*backend, minimized->pcut);
      ASSERT_TRUE(recorded);
      several += recorded->workload.expectations.size() > 1 ? 1 : 0;
    }
  }
  EXPECT_GT(several, 0u);
}

// The condition that failed stays, with the numbers that it tests.
TEST(MinimizeTest, ConditionsKeepTheirNumbers) {
  const auto backend = MakeSimfsBackend();
  const auto minimized = MinimizePcut(*backend, MustParsePcut(R"(powercut 1
backend simfs
profile spec-strict
crash   power
init
  create /x
  create /f
  write  /f 0 512
run
  write /x 0 512
  write /f 0 512
  fsync /x
  fsync /f
forbid  missing /x
forbid  /f[0] = 5
)"),
                                      In(kNear));
  ASSERT_TRUE(minimized) << minimized.error().message;
  EXPECT_EQ(minimized->finding.violation.kind, ViolationKind::kCheck);
  EXPECT_EQ(TextWithoutAt(minimized->pcut), R"(powercut 1
backend simfs
profile spec-strict
crash   power
init
  create /x
  create /f
run
  write /f 0 16 fill=5
  fsync /x
forbid  /f[0] = 5
expect  violation check
)");
}

// Neither `create /q` of `init` nor `unlink /q` can go alone.
TEST(MinimizeTest, OpsThatNeedEachOtherGoTogether) {
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsShape});
  MinimizeOptions options = In(kNear);
  options.cause = "lost/bystander/create/fsync";
  const auto minimized = MinimizePcut(*backend, MustParsePcut(R"(powercut 1
backend simfs
profile linux-man
init
  create /f
  create /q
run
  append /f 1
  unlink /q
  fsync  /f
  create /q
)"),
                                      options);
  ASSERT_TRUE(minimized) << minimized.error().message;
  EXPECT_EQ(TextWithoutAt(minimized->pcut), R"(powercut 1
backend simfs
profile linux-man
init
  create /f
run
  append /f 1
  fsync  /f
  create /q
expect  violation lost /f
)");
}

// The prefixes are looked at first, and show the cause after the second write
// only. In a state that lost a block, the first write is enough.
TEST(MinimizeTest, TheLastLookIsAtTheWholeSpace) {
  const auto backend = MakeSimfsBackend();
  MinimizeOptions options = In(kNear);
  options.cause = "check/volume/mkdir/sync";
  const auto minimized = MinimizePcut(*backend, MustParsePcut(R"(powercut 1
backend simfs
profile spec-strict
init
  create /f
  write  /f 0 1536 fill=2
run
  write /f 0 1024 fill=5
  write /f 0 512 fill=2
  mkdir /d
forbid  /f[0] = 2 and /f[1] = 5 and /f[2] = 2
)"),
                                      options);
  ASSERT_TRUE(minimized) << minimized.error().message;
  EXPECT_EQ(minimized->ops, 4u) << PrintPcut(minimized->pcut);
  EXPECT_GT(minimized->finding.lost_blocks, 0u);
}

}  // namespace
}  // namespace powercut
