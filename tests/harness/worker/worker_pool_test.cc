// Tests WorkerPool with storage code that misbehaves in every way, and with
// workers that are killed from outside; and tests the form in which outcomes
// cross processes.

#include "harness/worker/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/base/sanitizer.h"
#include "harness/recover/outcome_codec.h"
#include "tests/harness/cache/content_backend.h"
#include "tests/harness/system/killer.h"

namespace powercut {
namespace {

// The limits are small, so that hangs end soon. Only the limit on wall clock is
// large, since other programs may use the processors.
WorkerLimits SmallLimits() {
  WorkerLimits limits;
  limits.requests = 1000;
  // Sanitized code takes ten times as long for the same work.
  limits.cpu_ms = kSanitized ? 2000 : 100;
  limits.wall_ms = 60'000;
  limits.memory_bytes = uint64_t{128} << 20;
  return limits;
}

RecoveryOutcome Hung(const std::string& detail) {
  return {RecoveryOutcome::kHung, detail, {}};
}
RecoveryOutcome Died(const std::string& detail) {
  return {RecoveryOutcome::kDied, detail, {}};
}

RecoveryOutcome Expected(Deed deed, uint32_t point) {
  switch (deed) {
    case Deed::kSegfault:
      return Died("killed by SIGSEGV");
    case Deed::kAbort:
    case Deed::kThrow:
    case Deed::kEatMemory:  // Nobody catches its std::bad_alloc.
      return Died("killed by SIGABRT");
    case Deed::kExitSeven:
      return Died("ended with exit status 7");
    case Deed::kExitZero:
      return Died("ended with exit status 0");
    case Deed::kLoop:
    case Deed::kLoopOnDeviceForEver:
      return Hung("more CPU time than a recovery may take");
    case Deed::kLoopOnDevice:
      return Hung("too many device requests");
    case Deed::kSleep:
      return Hung("no progress by the wall clock");
    case Deed::kFailCheck:
      return RecoveryOutcome::OwnBug();
    case Deed::kPoison:
      return Died(
          "the next recovery in the same process was killed by SIGABRT");
    default:
      break;
  }
  RecoveryOutcome outcome;
  const std::string content = ContentShown(deed, point);
  if (deed == Deed::kFailToMount) {
    outcome.observation.unreadable = "mount: " + content;
  } else {
    outcome.observation = ContentMount(content).Observe();
  }
  return outcome;
}

CrashState StateAt(uint32_t point) {
  return {point, 0, CrashKind::kPower, CrashState::kNewest, {}};
}

struct PoolRun {
  uint32_t jobs = 1;
  size_t batch_states = 4096;
  WorkerLimits limits = SmallLimits();
};

// The outcomes of all crash points of the deeds, in order.
std::vector<RecoveryOutcome> RunDeeds(const std::vector<Deed>& deeds,
                                      const PoolRun& run) {
  const Trace trace = TraceOfDeeds(deeds);
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerPool pool(backend, space, {run.jobs, {}, run.limits});
  std::vector<RecoveryOutcome> outcomes;
  uint32_t delivered = 0;
  pool.set_done([&](const Batch& batch, const std::vector<RunResult>& results) {
    ASSERT_EQ(batch.size(), results.size());
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(batch[i].point, ++delivered) << "delivered out of order";
      outcomes.push_back(pool.outcomes()[results[i].outcome]);
    }
  });
  Batch batch;
  for (uint32_t point = 1; point <= deeds.size(); ++point) {
    batch.push_back(StateAt(point));
    if (batch.size() == run.batch_states || point == deeds.size()) {
      pool.Submit(std::exchange(batch, {}));
    }
  }
  pool.Drain();
  return outcomes;
}

// Returns an outcome in one line, with no contents of files.
std::string Brief(const RecoveryOutcome& outcome) {
  std::string text = std::to_string(outcome.kind) + " " + outcome.detail + " " +
                     outcome.observation.unreadable;
  for (const ObservedEntry& entry : outcome.observation.entries) {
    text += entry.content.substr(0, entry.content.find('\n')) + " of " +
            std::to_string(entry.content.size());
  }
  return text;
}

void ExpectOutcomes(const std::vector<Deed>& deeds, const PoolRun& run) {
  SCOPED_TRACE("jobs " + std::to_string(run.jobs) + ", batches of " +
               std::to_string(run.batch_states));
  const std::vector<RecoveryOutcome> outcomes = RunDeeds(deeds, run);
  ASSERT_EQ(outcomes.size(), deeds.size());
  for (uint32_t point = 1; point <= deeds.size(); ++point) {
    const RecoveryOutcome expected = Expected(deeds[point - 1], point);
    EXPECT_TRUE(outcomes[point - 1] == expected)
        << "point " << point << ": " << Brief(outcomes[point - 1])
        << ", expected " << Brief(expected);
  }
}

// Puts working states around each of the deeds.
std::vector<Deed> Among(const std::vector<Deed>& deeds) {
  std::vector<Deed> all = {Deed::kWork, Deed::kWork};
  for (const Deed deed : deeds) {
    all.push_back(deed);
    all.insert(all.end(), {Deed::kWork, Deed::kFailToMount, Deed::kWork});
  }
  return all;
}

const std::vector<PoolRun> kRuns = {{1, 4096}, {2, 5}, {4, 1}, {4, 3}};

// What the tasks of TasksComeInOrderWithBatches do, by their order.
std::string RunTestTask(std::string_view order) {
  if (order == "die") abort();
  if (order == "fail") POWERCUT_CHECK(order.empty());
  // More than the ring holds.
  if (order == "much") return std::string(3 << 20, 'm');
  return "did " + std::string(order);
}

bool HasChildren() { return waitpid(-1, nullptr, WNOHANG) != -1; }

// Whether there are workers besides the process that forks them.
bool HasWorkers() { return ChildrenOf(getpid()).size() > 1; }

TEST(WorkerPoolTest, CrashesAreBlamedOnTheirStates) {
  for (const PoolRun& run : kRuns) {
    ExpectOutcomes(Among({Deed::kSegfault, Deed::kAbort, Deed::kExitSeven,
                          Deed::kExitZero, Deed::kThrow}),
                   run);
  }
  EXPECT_FALSE(HasChildren());
}

TEST(WorkerPoolTest, TasksComeInOrderWithBatches) {
  const Trace trace = TraceOfDeeds({Deed::kWork, Deed::kAbort, Deed::kWork});
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  for (const uint32_t jobs : {1u, 3u}) {
    ContentBackend backend;
    WorkerPool pool(backend, space, {jobs, {}, SmallLimits()});
    std::vector<std::string> delivered;
    pool.set_task(RunTestTask);
    const auto submit = [&](const std::string& order) {
      pool.SubmitTask(order, [&delivered, order](const TaskResult& result) {
        delivered.push_back(result ? result->substr(0, 9) : "no " + order);
      });
    };
    pool.set_done([&](const Batch& batch, const std::vector<RunResult>&) {
      delivered.push_back("batch " + std::to_string(batch[0].point));
      if (batch[0].point == 3) submit("last");
    });
    submit("first");
    pool.Submit({StateAt(1), StateAt(2)});
    submit("die");
    submit("much");
    submit("fail");
    submit("empty");
    pool.Submit({StateAt(3)});
    pool.Drain();
    pool.FinishTasks();
    EXPECT_THAT(delivered, testing::ElementsAre(
                               "did first", "batch 1", "no die", "mmmmmmmmm",
                               "no fail", "did empty", "batch 3", "did last"));
    EXPECT_FALSE(HasWorkers());
  }
}

TEST(WorkerPoolTest, CancelEndsTasksWithoutAResult) {
  const Trace trace = TraceOfDeeds({Deed::kWork});
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerPool pool(backend, space, {1, {}, SmallLimits()});
  pool.set_task([](std::string_view) -> std::string {
    while (true) pause();
  });
  std::vector<TaskResult> results;
  for (int i = 0; i < 2; ++i) {
    pool.SubmitTask(
        "", [&](const TaskResult& result) { results.push_back(result); });
  }
  pool.Cancel();
  EXPECT_THAT(results, testing::ElementsAre(std::nullopt, std::nullopt));
  EXPECT_FALSE(HasChildren());
}

TEST(WorkerPoolTest, CrashesInARowAndAtBothEnds) {
  const std::vector<Deed> deeds = {Deed::kAbort, Deed::kAbort,    Deed::kWork,
                                   Deed::kAbort, Deed::kExitZero, Deed::kThrow,
                                   Deed::kWork,  Deed::kSegfault};
  for (const PoolRun& run : kRuns) ExpectOutcomes(deeds, run);
}

TEST(WorkerPoolTest, NothingButCrashes) {
  for (const PoolRun& run : kRuns) {
    ExpectOutcomes(std::vector<Deed>(40, Deed::kAbort), run);
  }
}

TEST(WorkerPoolTest, LoopsEndByRequestsOrByCpuTime) {
  for (const PoolRun& run : kRuns) {
    ExpectOutcomes(
        Among({Deed::kLoopOnDevice, Deed::kLoop, Deed::kLoopOnDeviceForEver}),
        run);
  }
}

// A bug of powercut is never a finding: whoever asks for the outcomes gets an
// error.
TEST(WorkerPoolTest, FailedChecksAreBugsOfPowercut) {
  ExpectOutcomes(Among({Deed::kFailCheck, Deed::kAbort}), {});
  const Trace trace = TraceOfDeeds({Deed::kAbort, Deed::kFailCheck});
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerPool pool(backend, space, {1, {}, SmallLimits()});
  pool.RunAlone(StateAt(1));
  EXPECT_TRUE(pool.outcomes().AllRun());
  pool.RunAlone(StateAt(2));
  const Status all = pool.outcomes().AllRun();
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, ErrorCode::kInternal);
  EXPECT_EQ(all.error().message,
            "a recovery failed an internal check of powercut");
}

