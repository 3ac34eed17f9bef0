// Shared by the tests that run the tool: exit statuses, a workload that does
// not hold, and functions that read what the tool prints.

#ifndef POWERCUT_TESTS_HARNESS_CLI_TOOL_OUTPUT_H_
#define POWERCUT_TESTS_HARNESS_CLI_TOOL_OUTPUT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/subprocess.h"

namespace powercut {

inline constexpr int kHolds = 0;
inline constexpr int kProgramFailed = 3;
inline constexpr int kViolation = 1;
inline constexpr int kUnknown = 2;
inline constexpr int kCannotRun = 125;
inline constexpr int kUsage = 129;
inline constexpr int kInterrupted = 130;

// A workload that does not hold, in several ways.
inline constexpr const char* kReplace = R"(powercut 1
disk    2M atomic=4096
init
  create /a
  write  /a 0 4096
  create /b
  write  /b 0 4096
run
  rename /b /a
  append /a 9000
  fsync  /a
)";

// Expects one line of error with `part` in it, and no other output.
inline void ExpectError(const Ended& ended, int status,
                        const std::string& part) {
  EXPECT_EQ(ended.status, status) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1)
      << ended.err;
  EXPECT_THAT(ended.err, testing::StartsWith("powercut: "));
  EXPECT_THAT(ended.err, testing::HasSubstr(part));
}

inline std::string DigestOf(const std::string& file) {
  const std::string listing = RunTool({"show", file}).out;
  EXPECT_THAT(listing, testing::StartsWith("recording "));
  return listing.substr(10, 8);
}

// The ids in the replay lines of an output, the words after `--at`, in order.
inline std::vector<std::string> IdsIn(const std::string& out) {
  std::vector<std::string> ids;
  for (size_t at = out.find(" --at "); at != std::string::npos;
       at = out.find(" --at ", at + 1)) {
    const size_t begin = at + 6;
    ids.push_back(out.substr(begin, out.find_first_of(" \n", begin) - begin));
  }
  return ids;
}

inline std::vector<std::string> KeysOf(const nlohmann::ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_TOOL_OUTPUT_H_
