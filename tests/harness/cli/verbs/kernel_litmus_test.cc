// Runs the litmus tests on the file systems of the running kernel. Each test is
// skipped where its file system is missing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <set>
#include <sstream>
#include <string>

#include "tests/harness/cli/kernel_tool.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

// The litmus tests that are violated on a file system under a profile, by stem.
std::set<std::string> LitmusViolations(const std::string& file_system,
                                       const std::string& profile) {
  const Ended ended =
      RunTool({"litmus", "--quiet", "--backend", file_system, "--profile",
               profile, std::string(POWERCUT_SOURCE_DIR) + "/corpora/litmus"});
  EXPECT_THAT(ended.out, testing::HasSubstr(" runs: ")) << ended.err;
  std::set<std::string> files;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(": violation: ") == std::string::npos) continue;
    const std::string path = line.substr(0, line.find(':'));
    files.insert(std::filesystem::path(path).stem());
  }
  return files;
}

// The matrix of backends/README.md: each file system under the profile that it
// claims.
struct ClaimedProfile {
  const char* file_system;
  const char* profile;
};

// GoogleTest would show addresses, also in the names of the tests.
void PrintTo(const ClaimedProfile& claimed, std::ostream* out) {
  *out << claimed.file_system << " under " << claimed.profile;
}

class KernelLitmusTest : public testing::TestWithParam<ClaimedProfile> {};

TEST_P(KernelLitmusTest, Holds) {
  const auto& [file_system, profile] = GetParam();
  if (const std::string missing = MissingResource(file_system);
      !missing.empty()) {
    GTEST_SKIP() << missing;
  }
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.File(""));
  std::set<std::string> violated = LitmusViolations(file_system, profile);
  std::filesystem::current_path(before);
  // These fail if the clock of the kernel does not tick between two ops;
  // corpora/kernel/xfs_syncfs.pcut says why.
  if (file_system == std::string("xfs")) {
    violated.erase("x22_volume_leaves_stores");
    violated.erase("x23_win32_volume_leaves_stores");
    violated.erase("x24_syncfs_leaves_stores");
  }
  EXPECT_THAT(violated, testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(FileSystems, KernelLitmusTest,
                         testing::Values(ClaimedProfile{"ext4", "ext4-ordered"},
                                         ClaimedProfile{"xfs", "xfs"},
                                         ClaimedProfile{"btrfs", "btrfs"}),
                         [](const auto& param_info) {
                           return param_info.param.file_system;
                         });

}  // namespace
}  // namespace powercut