// A stop is nothing that storage does: the wall clock does not count it.
TEST(WorkerPoolTest, StoppedWorkersGoOn) {
  for (const uint32_t jobs : {1, 3}) {
    ExpectOutcomes({Deed::kWork, Deed::kStop, Deed::kStop, Deed::kWork},
                   {.jobs = jobs, .limits = SmallLimits()});
  }
}

// Whoever dies afterwards dies of its own.
TEST(WorkerPoolTest, SleepEndsByTheWallClock) {
  for (PoolRun run : {PoolRun{1, 4096}, PoolRun{2, 2}}) {
    run.limits.wall_ms = 500;
    ExpectOutcomes(
        {Deed::kWork, Deed::kSleep, Deed::kWork, Deed::kAbort, Deed::kExitZero},
        run);
  }
  EXPECT_FALSE(HasChildren());
}

TEST(WorkerPoolTest, MemoryIsBounded) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers reserve terabytes of address space, so that "
                    "it cannot be bounded under them";
  }
  for (PoolRun run : {PoolRun{1, 4096}, PoolRun{2, 3}}) {
    run.limits.cpu_ms = 10'000;
    ExpectOutcomes(Among({Deed::kEatMemory}), run);
  }
}

// If a recovery breaks a later one of the same worker, the earlier state is
// blamed, and not the later one.
TEST(WorkerPoolTest, CorruptionIsBlamedOnWhoDidIt) {
  const std::vector<Deed> deeds = {Deed::kWork,   Deed::kPoison, Deed::kWork,
                                   Deed::kWork,   Deed::kPoison, Deed::kPoison,
                                   Deed::kPoison, Deed::kAbort,  Deed::kWork};
  for (const PoolRun& run : kRuns) ExpectOutcomes(deeds, run);
}

