// The errors of flushes with arguments, for every combination of a target, a
// flag and a profile: docs/semantics.md 1.1.1 gives the order of the checks.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/model/model_scene.h"

namespace powercut {
namespace {

std::string ErrorOf(const std::string& op, std::string_view profile) {
  const Scene scene(
      "init\n create /f\n write /f 0 512\n mkdir /d\nrun\n " + op + "\n",
      profile);
  return scene.model().Plan(scene.workload().run[0]).error;
}

TEST(PlanRefusals, OfAnNtFlushDependOnTargetFlagAndProfile) {
  const std::vector<std::pair<int, std::string>> kWords = {
      {1, "file_data_only"}, {2, "no_sync"}, {4, "file_data_sync_only"}};
  for (const std::string profile : {"spec-strict", "ntfs", "refs", "exfat"}) {
    for (const std::string target : {"/f", "/d", "volume", "/x"}) {
      const auto expected = [&](int flags) -> std::string {
        const bool known = flags == 0 || flags == 1 || flags == 2 || flags == 4;
        if (!known) return "STATUS_INVALID_PARAMETER";
        if (target == "/x") return "ENOENT";
        if (target == "volume" && flags != 0) return "STATUS_INVALID_PARAMETER";
        if (target == "/d" && flags == 4) return "STATUS_INVALID_PARAMETER";
        const bool refused = (profile == "refs" && flags != 0) ||
                             (profile == "exfat" && flags == 4);
        return refused ? "STATUS_NOT_SUPPORTED" : "";
      };
      for (int flags = 0; flags <= 9; ++flags) {
        const std::string op =
            "nt_flush " + target + " flags=" + std::to_string(flags);
        EXPECT_EQ(ErrorOf(op, profile), expected(flags))
            << op << " " << profile;
      }
      for (const auto& [flags, word] : kWords) {
        const std::string op = "nt_flush " + target + " " + word;
        EXPECT_EQ(ErrorOf(op, profile), expected(flags))
            << op << " " << profile;
        // One flag twice is more than one flag.
        EXPECT_EQ(ErrorOf(op + " flags=1", profile),
                  "STATUS_INVALID_PARAMETER");
      }
    }
  }
}

TEST(PlanRefusals, OfARangeConcernItsEnds) {
  const std::string kMost = "9223372036854775807";
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"/f 0 0", ""},
      {"/f 0 " + kMost, ""},
      {"/f 1 " + kMost, "EINVAL"},
      {"/f " + kMost + " 0", ""},
      {"/f " + kMost + " 1", "EINVAL"},
      {"/f 512 9223372036854775295", ""},
      {"/f 512 9223372036854775296", "EINVAL"},
      {"/d 0 512", ""},
      {"/x 0 512", "ENOENT"},
  };
  for (const auto& [arguments, error] : kCases) {
    EXPECT_EQ(ErrorOf("sync_file_range " + arguments, "spec-strict"), error)
        << arguments;
  }
}

}  // namespace
}  // namespace powercut
