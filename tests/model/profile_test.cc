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
  EXPECT_EQ(names,
            (std::set<std::string>{"linux-man", "ntfs-3g", "posix-minimal",
                                   "spec-permissive", "spec-strict"}));
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
    } else {
      EXPECT_FALSE(permissive.*one.member) << one.name;
    }
  }
}

// Source: research/semantics.md section 2.7, and A-39.
TEST(Profiles, HaveTheRowsOfTheTable) {
  for (const Profile& profile : Profiles()) {
    EXPECT_EQ(profile.fsync_covers_volume, profile.name == "ntfs-3g");
    EXPECT_EQ(profile.fsync_directory_covers_names,
              profile.name != "spec-permissive");
    EXPECT_EQ(profile.rename_leaves_both, profile.name != "spec-strict");
    EXPECT_EQ(profile.rename_leaves_neither, profile.name == "posix-minimal");
    EXPECT_EQ(profile.stale_data, profile.name != "spec-strict");
    EXPECT_EQ(profile.partial_extend, profile.name != "spec-strict");
    EXPECT_EQ(profile.rename_leaves_temporary,
              profile.name != "spec-strict" && profile.name != "linux-man");
  }
}

}  // namespace
}  // namespace powercut