TEST(WorkerPoolTest, ObservationsLargerThanTheRing) {
  const std::vector<Deed> deeds = {
      Deed::kShowMuch, Deed::kShowMuch, Deed::kWork,     Deed::kShowMuch,
      Deed::kAbort,    Deed::kShowMuch, Deed::kShowMuch, Deed::kWork};
  for (const PoolRun& run : kRuns) ExpectOutcomes(deeds, run);
}

// A worker that is kept waiting by a full ring is not hanging.
TEST(WorkerPoolTest, FullRingWhileTheParentIsBusy) {
  std::vector<Deed> deeds(6, Deed::kShowMuch);
  const Trace trace = TraceOfDeeds(deeds);
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerPool pool(backend, space, {2, {}, SmallLimits()});
  std::vector<RecoveryOutcome> outcomes;
  pool.set_done([&](const Batch&, const std::vector<RunResult>& results) {
    for (const RunResult& result : results) {
      outcomes.push_back(pool.outcomes()[result.outcome]);
    }
  });
  pool.Submit({StateAt(1), StateAt(2), StateAt(3)});
  pool.Submit({StateAt(4), StateAt(5), StateAt(6)});
  // This is longer than the processor time that one recovery may take.
  const timespec busy = {.tv_sec = 0, .tv_nsec = 600'000'000};
  nanosleep(&busy, nullptr);
  pool.Drain();
  ASSERT_EQ(outcomes.size(), deeds.size());
  for (uint32_t point = 1; point <= deeds.size(); ++point) {
    EXPECT_TRUE(outcomes[point - 1] == Expected(Deed::kShowMuch, point))
        << Brief(outcomes[point - 1]);
  }
}

