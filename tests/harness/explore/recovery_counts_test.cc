// Tests what an exploration says of the recoveries that it ran: the numbers are
// those of the mounts that were counted, they do not depend on the number of
// workers, and few recoveries are made for nothing.

#include "harness/explore/recovery_counts.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <memory>
#include <utility>

#include "harness/explore/explore.h"
#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

// A number that all workers share.
class SharedCounter {
 public:
  SharedCounter()
      : count_(static_cast<std::atomic<uint64_t>*>(
            mmap(nullptr, sizeof(*count_), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    POWERCUT_CHECK(count_ != MAP_FAILED);
  }
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  ~SharedCounter() { munmap(count_, sizeof(*count_)); }

  void Add() { ++*count_; }
  uint64_t Take() { return count_->exchange(0); }

 private:
  std::atomic<uint64_t>* count_;
};

class CountingBackend : public Backend {
 public:
  CountingBackend(Backend& backend, SharedCounter& opened)
      : backend_(backend), opened_(opened) {}

  const BackendTraits& traits() const override { return backend_.traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    opened_.Add();
    return backend_.Open(disk);
  }

 private:
  Backend& backend_;
  SharedCounter& opened_;
};

Exploration MustExplore(RandomScene& scene, Backend& backend,
                        ExplorationSpace::Mode mode, uint32_t jobs,
                        double doublecheck, bool runs_are_short = false) {
  ExploreOptions options;
  options.space.mode = mode;
  options.space.count = 1;
  options.jobs = jobs;
  options.doublecheck = doublecheck;
  options.runs_are_short = runs_are_short;
  auto explored = Explore(scene.On(backend), options);
  POWERCUT_CHECK(explored.has_value());
  return std::move(*explored);
}

TEST(RecoveryCountsTest, AreThoseOfTheMountsForAnyNumberOfWorkers) {
  SharedCounter opened;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed);
    CountingBackend backend(scene.backend, opened);
    const double doublecheck = seed % 3 == 0 ? 0.5 : 0;
    const auto mode =
        seed % 2 == 0 ? ExplorationSpace::kPrefix : ExplorationSpace::kEpoch;
    RecoveryCounts first;
    for (const uint32_t jobs : {1u, 2u, 3u}) {
      const Exploration e =
          MustExplore(scene, backend, mode, jobs, doublecheck);
      EXPECT_EQ(e.recoveries.all(), opened.Take());
      EXPECT_EQ(e.recoveries.needed, e.runs);
      EXPECT_EQ(e.recoveries.doublechecks, e.doublechecked);
      if (jobs == 1) first = e.recoveries;
      EXPECT_EQ(e.recoveries, first) << jobs;
    }
  }
}

// Every block of the trace is written again and again, and recovery reads a few
// of them, so that most of the prefixes need no run.
TEST(RecoveryCountsTest, FewRecoveriesOfAPrefixSweepAreForNothing) {
  uint64_t all = 0;
  uint64_t needed = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.events_max = 400, .persist_percent = 15});
    const Exploration e =
        MustExplore(scene, scene.backend, ExplorationSpace::kPrefix, 1, 0);
    all += e.recoveries.all();
    needed += e.recoveries.needed;
  }
  // Scenes whose recovery reads one block need few runs, and their canaries
  // weigh more than those of kernels.
  EXPECT_LE(all * 10, needed * 12) << all << " for " << needed;
}

// Each batch is a process, which ends with a canary.
TEST(RecoveryCountsTest, ShortRunsNeedFewerProcesses) {
  uint64_t with_ahead = 0;
  uint64_t needed_alone = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    RandomScene scene(seed, {.events_max = 400, .persist_percent = 15});
    const auto explore = [&](uint32_t jobs, bool runs_are_short) {
      return MustExplore(scene, scene.backend, ExplorationSpace::kPrefix, jobs,
                         0, runs_are_short);
    };
    const Exploration any = explore(1, false);
    const Exploration is_short = explore(1, true);
    with_ahead += any.recoveries.canaries;
    needed_alone += is_short.recoveries.canaries;
    EXPECT_EQ(is_short.states, any.states);
    EXPECT_EQ(is_short.runs, any.runs);
    EXPECT_EQ(is_short.findings.size(), any.findings.size());
    EXPECT_EQ(is_short.recoveries, explore(3, true).recoveries);
  }
  EXPECT_LT(needed_alone * 4, with_ahead * 3);
}

}  // namespace
}  // namespace powercut
