// Tests what is kept of the attributes of files.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstdint>
#include <string>
#include <vector>

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

// What is made in a directory has the owner and the group of the caller. In a
// directory with setgid it has the group of the directory, and a directory has
// setgid in turn.
TEST(ProgramAttributesTest, AGroupIsInheritedFromADirectoryWithSetgid) {
  constexpr mode_t kModes[] = {S_IFREG | 0644, S_IFDIR | 0755, S_IFIFO | 0600,
                               S_IFLNK | 0777, S_IFCHR | 0600};
  for (const bool setgid : {false, true}) {
    Recorded volume;
    ProgramFiles& files = volume.files();
    const uint64_t top = volume.Make("d", S_IFDIR | (setgid ? 02775 : 0775));
    ASSERT_EQ(files.Set(top, {.group = 50}, 0), 0);
    files.set_caller({.process = 1, .user = 7, .group = 8});
    const auto expect = [&](uint64_t node, mode_t mode, int depth) {
      const bool gives = setgid && S_ISDIR(mode);
      struct stat facts{};
      ASSERT_EQ(files.Facts(node, facts), 0);
      EXPECT_EQ(facts.st_mode, mode | (gives ? S_ISGID : 0)) << depth;
      EXPECT_EQ(facts.st_uid, 7u) << mode;
      EXPECT_EQ(facts.st_gid, setgid ? 50u : 8u) << mode << " at " << depth;
    };
    uint64_t directory = top;
    for (int depth = 0; depth < 3; ++depth) {
      uint64_t next = 0;
      for (const mode_t mode : kModes) {
        uint64_t node = 0;
        ASSERT_EQ(files.Make(directory, std::to_string(mode), mode, 0,
                             S_ISLNK(mode) ? "x" : "", node),
                  0);
        expect(node, mode, depth);
        if (S_ISDIR(mode)) next = node;
      }
      uint64_t unnamed = 0;
      ASSERT_EQ(files.MakeUnnamed(directory, S_IFREG | 0600, unnamed), 0);
      expect(unnamed, S_IFREG | 0600, depth);
      directory = next;
    }
  }
}

// What a file takes of the disk is told in whole units of 512 bytes.
TEST(ProgramAttributesTest, SizesAreToldInBytesAndInBlocks) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  for (const uint64_t size : {0, 1, 511, 512, 513, 1024, 5000, 1, 0}) {
    EXPECT_EQ(volume.files().Set(a, {.size_bytes = size}, 0), 0);
    struct stat facts{};
    EXPECT_EQ(volume.files().Facts(a, facts), 0);
    EXPECT_EQ(static_cast<uint64_t>(facts.st_size), size);
    EXPECT_EQ(static_cast<uint64_t>(facts.st_blocks), (size + 511) / 512);
  }
  struct stat facts{};
  const uint64_t directory = volume.Make("d", S_IFDIR | 0755);
  EXPECT_EQ(volume.files().Facts(directory, facts), 0);
  EXPECT_EQ(facts.st_size, 0);
  EXPECT_EQ(facts.st_blocks, 0);
}

// Each file has its own extended attributes, and a listing has them alone.
TEST(ProgramAttributesTest, ExtendedAttributesAreOfOneFile) {
  using Names = std::vector<std::string>;
  Recorded volume;
  ProgramFiles& files = volume.files();
  const uint64_t a = volume.Make("a");
  const uint64_t b = volume.Make("b");
  EXPECT_EQ(files.SetExtended(a, "user.y", "1", XATTR_CREATE), 0);
  EXPECT_EQ(files.SetExtended(a, "user.x", "", 0), 0);
  EXPECT_EQ(files.SetExtended(b, "user.y", "2", 0), 0);
  EXPECT_EQ(files.SetExtended(a, "user.y", "3", XATTR_REPLACE), 0);
  Names names = {"of another file"};
  EXPECT_EQ(files.ListExtended(a, names), 0);
  EXPECT_EQ(names, (Names{"user.x", "user.y"}));
  EXPECT_EQ(files.ListExtended(b, names), 0);
  EXPECT_EQ(names, Names{"user.y"});
  std::string value = "old";
  EXPECT_EQ(files.GetExtended(a, "user.x", value), 0);
  EXPECT_EQ(value, "");
  EXPECT_EQ(files.GetExtended(a, "user.y", value), 0);
  EXPECT_EQ(value, "3");
  EXPECT_EQ(files.GetExtended(b, "user.y", value), 0);
  EXPECT_EQ(value, "2");
  EXPECT_EQ(files.RemoveExtended(a, "user.y"), 0);
  EXPECT_EQ(files.RemoveExtended(a, "user.y"), ENODATA);
  EXPECT_EQ(files.GetExtended(a, "user.y", value), ENODATA);
  EXPECT_EQ(files.GetExtended(b, "user.y", value), 0);
  EXPECT_EQ(files.ListExtended(a, names), 0);
  EXPECT_EQ(names, Names{"user.x"});
  EXPECT_EQ(files.SetExtended(b, "user.y", "4", XATTR_CREATE), EEXIST);
  EXPECT_EQ(files.SetExtended(b, "user.z", "4", XATTR_REPLACE), ENODATA);
}

}  // namespace
}  // namespace powercut::programs
