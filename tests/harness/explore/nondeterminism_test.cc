// Tests recoveries that do not follow from the disk alone: running cached
// answers for real finds and reports them, and never accuses a recovery that
// does.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

constexpr uint64_t kScenes = 150;

enum class Unsteady {
  kNot,
  kAlternates,  // Every other recovery shows something else.
  kByChance,    // One recovery in five shows something else.
  kRemembers,   // Each also shows what the recovery before it showed.
};

// What all mounts of the process share, as static variables of storage code
// are.
struct OutsideTheDisk {
  uint64_t recoveries = 0;
  std::string shown_before;
};
OutsideTheDisk g_outside;

class UnsteadyMount : public Mount {
 public:
  UnsteadyMount(std::unique_ptr<Mount> mount, Unsteady how)
      : mount_(std::move(mount)), how_(how) {}

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  OpResult Shutdown() override { return {}; }

  Observation Observe() override {
    Observation seen = mount_->Observe();
    ObservedEntry& read = seen.entries.back();
    const uint64_t count = ++g_outside.recoveries;
    const std::string shown = read.content;
    if (how_ == Unsteady::kAlternates && count % 2 == 0) read.content += '?';
    if (how_ == Unsteady::kByChance && Prng(count).OneIn(5)) {
      read.content += '?';
    }
    if (how_ == Unsteady::kRemembers) read.content += g_outside.shown_before;
    g_outside.shown_before = shown;
    read.size_bytes = read.content.size();
    return seen;
  }

 private:
  std::unique_ptr<Mount> mount_;
  Unsteady how_;
};

class UnsteadyBackend : public Backend {
 public:
  UnsteadyBackend(Backend& backend, Unsteady how)
      : backend_(backend), how_(how) {}

  const BackendTraits& traits() const override { return backend_.traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    MountResult result = backend_.Open(disk);
    result.mount =
        std::make_unique<UnsteadyMount>(std::move(result.mount), how_);
    return result;
  }

 private:
  Backend& backend_;
  Unsteady how_;
};

Exploration ExploreUnsteady(RandomScene& scene, Unsteady how, double share,
                            uint32_t jobs) {
  g_outside = {};
  UnsteadyBackend backend(scene.backend, how);
  ExploreOptions options;
  options.space = scene.space;
  options.jobs = jobs;
  options.doublecheck = share;
  return SeenByExplore(scene.On(backend), options).exploration;
}

// Returns whether the exploration found and reported it. It must not report
// anything that it did not find.
bool IsCaught(const Exploration& e) {
  const bool found =
      std::any_of(e.findings.begin(), e.findings.end(), [](const Finding& f) {
        return f.violation.kind == ViolationKind::kNondeterministic;
      });
  const bool named = e.bound.starts_with("nondeterministic");
  EXPECT_EQ(e.exhausted, e.bound.empty());
  EXPECT_TRUE(found || !named);
  return named && found;
}

// Returns scenes with so many cached answers that chance alone hides nothing.
std::vector<std::unique_ptr<RandomScene>> ScenesWithManyAnswers(
    uint64_t answers) {
  std::vector<std::unique_ptr<RandomScene>> scenes;
  for (uint64_t seed = 1; seed <= kScenes; ++seed) {
    auto scene = std::make_unique<RandomScene>(seed);
    if (!scene->IsSmall()) continue;
    const Exploration e = ExploreUnsteady(*scene, Unsteady::kNot, 1, 0);
    if (e.doublechecked >= answers) scenes.push_back(std::move(scene));
  }
  EXPECT_GT(scenes.size(), 0u);
  return scenes;
}

constexpr Unsteady kAll[] = {Unsteady::kAlternates, Unsteady::kByChance,
                             Unsteady::kRemembers};

TEST(NondeterminismTest, EveryAnswerCheckedFindsEachKind) {
  uint64_t without = 0;
  uint64_t all = 0;
  for (const auto& scene : ScenesWithManyAnswers(40)) {
    for (const Unsteady how : kAll) {
      SCOPED_TRACE(static_cast<int>(how));
      EXPECT_TRUE(IsCaught(ExploreUnsteady(*scene, how, 1, 0)));
      without += IsCaught(ExploreUnsteady(*scene, how, 0, 0)) ? 1 : 0;
      ++all;
    }
  }
  // Fewer are caught without double checks, so that these are what finds them.
  EXPECT_LT(without, all);
}

TEST(NondeterminismTest, SomeAnswersCheckedFindEachKind) {
  for (const auto& scene : ScenesWithManyAnswers(400)) {
    for (const Unsteady how : kAll) {
      SCOPED_TRACE(static_cast<int>(how));
      EXPECT_TRUE(IsCaught(ExploreUnsteady(*scene, how, 0.2, 0)));
    }
  }
}

