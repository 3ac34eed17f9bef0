// Tests the values of --fail: each name, each key and what is refused.

#include "harness/cli/input/failure_flag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

namespace powercut {
namespace {

using ::testing::StartsWith;

TEST(FailureFlagTest, NamesAndKeysInAnyOrder) {
  // The failure, how many calls pass first, and how many fail then.
  using Planned = std::tuple<CallFailure, uint64_t, uint64_t>;
  const std::map<std::string, Planned> right = {
      {"sync", {CallFailure::kSync, 0, 1}},
      {"write", {CallFailure::kWrite, 0, 1}},
      {"full", {CallFailure::kWriteFull, 0, 1}},
      {"short", {CallFailure::kWriteShort, 0, 1}},
      {"lie", {CallFailure::kSyncLies, 0, 1}},
      {"sync,after=3", {CallFailure::kSync, 3, 1}},
      {"sync,after=0", {CallFailure::kSync, 0, 1}},
      {"sync,count=2", {CallFailure::kSync, 0, 2}},
      {"lie,after=3,count=2", {CallFailure::kSyncLies, 3, 2}},
      {"lie,count=2,after=3", {CallFailure::kSyncLies, 3, 2}},
      {"sync,after=1000000,count=1000000",
       {CallFailure::kSync, 1'000'000, 1'000'000}},
  };
  for (const auto& [text, planned] : right) {
    const auto parsed = ParseFailure(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(Planned(parsed->failure, parsed->passed, parsed->count), planned)
        << text;
  }
}

TEST(FailureFlagTest, AnythingElseIsRefused) {
  for (const std::string text :
       {"", "Sync", "syn", "synch", "read", ",after=3", "sync,", "sync,,",
        "sync,after", "sync,after=", "sync,after=x", "sync,after=3x",
        "sync,after=-1", "sync,after=1000001", "sync,count=0",
        "sync,count=1000001", "sync,nth=2", "sync after=3",
        "sync,after=99999999999999999999"}) {
    const auto parsed = ParseFailure(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    EXPECT_THAT(parsed.error().message,
                StartsWith("--fail '" + text + "': expected sync, write"));
  }
}

}  // namespace
}  // namespace powercut
