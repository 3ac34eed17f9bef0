// Tests what is kept of the attributes of files.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>

#include "tests/programs/recorded_volume.h"

namespace powercut::programs {
namespace {

// Each attribute is kept to its last bit and changes no other one, for whoever
// asks at once and after a crash.
TEST(ProgramAttributesTest, EachAttributeIsKeptWholeAndApart) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  mode_t mode = S_IFREG | 0644;
  uid_t owner = 0;
  gid_t group = 0;
  int64_t changed_ns = 0;
  const auto expect = [&](ProgramFiles& files, uint64_t node) {
    struct stat facts{};
    EXPECT_EQ(files.Facts(node, facts), 0);
    EXPECT_EQ(facts.st_mode, mode);
    EXPECT_EQ(facts.st_uid, owner);
    EXPECT_EQ(facts.st_gid, group);
    EXPECT_EQ(facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec,
              changed_ns);
    EXPECT_GE(facts.st_mtim.tv_nsec, 0);
    EXPECT_LT(facts.st_mtim.tv_nsec, 1'000'000'000);
  };
  const auto set = [&](const ProgramFiles::Wanted& wanted) {
    EXPECT_EQ(volume.files().Set(a, wanted, 0), 0);
    expect(volume.files(), a);
    const Trace& trace = volume.disk().trace();
    Crashed crashed(trace, trace.event_count(), volume.files().calls());
    uint64_t node = 0;
    ASSERT_EQ(crashed.files().Lookup(kRootNode, "a", node), 0);
    expect(crashed.files(), node);
  };
  for (const int64_t ns : {int64_t{1}, int64_t{1'999'999'999}, int64_t{-1},
                           int64_t{-1'000'000'000}, int64_t{-1'500'000'000}}) {
    changed_ns = ns;
    set({.changed_ns = ns});
  }
  for (const mode_t permissions : {07777, 0, 04755, 02750, 01777, 0600}) {
    mode = S_IFREG | permissions;
    set({.permissions = permissions});
  }
  // The type of a file is none of its permissions.
  set({.permissions = S_IFDIR | 0600});
  owner = 7;
  set({.owner = owner});
  group = 8;
  set({.group = group});
  owner = 9;
  group = 10;
  mode = S_IFREG | 0444;
  set({.permissions = 0444, .owner = owner, .group = group});
}

}  // namespace
}  // namespace powercut::programs
