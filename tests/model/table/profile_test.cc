// The profiles and their switches: names, sources, and which profile has which
// switch on.

#include "model/table/profile.h"

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
  // Profiles that differ in one switch are not equal.
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
  // All members but the texts are switches: a profile with every switch turned
  // off is the empty one.
  for (Profile profile : Profiles()) {
    for (const ProfileSwitch& one : ProfileSwitches()) {
      profile.*one.member = false;
    }
    profile.name.clear();
    profile.describes = profile.source = {};
    EXPECT_EQ(profile, Profile{});
  }
}

TEST(Profiles, SayWhatTheyAreTakenFrom) {
  std::set<std::string_view> described;
  for (const Profile& profile : Profiles()) {
    EXPECT_TRUE(described.insert(profile.describes).second) << profile.name;
    EXPECT_FALSE(profile.describes.empty()) << profile.name;
    EXPECT_FALSE(profile.source.empty()) << profile.name;
  }
  for (const ProfileSwitch& one : ProfileSwitches()) {
    EXPECT_FALSE(one.means.empty()) << one.name;
    EXPECT_FALSE(one.source.empty()) << one.name;
  }
}

TEST(Profiles, StrictAdmitsLeast) {
  const Profile& strict = *FindProfile("spec-strict");
  const Profile& permissive = *FindProfile("spec-permissive");
  for (const ProfileSwitch& one : ProfileSwitches()) {
    if (one.widens) {
      EXPECT_FALSE(strict.*one.member) << one.name;
      continue;
    }
    EXPECT_LE(permissive.*one.member, strict.*one.member) << one.name;
    // Every document of NT agrees on this switch, so that both profiles have
    // it.
    const bool agreed = one.member == &Profile::overwrite_in_place;
    EXPECT_EQ(permissive.*one.member, agreed) << one.name;
  }
}

std::set<std::string> With(bool Profile::* member) {
  std::set<std::string> names;
  for (const Profile& profile : Profiles()) {
    if (profile.*member) names.insert(profile.name);
  }
  return names;
}

// Source: docs/semantics.md 2.7.
TEST(Profiles, HaveTheRowsOfTheTable) {
  using Names = std::set<std::string>;
  EXPECT_EQ(With(&Profile::fsync_covers_volume), Names{"ntfs-3g"});
  EXPECT_EQ(With(&Profile::stale_data), Names{"ntfs-3g"});
  EXPECT_EQ(With(&Profile::rename_leaves_temporary), Names{"ntfs-3g"});
  EXPECT_EQ(With(&Profile::rename_leaves_neither),
            (Names{"exfat", "fat", "posix-minimal"}));
  EXPECT_EQ(With(&Profile::fsync_stops_at_device), Names{"macos"});
  EXPECT_EQ(With(&Profile::data_ordered), Names{"ext4-journal"});
  EXPECT_EQ(
      With(&Profile::metadata_ordered),
      (Names{"ext4-journal", "ext4-ordered", "ext4-writeback", "ntfs", "xfs"}));
  EXPECT_EQ(With(&Profile::replace_brings_data),
            (Names{"btrfs", "ext4-journal", "ext4-ordered"}));
  EXPECT_EQ(With(&Profile::flush_covers_names),
            (Names{"btrfs", "ext4-journal", "ext4-ordered", "ext4-writeback",
                   "fat", "ms-fsa", "ntfs", "refs", "xfs"}));
  EXPECT_EQ(With(&Profile::stale_new_data),
            (Names{"ext4-writeback", "fat", "linux-man", "posix-minimal"}));
  EXPECT_EQ(With(&Profile::truncation_writes_zeros),
            (Names{"btrfs", "ext4-ordered", "ext4-writeback", "f2fs",
                   "linux-man", "posix-minimal", "xfs"}));
}

}  // namespace
}  // namespace powercut
