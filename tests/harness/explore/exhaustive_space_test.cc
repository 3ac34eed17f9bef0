// Tests the decision tree and the cache against brute force: on random traces
// and recoveries, what is visited is exactly what all states would show.
//
// Each of the following mistakes was made in the engine by hand, and a test in
// this file, in observation_cache_test.cc or in nondeterminism_test.cc failed:
// a slot's floor, or its torn tails, are no option; there are no torn options;
// torn blocks are not counted; floors are those of another kind; the newest
// version is that of another point; copied slots do not branch, or no slot
// after them does; no slot after the first read branches; the last block is
// left out of a certificate, or is not compared; an unknown content takes a
// known edge; a split loses a block; equal contents of two slots are one; a
// block that was copied and read counts as copied, or stands where it was
// copied; a block that is read twice is ignored; data is filled in from the
// newest version, or is remembered without its contents; nothing is promoted
// from the older half, or a promoted run counts as evicted; runs that died are
// kept, or report no reads; double checks compare nothing; the journal keeps
// another state, or no reads; shards overlap.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

constexpr uint64_t kTraces = 700 / kSlowdown;

TEST(ExhaustiveSpaceTest, VisitsWhatBruteForceSees) {
  uint64_t scenes = 0;
  uint64_t runs = 0;
  uint64_t states = 0;
  for (uint64_t seed = 1; seed <= kTraces; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ++scenes;
    const SeenStates all = SeenByBruteForce(scene.seen(), scene.space);
    for (const CopyMode copied : {CopyMode::kAsRead, CopyMode::kFillIn}) {
      ExploreOptions options;
      options.space = scene.space;
      options.jobs = 0;
      options.copied = copied;
      // Every third time the cache has hardly any room.
      if (seed % 3 == 0) options.cache_bytes = 1 << (seed % 13);
      const SeenExploration explored = SeenByExplore(scene.seen(), options);
      ASSERT_TRUE(explored.exploration.exhausted) << seed;
      ASSERT_TRUE(explored.seen.seen == all.seen)
          << "seed " << seed << ": " << explored.seen.seen.size() << " of "
          << all.seen.size();
      runs += explored.exploration.runs;
      states += explored.exploration.states;
    }
  }
  EXPECT_GT(scenes, kTraces / 3);
  // The test shows something only if the cache decided some of the states.
  EXPECT_LT(runs, states);
  RecordProperty("scenes", static_cast<int>(scenes));
  RecordProperty("runs", static_cast<int>(runs));
  RecordProperty("states", static_cast<int>(states));
}

TEST(ExhaustiveSpaceTest, CacheChangesNothingInOtherSpaces) {
  for (uint64_t seed = 1; seed <= kTraces / 3; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    for (const ExplorationSpace& space :
         {ExplorationSpace{ExplorationSpace::kPrefix, 0, scene.space.torn},
          ExplorationSpace{ExplorationSpace::kEpoch, 2, scene.space.torn},
          ExplorationSpace{ExplorationSpace::kSample, 5, 0}}) {
      SeenStates all = SeenByBruteForce(scene.seen(), space);
      all.seen.merge(
          SeenByBruteForce(scene.seen(), {ExplorationSpace::kPrefix, 0, 0})
              .seen);
      ExploreOptions options;
      options.space = space;
      options.jobs = 0;
      options.doublecheck = seed % 2 == 0 ? 1 : 0;
      const SeenExploration explored = SeenByExplore(scene.seen(), options);
      ASSERT_TRUE(explored.seen.seen == all.seen)
          << seed << ExplorationSpaceText(space);
      ASSERT_TRUE(explored.exploration.exhausted);
    }
  }
}

// The parts of an exploration that a report shows.
auto Figures(const Exploration& e) {
  std::vector<std::string> findings;
  for (const Finding& f : e.findings) {
    findings.push_back(f.id + f.violation.cause + std::to_string(f.count));
    findings.insert(findings.end(), f.states.begin(), f.states.end());
  }
  return std::tuple(e.states, e.runs, e.exhausted, findings);
}

