// Names that a file came to and left again (O-LEFT): what they may show under
// the profile `btrfs`, and when that ends. The old file has data, so that it is
// told apart from the files that come to its name.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/files/model.h"
#include "model/words/content.h"
#include "tests/model/model_scene.h"

namespace powercut {
namespace {

constexpr std::string_view kInit =
    "init\n mkdir /d\n create /a\n create /d/x\n write /d/x 0 512\nrun\n";

// What is found if the old /d/x is there, and these files, all of them empty.
Found OldBeside(const std::vector<std::string>& files) {
  Found found = Found().Directory("/d").File("/d/x", Data(3, 4, 512));
  for (const std::string& file : files)
    found = Found(std::move(found).File(file));
  return found;
}

// Whether the old /d/x is admitted beside the files after these ops.
bool IsBack(const std::string& ops, const std::vector<std::string>& files,
            const Profile& profile, CrashKind kind = CrashKind::kPower) {
  Scene scene(std::string(kInit) + ops, profile);
  scene.DoAll();
  return scene.Verdict(OldBeside(files), kind) == "admissible";
}

bool IsBack(const std::string& ops, const std::vector<std::string>& files,
            CrashKind kind = CrashKind::kPower) {
  return IsBack(ops, files, ProfileNamed("btrfs"), kind);
}

constexpr const char* kOnTheWay =
    " create /n\n rename /n /d/x\n rename /d/x /b\n";

TEST(LeftNames, ShowWhatWasThereBefore) {
  const std::vector<std::string> moved = {"/a", "/b"};
  EXPECT_TRUE(IsBack(std::string(kOnTheWay) + " fsync /b\n", moved));
  EXPECT_TRUE(
      IsBack(std::string(kOnTheWay) + " fsync /b\n", moved, CrashKind::kOs));
  EXPECT_TRUE(IsBack(" unlink /d/x\n create /d/x\n rename /d/x /b\n fsync /b\n",
                     moved));
  EXPECT_TRUE(IsBack(
      " rename /a /d/x\n create /a\n rename /d/x /b\n fsync /a\n", moved));
  EXPECT_TRUE(IsBack(
      " rename /a /d/x\n link /d/x /b\n unlink /d/x\n create /a\n fsync /a\n",
      moved));
  // The promise that the name of the file was removed says nothing of others.
  Profile removes = ProfileNamed("btrfs");
  removes.flush_covers_removed_names = true;
  EXPECT_TRUE(IsBack(std::string(kOnTheWay) + " fsync /b\n", moved, removes));
}

TEST(LeftNames, ShowItBesideTheLogOfASyncAlone) {
  const std::vector<std::string> moved = {"/a", "/b"};
  EXPECT_FALSE(IsBack(kOnTheWay, moved));
  EXPECT_FALSE(IsBack(std::string(kOnTheWay) + " create /o\n fsync /o\n",
                      {"/a", "/b", "/o"}));
  Profile without = ProfileNamed("btrfs");
  without.left_name_shows_old = false;
  EXPECT_FALSE(IsBack(std::string(kOnTheWay) + " fsync /b\n", moved, without));
  EXPECT_FALSE(IsBack(std::string(kOnTheWay) + " fsync /b\n", moved,
                      ProfileNamed("xfs")));
  EXPECT_FALSE(IsBack(std::string(kOnTheWay) + " fsync /b\n", moved,
                      CrashKind::kProcess));
}

// A file that has no other name is gone, and its name shows that.
TEST(LeftNames, AreThoseOfFilesThatAreElsewhere) {
  EXPECT_FALSE(
      IsBack(" rename /a /d/x\n create /a\n unlink /d/x\n fsync /a\n", {"/a"}));
}

TEST(LeftNames, ShowNothingOlderThanWhatIsKept) {
  const std::vector<std::string> moved = {"/a", "/b"};
  const auto back = [&](const std::string& between, const std::string& after) {
    return IsBack(" create /n\n rename /n /d/x\n" + between +
                      " rename /d/x /b\n fsync /b\n" + after,
                  moved);
  };
  EXPECT_TRUE(back("", ""));
  EXPECT_FALSE(back(" fsync /d/x\n", ""));
  EXPECT_FALSE(back(" fsync /d\n", ""));
  EXPECT_FALSE(back(" syncfs\n", ""));
  EXPECT_FALSE(back("", " fsync /d\n"));
  EXPECT_FALSE(back("", " syncfs\n"));
  // Another file or directory says nothing of the name.
  EXPECT_TRUE(back(" fsync /a\n", ""));
  EXPECT_TRUE(back("", " fsync /a\n"));
}

// A sync that covers an older change of the name ends what is older than that.
TEST(LeftNames, ShowWhatCameAfterTheLastSync) {
  const auto back = [](const std::string& found) {
    Scene scene(std::string(kInit) +
                    " create /n\n write /n 0 512\n rename /n /d/x\n fsync /d\n"
                    " rename /a /d/x\n rename /d/x /b\n fsync /b\n",
                ProfileNamed("btrfs"));
    scene.DoAll();
    return scene.Verdict(
        Found().Directory("/d").File("/d/x", found).File("/b"));
  };
  EXPECT_EQ(back(Data(5, 6, 512)), "admissible");
  EXPECT_NE(back(Data(3, 4, 512)), "admissible");
}

// What a violation calls admissible has the old file, as long as it may be
// back.
// The old file is where it was before, so that the rename that had moved it
// away says nothing. The file that came to the name since is found where it is.
TEST(LeftNames, ShowAFileThatWasMovedAway) {
  constexpr const char* kAgain =
      " rename /d/x /b\n create /d/x\n rename /d/x /d/y\n";
  const auto verdict = [](const std::string& ops, const Found& found) {
    Scene scene(std::string(kInit) + ops, "btrfs");
    scene.DoAll();
    return scene.Verdict(found);
  };
  const std::string synced = std::string(kAgain) + " fsync /d/y\n";
  const Found old = OldBeside({"/a", "/d/y"});
  EXPECT_EQ(verdict(synced, old), "admissible");
  EXPECT_NE(verdict(kAgain, old), "admissible");
  // A sync that covers the names lets nothing come back.
  EXPECT_NE(verdict(synced + " fsync /d\n", old), "admissible");
  EXPECT_NE(verdict(synced + " syncfs\n", old), "admissible");
  EXPECT_NE(verdict(std::string(kAgain) + " syncfs\n fsync /d/y\n", old),
            "admissible");
  // A file that is found nowhere is lost.
  EXPECT_NE(verdict(synced, Found().Directory("/d").File("/a").File("/d/y")),
            "admissible");
  EXPECT_EQ(
      verdict(synced, Found().Directory("/d").File("/a").File("/d/y").File(
                          "/b", Data(3, 4, 512))),
      "admissible");
}

// The name that a file was made with is no name that a sync of it keeps from
// showing what it led to before.
TEST(LeftNames, AreNotKeptByTheSyncOfAFileThatLeft) {
  EXPECT_TRUE(
      IsBack(" rename /d/x /o\n create /d/x\n rename /d/x /b\n fdatasync /b\n",
             {"/a", "/b"}));
}

TEST(LeftNames, AreNamedAmongWhatIsAdmissible) {
  const auto admissible = [](const std::string& after) {
    Scene scene(std::string(kInit) + kOnTheWay + after, "btrfs");
    scene.DoAll();
    // The name shows the file that is at /b.
    const auto found = scene.Check(
        Found().Directory("/d").File("/a").File("/b").Link("/d/x", "/b"));
    return found.empty() ? "nothing" : found[0].admissible;
  };
  EXPECT_EQ(admissible(" fsync /b\n"), "/d/x is missing or op 3's");
  EXPECT_EQ(admissible(" fsync /b\n fsync /d\n"), "/d/x is missing");
}

// What runs without a crash shows the name as it is.
TEST(LeftNames, ShowNothingWithoutACrash) {
  Scene scene(std::string(kInit) + kOnTheWay + " fsync /b\n", "btrfs");
  scene.DoAll();
  const Found old = OldBeside({"/a", "/b"});
  EXPECT_NE(scene.model().CompareLive(old.observation()), "");
  EXPECT_EQ(scene.model().CompareLive(
                Found().Directory("/d").File("/a").File("/b").observation()),
            "");
}

}  // namespace
}  // namespace powercut
