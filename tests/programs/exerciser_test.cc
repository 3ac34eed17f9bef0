// Programs see on simfs what they see on a file system of the kernel: the
// exerciser prints the same there and in a folder of this machine.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/programs/tool_by_user.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class ExerciserTest
    : public ToolByUserTest,
      public testing::WithParamInterface<std::tuple<User, int>> {
 protected:
  ExerciserTest() : ToolByUserTest(std::get<User>(GetParam())) {}

  void SetUp() override {
    ToolByUserTest::SetUp();
    if (access(kPython, X_OK) != 0) GTEST_SKIP() << kPython << " is missing";
  }
};

// Compares call by call, so that a failure names the first call that differs.
void ExpectSame(const std::string& there, const std::string& on_simfs) {
  const std::vector<std::string> wanted = LinesOf(there);
  const std::vector<std::string> found = LinesOf(on_simfs);
  for (size_t i = 0; i < wanted.size() && i < found.size(); ++i) {
    ASSERT_EQ(found[i], wanted[i]) << "line " << i + 1;
  }
  EXPECT_EQ(found.size(), wanted.size());
}

TEST_P(ExerciserTest, SimfsAnswersAsTheKernelDoes) {
  constexpr int kCalls = 400;
  const std::string exerciser =
      std::string(kPython) +
      " " POWERCUT_SOURCE_DIR "/tests/programs/exerciser.py " +
      std::to_string(std::get<int>(GetParam())) + " " + std::to_string(kCalls);
  std::filesystem::create_directory(folder_.File("there"));
  OpenToAll("there");
  const Ended there =
      Shell(exerciser + " " + folder_.File("there") + " >wanted");
  ASSERT_EQ(there.status, 0) << there.err;
  const Ended simfs = Shell(POWERCUT_TOOL " record -o t.trace -- sh -c '" +
                            exerciser + " >" + folder_.File("found") + "'");
  ASSERT_EQ(simfs.status, 0) << simfs.out << simfs.err;
  const std::string wanted = folder_.Read("wanted");
  ASSERT_GT(LinesOf(wanted).size(), kCalls);
  ExpectSame(wanted, folder_.Read("found"));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExerciserTest,
                         testing::Combine(testing::Values(User::kOwn,
                                                          User::kNobody),
                                          testing::Range(1, 9)),
                         [](const auto& param) {
                           return NameOf(std::get<User>(param.param)) + "_" +
                                  std::to_string(std::get<int>(param.param));
                         });

}  // namespace
}  // namespace powercut
