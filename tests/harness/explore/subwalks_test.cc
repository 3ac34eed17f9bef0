// Walks that are cut and walked in several processes, against the same walk in
// one process.
//
// Each of the following mistakes was made in the engine by hand, and a test in
// this file failed: each request is a group of its own; runs that two parts
// made count twice; the less simple state of a cause is kept; a copy tells what
// was counted before it was forked; a part whose copy was killed is left out;
// roots are visited twice, or left out; requests of another crash kind are
// dropped at a cut; copies are not asked to end.

#include "harness/explore/subwalks.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "fuzz/draw/parted_backend.h"
#include "harness/base/check_failure.h"
#include "harness/base/sanitizer.h"
#include "harness/explore/explore.h"
#include "tests/exploring.h"
#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

// A fork takes some ten milliseconds under a sanitizer, and each cut forks.
constexpr uint64_t kTraces = kSanitized ? 15 : 60;

ExploreOptions OptionsOf(const RandomScene& scene, uint32_t jobs,
                         uint64_t work) {
  ExploreOptions options;
  options.space = scene.space;
  options.jobs = jobs;
  options.work_of_walk = work;
  options.list_states = true;
  return options;
}

std::string CountsOf(const Exploration& e) {
  return fmt::format("repeated {} canaries {} doublechecks {} evicted {}\n",
                     e.recoveries.repeated, e.recoveries.canaries,
                     e.recoveries.doublechecks, e.evicted);
}

// Everything that a report says of the states, with their ids.
std::string ReportOf(const Exploration& e) {
  std::string text = DumpOf(e);
  for (const Finding& finding : e.findings) {
    for (size_t i = 0; i < finding.states.size(); ++i) {
      text += finding.states[i] + " " + finding.found_at[i] + "\n";
    }
  }
  return text;
}

Exploration MustExplore(const RecordedRun& run, const ExploreOptions& options) {
  auto explored = Explore(run, options);
  POWERCUT_CHECK(explored.has_value());
  return *std::move(explored);
}

constexpr uint64_t kNoCut = std::numeric_limits<uint64_t>::max() / 2;

TEST(SubwalksTest, NeitherTheCutNorTheWorkersChangeTheReport) {
  uint64_t violated = 0;
  uint64_t cut = 0;
  for (uint64_t seed = 1; seed <= kTraces; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 11) continue;
    const Exploration whole =
        MustExplore(scene.seen(), OptionsOf(scene, 0, kNoCut));
    const std::string report = ReportOf(whole);
    violated += whole.findings.empty() ? 0 : 1;
    const uint64_t work = 1 + seed % 7 * 20;
    EXPECT_EQ(ReportOf(MustExplore(scene.seen(), OptionsOf(scene, 0, work))),
              report);
    std::string counts;
    for (const uint32_t jobs : {1u, 2u, 5u}) {
      SCOPED_TRACE(jobs);
      ExploreOptions options = OptionsOf(scene, jobs, work);
      options.doublecheck = seed % 3 == 0 ? 0.5 : 0;
      const Exploration e = MustExplore(scene.seen(), options);
      EXPECT_EQ(ReportOf(e), report);
      if (jobs == 1) counts = CountsOf(e);
      EXPECT_EQ(CountsOf(e), counts);
    }
    cut += whole.states > 10 * work ? 1 : 0;
  }
  EXPECT_GT(violated, kTraces / 5);
  EXPECT_GT(cut, kTraces / 20);
}

