// What minimize makes of options that are for a whole exploration: a budget of
// time, a list of states, and hooks say nothing about the workloads that are
// tried.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "backends/simfs/simfs_backend.h"
#include "harness/minimize/minimize.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

// The ops on /f show that an fsync flushes no device.
constexpr const char* kText =
    "powercut 1\nbackend simfs\ninit\n  create /a\n  create /f\n"
    "  write /a 0 512\nrun\n  write /a 0 512\n  write /f 0 1024\n"
    "  fsync /f\n  truncate /a 100\n  create /b\n  write /b 0 512\n";

Minimized MinimizeWith(const ExploreOptions& explore) {
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsDevice});
  const Pcut pcut = ParsePcut(kText, "given.pcut").value();
  const Workload workload = ParseWorkload(kText, "given.pcut").value();
  const RunSetting setting = ResolveSetting(workload, *backend, {}).value();
  MinimizeOptions options;
  options.explore = explore;
  options.explore.jobs = 0;
  options.explore.space = {ExplorationSpace::kEpoch, 1, 0};
  auto minimized = Minimize(*backend, pcut, "given.pcut", setting, options);
  EXPECT_TRUE(minimized) << (minimized ? "" : minimized.error().message);
  return minimized ? std::move(*minimized) : Minimized{};
}

TEST(MinimizeBoundsTest, OptionsOfOneExplorationChangeNothing) {
  const Minimized plain = MinimizeWith({});
  EXPECT_LT(plain.ops, 6u);
  ExploreOptions budget;
  budget.bounds.budget_ms = 0;
  ExploreOptions listed;
  listed.list_states = true;
  ExploreOptions hooks;
  uint64_t called = 0;
  hooks.hooks.interrupted = [&] { return ++called > 0; };
  hooks.hooks.cause_seen = [&](const std::string&) { ++called; };
  for (const ExploreOptions& options : {budget, listed, hooks}) {
    const Minimized same = MinimizeWith(options);
    EXPECT_EQ(PrintPcut(same.pcut), PrintPcut(plain.pcut));
    EXPECT_EQ(same.tried, plain.tried);
    EXPECT_EQ(same.finding.id, plain.finding.id);
    EXPECT_FALSE(same.interrupted);
  }
  EXPECT_EQ(called, 0u);
}

}  // namespace
}  // namespace powercut