// Messages that make no sense are ignored and do no harm in the parent. The
// outcome of the state that overwrote the memory depends on what the parent had
// read by then: the state came to its end, but its result may not have arrived.
TEST(WorkerPoolTest, GarbageInTheSharedMemory) {
  const std::vector<Deed> deeds = {
      Deed::kWork,         Deed::kScribbleUp, Deed::kWork,
      Deed::kShowMuch,     Deed::kScribbleUp, Deed::kScribbleDown,
      Deed::kShowMuch,     Deed::kAbort,      Deed::kScribbleDown,
      Deed::kScribbleDown, Deed::kWork};
  for (const PoolRun& run : {PoolRun{1, 4096}, PoolRun{1, 3}}) {
    const std::vector<RecoveryOutcome> outcomes = RunDeeds(deeds, run);
    ASSERT_EQ(outcomes.size(), deeds.size());
    for (uint32_t point = 1; point <= deeds.size(); ++point) {
      const Deed deed = deeds[point - 1];
      const RecoveryOutcome& outcome = outcomes[point - 1];
      const bool wild =
          deed == Deed::kScribbleUp || deed == Deed::kScribbleDown;
      EXPECT_TRUE(outcome == Expected(deed, point) ||
                  (wild && outcome.kind == RecoveryOutcome::kDied))
          << "point " << point << ": " << Brief(outcome);
    }
  }
}

TEST(WorkerPoolTest, EqualOutcomesAreKeptOnce) {
  const Trace trace = TraceOfDeeds({Deed::kWork, Deed::kAbort, Deed::kAbort});
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerPool pool(backend, space, {2, {}, SmallLimits()});
  std::vector<OutcomeId> all;
  pool.set_done([&](const Batch&, const std::vector<RunResult>& results) {
    for (const RunResult& result : results) all.push_back(result.outcome);
  });
  pool.Submit({StateAt(1), StateAt(1), StateAt(2), StateAt(3)});
  pool.Submit({StateAt(1), StateAt(2), StateAt(1)});
  pool.Drain();
  EXPECT_EQ(all, (std::vector<OutcomeId>{0, 0, 1, 1, 0, 1, 0}));
  EXPECT_EQ(pool.outcomes().size(), 2u);
}

TEST(WorkerPoolTest, EmptyBatchesAreDelivered) {
  const Trace trace = TraceOfDeeds({Deed::kWork});
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerPool pool(backend, space, {2, {}, SmallLimits()});
  std::vector<size_t> sizes;
  pool.set_done([&](const Batch& batch, const std::vector<RunResult>&) {
    sizes.push_back(batch.size());
  });
  for (const size_t size : {0, 1, 0, 0, 1}) {
    pool.Submit(Batch(size, StateAt(1)));
  }
  pool.Drain();
  EXPECT_EQ(sizes, (std::vector<size_t>{0, 1, 0, 0, 1}));
  pool.Drain();
}

