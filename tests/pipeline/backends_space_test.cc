// The decision tree and the cache held against brute force on real backends.
//
// Method. For a random workload, every crash state is run by itself. Explore()
// then visits the space `exhaustive`, and for each kind of crash and each crash
// point the two sets of outcomes must be equal. This holds whether copied data
// is filled in or counts as read, with hardly any cache, for any number of jobs
// and shards, and after an interruption and a resume. With copied blocks varied
// one by one fewer states are visited, but the same causes must be found. The
// same holds with independent parts explored apart, and beside it every part
// must show everything that it shows in the whole space.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/clfs/clfs_backend.h"
#include "backends/registry.h"
#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/part_views.h"
#include "fuzz/draw/planted_workload.h"
#include "fuzz/draw/random_log_workload.h"
#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/seen_states.h"
#include "fuzz/draw/workload_mutator.h"
#include "fuzz/draw/workload_text.h"
#include "model/files/independent_parts.h"
#include "model/pcut/pcut.h"
#include "tests/exhaustive/seeds.h"

namespace powercut {
namespace {

// Workloads with larger spaces are left out.
constexpr double kSpaceLog2Max = 12;
// Torn blocks multiply the states, so that only smaller spaces have them.
constexpr double kTornSpaceLog2Max = 7;
constexpr uint64_t kHardlyAnyCache = 4096;
// Comparisons that cost more are made for one workload in so many.
constexpr uint64_t kJobsEvery = 50;
constexpr uint64_t kPartsEvery = 10;

struct Totals {
  uint64_t workloads = 0;
  uint64_t states = 0;
  uint64_t recoveries = 0;  // Runs of brute force.
  uint64_t runs = 0;        // Runs with CopyMode::kFillIn.
  uint64_t violating = 0;   // Workloads with violations.
  uint64_t apart = 0;       // Workloads with CopyMode::kVaryEach in effect.
  uint64_t fewer = 0;       // Workloads for which that mode saved states.
  // Workloads of which parts were explored apart, and those for which that
  // saved states.
  uint64_t parts_apart = 0;
  uint64_t fewer_by_parts = 0;
};

// Explores the space of one workload in every way.
class Comparison {
 public:
  Comparison(const RecordedRun& scene, uint64_t seed) : scene_(scene) {
    space_.mode = ExplorationSpace::kExhaustive;
    if (SpaceLog2Of(scene) < kTornSpaceLog2Max) space_.torn = seed % 3;
    seed_ = seed;
    probe_ = seed % 7 == 0;
  }

  void Run(Totals& totals) {
    all_ = SeenByBruteForce(scene_, space_, probe_);
    const SeenExploration filled =
        MustBeTheSame("filled", Options(CopyMode::kFillIn));
    MustBeTheSame("read", Options(CopyMode::kAsRead));
    ExploreOptions little = Options(CopyMode::kFillIn);
    little.cache_bytes = kHardlyAnyCache;
    MustBeTheSame("hardly any cache", little);
    Apart(filled.exploration, totals);
    PartsApart(filled.exploration, totals);
    if (seed_ % kJobsEvery == 0) Jobs(filled.exploration);
    if (seed_ % kPartsEvery == 0) Shards(filled.exploration);
    if (seed_ % kPartsEvery == 1) Resumed(filled.exploration);
    ++totals.workloads;
    totals.states += all_.states;
    totals.recoveries += all_.runs;
    totals.runs += filled.exploration.runs;
  }

 private:
  ExploreOptions Options(CopyMode copied) const {
    ExploreOptions options;
    options.space = space_;
    options.jobs = 0;
    options.copied = copied;
    options.parts_apart = false;
    options.run.probe = probe_;
    return options;
  }

  SeenExploration MustBeTheSame(const std::string& how,
                                const ExploreOptions& options) {
    SeenExploration explored = SeenByExplore(scene_, options);
    EXPECT_TRUE(explored.exploration.exhausted)
        << how << ": " << explored.exploration.bound;
    EXPECT_TRUE(explored.seen.seen == all_.seen)
        << how << ": " << explored.seen.seen.size() << " instead of "
        << all_.seen.size();
    return explored;
  }

  // Varying copied blocks one by one shows fewer outcomes, but every cause.
  void Apart(const Exploration& filled, Totals& totals) {
    const SeenExploration apart =
        SeenByExplore(scene_, Options(CopyMode::kVaryEach));
    EXPECT_TRUE(apart.exploration.exhausted);
    EXPECT_TRUE(std::includes(all_.seen.begin(), all_.seen.end(),
                              apart.seen.seen.begin(), apart.seen.seen.end()));
    const SeenCauses causes = CausesOf(scene_, all_);
    EXPECT_TRUE(CausesOf(scene_, apart.seen) == causes);
    totals.apart += apart.exploration.copied == CopyMode::kVaryEach ? 1 : 0;
    EXPECT_LE(apart.exploration.states, filled.states);
    totals.fewer += apart.exploration.states < filled.states ? 1 : 0;
    totals.violating += causes.empty() ? 0 : 1;
  }

