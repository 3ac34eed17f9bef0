// The profile follows the options of mkfs and mount, and a note says where no
// profile does.

#include "backends/kernel/mount_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/table/profile.h"

namespace powercut::kernel {
namespace {

using ::testing::HasSubstr;

MountProfile Judged(const std::string& name, const std::string& mount,
                    const std::string& mkfs = "") {
  for (const KernelFileSystem& fs : KernelFileSystems()) {
    if (fs.name == name) return ProfileWithOptions(fs, {mkfs, mount});
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(MountProfile, IsThatOfTheTableByDefault) {
  for (const KernelFileSystem& fs : KernelFileSystems()) {
    for (const char* mount : {"", "noatime", "rw,noatime,nodev"}) {
      const MountProfile judged = ProfileWithOptions(fs, {"", mount});
      EXPECT_EQ(judged.profile, fs.profile) << fs.name;
      EXPECT_EQ(judged.note, "") << fs.name;
    }
  }
}

TEST(MountProfile, FollowsTheDataModesOfExt4) {
  for (const char* name : {"ext3", "ext4"}) {
    EXPECT_EQ(Judged(name, "data=writeback").profile, "ext4-writeback");
    EXPECT_EQ(Judged(name, "data=writeback").note, "");
    EXPECT_EQ(Judged(name, "data=journal").profile, "ext4-journal");
    EXPECT_EQ(Judged(name, "data=ordered").profile, "ext4-ordered");
    // The last one counts.
    EXPECT_EQ(Judged(name, "data=journal,noatime,data=ordered").profile,
              "ext4-ordered");
    EXPECT_EQ(Judged(name, "", "-E mount_opts=data=writeback").profile,
              "ext4-writeback");
    EXPECT_EQ(
        Judged(name, "data=ordered", "-E mount_opts=data=writeback").profile,
        "ext4-ordered");
    EXPECT_EQ(Judged(name, "", "-O ^has_journal").profile, "posix-minimal");
    EXPECT_THAT(Judged(name, "", "-O ^has_journal").note,
                HasSubstr("needs fsck"));
    EXPECT_EQ(Judged(name, "", "-I 256 -O^has_journal,extent").profile,
              "posix-minimal");
  }
  EXPECT_EQ(Judged("xfs", "data=writeback").profile, "xfs");
}

// auto_da_alloc begins to write data out and promises nothing, so that its
// absence takes nothing away.
TEST(MountProfile, TakesNoPromiseFromAutoDaAlloc) {
  for (const char* mount :
       {"noauto_da_alloc", "auto_da_alloc=0", "auto_da_alloc"}) {
    EXPECT_EQ(Judged("ext4", mount).profile, "ext4-ordered") << mount;
    EXPECT_EQ(Judged("ext4", mount).note, "") << mount;
  }
}

TEST(MountProfile, SaysWhereNewDataIsOrderedBetter) {
  for (const char* mount :
       {"dioread_lock", "nodioread_nolock", "dioread_nolock,dioread_lock"}) {
    EXPECT_EQ(Judged("ext4", mount).profile, "ext4-ordered") << mount;
    EXPECT_EQ(Judged("ext4", mount).note,
              "`dioread_lock` waits at a commit for new data that is being "
              "written out: judged by ext4-ordered, which promises less")
        << mount;
  }
  EXPECT_THAT(Judged("ext4", "nodelalloc").note, HasSubstr("promises less"));
  // The last one counts, and only data=ordered has the order.
  for (const char* mount :
       {"dioread_lock,dioread_nolock", "nodelalloc,delalloc", "dioread_nolock",
        "data=journal,dioread_lock", "data=writeback,nodelalloc"}) {
    EXPECT_EQ(Judged("ext4", mount).note, "") << mount;
  }
}

TEST(MountProfile, SaysWhereThereIsNone) {
  for (const char* mount : {"barrier=0", "nobarrier", "barrier=1,nobarrier"}) {
    const MountProfile judged = Judged("ext4", mount);
    EXPECT_EQ(judged.profile, "ext4-ordered");
    EXPECT_EQ(
        judged.note,
        "`barrier=0` sends no flush to the device: no profile promises so "
        "little; judged by ext4-ordered, which is of other options");
  }
  EXPECT_EQ(Judged("ext4", "nobarrier,barrier").note, "");
  EXPECT_THAT(Judged("btrfs", "nobarrier").note, HasSubstr("judged by btrfs"));
  EXPECT_EQ(Judged("btrfs", "flushoncommit").note,
            "`flushoncommit` writes all data out before a commit: judged by "
            "btrfs, which promises less");
  EXPECT_THAT(Judged("ext4", "", "-O fast_commit").note,
              HasSubstr("`fast_commit` logs"));
  EXPECT_THAT(Judged("xfs", "sync").note, HasSubstr("promises less"));
  // Several are told one after the other, and the profile of each is the same.
  EXPECT_THAT(Judged("ext4", "data=writeback,barrier=0,sync").note,
              testing::AllOf(HasSubstr("`barrier=0`"), HasSubstr("; `sync`"),
                             HasSubstr("judged by ext4-writeback")));
}

TEST(MountProfile, IsAlwaysOneThatThereIs) {
  for (const char* mount :
       {"data=writeback", "data=journal", "noauto_da_alloc"}) {
    EXPECT_NE(FindProfile(Judged("ext4", mount).profile), nullptr);
  }
}

}  // namespace
}  // namespace powercut::kernel