// Parts of a walk are cut so that they need no common run. The recoveries of a
// scene follow from what they read, so that hardly any run is made twice.
TEST(SubwalksTest, PartsOfAWalkNeedNoCommonRun) {
  uint64_t repeated = 0;
  uint64_t repeated_of_whole = 0;
  uint64_t needed = 0;
  for (uint64_t seed = 1; seed <= 2 * kTraces; ++seed) {
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 11) continue;
    const auto counts = [&](uint64_t work) {
      return MustExplore(scene.seen(), OptionsOf(scene, 0, work)).recoveries;
    };
    const RecoveryCounts whole = counts(kNoCut);
    needed += whole.needed;
    repeated_of_whole += whole.repeated;
    ExploreOptions options = OptionsOf(scene, 2, 20);
    repeated += MustExplore(scene.seen(), options).recoveries.repeated;
  }
  EXPECT_LE(repeated, repeated_of_whole + needed / 20);
}

// Where parts of the observation are explored apart, two parts of a walk can
// make the same run, which counts once.
TEST(SubwalksTest, RunsThatTwoPartsMadeCountOnce) {
  auto parsed = ParseWorkload(PartedBackend::kWorkload, "test.pcut");
  POWERCUT_CHECK(parsed);
  uint64_t more_repeated = 0;
  for (uint64_t seed = 1; seed <= kTraces / 2; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 11) continue;
    PartedBackend backend(seed);
    const RecordedRun run = {backend, *parsed, scene.setting, *scene.recording};
    const Exploration whole = MustExplore(run, OptionsOf(scene, 1, kNoCut));
    const Exploration e = MustExplore(run, OptionsOf(scene, 2, 10));
    EXPECT_EQ(ReportOf(e), ReportOf(whole));
    more_repeated += e.recoveries.repeated > whole.recoveries.repeated ? 1 : 0;
  }
  EXPECT_GT(more_repeated, 0u);
}

// With hardly any cache, runs are made again. What is found stays the same, and
// the counts depend on the cut alone.
TEST(SubwalksTest, NorWithoutACache) {
  uint64_t evicted = 0;
  uint64_t evicted_uncut = 0;
  for (uint64_t seed = 1; seed <= kTraces; seed += 3) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 10) continue;
    std::string one;
    for (const uint32_t jobs : {1u, 3u}) {
      ExploreOptions options = OptionsOf(scene, jobs, 50);
      options.cache_bytes = 1 << (seed % 13);
      const Exploration e = MustExplore(scene.seen(), options);
      const std::string text = ReportOf(e) + CountsOf(e);
      if (jobs == 1) one = text;
      EXPECT_EQ(text, one);
      if (jobs > 1) continue;
      evicted += e.evicted;
      options.work_of_walk = kNoCut;
      evicted_uncut += MustExplore(scene.seen(), options).evicted;
    }
  }
  // The parts of a walk drop less than the whole one, since each begins with an
  // empty cache; all of them together still drop most.
  EXPECT_GT(evicted_uncut, 100u);
  EXPECT_GT(evicted * 2, evicted_uncut);
}

// Does something in each recovery that a worker of a copy runs.
class BackendOfCopies : public Backend {
 public:
  // Called with how many such recoveries all processes ran before.
  using Then = std::function<void(int before, MountResult& result)>;

