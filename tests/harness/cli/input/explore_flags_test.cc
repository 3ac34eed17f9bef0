// Tests that each flag of exploring sets its own option and no other, and what
// the options are if no flag is given.

#include "harness/cli/input/explore_flags.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace powercut {
namespace {

using Change = std::function<void(ExploreFlags&)>;

// The options by name; the message if there are none.
std::vector<std::string> OptionsWith(const Change& change) {
  ExploreFlags flags;
  change(flags);
  OpenedInput input;
  input.space = {ExplorationSpace::kSample, 7, 2};
  input.probe = true;
  const auto options = ExploreOptionsOf(flags, input);
  if (!options) {
    EXPECT_EQ(options.error().code, ErrorCode::kUsage);
    return {options.error().message};
  }
  const auto maybe = [](const auto& value) {
    return value ? fmt::to_string(*value) : "none";
  };
  EXPECT_EQ(ExplorationSpaceText(options->space), "sample:7+torn:2");
  EXPECT_TRUE(options->run.probe);
  EXPECT_FALSE(options->list_states);
  EXPECT_FALSE(options->hooks.interrupted);
  return {
      fmt::format("shard {}/{}", options->shard.index, options->shard.count),
      fmt::format("nested {}", options->nested),
      fmt::format("seed {}", options->seed),
      fmt::format("copied {}", static_cast<int>(options->copied)),
      fmt::format("apart {}", options->parts_apart),
      fmt::format("cache {}", options->cache_bytes),
      fmt::format("doublecheck {}", options->doublecheck),
      fmt::format("resume {}", options->resume),
      fmt::format("runs {}", maybe(options->bounds.max_runs)),
      fmt::format("budget {}", maybe(options->bounds.budget_ms)),
  };
}

TEST(ExploreFlagsTest, EachFlagSetsItsOption) {
  const std::vector<std::string> plain = OptionsWith([](ExploreFlags&) {});
  ASSERT_EQ(plain.size(), 10u);
  const std::vector<std::pair<Change, std::string>> rows = {
      {[](ExploreFlags& f) { f.shard = "2/8"; }, "shard 2/8"},
      {[](ExploreFlags& f) { f.nested = 2; }, "nested 2"},
      {[](ExploreFlags& f) { f.seed = 77; }, "seed 77"},
      {[](ExploreFlags& f) { f.copied = "filled"; },
       fmt::format("copied {}",
                   static_cast<int>(CopyModeFromName("filled").value()))},
      {[](ExploreFlags& f) { f.copied = "read"; },
       fmt::format("copied {}",
                   static_cast<int>(CopyModeFromName("read").value()))},
      {[](ExploreFlags& f) { f.parts = "together"; }, "apart false"},
      {[](ExploreFlags& f) { f.cache_size = "3M"; },
       fmt::format("cache {}", 3 << 20)},
      {[](ExploreFlags& f) { f.doublecheck = 0.25; }, "doublecheck 0.25"},
      {[](ExploreFlags& f) { f.resume = "folder"; }, "resume folder"},
      {[](ExploreFlags& f) { f.max_runs = 9; }, "runs 9"},
      {[](ExploreFlags& f) { f.budget = "3s"; }, "budget 3000"},
  };
  for (const auto& [change, expected] : rows) {
    const std::vector<std::string> options = OptionsWith(change);
    ASSERT_EQ(options.size(), plain.size()) << options[0];
    std::vector<std::string> changed;
    for (size_t i = 0; i < options.size(); ++i) {
      if (options[i] != plain[i]) changed.push_back(options[i]);
    }
    EXPECT_EQ(changed, std::vector<std::string>{expected});
  }
}

TEST(ExploreFlagsTest, WhatNobodyGivesIsAsItIs) {
  EXPECT_EQ(OptionsWith([](ExploreFlags& f) {
              f.copied = "apart";
              f.parts = "apart";
            }),
            OptionsWith([](ExploreFlags&) {}));
  const ExploreOptions plain;
  const auto options = ExploreOptionsOf({}, {});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->seed, plain.seed);
  EXPECT_EQ(options->cache_bytes, plain.cache_bytes);
  EXPECT_EQ(options->copied, plain.copied);
  EXPECT_EQ(options->parts_apart, plain.parts_apart);
  EXPECT_FALSE(options->run.probe);
}

TEST(ExploreFlagsTest, TextsThatDoNotParseNameTheirFlag) {
  for (const auto& [change, flag] : std::vector<std::pair<Change, std::string>>{
           {[](ExploreFlags& f) { f.shard = "9/8"; }, "--shard"},
           {[](ExploreFlags& f) { f.cache_size = "much"; }, "--cache-size"},
           {[](ExploreFlags& f) { f.budget = "soon"; }, "--budget"}}) {
    const std::vector<std::string> told = OptionsWith(change);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_NE(told[0].find(flag), std::string::npos) << told[0];
  }
}

TEST(ExploreFlagsTest, JobsAreThoseThatAreAskedFor) {
  EXPECT_EQ(WorkersOf(1), 1u);
  EXPECT_EQ(WorkersOf(7), 7u);
  EXPECT_GE(WorkersOf(0), 1u);
}

}  // namespace
}  // namespace powercut