  void PartsApart(const Exploration& filled, Totals& totals) {
    const IndependentParts parts(scene_.profile(), scene_.workload);
    ExploreOptions options = Options(CopyMode::kFillIn);
    options.parts_apart = true;
    const SeenExploration apart = SeenByExplore(scene_, options);
    EXPECT_TRUE(apart.exploration.exhausted);
    EXPECT_LE(apart.exploration.states, filled.states);
    EXPECT_TRUE(CausesOf(scene_, apart.seen) == CausesOf(scene_, all_));
    EXPECT_TRUE(ViewsOf(apart.seen, parts) == ViewsOf(all_, parts))
        << parts.Text();
    options.copied = CopyMode::kVaryEach;
    const SeenExploration both = SeenByExplore(scene_, options);
    EXPECT_TRUE(CausesOf(scene_, both.seen) == CausesOf(scene_, all_));
    EXPECT_LE(both.exploration.states, apart.exploration.states);
    totals.parts_apart += apart.exploration.parts_apart > 0 ? 1 : 0;
    totals.fewer_by_parts += apart.exploration.states < filled.states ? 1 : 0;
    if (seed_ % kPartsEvery != 2) return;
    options.jobs = 2;
    options.cache_bytes = kHardlyAnyCache;
    const SeenExploration little = SeenByExplore(scene_, options);
    EXPECT_TRUE(little.seen.seen == both.seen.seen);
    EXPECT_EQ(little.exploration.states, both.exploration.states);
  }

  void Jobs(const Exploration& alone) {
    for (const uint32_t jobs : {1u, 4u}) {
      ExploreOptions options = Options(CopyMode::kFillIn);
      options.jobs = jobs;
      const Exploration e = MustBeTheSame("jobs", options).exploration;
      EXPECT_EQ(e.runs, alone.runs);
      EXPECT_EQ(e.states, alone.states);
      EXPECT_EQ(IdsOf(e), IdsOf(alone));
    }
  }

  void Shards(const Exploration& whole) {
    SeenStates united;
    std::set<Hash128> keys;
    uint64_t states = 0;
    ExploreOptions options = Options(CopyMode::kFillIn);
    options.shard.count = 3;
    for (options.shard.index = 1; options.shard.index <= 3;
         ++options.shard.index) {
      SeenExploration part = SeenByExplore(scene_, options);
      united.seen.merge(part.seen.seen);
      keys.insert(part.exploration.run_keys.begin(),
                  part.exploration.run_keys.end());
      states += part.exploration.states;
    }
    EXPECT_TRUE(united.seen == all_.seen) << "shards";
    EXPECT_EQ(states, whole.states);
    EXPECT_EQ(keys.size(), whole.runs);
  }

  void Resumed(const Exploration& whole) {
    const std::string folder = fmt::format("{}{}.{}", ::testing::TempDir(),
                                           scene_.workload.backend, seed_);
    std::filesystem::remove_all(folder);
    ExploreOptions options = Options(CopyMode::kFillIn);
    options.resume = folder;
    for (uint64_t patience = 1 + seed_ % 7;; patience *= 3) {
      uint64_t asked = 0;
      options.hooks.interrupted = [&] { return ++asked > patience; };
      const SeenExploration part = SeenByExplore(scene_, options);
      if (part.exploration.interrupted) continue;
      EXPECT_TRUE(part.seen.seen == all_.seen) << "resumed";
      EXPECT_EQ(part.exploration.runs, whole.runs);
      EXPECT_EQ(part.exploration.states, whole.states);
      EXPECT_EQ(IdsOf(part.exploration), IdsOf(whole));
      break;
    }
    std::filesystem::remove_all(folder);
  }

  static std::set<std::string> IdsOf(const Exploration& e) {
    std::set<std::string> ids;
    for (const Finding& finding : e.findings) {
      ids.insert(fmt::format("{} {} {}", finding.violation.cause, finding.id,
                             finding.count));
    }
    return ids;
  }