TEST(ExhaustiveSpaceTest, InterruptedAndResumedIsTheSame) {
  uint64_t interrupted = 0;
  for (uint64_t seed = 1; seed <= kTraces / 10; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    options.list_states = true;
    const SeenExploration whole = SeenByExplore(scene.seen(), options);
    const std::string folder =
        ::testing::TempDir() + "resume." + std::to_string(seed);
    std::filesystem::remove_all(folder);
    options.resume = folder;
    SeenExploration last;
    for (uint64_t patience = 1;; patience += patience / 2 + seed % 5 + 1) {
      uint64_t asked = 0;
      options.hooks.interrupted = [&] { return ++asked > patience; };
      last = SeenByExplore(scene.seen(), options);
      if (!last.exploration.interrupted) break;
      EXPECT_FALSE(last.exploration.exhausted);
      ++interrupted;
      // Cut off part of the last record, as a kill in the middle of it would.
      const auto file = std::filesystem::directory_iterator(folder)->path();
      const uint64_t size = std::filesystem::file_size(file);
      if (seed % 2 == 0) std::filesystem::resize_file(file, size - size / 9);
    }
    ASSERT_TRUE(last.seen.seen == whole.seen.seen) << seed;
    ASSERT_TRUE(Figures(last.exploration) == Figures(whole.exploration))
        << seed;
    std::filesystem::remove_all(folder);
  }
  EXPECT_GT(interrupted, kTraces / 10);
}

// Counts the recoveries that are really made.
class CountingBackend : public Backend {
 public:
  explicit CountingBackend(Backend& backend) : backend_(backend) {}

  const BackendTraits& traits() const override { return backend_.traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    ++opened_;
    return backend_.Open(disk);
  }
  uint64_t TakeOpened() { return std::exchange(opened_, 0); }

 private:
  Backend& backend_;
  uint64_t opened_ = 0;
};

TEST(ExhaustiveSpaceTest, WhatWasKeptIsNotRunAgain) {
  for (uint64_t seed = 1; seed <= kTraces / 10; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    CountingBackend backend(scene.backend);
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    options.resume = ::testing::TempDir() + "kept." + std::to_string(seed);
    std::filesystem::remove_all(options.resume);
    const uint64_t runs =
        SeenByExplore(scene.On(backend), options).exploration.runs;
    const uint64_t first = backend.TakeOpened();
    SeenByExplore(scene.On(backend), options);
    // The recoveries that confirm findings are made again.
    EXPECT_LE(backend.TakeOpened() + runs, first) << seed;
    std::filesystem::remove_all(options.resume);
  }
}

// A recovery that dies, or that reads for ever, while a file exists: the reason
// lies outside the disk.
class IllBackend : public Backend {
 public:
  IllBackend(Backend& backend, std::string file, bool dies)
      : backend_(backend), file_(std::move(file)), dies_(dies) {}

  const BackendTraits& traits() const override { return backend_.traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    const bool ill = std::filesystem::exists(file_);
    if (ill && dies_) _exit(3);
    Bytes sector(disk.geometry().sector_bytes);
    while (ill && disk.Read(0, sector)) {
    }
    return backend_.Open(disk);
  }

 private:
  Backend& backend_;
  std::string file_;
  bool dies_;
};

TEST(ExhaustiveSpaceTest, WhatDiedOrHungIsRunAgain) {
  const std::string name =
      ::testing::TempDir() + "ill." + std::to_string(getpid());
  for (const bool dies : {true, false}) {
    uint64_t seed = 1;
    while (!RandomScene(seed).IsSmall()) ++seed;
    RandomScene scene(seed);
    IllBackend backend(scene.backend, name + ".file", dies);
    ExploreOptions options;
    options.space = {ExplorationSpace::kPrefix, 0, 0};
    options.run.limits.requests = 1000;
    const Exploration healthy =
        SeenByExplore(scene.On(backend), options).exploration;
    options.resume = name + ".runs";
    std::filesystem::remove_all(options.resume);
    std::ofstream(name + ".file") << "ill";
    const Exploration ill =
        SeenByExplore(scene.On(backend), options).exploration;
    EXPECT_FALSE(Figures(ill) == Figures(healthy));
    std::filesystem::remove(name + ".file");
    const Exploration resumed =
        SeenByExplore(scene.On(backend), options).exploration;
    EXPECT_TRUE(Figures(resumed) == Figures(healthy)) << resumed.bound;
    std::filesystem::remove_all(options.resume);
  }
}