  BackendOfCopies(Backend& backend, Then then)
      : backend_(backend),
        then_(std::move(then)),
        count_(static_cast<std::atomic<int>*>(
            mmap(nullptr, sizeof(*count_), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    POWERCUT_CHECK(count_ != MAP_FAILED);
  }
  ~BackendOfCopies() override { munmap(count_, sizeof(*count_)); }

  const BackendTraits& traits() const override { return backend_.traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    MountResult result = backend_.Open(disk);
    if (getpid() != test_ && getppid() != test_) {
      then_(count_->fetch_add(1), result);
    }
    return result;
  }
  int count() const { return *count_; }

 private:
  Backend& backend_;
  const Then then_;
  std::atomic<int>* count_;
  const pid_t test_ = getpid();
};

TEST(SubwalksTest, WhatAKilledProcessWalkedIsWalkedHere) {
  int kills = 0;
  for (uint64_t seed = 1; seed <= kTraces / 2; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 10) continue;
    const std::string report =
        ReportOf(MustExplore(scene.seen(), OptionsOf(scene, 0, kNoCut)));
    BackendOfCopies backend(scene.backend, [](int before, MountResult&) {
      if (before < 3) kill(getppid(), SIGKILL);
    });
    const Exploration e =
        MustExplore(scene.On(backend), OptionsOf(scene, 2, 20));
    EXPECT_EQ(ReportOf(e), report);
    kills += std::min(backend.count(), 3);
  }
  EXPECT_GT(kills, 3);
}

// What a copy tells of storage that cannot be relied on is in the report.
TEST(SubwalksTest, ACopyTellsOfContradictions) {
  uint64_t caught = 0;
  for (uint64_t seed = 1; seed <= kTraces / 2; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 10) continue;
    BackendOfCopies backend(scene.backend, [](int before, MountResult& result) {
      if (before % 3 == 0) result = {nullptr, "mount: now and then"};
    });
    ExploreOptions options = OptionsOf(scene, 2, 20);
    options.doublecheck = 1;
    const Exploration e = MustExplore(scene.On(backend), options);
    if (backend.count() < 50) continue;
    ++caught;
    EXPECT_TRUE(e.bound.starts_with("nondeterministic")) << e.bound;
  }
  EXPECT_GT(caught, 0u);
}

TEST(SubwalksTest, AFailedCheckInACopyEndsTheExploration) {
  uint64_t ended = 0;
  for (uint64_t seed = 1; seed <= kTraces / 2; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 10) continue;
    BackendOfCopies backend(scene.backend, [](int before, MountResult&) {
      if (before >= 5) _exit(kCheckFailedStatus);
    });
    const auto explored = Explore(scene.On(backend), OptionsOf(scene, 2, 20));
    EXPECT_EQ(explored.has_value(), backend.count() <= 5);
    ended += explored ? 0 : 1;
  }
  EXPECT_GT(ended, 0u);
}

TEST(SubwalksTest, CopiesAreAskedToEndWithTheExploration) {
  uint64_t ended = 0;
  const pid_t test = getpid();
  for (uint64_t seed = 1; seed <= kTraces / 2; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 10) continue;
    BackendOfCopies backend(scene.backend, [](int, MountResult&) {});
    ExploreOptions options = OptionsOf(scene, 2, 20);
    // As the user's Ctrl-C, of which copies are not told.
    options.hooks.interrupted = [&] {
      return getpid() == test && backend.count() > 0;
    };
    const Exploration e = MustExplore(scene.On(backend), options);
    // The last copies may have come to their end all the same.
    EXPECT_EQ(e.interrupted, backend.count() > 0);
    EXPECT_EQ(e.bound, e.exhausted ? "" : "interrupted");
    ended += e.exhausted ? 0 : 1;
  }
  EXPECT_GT(ended, 0u);
}

// A caller that has seen enough is not kept waiting for the rest.
TEST(SubwalksTest, ACauseThatACopySeesEndsTheExploration) {
  uint64_t ended = 0;
  for (uint64_t seed = 1; seed <= kTraces; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 11) continue;
    const Exploration whole =
        MustExplore(scene.seen(), OptionsOf(scene, 0, kNoCut));
    for (const Finding& finding : whole.findings) {
      bool seen = false;
      ExploreOptions options = OptionsOf(scene, 2, 10);
      options.hooks.cause_seen = [&](const std::string& cause) {
        seen = seen || cause == finding.violation.cause;
      };
      options.hooks.interrupted = [&] { return seen; };
      const Exploration e = MustExplore(scene.seen(), options);
      EXPECT_TRUE(seen);
      EXPECT_EQ(e.exhausted, !e.interrupted);
      EXPECT_EQ(e.bound, e.interrupted ? "interrupted" : "");
      EXPECT_LE(e.states, whole.states);
      ended += e.states < whole.states ? 1 : 0;
    }
  }
  EXPECT_GT(ended, 0u);
}

}  // namespace
}  // namespace powercut
