// Tests recoveries on a lent disk whose requests get lost: each is run again on
// a disk that is not lent, and what it showed before counts for nothing.

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "harness/disk/lent_disk.h"
#include "tests/exploring.h"
#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

class EmptyMount : public Mount {
 public:
  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  OpResult Shutdown() override { return {}; }
  Observation Observe() override { return {}; }
};

// Works on a copy of each disk that is lent. There it shows an empty volume,
// writes, reads next to nothing, and then says that requests were lost.
class LosingBackend : public Backend {
 public:
  explicit LosingBackend(Backend& backend) : backend_(backend) {}

  const BackendTraits& traits() const override { return backend_.traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    LentDisk* const lent = disk.Lend();
    if (lent == nullptr) {
      ++served;
      return backend_.Open(disk);
    }
    ++losses;
    lent->TellWriteBegan({0, 1});
    lent->TellWritten({0, 1});
    lent->TellRead({0, 2});
    lent->TellLost();
    return {std::make_unique<EmptyMount>(), ""};
  }

  uint64_t losses = 0;
  uint64_t served = 0;

 private:
  Backend& backend_;
};

TEST(LostRequestsTest, AreNoPartOfTheResult) {
  uint64_t losses = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ExploreOptions options;
    options.space = scene.space;
    for (const uint32_t jobs : {0u, 2u}) {
      if (jobs > 0 && seed % 10 != 0) continue;
      options.jobs = jobs;
      const auto plain = SeenByExplore(scene.seen(), options);
      LosingBackend backend(scene.backend);
      const auto losing = SeenByExplore(scene.On(backend), options);
      EXPECT_EQ(DumpOf(losing.exploration), DumpOf(plain.exploration)) << seed;
      EXPECT_EQ(losing.seen.seen, plain.seen.seen) << seed;
      if (jobs > 0) continue;
      EXPECT_GE(backend.served, losing.exploration.runs);
      losses += backend.losses;
    }
  }
  EXPECT_GT(losses, 50u);
}

}  // namespace
}  // namespace powercut