TEST(WorkerPoolTest, RunAloneGivesWhateverHappens) {
  const std::vector<Deed> deeds = {
      Deed::kWork,         Deed::kAbort,       Deed::kExitZero,
      Deed::kLoop,         Deed::kWork,        Deed::kShowMuch,
      Deed::kLoopOnDevice, Deed::kFailToMount, Deed::kPoison};
  const Trace trace = TraceOfDeeds(deeds);
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerPool pool(backend, space, {2, {}, SmallLimits()});
  // The points run backwards and twice, so that each image must be undone.
  for (int round = 0; round < 2; ++round) {
    for (uint32_t point = deeds.size(); point > 0; --point) {
      const RecoveryOutcome& outcome =
          pool.outcomes()[pool.RunAlone(StateAt(point)).outcome];
      EXPECT_TRUE(outcome == Expected(deeds[point - 1], point))
          << "point " << point << ": " << Brief(outcome);
    }
  }
  EXPECT_FALSE(HasWorkers());
}

TEST(WorkerPoolTest, CancelEndsTheWorkersAtOnce) {
  const std::vector<Deed> deeds = {Deed::kSleep, Deed::kWork, Deed::kLoop};
  const Trace trace = TraceOfDeeds(deeds);
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  WorkerLimits limits = SmallLimits();
  limits.cpu_ms = 60'000;
  WorkerPool pool(backend, space, {2, {}, limits});
  std::vector<size_t> sizes;
  pool.set_done([&](const Batch& batch, const std::vector<RunResult>&) {
    sizes.push_back(batch.size());
  });
  pool.Cancel();
  pool.Submit({StateAt(1), StateAt(2)});
  pool.Submit({StateAt(3)});
  EXPECT_TRUE(HasWorkers());
  pool.Cancel();
  EXPECT_FALSE(HasWorkers());
  EXPECT_TRUE(sizes.empty());
  // The pool can go on after that.
  pool.Submit({StateAt(2), StateAt(2), StateAt(2)});
  pool.Drain();
  EXPECT_EQ(sizes, std::vector<size_t>{3});
  EXPECT_EQ(pool.outcomes()[pool.RunAlone(StateAt(2)).outcome],
            Expected(Deed::kWork, 2));
}

TEST(WorkerPoolTest, DestructionLeavesNoChildren) {
  const Trace trace = TraceOfDeeds({Deed::kSleep});
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  ContentBackend backend;
  {
    WorkerPool pool(backend, space, {4, {}, SmallLimits()});
    for (int i = 0; i < 4; ++i) pool.Submit({StateAt(1)});
  }
  EXPECT_FALSE(HasChildren());
}

// --- workers killed from outside ------------------------------------------