TEST(NondeterminismTest, InWorkersToo) {
  auto scenes = ScenesWithManyAnswers(100);
  scenes.resize(std::min<size_t>(scenes.size(), kSlowdown > 1 ? 1 : 2));
  for (const auto& scene : scenes) {
    for (const Unsteady how : kAll) {
      SCOPED_TRACE(static_cast<int>(how));
      EXPECT_TRUE(IsCaught(ExploreUnsteady(*scene, how, 1, 2)));
    }
  }
}

TEST(NondeterminismTest, WhatFollowsFromTheDiskIsNeverAccused) {
  uint64_t checked = 0;
  for (uint64_t seed = 1; seed <= kScenes; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    for (const double share : {0.2, 1.0}) {
      const Exploration e = ExploreUnsteady(scene, Unsteady::kNot, share, 0);
      EXPECT_FALSE(IsCaught(e)) << seed;
      EXPECT_TRUE(e.exhausted) << seed;
      EXPECT_LE(e.doublechecked, e.states) << seed;
      for (const Finding& finding : e.findings) {
        EXPECT_NE(finding.violation.kind, ViolationKind::kNondeterministic);
      }
      checked += e.doublechecked;
    }
  }
  EXPECT_GT(checked, 10 * kScenes);
}

// A recovery that is right unless it is interrupted: it first notes how many
// recoveries have begun. One that finds that `crashes` others were interrupted
// shows something else each time.
class RestlessBackend : public Backend {
 public:
  explicit RestlessBackend(unsigned char crashes) : crashes_(crashes) {}

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    Bytes sector(kSectorBytes);
    const auto read = [&](uint64_t number) {
      (void)disk.Read(number, sector).has_value();
    };
    read(0);
    const auto begun = std::to_integer<unsigned char>(sector[0]);
    if (begun >= crashes_) return {std::make_unique<CountingMount>(), ""};
    const Bytes note(kSectorBytes,
                     std::byte{static_cast<unsigned char>(begun + 1)});
    for (const uint64_t number : {0, 1, 2}) {
      (void)disk.Write(number, note, Layer::kDevice).has_value();
    }
    return {std::make_unique<EmptyMount>(), ""};
  }

 private:
  class EmptyMount : public Mount {
   public:
    OpResult Apply(const Op&, uint64_t, std::string_view) override {
      return {};
    }
    OpResult Shutdown() override { return {}; }
    Observation Observe() override { return {}; }
  };
  class CountingMount : public EmptyMount {
   public:
    Observation Observe() override {
      Observation observation;
      observation.unreadable = std::to_string(++g_outside.recoveries);
      return observation;
    }
  };

  BackendTraits traits_;
  unsigned char crashes_;
};

// Four writes of one sector that no recovery reads.
struct RestlessScene {
  explicit RestlessScene(unsigned char crashes) : backend(crashes) {
    Trace trace = EmptyTrace(8);
    for (const uint32_t word : {1, 2, 3, 4}) {
      Write(trace, 4, {word}, Layer::kDevice);
    }
    *scene.recording =
        Recording{std::move(trace), {{HistoryEvent::kRun, 0, 0, ""}}, {}};
    scene.setting.geometry = scene.recording->trace.geometry();
    scene.setting.atomic_bytes = kSectorBytes;
    // Only a power loss can take a note back. The recovery from the state that
    // lost the note comes last, and shows nothing.
    scene.setting.crash_kinds = {CrashKind::kPower};
    options.space.mode = ExplorationSpace::kExhaustive;
    options.jobs = 0;
    options.doublecheck = 1;
  }

  Exploration Explored() {
    g_outside = {};
    return SeenByExplore(scene.On(backend), options).exploration;
  }

  RandomScene scene{1};
  RestlessBackend backend;
  ExploreOptions options;
};

// What only some of the recoveries show is found at whatever depth it is, also
// if those that are explored after them are steady.
TEST(NondeterminismTest, EachDepthOfNestedCrashesIsHeard) {
  for (unsigned char crashes = 1; crashes <= 3; ++crashes) {
    RestlessScene restless(crashes);
    for (uint32_t depth = 0; depth <= 3; ++depth) {
      restless.options.nested = depth;
      EXPECT_EQ(IsCaught(restless.Explored()), depth >= crashes)
          << int{crashes} << " crashes, depth " << depth;
    }
  }
}

// What was found of crashes during recovery stays found if the exploration is
// interrupted afterwards.
TEST(NondeterminismTest, AnInterruptKeepsWhatNestedCrashesFound) {
  RestlessScene restless(1);
  restless.options.nested = 1;
  uint64_t kept = 0;
  for (uint64_t patience = 1;; ++patience) {
    uint64_t asked = 0;
    restless.options.hooks.interrupted = [&] { return ++asked > patience; };
    const Exploration e = restless.Explored();
    if (!e.interrupted) {
      EXPECT_TRUE(IsCaught(e));
      break;
    }
    kept += std::any_of(e.findings.begin(), e.findings.end(),
                        [](const Finding& f) {
                          return f.violation.kind ==
                                 ViolationKind::kNondeterministic;
                        })
                ? 1
                : 0;
  }
  EXPECT_GT(kept, 0u);
}

}  // namespace
}  // namespace powercut
