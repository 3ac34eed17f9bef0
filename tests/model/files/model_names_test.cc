// What may be found of names: links, renames and directories. Each rule has a
// witness, as in model_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/files/model.h"
#include "model/words/content.h"
#include "tests/model/model_scene.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

// --- names ------------------------------------------------------------------

TEST(ModelNames, UnlinkAndWhatIsLeftOfIt) {
  Scene scene("init\n create /f\nrun\n unlink /f\n fsync /\n");
  scene.Begin();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  scene.End();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  const auto back = scene.Check(Found().File("/f"));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].kind, ViolationKind::kRegress);
  EXPECT_EQ(back[0].cause, "regress/bystander/fsync/fsync");
  EXPECT_EQ(back[0].promise.effect_op, 2u);
  EXPECT_EQ(back[0].promise.flush_op, 3u);
  EXPECT_EQ(back[0].admissible, "/f is missing");
  EXPECT_THAT(back[0].found, HasSubstr("removal was promised"));
}

TEST(ModelNames, RmdirOfAnEmptiedDirectory) {
  Scene scene(
      "init\n mkdir /d\n create /d/f\nrun\n unlink /d/f\n rmdir /d\n"
      " syncfs\n");
  scene.Do().Do();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").File("/d/f")), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")),
            "regress/bystander/syncfs/sync /d");
}

// Two files had the name in turn, and both may be found under it.
TEST(ModelNames, ANameMadeAnew) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n unlink /f\n"
      " create /f\n write /f 0 512\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(1, 2, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(4, 5, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(4, 2, 512))),
            "ghost/written/write/none /f");
}

// The name led to the file twice. As the older of the two, it would imply that
// the old name of the file is gone; a removal in between hides that. While the
// sync runs, either of the two may be found.
TEST(ModelNames, ANameThatCameBackHidesARename) {
  Scene scene(
      "init\n mkdir /e\n create /e/d\nrun\n link /e/d /k\n rename /e/d /f\n"
      " unlink /f\n link /k /f\n fsync /f\n",
      "btrfs");
  scene.Do().Do().Do().Do();
  const auto all = [] {
    return Found()
        .Directory("/e")
        .File("/e/d")
        .Link("/f", "/e/d")
        .Link("/k", "/e/d");
  };
  EXPECT_EQ(scene.Verdict(all()), "name/source/rename/sync /e/d");
  scene.Begin();
  EXPECT_EQ(scene.Verdict(all()), kAdmissible);
}

TEST(ModelNames, StrangersAreGhosts) {
  Scene scene("init\n mkdir /d\nrun\n create /f\n");
  scene.Do();
  const auto violations = scene.Check(
      Found().Directory("/d").File("/d/x").Directory("/y").File("/y/z"));
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].cause, "ghost/stranger/create/none");
  EXPECT_EQ(violations[0].path, "/d/x");
  EXPECT_EQ(violations[0].admissible, "no such name: no op ever made it");
  // The file in that directory is not reported again.
  EXPECT_EQ(violations[1].cause, "ghost/stranger-directory/create/none");
  EXPECT_EQ(violations[1].path, "/y");
}

TEST(ModelNames, ADirectoryIsNoFile) {
  const Scene scene("init\n mkdir /d\n create /f\nrun\n syncfs\n");
  EXPECT_EQ(scene.Verdict(Found().File("/d").File("/f")),
            "name/bystander-directory/create/sync /d");
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Directory("/f")),
            "name/bystander/create/sync /f");
}

TEST(ModelNames, HardLinksAreOneFile) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n link /f /g\n"
      " syncfs\n");
  const std::string data = Data(1, 2, 512);
  const Found linked = Found().File("/f", data).Link("/g", "/f");
  EXPECT_EQ(scene.Verdict(linked), "ghost/stranger/write/none /g");
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", data)), kAdmissible);
  EXPECT_EQ(scene.Verdict(linked), kAdmissible);
  const auto copy = scene.Check(Found().File("/f", data).File("/g", data));
  ASSERT_EQ(copy.size(), 1u);
  EXPECT_EQ(copy[0].cause, "name/target/link/none");
  EXPECT_EQ(copy[0].path, "/g");
  EXPECT_EQ(copy[0].found, "/g is another file than /f");
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", data)),
            "lost/bystander/syncfs/sync /g");
}

