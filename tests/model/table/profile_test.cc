// The profiles and their switches: names, sources, and which profile has which
// switch on.

#include "model/table/profile.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/litmus_files.h"

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

// The switches of one profile that are on, as names.
std::set<std::string> SwitchesOn(const Profile& profile) {
  std::set<std::string> names;
  for (const ProfileSwitch& one : ProfileSwitches()) {
    if (profile.*one.member) names.insert(std::string(one.name));
  }
  return names;
}

// The table of 17 profiles by all switches, written down a second time: one row
// for each switch, one column for each profile, in the order of the code. `#`
// stands for on. A profile that is made from another one and differs in one
// line would otherwise change without a test that fails.
// Source: docs/semantics.md 2.7, whose tables the next test compares.
constexpr std::string_view kGolden = R"(
                                        S P F P L O W J X B 2 N R E F 3 M
fsync_covers_volume                     . . . . . . . . . . . . . . . # .
fsync_directory_covers_names            # . # # # # # # # # # # . . . # #
fsync_directory_covers_own_name         . . . . . # # # # # . . . . . . .
flush_covers_names                      . . # . . # # # # # . # # . # . .
flush_covers_names_above                . . # . . . . . . . . # # . # . .
flush_covers_removed_names              . . . . . # # # # . . . . . . . .
fdatasync_covers_made_name              . . . . . # # # # # . . . . . . .
flush_sees_views                        . . . . # # # # # # # . . . . # .
flush_covers_device                     # . # . # # # # # . # # # # # # #
overwrite_in_place                      # # # . . # # # # . . # . # # . .
range_sync_reaches_device               # . # . . # # # # . . # . . . . .
view_flush_reaches_device               # . # . . . . . . . . # . . . . .
view_flush_sees_other_views             # . # . . . . . . . . # . . . . .
data_sync_covers_size                   # . # . # # # # # # # # . . # # #
data_only_covers_metadata               . . . . . . . . . . . . . . # . .
data_sync_is_full_flush                 . . . . . . . . . . . . . . # . .
write_through_covers_metadata           # . # . . . . . . . . # . . . . .
write_through_reaches_media             . . . . . . . . . . . . . . # . .
unbuffered_write_through_reaches_media  # . # . . . . . . . . # . . # . .
failed_flush_keeps_dirty                . . . . . . . . . . . . . . . . .
fsync_is_void                           . . . . . . . . . . . . . . . . .
fsync_stops_at_device                   . . . . . . . . . . . . . . . . #
metadata_ordered                        . . . . . # # # # . . # . . . . .
metadata_committed                      . . . . . . . . . # . . . . . . .
data_ordered                            . . . . . . . # . . . . . . . . .
replace_brings_data                     . . . . . . . # . . . . . . . . .
rename_leaves_both                      . # . # # . . . . . . . # # # # #
rename_leaves_neither                   . . . # . . . . . . # . . # # . .
rename_leaves_temporary                 . . . . . . . . . . . . . . . # .
left_name_shows_old                     . . . . . . . . . # . . . . . . .
partial_extend                          . # . # # # # # # # # # # # # # #
stale_new_data                          . . . # # . # . . . . . . . # . .
stale_set_end_of_file                   . # . # . . . . . . . . . . # . .
truncation_writes_zeros                 . . . # # # # . # # # . . . . . .
stale_data                              . . . . . . . . . . . . . . . # .
)";

constexpr std::array<std::string_view, 17> kColumns = {"spec-strict",
                                                       "spec-permissive",
                                                       "ms-fsa",
                                                       "posix-minimal",
                                                       "linux-man",
                                                       "ext4-ordered",
                                                       "ext4-writeback",
                                                       "ext4-journal",
                                                       "xfs",
                                                       "btrfs",
                                                       "f2fs",
                                                       "ntfs",
                                                       "refs",
                                                       "exfat",
                                                       "fat",
                                                       "ntfs-3g",
                                                       "macos"};

