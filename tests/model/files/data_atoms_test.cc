// DataAtomsApart(): it returns true for workloads whose data is judged atom by
// atom. For each thing that ties atoms there is a workload for which it returns
// false, mostly with a violation that needs two atoms.

#include "model/files/data_atoms.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/model/model_scene.h"

namespace powercut {
namespace {

bool Apart(const std::string& lines, std::string_view profile) {
  return DataAtomsApart(ProfileNamed(profile), WorkloadOf(lines));
}

// The file /f with two atoms.
Found Atoms(const std::string& first, const std::string& second) {
  return Found().File("/f", first + second);
}

constexpr const char* kOverwrite =
    "init\n  create /f\n  write /f 0 1024\n"
    "run\n  write /f 0 512\n  write /f 512 512\n  write /f 0 1024\n"
    "  fsync /f\n";

TEST(DataAtoms, AreApartWhereNothingTiesThem) {
  for (const char* profile :
       {"spec-strict", "spec-permissive", "posix-minimal", "linux-man", "ntfs",
        "ext4-ordered", "xfs", "btrfs", "ntfs-3g"}) {
    EXPECT_TRUE(Apart(kOverwrite, profile)) << profile;
    EXPECT_TRUE(
        Apart("run\n  create /f\n  write /f 0 2000\n  append /f 3000\n"
              "  fsync /f\n  rename /f /g\n  link /g /h\n",
              profile))
        << profile;
    EXPECT_TRUE(
        Apart("run\n  disk_write 0 2\n  disk_write 1 2 fua\n", profile));
  }
}

TEST(DataAtoms, TheCaseOfReplacingAFileByALargerOne) {
  const std::string lines =
      "init\n  create /f\n  write /f 0 5000\n"
      "run\n  create /g\n  write /g 0 6000\n  fsync /g\n  rename /g /f\n";
  EXPECT_TRUE(Apart(lines, "spec-strict"));
  EXPECT_TRUE(Apart(lines, "ntfs-3g"));
  // A rename that brings the data ties them, and nothing else of ext4 does.
  Profile brings = ProfileNamed("ext4-ordered");
  EXPECT_TRUE(DataAtomsApart(brings, WorkloadOf(lines)));
  brings.replace_brings_data = true;
  EXPECT_FALSE(DataAtomsApart(brings, WorkloadOf(lines)));
}

// Versions from before the end of `init` cannot be found, so that they tie
// nothing.
TEST(DataAtoms, InitTiesNothing) {
  const std::string lines =
      "init\n  create /f\n  write /f 0 1024\n  barrier_fsync /f\n"
      "  truncate /f 0\n  truncate /f 1024\n  write /f 0 1024\n"
      "  unlink /f\n  create /f\n  write /f 0 1024\n";
  EXPECT_TRUE(Apart(lines + "run\n  write /f 0 1024\n", "spec-strict"));
  EXPECT_TRUE(Apart(lines + "run\n  syncfs\n", "ext4-journal"));
  EXPECT_FALSE(Apart("run\n" + lines.substr(5), "spec-strict"));
}

TEST(DataAtoms, AJournalOfDataTiesThem) {
  EXPECT_FALSE(Apart(kOverwrite, "ext4-journal"));
  Scene scene(kOverwrite, "ext4-journal");
  scene.Do().Begin();
  const std::string old = Data(1, 2, 1024);
  const std::string old_first = old.substr(0, 512);
  const std::string old_second = old.substr(512);
  const std::string new_first = Data(1, 3, 512);
  const std::string new_second = Data(1, 4, 512, 512);
  // Either atom of the first observation may be exchanged, but not both.
  EXPECT_EQ(scene.Verdict(Atoms(new_first, old_second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Atoms(old_first, old_second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Atoms(new_first, new_second)), kAdmissible);
  EXPECT_NE(scene.Verdict(Atoms(old_first, new_second)), kAdmissible);
}

TEST(DataAtoms, ABarrierTiesThem) {
  const std::string lines =
      "init\n  create /f\n  write /f 0 1024\n"
      "run\n  write /f 0 512\n  barrier_fsync /f\n  write /f 512 512\n";
  EXPECT_FALSE(Apart(lines, "macos"));
  EXPECT_FALSE(
      Apart("run\n  disk_write 0 1\n  disk_write 1 1 fua\n"
            "  disk_write 2 1 preflush\n",
            "spec-strict"));
}

// The name may lead to either of two files. Each file admits a change of one
// atom, and neither admits both changes.
TEST(DataAtoms, AFileThatMayBeAnotherTiesThem) {
  const std::string lines =
      "init\n  create /f\n  truncate /f 1024\n  set_valid_data /f 1024\n"
      "  write /f 512 512\n"
      "  create /g\n  truncate /g 1024\n  set_valid_data /g 1024\n"
      "  write /g 0 512\n"
      "run\n  rename /g /f\n";
  const Profile profile = StrictWith(&Profile::rename_leaves_neither);
  EXPECT_FALSE(DataAtomsApart(profile, WorkloadOf(lines)));
  Scene scene(lines, profile);
  scene.Begin();
  const std::string first = Data(5, 8, 512);
  const std::string second = Data(1, 4, 512, 512);
  const std::string other(512, '?');
  EXPECT_EQ(scene.Verdict(Atoms(first, second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Atoms(other, second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Atoms(first, other)), kAdmissible);
  EXPECT_NE(scene.Verdict(Atoms(other, other)), kAdmissible);
}

// A crash may leave the file before or after space became valid, with one size.
// Both atoms show zeros before, and may show anything afterwards. The first
// version with this size in `run` is the one before, and the last the one
// after.
TEST(DataAtoms, SpaceThatBecomesVisibleInTheLastShapeTiesThem) {
  const std::string lines =
      "init\n  create /f\n  truncate /f 1024\nrun\n  set_valid_data /f 1024\n";
  EXPECT_FALSE(Apart(lines, "spec-strict"));
  EXPECT_TRUE(
      Apart("init\n  create /f\n  truncate /f 1024\n"
            "  set_valid_data /f 1024\nrun\n  syncfs\n",
            "spec-strict"));
}

// A temporary name may lead to a file of either of two renames.
TEST(DataAtoms, AStrangerThatMayBeTwoFilesTiesThem) {
  const std::string init =
      "init\n  create /f\n  truncate /f 1024\n  set_valid_data /f 1024\n"
      "  write /f 512 512\n"
      "  create /g\n  truncate /g 1024\n  set_valid_data /g 1024\n"
      "  write /g 0 512\n"
      "  create /a\n  write /a 0 2048\n  create /b\n  write /b 0 3072\n";
  EXPECT_TRUE(Apart(init + "run\n  rename /a /f\n", "ntfs-3g"));
  const std::string lines = init + "run\n  rename /a /f\n  rename /b /g\n";
  EXPECT_TRUE(Apart(lines, "spec-strict"));
  EXPECT_FALSE(Apart(lines, "ntfs-3g"));
  Scene scene(lines, "ntfs-3g");
  scene.Do().Begin();
  const std::string first = Data(5, 8, 512);
  const std::string second = Data(1, 4, 512, 512);
  const std::string other(512, '?');
  const auto found = [](const std::string& a, const std::string& b) {
    return Found()
        .File("/f", Data(9, 10, 2048))
        .File("/g", Data(11, 12, 3072))
        .File("/stranger", a + b);
  };
  EXPECT_EQ(scene.Verdict(found(first, second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(found(other, second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(found(first, other)), kAdmissible);
  EXPECT_NE(scene.Verdict(found(other, other)), kAdmissible);
}

// Two shapes of the file have the same size. Each admits a change of one atom,
// and neither admits both changes.
TEST(DataAtoms, ASizeThatComesBackTiesThem) {
  const std::string lines =
      "init\n  create /f\n  truncate /f 1536\n"
      "run\n  write /f 512 512\n  truncate /f 512\n  truncate /f 1536\n"
      "  write /f 1024 512\n";
  EXPECT_FALSE(Apart(lines, "spec-strict"));
  Scene scene(lines);
  scene.Do().Do().Do().Begin();
  const std::string first = Data(1, 3, 512, 512);
  const std::string second = Data(1, 6, 512, 1024);
  const std::string zeros = Zeros(512);
  const auto found = [&](const std::string& a, const std::string& b) {
    return Found().File("/f", zeros + a + b);
  };
  EXPECT_EQ(scene.Verdict(found(zeros, zeros)), kAdmissible);
  EXPECT_EQ(scene.Verdict(found(first, zeros)), kAdmissible);
  EXPECT_EQ(scene.Verdict(found(zeros, second)), kAdmissible);
  EXPECT_NE(scene.Verdict(found(first, second)), kAdmissible);
}

// No space becomes visible between the two shapes; it is only cut. A truncation
// writes zeros to the page of the new end, and not to the atom beyond it. The
// zeros can be found under both shapes, the old bytes of the page only under
// the earlier one, and no bytes beyond the page only under the later one.
TEST(DataAtoms, ACutAloneTiesThem) {
  const std::string lines =
      "init\n  create /f\n  write /f 512 512\n  write /f 4096 512\n"
      "run\n  truncate /f 512\n  truncate /f 4608\n";
  const Profile profile = StrictWith(&Profile::truncation_writes_zeros);
  EXPECT_FALSE(DataAtomsApart(profile, WorkloadOf(lines)));
  Scene scene(lines, profile);
  scene.Do().Begin();
  const std::string first = Data(1, 2, 512, 512);
  const std::string second = Data(1, 3, 512, 4096);
  const std::string zeros = Zeros(512);
  const auto found = [&](const std::string& a, const std::string& b) {
    return Found().File("/f", zeros + a + Zeros(3072) + b);
  };
  EXPECT_EQ(scene.Verdict(found(zeros, second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(found(first, second)), kAdmissible);
  EXPECT_EQ(scene.Verdict(found(zeros, zeros)), kAdmissible);
  EXPECT_NE(scene.Verdict(found(first, zeros)), kAdmissible);
}

TEST(DataAtoms, LogsAreLeftOut) {
  EXPECT_FALSE(
      Apart("run\n  log_open LOG\n  log_append LOG 100\n", "spec-strict"));
}

}  // namespace
}  // namespace powercut