TEST(ModelNames, TwoFilesAreNotOne) {
  Scene scene("run\n create /f\n create /g\n");
  scene.DoAll();
  const auto same = scene.Check(Found().File("/f").Link("/g", "/f"));
  ASSERT_EQ(same.size(), 1u);
  EXPECT_EQ(same[0].cause, "name/target/create/none");
  EXPECT_EQ(same[0].found, "/g is the same file as /f");
}

TEST(ModelNames, ALinkToWhatTheNameLedToBefore) {
  // /f leads to one file, then nowhere, then to another file; /g leads to the
  // first one.
  Scene scene("init\n create /f\nrun\n link /f /g\n unlink /f\n create /f\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/f").Link("/g", "/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f").File("/g")), kAdmissible);
}

// --- renames ----------------------------------------------------------------

const char kRename[] =
    "init\n create /a\n write /a 0 512\nrun\n"
    " rename /a /b\n fsync /\n";

struct RenameCase {
  bool both;
  bool neither;
};

TEST(ModelRename, IsAtomicOrNotByItsSwitches) {
  const std::string data = Data(1, 2, 512);
  for (const RenameCase c :
       {RenameCase{false, false}, {true, false}, {false, true}, {true, true}}) {
    Profile profile = ProfileNamed("spec-strict");
    profile.rename_leaves_both = c.both;
    profile.rename_leaves_neither = c.neither;
    Scene scene(kRename, profile);
    scene.Do();
    EXPECT_EQ(scene.Verdict(Found().File("/a", data)), kAdmissible);
    EXPECT_EQ(scene.Verdict(Found().File("/b", data)), kAdmissible);
    EXPECT_EQ(scene.Verdict(Found().File("/a", data).Link("/b", "/a")),
              c.both ? kAdmissible : "name/source/rename/sync /a");
    EXPECT_EQ(scene.Verdict(Found()),
              c.neither ? kAdmissible : "name/target/rename/none /b");
    // Two copies are two files, which no profile admits.
    EXPECT_NE(scene.Verdict(Found().File("/a", data).File("/b", data)),
              kAdmissible);
    scene.Do();
    EXPECT_EQ(scene.Verdict(Found().File("/b", data)), kAdmissible);
    EXPECT_NE(scene.Verdict(Found().File("/a", data)), kAdmissible);
  }
}

// Each switch alone lets go of both halves of an exchange.
TEST(ModelRename, AnExchangeIsAtomicWhereNoSwitchLiftsIt) {
  for (const RenameCase c :
       {RenameCase{false, false}, {true, false}, {false, true}, {true, true}}) {
    SCOPED_TRACE(testing::Message() << c.both << c.neither);
    Profile profile = ProfileNamed("spec-strict");
    profile.rename_leaves_both = c.both;
    profile.rename_leaves_neither = c.neither;
    Scene scene(
        "init\n create /a\n write /a 0 512\n create /b\n write /b 0 512\n"
        "run\n exchange /a /b\n fsync /\n",
        profile);
    scene.Do();
    const std::string a = Data(1, 2, 512);
    const std::string b = Data(3, 4, 512);
    EXPECT_EQ(scene.Verdict(Found().File("/a", a).File("/b", b)), kAdmissible);
    EXPECT_EQ(scene.Verdict(Found().File("/a", b).File("/b", a)), kAdmissible);
    const bool may_be_half = c.both || c.neither;
    EXPECT_EQ(
        scene.Verdict(Found().File("/a", a).Link("/b", "/a")) == kAdmissible,
        may_be_half);
    EXPECT_EQ(
        scene.Verdict(Found().File("/a", b).Link("/b", "/a")) == kAdmissible,
        may_be_half);
    // No name is without a file.
    EXPECT_NE(scene.Verdict(Found().File("/a", a)), kAdmissible);
    EXPECT_NE(scene.Verdict(Found().File("/b", a)), kAdmissible);
    scene.Do();
    EXPECT_EQ(scene.Verdict(Found().File("/a", b).File("/b", a)), kAdmissible);
    EXPECT_NE(scene.Verdict(Found().File("/a", a).File("/b", b)), kAdmissible);
    EXPECT_NE(scene.Verdict(Found().File("/a", b).Link("/b", "/a")),
              kAdmissible);
  }
}

