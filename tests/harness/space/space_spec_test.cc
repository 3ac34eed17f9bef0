// SpaceSpec: every form there and back, and what is no form.

#include "harness/space/space_spec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace powercut {
namespace {

TEST(SpaceSpec, DefaultIsOneItem) {
  EXPECT_EQ(SpaceSpecText(SpaceSpec{}), "epoch:1");
}

TEST(SpaceSpec, EveryFormIsUnderstood) {
  const std::vector<std::pair<std::string, SpaceSpec>> forms = {
      {"prefix", {SpaceSpec::kPrefix, 0, 0}},
      {"epoch:1", {SpaceSpec::kEpoch, 1, 0}},
      {"epoch:1000000", {SpaceSpec::kEpoch, 1'000'000, 0}},
      {"sample:250", {SpaceSpec::kSample, 250, 0}},
      {"exhaustive", {SpaceSpec::kExhaustive, 0, 0}},
      {"prefix+torn:1", {SpaceSpec::kPrefix, 0, 1}},
      {"epoch:3+torn:2", {SpaceSpec::kEpoch, 3, 2}},
      {"sample:9+torn:1000000", {SpaceSpec::kSample, 9, 1'000'000}},
      {"exhaustive+torn:4", {SpaceSpec::kExhaustive, 0, 4}},
  };
  for (const auto& [text, spec] : forms) {
    const Result<SpaceSpec> parsed = ParseSpaceSpec(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, spec) << text;
    EXPECT_EQ(SpaceSpecText(spec), text);
  }
}

TEST(SpaceSpec, EverySpecGoesToItsTextAndBack) {
  for (const auto mode : {SpaceSpec::kPrefix, SpaceSpec::kEpoch,
                          SpaceSpec::kSample, SpaceSpec::kExhaustive}) {
    const bool counts = mode == SpaceSpec::kEpoch || mode == SpaceSpec::kSample;
    for (const uint32_t count : {1u, 2u, 10u, 999'999u, 1'000'000u}) {
      for (const uint32_t torn : {0u, 1u, 7u, 1'000'000u}) {
        const SpaceSpec spec{mode, counts ? count : 0, torn};
        const Result<SpaceSpec> parsed = ParseSpaceSpec(SpaceSpecText(spec));
        ASSERT_TRUE(parsed) << SpaceSpecText(spec);
        EXPECT_EQ(*parsed, spec);
      }
    }
  }
}

TEST(SpaceSpec, AnythingElseIsRefusedWithTheForms) {
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
    const Result<SpaceSpec> parsed = ParseSpaceSpec(text);
    ASSERT_FALSE(parsed) << "'" << text << "'";
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    const std::string& message = parsed.error().message;
    EXPECT_EQ(message.find("space '" + text + "': expected prefix"), 0u)
        << message;
  }
}

}  // namespace
}  // namespace powercut
