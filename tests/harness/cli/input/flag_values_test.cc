// Tests the values of flags at their limits: what is the largest that is taken,
// what is the smallest that is refused, and what may stand after a number.

#include "harness/cli/input/flag_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(FlagValuesTest, SizesAreNumbersWithAUnit) {
  const std::map<std::string, uint64_t> right = {
      {"0K", 0},
      {"1K", 1024},
      {"64K", 65536},
      {"512M", uint64_t{512} << 20},
      {"2G", uint64_t{2} << 30},
      {"1000000K", uint64_t{1'000'000} << 10},
      {"1000000G", uint64_t{1'000'000} << 30},
  };
  for (const auto& [text, bytes] : right) {
    const auto parsed = ParseSize("--cache-size", text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, bytes) << text;
  }
  for (const std::string text :
       {"", "K", "64", "64k", "64KB", "64 K", "+64K", "-64K", "1.5G", "64T",
        "1000001K", "99999999999999999999K", "K64"}) {
    const auto parsed = ParseSize("--cache-size", text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    EXPECT_EQ(
        parsed.error().message,
        "--cache-size '" + text + "': expected a size such as 64K, 512M or 2G");
  }
}

TEST(FlagValuesTest, TimesAreNumbersWithAUnit) {
  const std::map<std::string, uint64_t> right = {
      {"0s", 0},
      {"1ms", 1},
      {"500ms", 500},
      {"30s", 30'000},
      {"2m", 120'000},
      {"1h", 3'600'000},
      {"1000000000ms", 1'000'000'000},
      {"1000000000h", 3'600'000'000'000'000},
  };
  for (const auto& [text, ms] : right) {
    const auto parsed = ParseDuration("--budget", text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, ms) << text;
  }
  for (const std::string text : {"", "30", "s", "30S", "30 s", "30sec", "1d",
                                 "-1s", "1000000001s", "1.5h"}) {
    const auto parsed = ParseDuration("--budget", text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    EXPECT_THAT(parsed.error().message,
                StartsWith("--budget '" + text + "': expected a time"));
  }
}

TEST(FlagValuesTest, ShardsAreAPartOfANumberOfParts) {
  const std::map<std::string, std::pair<uint32_t, uint32_t>> right = {
      {"", {1, 1}}, {"1/1", {1, 1}}, {"2/8", {2, 8}}, {"8/8", {8, 8}}};
  for (const auto& [text, shard] : right) {
    const auto parsed = ParseShard(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(std::pair(parsed->index, parsed->count), shard) << text;
  }
  for (const std::string text : {"0/8", "9/8", "1/0", "2", "2/", "/8", "2/8x",
                                 "x2/8", "2 /8", "-1/8", "2/99999999999"}) {
    const auto parsed = ParseShard(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message,
                StartsWith("--shard '" + text + "': expected I/N"));
  }
}

// Each kind of value has a right text and a wrong one, so that no kind passes
// everything or nothing.
TEST(FlagValuesTest, EachKindOfValueIsLookedAt) {
  struct Case {
    FlagValue kind;
    std::string right;
    std::string wrong;
  };
  const std::vector<Case> cases = {
      {FlagValue::kTime, "30s", "30"},
      {FlagValue::kSize, "64K", "64"},
      {FlagValue::kSpace, "epoch:2", "epoch:x"},
      {FlagValue::kStateId, "5p@00000000", "5p"},
      {FlagValue::kFault, "lose on write", "lose on"},
      {FlagValue::kCrashKind, "power", "Power"},
      {FlagValue::kBackend, "simfs", "simf"},
      {FlagValue::kProfile, "spec-strict", "spec"},
  };
  for (const auto& [kind, right, wrong] : cases) {
    DeclaredFlag flag;
    flag.value = kind;
    EXPECT_TRUE(CheckFlagValue("--flag", flag, right)) << right;
    EXPECT_TRUE(CheckFlagValue("--flag", flag, ""));
    EXPECT_FALSE(CheckFlagValue("--flag", flag, wrong)) << wrong;
    // A flag may take more words, of which each must be whole.
    flag.more_values = {"all", wrong};
    EXPECT_TRUE(CheckFlagValue("--flag", flag, wrong)) << wrong;
    EXPECT_FALSE(CheckFlagValue("--flag", flag, wrong + "x")) << wrong;
  }
}

TEST(FlagValuesTest, AnUnknownNameSaysAllThatIsTaken) {
  DeclaredFlag flag;
  flag.value = FlagValue::kProfile;
  flag.more_values = {"all", "none"};
  const Status checked = CheckFlagValue("--profile", flag, "spec");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, StartsWith("--profile: "));
  EXPECT_THAT(checked.error().message, HasSubstr("; or all; or none"));
}

TEST(FlagValuesTest, FaultsKeepTheirOrder) {
  const auto parsed = ParseFaults({"lose on write", "lie on flush nth=2"});
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ((*parsed)[0].names.at(0), "lose");
  EXPECT_EQ((*parsed)[1].names.at(0), "lie");
  const auto wrong = ParseFaults({"lose on write", "lose on"});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, StartsWith("--fault: column "));
}

}  // namespace
}  // namespace powercut