  const RecordedRun& scene_;
  ExplorationSpace space_;
  uint64_t seed_ = 0;
  bool probe_ = false;
  SeenStates all_;
};

// Returns false if the workload could not be recorded or its space is too
// large.
bool Compare(Backend& backend, const Workload& workload,
             const SettingOverrides& flags, uint64_t seed, Totals& totals) {
  const auto setting = ResolveSetting(workload, backend, flags);
  if (!setting) return false;
  const auto recording = Record(backend, workload, *setting);
  if (!recording) return false;
  const RecordedRun scene = {backend, workload, *setting, *recording};
  if (SpaceLog2Of(scene) > kSpaceLog2Max) return false;
  SCOPED_TRACE(fmt::format("workload {}\n{}", seed, WorkloadText(workload)));
  Comparison(scene, seed).Run(totals);
  return true;
}

void Print(const char* backend, const Totals& totals) {
  std::printf(
      "%s: %ju workloads, %ju with violations, %ju with data apart, %ju with "
      "parts apart (%ju with fewer states); %ju states, %ju recoveries by "
      "brute "
      "force, %ju by trees\n",
      backend, totals.workloads, totals.violating, totals.apart,
      totals.parts_apart, totals.fewer_by_parts, totals.states,
      totals.recoveries, totals.runs);
}

SettingOverrides AllKinds() {
  SettingOverrides flags;
  flags.crash_kinds = {kCrashKinds.begin(), kCrashKinds.end()};
  return flags;
}

Workload SimfsWorkload(Chooser& chooser, uint64_t n) {
  static const auto profiles = MakeSimfsBackend()->traits().profiles;
  const std::string& profile = profiles[n % profiles.size()];
  RandomWorkloadKnobs knobs;
  knobs.init_ops = chooser.Below(5);
  knobs.run_ops = 2 + chooser.Below(6);
  knobs.effects_max = 8;
  Workload workload = RandomWorkload(chooser, knobs, *FindProfile(profile));
  workload.backend = "simfs";
  workload.profile = profile;
  return workload;
}

TEST(BackendsSpaceTest, SimfsIsAsBruteForceSeesIt) {
  const auto simfs = MakeSimfsBackend();
  const uint64_t wanted = WorkOf(1000);
  Totals totals;
  for (uint64_t n = 0; totals.workloads < wanted && !HasFailure(); ++n) {
    SeededChooser chooser(Seed(n));
    Compare(*simfs, SimfsWorkload(chooser, n), AllKinds(), n, totals);
  }
  Print("simfs", totals);
  EXPECT_GT(totals.fewer, totals.workloads / 20);
  EXPECT_GT(totals.fewer_by_parts, totals.workloads / 10);
}

// The bugs make violations, which are compared as well.
TEST(BackendsSpaceTest, SimfsWithBugsIsAsBruteForceSeesIt) {
  std::vector<SimfsBugScene> scenes;
  std::vector<std::unique_ptr<Backend>> backends;
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    // These bugs show only on a device that fails.
    if (!scene.after_failure.empty()) continue;
    scenes.push_back(scene);
    backends.push_back(MakeSimfsBackend({scene.bug}));
  }
  const uint64_t wanted = WorkOf(1000);
  Totals totals;
  for (uint64_t n = 0; totals.workloads < wanted && !HasFailure(); ++n) {
    SeededChooser chooser(Seed(n));
    const Pcut pcut = PlantedWorkload(chooser, scenes[n % scenes.size()],
                                      chooser.Below(3), chooser.Below(4));
    const auto workload = ParseWorkload(PrintPcut(pcut), "test.pcut");
    ASSERT_TRUE(workload);
    Compare(*backends[n % scenes.size()], *workload, AllKinds(), n, totals);
  }
  Print("simfs with bugs", totals);
  EXPECT_GT(totals.violating, totals.workloads / 5);
  EXPECT_GT(totals.apart, totals.workloads / 10);
}

TEST(BackendsSpaceTest, ClfsIsAsBruteForceSeesIt) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const ClfsBug bug : kClfsBugs) {
    backends.push_back(MakeClfsBackend());
    backends.push_back(MakeClfsBackend(bug));
  }
  const uint64_t wanted = WorkOf(500);
  Totals totals;
  for (uint64_t n = 0; totals.workloads < wanted && !HasFailure(); ++n) {
    SeededChooser chooser(Seed(n));
    RandomLogKnobs knobs;
    knobs.run_ops_max = 3 + chooser.Below(3);
    knobs.remount = chooser.OneIn(4);
    Workload workload = RandomLogWorkload(chooser, knobs);
    workload.backend = "clfs";
    Backend& backend = *backends[n % backends.size()];
    Compare(backend, workload, AllKinds(), n, totals);
  }
  Print("clfs", totals);
  EXPECT_GT(totals.violating, totals.workloads / 20);
}

TEST(BackendsSpaceTest, Ntfs3gIsAsBruteForceSeesIt) {
  const auto made = MakeBackend("ntfs-3g");
  if (!made) GTEST_SKIP() << made.error().message;
  Backend& backend = **made;
  const uint64_t wanted = WorkOf(100);
  Totals totals;
  for (uint64_t n = 0; totals.workloads < wanted && !HasFailure(); ++n) {
    Prng prng(Seed(n));
    std::string text;
    for (uint64_t i = 1 + prng.Below(4); i > 0; --i) {
      text = MutateWorkload(text, prng);
    }
    const auto workload = ParseWorkload(text, "test.pcut");
    ASSERT_TRUE(workload) << text;
    SettingOverrides flags = AllKinds();
    // Larger blocks make fewer states.
    flags.atomic_bytes = n % 2 == 0 ? 4096 : 1024;
    Compare(backend, *workload, flags, n, totals);
  }
  Print("ntfs-3g", totals);
  EXPECT_GT(totals.violating, 0u);
}

}  // namespace
}  // namespace powercut