// Expects every outcome to be as if no worker had been killed.
void ExpectSurvivesKiller(uint64_t seed, uint32_t jobs, size_t states,
                          uint64_t kills_min) {
  std::vector<Deed> deeds(states, Deed::kWorkSlowly);
  for (size_t i = 50; i < deeds.size(); i += 100) deeds[i] = Deed::kAbort;
  for (size_t i = 70; i < deeds.size(); i += 100) deeds[i] = Deed::kPoison;
  // A sanitized worker needs longer for a state than another one for a batch.
  const Killer killer(seed, kSanitized ? 20'000 : 2500);
  // How many kills fit into one turn depends on the machine.
  constexpr int kTurnsMax = 20;
  for (int turn = 0; turn < kTurnsMax && killer.kills() < kills_min; ++turn) {
    ExpectOutcomes(deeds, {jobs, 100, SmallLimits()});
  }
  EXPECT_GE(killer.kills(), kills_min);
}

TEST(WorkerPoolTest, WorkersKilledFromOutsideLoseNothing) {
  for (const uint32_t jobs : {1, 2, 4})
    ExpectSurvivesKiller(jobs, jobs, 1000, 20);
  EXPECT_FALSE(HasChildren());
}

TEST(WorkerPoolTest, AThousandKillsLoseNothing) {
  ExpectSurvivesKiller(7, 2, 10'000, kSanitized ? 100 : 1000);
}

// The tests above show something only if the killer kills: with hardly any
// pause no recovery gets through.
TEST(WorkerPoolTest, TheKillerKills) {
  const Killer killer(3, 20);
  const std::vector<RecoveryOutcome> outcomes =
      RunDeeds(std::vector<Deed>(3, Deed::kSleep), {2, 1, SmallLimits()});
  for (const RecoveryOutcome& outcome : outcomes) {
    EXPECT_THAT(outcome.detail,
                testing::MatchesRegex(
                    "killed by SIG(KILL|TERM|HUP), each of 64 times"));
  }
  EXPECT_GE(killer.kills(), 3 * 64u);
}

// --- outcomes as bytes -----------------------------------------------------

RecoveryOutcome RichOutcome() {
  RecoveryOutcome outcome;
  outcome.detail = "detail\n\0with a zero";
  ObservedEntry file;
  file.path = std::string("/a\xff\0b", 5);
  file.file_id = ~uint64_t{0};
  file.size_bytes = 3;
  file.content = std::string("\0\n\xff", 3);
  ObservedEntry directory;
  directory.path = "/d";
  directory.is_directory = true;
  ObservedEntry broken;
  broken.path = "/z";
  broken.unreadable = "EIO";
  outcome.observation.entries = {file, directory, broken};
  outcome.observation.probe_failures = {"", "remount: EIO"};
  return outcome;
}

TEST(OutcomeBytesTest, RoundTrip) {
  RecoveryOutcome unreadable;
  unreadable.observation.unreadable = "mount: EIO";
  for (const RecoveryOutcome& outcome :
       {RecoveryOutcome{}, RichOutcome(), unreadable, Died("x"), Hung("")}) {
    const std::string bytes = EncodeOutcome(outcome);
    const Result<RecoveryOutcome> back = DecodeOutcome(bytes);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, outcome);
    EXPECT_EQ(EncodeOutcome(*back), bytes);
  }
}

TEST(OutcomeBytesTest, DifferentOutcomesHaveDifferentBytes) {
  const RecoveryOutcome rich = RichOutcome();
  std::vector<RecoveryOutcome> all(11, rich);
  auto entry = [&](size_t i) -> ObservedEntry& {
    return all[i].observation.entries[0];
  };
  all[1].kind = RecoveryOutcome::kHung;
  all[2].detail += "x";
  all[3].observation.unreadable = "x";
  entry(4).path += "x";
  entry(5).is_directory = true;
  entry(6).file_id = 1;
  entry(7).unreadable = "x";
  entry(8).size_bytes = 4;
  entry(9).content[0] = 'x';
  all[10].observation.probe_failures.pop_back();
  std::vector<std::string> bytes;
  for (const RecoveryOutcome& outcome : all) {
    bytes.push_back(EncodeOutcome(outcome));
  }
  std::sort(bytes.begin(), bytes.end());
  EXPECT_EQ(std::adjacent_find(bytes.begin(), bytes.end()), bytes.end());
}

TEST(OutcomeBytesTest, AnythingElseIsAnError) {
  const std::string bytes = EncodeOutcome(RichOutcome());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeOutcome(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(DecodeOutcome(bytes + '\0').has_value());
  EXPECT_EQ(DecodeOutcome("").error().code, ErrorCode::kInternal);
}

// If damaged bytes can be read at all, the value is not the one that was sent.
TEST(OutcomeBytesTest, FlippedBitsNeverPassForTheSame) {
  const RecoveryOutcome rich = RichOutcome();
  const std::string bytes = EncodeOutcome(rich);
  size_t accepted = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const Result<RecoveryOutcome> back = DecodeOutcome(flipped);
    if (!back) continue;
    ++accepted;
    EXPECT_FALSE(*back == rich) << bit;
  }
  EXPECT_GT(accepted, 0u);
}

TEST(OutcomeBytesTest, RandomBytesAreNoOutcome) {
  Prng prng(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(prng.Below(200), '\0');
    for (char& c : bytes) {
      c = static_cast<char>(prng.OneIn(3) ? prng.Below(256) : 0);
    }
    const Result<RecoveryOutcome> outcome = DecodeOutcome(bytes);
    if (outcome) {
      EXPECT_EQ(EncodeOutcome(*outcome), bytes);
    }
  }
}

}  // namespace
}  // namespace powercut