TEST(ModelRename, TellsWhichHalfIsMissing) {
  Scene scene(kRename);
  scene.Do();
  const std::string data = Data(1, 2, 512);
  const auto both = scene.Check(Found().File("/a", data).Link("/b", "/a"));
  ASSERT_EQ(both.size(), 1u);
  EXPECT_EQ(both[0].kind, ViolationKind::kName);
  EXPECT_EQ(both[0].op, 3u);
  EXPECT_EQ(both[0].admissible, "/a is op 1's or missing");
  EXPECT_EQ(both[0].found, "/a as before, although the rename is done at /b");
  EXPECT_EQ(both[0].promise.flush_op, 0u);
  const auto neither = scene.Check(Found());
  ASSERT_EQ(neither.size(), 1u);
  EXPECT_EQ(neither[0].path, "/b");
  EXPECT_EQ(neither[0].found, "/b missing, although the rename is done at /a");
}

TEST(ModelRename, Chains) {
  Scene scene("init\n create /a\nrun\n rename /a /b\n rename /b /c\n");
  scene.DoAll();
  for (const char* path : {"/a", "/b", "/c"}) {
    EXPECT_EQ(scene.Verdict(Found().File(path)), kAdmissible) << path;
  }
  EXPECT_EQ(scene.Verdict(Found()), "name/target/rename/none /c");
  EXPECT_NE(scene.Verdict(Found().File("/a").Link("/c", "/a")), kAdmissible);
}

TEST(ModelRename, ThereAndBack) {
  Scene scene("init\n create /a\nrun\n rename /a /b\n rename /b /a\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/a")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/b")), kAdmissible);
  EXPECT_NE(scene.Verdict(Found().File("/a").Link("/b", "/a")), kAdmissible);
  EXPECT_NE(scene.Verdict(Found()), kAdmissible);
}

// The name of the first rename is free again, but not with that file.
TEST(ModelRename, ASourceMadeAnewIsAnotherFile) {
  Scene scene("run\n create /a\n rename /a /b\n create /a\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/a").File("/b")), kAdmissible);
  EXPECT_NE(scene.Verdict(Found().File("/a").Link("/b", "/a")), kAdmissible);
}

TEST(ModelRename, OverAFileLeavesTheOldOrTheNew) {
  const std::string lines =
      "init\n create /a\n write /a 0 512\n create /b\n write /b 0 512\nrun\n"
      " rename /b /a\n fsync /\n";
  const std::string a = Data(1, 2, 512);
  const std::string b = Data(3, 4, 512);
  Scene scene(lines);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/a", a).File("/b", b)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/a", b)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/b", b)), "name/target/rename/sync /a");
  EXPECT_NE(scene.Verdict(Found().File("/a", a)), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/a", b)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/a", a)),
            "lost/bystander/fsync/fsync /a");
  const auto lost = scene.Check(Found().File("/a", a));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].admissible, "/a is op 5's");
  EXPECT_EQ(lost[0].found, "/a is op 1's");
  EXPECT_EQ(lost[0].promise.effect_op, 5u);
  EXPECT_EQ(lost[0].promise.flush_op, 6u);
}

TEST(ModelRename, OntoALinkOfItselfDoesNothing) {
  Scene scene("init\n create /a\n link /a /b\nrun\n rename /a /b\n syncfs\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/a").Link("/b", "/a")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/b")), "lost/bystander/syncfs/sync /a");
}

TEST(ModelRename, MayLeaveATemporaryName) {
  const std::string lines =
      "init\n create /a\n write /a 0 512\n create /b\n write /b 0 512\nrun\n"
      " rename /b /a\n fsync /\n";
  const std::string a = Data(1, 2, 512);
  const std::string b = Data(3, 4, 512);
  const Profile with = StrictWith(&Profile::rename_leaves_temporary);
  Scene narrow(lines);
  Scene wide(lines, with);
  const Found left = Found().File("/a", b).File("/tmp", a);
  EXPECT_NE(wide.Verdict(left), kAdmissible);
  narrow.Do();
  wide.Do();
  EXPECT_EQ(narrow.Verdict(left), "ghost/stranger/rename/none /tmp");
  EXPECT_EQ(wide.Verdict(left), kAdmissible);
  EXPECT_EQ(wide.Verdict(Found().File("/a", b).File("/tmp", Zeros(512))),
            "ghost/stranger/rename/none /tmp");
  wide.Do();
  EXPECT_EQ(wide.Verdict(left), "ghost/stranger/fsync/none /tmp");
  // A rename to a free name needs no temporary name.
  Scene free(kRename, with);
  free.Do();
  EXPECT_NE(free.Verdict(Found().File("/a", a).Link("/tmp", "/a")),
            kAdmissible);
}