TEST(ExhaustiveSpaceTest, ShardsAddUpToTheWhole) {
  for (uint64_t seed = 1; seed <= kTraces / 10; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    const SeenExploration whole = SeenByExplore(scene.seen(), options);
    decltype(SeenStates::seen) seen;
    std::set<Hash128> keys;
    uint64_t states = 0;
    options.shard.count = 2 + seed % 3;
    for (uint32_t i = 1; i <= options.shard.count; ++i) {
      options.shard.index = i;
      const SeenExploration part = SeenByExplore(scene.seen(), options);
      seen.insert(part.seen.seen.begin(), part.seen.seen.end());
      keys.insert(part.exploration.run_keys.begin(),
                  part.exploration.run_keys.end());
      states += part.exploration.states;
    }
    ASSERT_TRUE(seen == whole.seen.seen) << seed;
    ASSERT_EQ(states, whole.exploration.states) << seed;
    ASSERT_EQ(keys.size(), whole.exploration.runs) << seed;
  }
}

// --- recoveries that die ----------------------------------------------------

// A recovery that looks at one block, and for one content in three ends there:
// its process dies or, for brute force, it reports that. It looks at the block
// first, or last, when it has also copied blocks. A recovery that always ends
// looks at every block.
struct Dying {
  bool dies = false;
  bool late = false;
  bool always = false;

  bool IsOver(VirtualDisk& disk) const {
    const DiskGeometry& geometry = disk.geometry();
    Bytes all(always ? geometry.size_bytes() : 0);
    POWERCUT_CHECK(all.empty() || disk.Read(0, all));
    Bytes sector(geometry.sector_bytes);
    POWERCUT_CHECK(disk.Read(geometry.sector_count / 2, sector));
    const bool over = always || HashBytes(sector, 1).low % 3 == 0;
    if (over && dies) _exit(7);
    return over;
  }
};

class DyingMount : public Mount {
 public:
  DyingMount(VirtualDisk& disk, std::unique_ptr<Mount> mount, Dying dying)
      : disk_(disk), mount_(std::move(mount)), dying_(dying) {}

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  OpResult Shutdown() override { return {}; }
  Observation Observe() override {
    Observation seen = mount_->Observe();
    if (!dying_.late || !dying_.IsOver(disk_)) return seen;
    seen = {};
    seen.unreadable = "died";
    return seen;
  }

 private:
  VirtualDisk& disk_;
  std::unique_ptr<Mount> mount_;
  Dying dying_;
};

class DyingBackend : public Backend {
 public:
  DyingBackend(Backend& backend, Dying dying)
      : backend_(backend), dying_(dying) {}

  const BackendTraits& traits() const override { return backend_.traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    if (!dying_.late && dying_.IsOver(disk)) return {nullptr, "died"};
    MountResult result = backend_.Open(disk);
    result.mount =
        std::make_unique<DyingMount>(disk, std::move(result.mount), dying_);
    return result;
  }

 private:
  Backend& backend_;
  Dying dying_;
};

using SeenOrDied = std::set<std::tuple<CrashKind, EventNumber, Hash128>>;

SeenOrDied WithDeaths(const SeenStates& states) {
  SeenOrDied result;
  for (const auto& [kind, point, name] : states.seen) {
    const RecoveryOutcome& outcome =
        states.outcomes[*states.outcomes.Find(name)];
    const bool died = outcome.kind == RecoveryOutcome::kDied ||
                      outcome.observation.unreadable == "died";
    result.emplace(kind, point, died ? Hash128{} : name);
  }
  return result;
}

