// Tests which calls come of files that are made without a name. The hidden name
// of such a file is made once and goes once: when the file gets a name, or when
// nobody has it open any more.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/programs/recorded_volume.h"

namespace powercut::programs {
namespace {

// The calls about names, in order.
std::vector<std::string> NameCallsOf(Recorded& volume) {
  std::vector<std::string> calls;
  for (const Call& call : volume.files().calls()) {
    const OpKind kind = call.op.kind;
    if (kind == OpKind::kCreate || kind == OpKind::kLink ||
        kind == OpKind::kUnlink) {
      calls.push_back(CallText(call));
    }
  }
  return calls;
}

uint64_t MakeUnnamed(Recorded& volume) {
  uint64_t node = 0;
  EXPECT_EQ(volume.files().MakeUnnamed(kRootNode, S_IFREG | 0600, node), 0);
  return node;
}

uint64_t NamesOf(Recorded& volume, uint64_t node) {
  struct stat facts{};
  EXPECT_EQ(volume.files().Facts(node, facts), 0);
  return facts.st_nlink;
}

TEST(ProgramUnnamedTest, AFileThatGetsANameLosesTheHiddenOne) {
  Recorded volume;
  const uint64_t node = MakeUnnamed(volume);
  const Handle handle = volume.Open(node);
  EXPECT_EQ(NamesOf(volume, node), 0u);
  ASSERT_EQ(volume.files().Link(node, kRootNode, "f"), 0);
  EXPECT_EQ(NamesOf(volume, node), 1u);
  const std::vector<std::string> calls = {
      "create /.powercut-unnamed-1",
      "link /.powercut-unnamed-1 /f",
      "unlink /.powercut-unnamed-1",
  };
  EXPECT_EQ(NameCallsOf(volume), calls);
  ASSERT_EQ(volume.files().Link(node, kRootNode, "g"), 0);
  EXPECT_EQ(NamesOf(volume, node), 2u);
  EXPECT_EQ(NameCallsOf(volume).back(), "link /f /g");
  volume.files().Close(handle);
  EXPECT_EQ(NameCallsOf(volume).size(), 4u);
}

TEST(ProgramUnnamedTest, AFileThatGetsNoneGoesWithItsLastHandle) {
  Recorded volume;
  const uint64_t first = MakeUnnamed(volume);
  const uint64_t second = MakeUnnamed(volume);
  const Handle one = volume.Open(first);
  const Handle other = volume.Open(first);
  const Handle of_second = volume.Open(second);
  const std::vector<std::string> made = {"create /.powercut-unnamed-1",
                                         "create /.powercut-unnamed-2"};
  volume.files().Close(one);
  EXPECT_EQ(NameCallsOf(volume), made);
  volume.files().Close(other);
  EXPECT_EQ(NameCallsOf(volume).back(), "unlink /.powercut-unnamed-1");
  volume.files().Close(of_second);
  EXPECT_EQ(NameCallsOf(volume).back(), "unlink /.powercut-unnamed-2");
  EXPECT_EQ(NameCallsOf(volume).size(), 4u);
}

}  // namespace
}  // namespace powercut::programs