TEST(ModelRename, ADirectoryTakesItsChildrenAlong) {
  Scene scene(
      "init\n mkdir /d\n create /d/f\nrun\n rename /d /e\n"
      " create /e/g\n");
  scene.DoAll();
  for (const std::string at : {"/d", "/e"}) {
    EXPECT_EQ(scene.Verdict(Found().Directory(at).File(at + "/f")),
              kAdmissible);
    EXPECT_EQ(
        scene.Verdict(Found().Directory(at).File(at + "/f").File(at + "/g")),
        kAdmissible);
    EXPECT_EQ(scene.Verdict(Found().Directory(at)),
              "lost/bystander/create/sync " + at + "/f");
  }
}

TEST(ModelRename, ADirectoryWithTwoNamesIsTheSameTwice) {
  Scene scene("init\n mkdir /d\nrun\n create /d/f\n rename /d /e\n",
              StrictWith(&Profile::rename_leaves_both));
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Link("/e", "/d")),
            kAdmissible);
  EXPECT_EQ(scene.Verdict(Found()
                              .Directory("/d")
                              .File("/d/f")
                              .Link("/e", "/d")
                              .Link("/e/f", "/d/f")),
            kAdmissible);
  EXPECT_EQ(
      scene.Verdict(Found().Directory("/d").File("/d/f").Link("/e", "/d")),
      "name/target/create/none /e/f");
}

// The old directory may be found with its file in it, since the unlink was not
// flushed. The new directory is always empty.
TEST(ModelRename, OverADirectoryThatWasJustEmptied) {
  Scene scene(
      "init\n mkdir /d\n mkdir /e\n create /e/f\nrun\n unlink /e/f\n"
      " rename /d /e\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Directory("/e").File("/e/f")),
            kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").Directory("/e")),
            kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/e")), kAdmissible);
  // The new directory never held the file.
  EXPECT_NE(scene.Verdict(Found().Directory("/e").File("/e/f")), kAdmissible);
}

// fsync of the directory promises that the source is gone, and therefore the
// target, even if the directory itself is not found.
TEST(ModelRename, APromisedSourceBindsTheTarget) {
  const std::string lines =
      "run\n mkdir /d\n create /d/f\n rename /d/f /g\n"
      " fsync /d\n";
  Scene scene(lines);
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").File("/g")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/g")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")),
            "lost/bystander/fsync/fsync /g");
  EXPECT_EQ(scene.Verdict(Found()), "lost/bystander/fsync/fsync /g");
  Scene loose(lines, StrictWith(&Profile::rename_leaves_neither));
  loose.DoAll();
  EXPECT_EQ(loose.Verdict(Found()), kAdmissible);
}

// --- no crash at all --------------------------------------------------------

TEST(ModelLive, ComparesTheTreeWithEverythingDone) {
  for (const Profile& profile : Profiles()) {
    Scene scene(
        "run\n create /a\n write /a 0 600\n create /b\n"
        " rename /a /b\n truncate /b 700\n link /b /c\n",
        profile);
    const auto live = [&](const Found& found) {
      return scene.model().CompareLive(found.observation());
    };
    EXPECT_EQ(live(Found()), "");
    scene.DoAll();
    const std::string data = Data(1, 2, 600) + Zeros(100);
    EXPECT_EQ(live(Found().File("/b", data).Link("/c", "/b")), "");
    EXPECT_EQ(live(Found().File("/b", data)),
              "/c: expected /c is op 6's, found /c missing");
    EXPECT_NE(live(Found().File("/b", data).File("/c", data)), "");
    EXPECT_NE(live(Found().File("/b", data.substr(0, 600)).Link("/c", "/b")),
              "");
    EXPECT_NE(live(Found().File("/a", data).Link("/b", "/a").Link("/c", "/a")),
              "");
    std::string wrong = data;
    wrong[650] = 'x';
    EXPECT_NE(live(Found().File("/b", wrong).Link("/c", "/b")), "");
    // CompareLive() works on a copy: the model itself has promised nothing.
    EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  }
}

TEST(Model, CopiesGoTheirOwnWay) {
  Scene scene("run\n create /a\n syncfs\n");
  Model copy(scene.model());
  scene.DoAll();
  EXPECT_NE(scene.Verdict(Found()), kAdmissible);
  EXPECT_TRUE(copy.Check(Found().observation(), CrashKind::kPower).empty());
  copy.Begin(1);
  EXPECT_TRUE(
      copy.Check(Found().File("/a").observation(), CrashKind::kPower).empty());
}

}  // namespace
}  // namespace powercut