TEST(Profiles, AreTheGoldenTable) {
  std::map<std::string_view, std::set<std::string>> golden;
  for (const std::string_view name : kColumns) golden[name];
  std::istringstream lines{std::string(kGolden)};
  std::string line;
  std::getline(lines, line);  // The line of the quotes.
  std::getline(lines, line);  // The letters over the columns.
  std::vector<std::string> switches;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    switches.push_back(name);
    for (const std::string_view profile : kColumns) {
      std::string cell;
      ASSERT_TRUE(words >> cell) << line;
      ASSERT_TRUE(cell == "#" || cell == ".") << line;
      if (cell == "#") golden[profile].insert(name);
    }
  }
  std::vector<std::string> named;
  for (const ProfileSwitch& one : ProfileSwitches()) {
    named.emplace_back(one.name);
  }
  EXPECT_EQ(switches, named);
  ASSERT_EQ(Profiles().size(), kColumns.size());
  for (size_t i = 0; i < kColumns.size(); ++i) {
    EXPECT_EQ(Profiles()[i].name, kColumns[i]);
    EXPECT_EQ(SwitchesOn(Profiles()[i]), golden[kColumns[i]]) << kColumns[i];
  }
}

// The cells of a row of a table in Markdown; empty if the line is no such row.
std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream parts(line);
  std::string cell;
  if (!std::getline(parts, cell, '|') || !cell.empty()) return {};
  while (std::getline(parts, cell, '|')) {
    const size_t begin = cell.find_first_not_of(" `");
    const size_t end = cell.find_last_not_of(" `");
    cells.push_back(begin == std::string::npos
                        ? std::string()
                        : cell.substr(begin, end - begin + 1));
  }
  return cells;
}

std::set<std::string> ListOf(const std::string& cell) {
  std::set<std::string> names;
  std::istringstream parts(cell);
  std::string name;
  while (std::getline(parts, name, ',')) {
    std::erase_if(name, [](char c) { return c == ' ' || c == '`'; });
    if (name != "none") names.insert(name);
  }
  return names;
}

// docs/semantics.md 2.7 has a row for each switch, with the profiles that have
// it on, and a row for each profile, with its switches. Both say what the code
// does, in the same order.
TEST(Profiles, AreWhatTheDocumentSays) {
  const std::string document = ReadSourceFile("docs/semantics.md");
  const size_t begin = document.find("### 2.7 ");
  const size_t end = document.find("### 2.8 ");
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos);
  std::istringstream lines(document.substr(begin, end - begin));
  std::vector<std::string> switches;
  std::vector<std::string> profiles;
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> cells = CellsOf(line);
    if (cells.size() == 6 && (cells[1] == "promises" || cells[1] == "admits")) {
      switches.push_back(cells[0]);
      std::set<std::string> on;
      for (const ProfileSwitch& one : ProfileSwitches()) {
        if (one.name != cells[0]) continue;
        EXPECT_EQ(cells[1] == "admits", one.widens) << cells[0];
        for (const Profile& profile : Profiles()) {
          if (profile.*one.member) on.insert(profile.name);
        }
      }
      EXPECT_EQ(ListOf(cells[3]), on) << cells[0];
    }
    const Profile* profile =
        cells.size() == 5 ? FindProfile(cells[0]) : nullptr;
    if (profile == nullptr) continue;
    profiles.push_back(cells[0]);
    EXPECT_EQ(ListOf(cells[2]), SwitchesOn(*profile)) << cells[0];
  }
  std::vector<std::string> named;
  for (const ProfileSwitch& one : ProfileSwitches()) {
    named.emplace_back(one.name);
  }
  EXPECT_EQ(switches, named);
  named.clear();
  for (const Profile& profile : Profiles()) named.push_back(profile.name);
  EXPECT_EQ(profiles, named);
}

}  // namespace
}  // namespace powercut
