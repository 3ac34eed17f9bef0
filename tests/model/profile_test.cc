// The profiles and their switches.

#include "model/profile.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace powercut {
namespace {

TEST(Profiles, AreFoundByName) {
  std::set<std::string> names;
  for (const Profile& profile : Profiles()) {
    EXPECT_TRUE(names.insert(profile.name).second) << profile.name;
    EXPECT_EQ(FindProfile(profile.name), &profile);
  }
  EXPECT_EQ(names, (std::set<std::string>{
                       "btrfs", "exfat", "ext4-journal", "ext4-ordered",
                       "ext4-writeback", "f2fs", "fat", "linux-man", "macos",
                       "ms-fsa", "ntfs", "ntfs-3g", "posix-minimal", "refs",
                       "spec-permissive", "spec-strict", "xfs"}));
  EXPECT_EQ(FindProfile(""), nullptr);
  EXPECT_EQ(FindProfile("Spec-strict"), nullptr);
}

TEST(Profiles, SwitchesNameEveryMember) {
  // A profile that differs in one switch differs.
  std::set<std::string_view> names;
  for (const ProfileSwitch& one : ProfileSwitches()) {
    Profile profile;
    profile.*one.member = true;
    EXPECT_NE(profile, Profile{}) << one.name;
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    for (const ProfileSwitch& other : ProfileSwitches()) {
      EXPECT_EQ(profile.*other.member, one.name == other.name) << one.name;
    }
  }
  // All members are switches: turned off by name, nothing is left.
  for (Profile profile : Profiles()) {
    for (const ProfileSwitch& one : ProfileSwitches()) {
      profile.*one.member = false;
    }
    profile.name.clear();
    EXPECT_EQ(profile, Profile{});
  }
}

TEST(Profiles, StrictAdmitsLeast) {
  const Profile& strict = *FindProfile("spec-strict");
  const Profile& permissive = *FindProfile("spec-permissive");
  for (const ProfileSwitch& one : ProfileSwitches()) {
    if (one.widens) {
      EXPECT_FALSE(strict.*one.member) << one.name;
    } else if (one.name != "overwrite_in_place") {
      EXPECT_FALSE(permissive.*one.member) << one.name;
    }
  }
}

// Source: research/semantics.md section 2.7, and A-39.
TEST(Profiles, HaveTheRowsOfTheTable) {
  for (const Profile& profile : Profiles()) {
    const std::string& n = profile.name;
    const bool journal = n.starts_with("ext4") || n == "xfs" || n == "btrfs";
    EXPECT_EQ(profile.fsync_covers_volume, n == "ntfs-3g") << n;
    EXPECT_EQ(
        profile.fsync_directory_covers_names,
        n != "spec-permissive" && n != "refs" && n != "exfat" && n != "fat")
        << n;
    EXPECT_EQ(profile.flush_covers_names, journal || n == "ms-fsa" ||
                                              n == "ntfs" || n == "refs" ||
                                              n == "fat")
        << n;
    EXPECT_EQ(profile.metadata_ordered, journal || n == "ntfs") << n;
    EXPECT_EQ(profile.replace_brings_data,
              n == "ext4-ordered" || n == "ext4-journal" || n == "btrfs")
        << n;
    EXPECT_EQ(profile.stale_data, n == "ntfs-3g") << n;
    EXPECT_EQ(profile.rename_leaves_temporary, n == "ntfs-3g") << n;
    EXPECT_EQ(profile.stale_new_data, n == "posix-minimal" ||
                                          n == "linux-man" ||
                                          n == "ext4-writeback" || n == "fat")
        << n;
  }
}

}  // namespace
}  // namespace powercut