// A worker that runs a state alone reports each block as soon as it reads it,
// so that the reads before a death are known.
TEST(ExhaustiveSpaceTest, DeathsHideNothing) {
  uint64_t died = 0;
  for (uint64_t seed = 1; seed <= kTraces / 10 + 10; ++seed) {
    RandomScene scene(seed);
    if (SpaceLog2Of(scene.seen()) > 6) continue;
    const bool late = seed % 2 == 0;
    DyingBackend says(scene.backend, {false, late});
    DyingBackend dies(scene.backend, {true, late});
    const SeenOrDied all =
        WithDeaths(SeenByBruteForce(scene.On(says), scene.space));
    ExploreOptions options;
    options.space = scene.space;
    options.copied = seed % 3 == 0 ? CopyMode::kAsRead : CopyMode::kFillIn;
    const SeenExploration explored = SeenByExplore(scene.On(dies), options);
    const Exploration& e = explored.exploration;
    for (const Finding& finding : e.findings) {
      EXPECT_NE(finding.violation.kind, ViolationKind::kNondeterministic);
      died += finding.violation.kind == ViolationKind::kDied ? 1 : 0;
    }
    ASSERT_TRUE(e.exhausted) << seed << e.bound;
    ASSERT_TRUE(WithDeaths(explored.seen) == all) << seed;
  }
  EXPECT_GT(died, 0u);
}

// Two writes to two blocks have 1, 2 and 4 states. A tree runs each of them,
// and its root only once, although the root was visited as a prefix before. The
// other spaces know the four disks that these states are.
TEST(ExhaustiveSpaceTest, EachDeathIsCountedOnce) {
  for (const auto& [mode, runs] : {std::pair{ExplorationSpace::kExhaustive, 7u},
                                   std::pair{ExplorationSpace::kEpoch, 4u}}) {
    RandomScene scene(1);
    Trace trace = EmptyTrace(2);
    Write(trace, 0, {1}, Layer::kDevice);
    Write(trace, 1, {2}, Layer::kDevice);
    scene.recording->trace = std::move(trace);
    scene.setting.geometry = scene.recording->trace.geometry();
    scene.setting.atomic_bytes = kSectorBytes;
    scene.setting.crash_kinds = {CrashKind::kPower};
    DyingBackend dies(scene.backend, {.dies = true, .always = true});
    ExploreOptions options;
    options.space = {mode, /*count=*/2, /*torn=*/0};
    const Exploration e = SeenByExplore(scene.On(dies), options).exploration;
    EXPECT_TRUE(e.exhausted);
    EXPECT_EQ(e.states, 7u);
    EXPECT_EQ(e.runs, runs);
  }
}

// A state that died is never answered from the cache, so that each such state
// has a run of its own, with a key of its own.
TEST(ExhaustiveSpaceTest, ShardsWithDeathsAddUpToTheWhole) {
  uint64_t died = 0;
  for (uint64_t seed = 1; seed <= kTraces / 20; ++seed) {
    RandomScene scene(seed);
    if (SpaceLog2Of(scene.seen()) > 6) continue;
    DyingBackend dies(scene.backend, {true, seed % 2 == 0});
    for (const ExplorationSpace::Mode mode :
         {ExplorationSpace::kExhaustive, ExplorationSpace::kEpoch}) {
      ExploreOptions options;
      options.space = {mode, 1, 0};
      const Exploration whole =
          SeenByExplore(scene.On(dies), options).exploration;
      std::set<Hash128> keys;
      options.shard.count = 2 + seed % 3;
      for (uint32_t i = 1; i <= options.shard.count; ++i) {
        options.shard.index = i;
        const Exploration part =
            SeenByExplore(scene.On(dies), options).exploration;
        const std::set<Hash128> own(part.run_keys.begin(), part.run_keys.end());
        ASSERT_EQ(own.size(), part.runs) << seed;
        keys.insert(own.begin(), own.end());
      }
      ASSERT_EQ(keys.size(), whole.runs)
          << seed << ExplorationSpaceText(whole.space);
      died += std::count_if(whole.findings.begin(), whole.findings.end(),
                            [](const Finding& f) {
                              return f.violation.kind == ViolationKind::kDied;
                            });
    }
  }
  EXPECT_GT(died, 0u);
}

}  // namespace
}  // namespace powercut
