// Tests the texts of spaces: every form is parsed and printed, and everything
// else is refused.

#include "harness/space/exploration_space.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace powercut {
namespace {

TEST(ExplorationSpace, DefaultIsOneItem) {
  EXPECT_EQ(ExplorationSpaceText(ExplorationSpace{}), "epoch:1");
}

TEST(ExplorationSpace, EveryFormIsUnderstood) {
  const std::vector<std::pair<std::string, ExplorationSpace>> forms = {
      {"prefix", {ExplorationSpace::kPrefix, 0, 0}},
      {"epoch:1", {ExplorationSpace::kEpoch, 1, 0}},
      {"epoch:1000000", {ExplorationSpace::kEpoch, 1'000'000, 0}},
      {"sample:250", {ExplorationSpace::kSample, 250, 0}},
      {"exhaustive", {ExplorationSpace::kExhaustive, 0, 0}},
      {"prefix+torn:1", {ExplorationSpace::kPrefix, 0, 1}},
      {"epoch:3+torn:2", {ExplorationSpace::kEpoch, 3, 2}},
      {"sample:9+torn:1000000", {ExplorationSpace::kSample, 9, 1'000'000}},
      {"exhaustive+torn:4", {ExplorationSpace::kExhaustive, 0, 4}},
  };
  for (const auto& [text, spec] : forms) {
    const Result<ExplorationSpace> parsed = ParseExplorationSpace(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, spec) << text;
    EXPECT_EQ(ExplorationSpaceText(spec), text);
  }
}

TEST(ExplorationSpace, EverySpecGoesToItsTextAndBack) {
  for (const auto mode :
       {ExplorationSpace::kPrefix, ExplorationSpace::kEpoch,
        ExplorationSpace::kSample, ExplorationSpace::kExhaustive}) {
    const bool counts =
        mode == ExplorationSpace::kEpoch || mode == ExplorationSpace::kSample;
    for (const uint32_t count : {1u, 2u, 10u, 999'999u, 1'000'000u}) {
      for (const uint32_t torn : {0u, 1u, 7u, 1'000'000u}) {
        const ExplorationSpace spec{mode, counts ? count : 0, torn};
        const Result<ExplorationSpace> parsed =
            ParseExplorationSpace(ExplorationSpaceText(spec));
        ASSERT_TRUE(parsed) << ExplorationSpaceText(spec);
        EXPECT_EQ(*parsed, spec);
      }
    }
  }
}

TEST(ExplorationSpace, AnythingElseIsRefusedWithTheForms) {
  for (const std::string text : {"",
                                 " ",
                                 "Prefix",
                                 "prefix ",
                                 " prefix",
                                 "prefix:1",
                                 "epoch",
                                 "epoch:",
                                 "epoch:0",
                                 "epoch:-1",
                                 "epoch:+1",
                                 "epoch:1x",
                                 "epoch: 1",
                                 "epoch:1.5",
                                 "epoch:1000001",
                                 "epoch:4294967297",
                                 "epoch:99999999999999999999",
                                 "sample",
                                 "sample:0",
                                 "exhaustive:1",
                                 "torn:1",
                                 "+torn:1",
                                 "prefix+",
                                 "prefix+torn",
                                 "prefix+torn:",
                                 "prefix+torn:0",
                                 "prefix+torn:1x",
                                 "prefix+torn:1000001",
                                 "prefix+torn:1+torn:1",
                                 "prefix++torn:1",
                                 "prefix +torn:1",
                                 "epoch:1+sample:1"}) {
    const Result<ExplorationSpace> parsed = ParseExplorationSpace(text);
    ASSERT_FALSE(parsed) << "'" << text << "'";
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    const std::string& message = parsed.error().message;
    EXPECT_EQ(message.find("space '" + text + "': expected prefix"), 0u)
        << message;
  }
}

}  // namespace
}  // namespace powercut
