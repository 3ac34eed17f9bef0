// What ends minimizing early: storage that does not repeat, and interrupts,
// which keep the smallest workload so far.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "tests/harness/minimize/minimize_scene.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

// A simfs that says that it is not repeatable.
class Unrepeatable : public Backend {
 public:
  Unrepeatable() : backend_(MakeSimfsBackend()), traits_(backend_->traits()) {
    traits_.repeatable = false;
  }
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_->Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override { return backend_->Open(disk); }

 private:
  std::unique_ptr<Backend> backend_;
  BackendTraits traits_;
};

TEST(MinimizeEndsTest, StorageThatDoesNotRepeatIsRefused) {
  Unrepeatable backend;
  const auto minimized =
      MinimizePcut(backend, MustParsePcut(kTwoCauses), In(kNear));
  ASSERT_FALSE(minimized);
  EXPECT_EQ(minimized.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(minimized.error().message,
              HasSubstr("simfs does not record the same twice"));
}

TEST(MinimizeEndsTest, AnInterruptKeepsTheSmallestSoFar) {
  const SimfsBugScene& scene = SceneOf(SimfsBug::kFsyncSkipsData);
  SeededChooser chooser(1);
  const Pcut given = PlantedWorkload(chooser, scene, 10, 25);
  const auto backend = MakeSimfsBackend(SimfsBugs{scene.bug});
  for (const uint64_t most : {1, 10, 20}) {
    MinimizeOptions options = In(kNear);
    uint64_t tried = 0;
    options.progress = [&](const MinimizeProgress& p) { tried = p.tried; };
    options.interrupted = [&] { return tried >= most; };
    const auto minimized = MinimizePcut(*backend, given, options);
    ASSERT_TRUE(minimized) << minimized.error().message;
    EXPECT_TRUE(minimized->interrupted);
    const auto recorded = RecordPcut(*backend, minimized->pcut);
    ASSERT_TRUE(recorded);
    const auto id = ParseStateId(recorded->workload.at);
    ASSERT_TRUE(id);
    EXPECT_TRUE(Shows(ViolationsAt(*backend, *recorded, *id),
                      minimized->finding.violation));
    EXPECT_EQ(recorded->workload.expectations.size(), 1u);
    if (most > 1) {
      EXPECT_LT(minimized->ops, minimized->ops_before);
    }
  }
}

// The exploration of what is left may take as long as all the rest.
TEST(MinimizeEndsTest, AnInterruptEndsTheLastExploration) {
  const SimfsBugScene& scene = SceneOf(SimfsBug::kFsyncSkipsData);
  SeededChooser chooser(1);
  const Pcut given = PlantedWorkload(chooser, scene, 4, 8);
  const auto backend = MakeSimfsBackend(SimfsBugs{scene.bug});
  const auto whole = MinimizePcut(*backend, given, In(kNear));
  ASSERT_TRUE(whole) << whole.error().message;
  MinimizeOptions options = In(kNear);
  // With a cause that is given, only the last exploration has progress.
  options.cause = whole->finding.violation.cause;
  uint64_t points = 0;
  options.explore.hooks.progress = [&](const Progress&) { ++points; };
  ASSERT_TRUE(MinimizePcut(*backend, given, options));
  const uint64_t all_points = std::exchange(points, 0);
  options.interrupted = [&] { return points > 0; };
  const auto minimized = MinimizePcut(*backend, given, options);
  ASSERT_TRUE(minimized) << minimized.error().message;
  EXPECT_GT(points, 0u);
  EXPECT_LT(points, all_points);
  EXPECT_TRUE(minimized->interrupted);
  EXPECT_EQ(minimized->ops, whole->ops);
  const auto recorded = RecordPcut(*backend, minimized->pcut);
  ASSERT_TRUE(recorded);
  const auto id = ParseStateId(recorded->workload.at);
  ASSERT_TRUE(id);
  EXPECT_TRUE(Shows(ViolationsAt(*backend, *recorded, *id),
                    minimized->finding.violation));
}

TEST(MinimizeEndsTest, AnInterruptBeforeTheCauseIsSeen) {
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsShape});
  MinimizeOptions options = In(kNear);
  options.interrupted = [] { return true; };
  const auto minimized =
      MinimizePcut(*backend, MustParsePcut(kTwoCauses), options);
  ASSERT_FALSE(minimized);
  EXPECT_EQ(minimized.error().code, ErrorCode::kStale);
}

}  // namespace
}  // namespace powercut
