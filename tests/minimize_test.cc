// Minimizing on simfs with planted bugs, held against brute force.

#include "harness/minimize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/fewer_ops.h"
#include "fuzz/planted_workload.h"
#include "harness/replay.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

constexpr SpaceSpec kNear{SpaceSpec::kEpoch, /*count=*/1, /*torn=*/0};

Result<Minimized> MinimizeText(Backend& backend, const Pcut& pcut,
                               MinimizeOptions options) {
  POWERCUT_ASSIGN(const Workload workload,
                  ParseWorkload(PrintPcut(pcut), "given.pcut"));
  POWERCUT_ASSIGN(const Setting setting, MakeSetting(workload, backend, {}));
  return Minimize(backend, pcut, "given.pcut", setting, options);
}

[[maybe_unused]] Pcut MustParsePcut(const std::string& text) {
  auto pcut = ParsePcut(text, "given.pcut");
  EXPECT_TRUE(pcut);
  return pcut ? *pcut : Pcut{};
}

// The `at` state of a file shows the cause.
void ExpectReplays(Backend& backend, const Minimized& minimized) {
  const auto workload =
      ParseWorkload(PrintPcut(minimized.pcut), "minimized.pcut");
  ASSERT_TRUE(workload) << workload.error().message;
  const auto setting = MakeSetting(*workload, backend, {});
  ASSERT_TRUE(setting);
  const auto recording = Record(backend, *workload, *setting);
  ASSERT_TRUE(recording);
  const auto id = ParseStateId(workload->at);
  ASSERT_TRUE(id);
  const auto replayed =
      Replay(backend, *workload, *setting, *recording, *id, {});
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_TRUE(std::any_of(replayed->findings.begin(), replayed->findings.end(),
                          [&](const Finding& finding) {
                            return finding.violation.cause ==
                                   minimized.finding.violation.cause;
                          }));
}

TEST(MinimizeTest, PlantedBugsAmongManyOps) {
  size_t shown = 0;
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    if (!scene.after_failure.empty()) continue;
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE(std::to_string(static_cast<int>(scene.bug)) + " seed " +
                   std::to_string(seed));
      SeededChooser chooser(seed);
      const Pcut given = PlantedWorkload(chooser, scene, 10, 25);
      const auto backend = MakeSimfsBackend(SimfsBugs{scene.bug});
      MinimizeOptions options;
      options.explore.space = kNear;
      const auto minimized = MinimizeText(*backend, given, options);
      if (!minimized) {
        std::printf("bug %d seed %d: %s\n", static_cast<int>(scene.bug),
                    static_cast<int>(seed), minimized.error().message.c_str());
        continue;
      }
      ++shown;
      const std::string& cause = minimized->finding.violation.cause;
      std::printf("bug %d seed %d: %zu of %zu, %d tried %s\n",
                  static_cast<int>(scene.bug), static_cast<int>(seed),
                  minimized->ops, minimized->ops_before, (int)minimized->tried,
                  cause.c_str());
      ExpectReplays(*backend, *minimized);
      EXPECT_FALSE(OneOpLess(*backend, minimized->pcut, cause, kNear));
      if (minimized->ops <= 9) {
        EXPECT_EQ(FewestOps(*backend, minimized->pcut, cause, kNear),
                  minimized->ops)
            << PrintPcut(minimized->pcut);
      } else {
        std::printf("%s", PrintPcut(minimized->pcut).c_str());
      }
    }
  }
  std::printf("%zu\n", shown);
}

}  // namespace
}  // namespace powercut
