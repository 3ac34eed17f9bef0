// What ops do, and what flushes promise. Each rule has a witness: an
// observation that is a violation where the rule holds and admissible where it
// does not. model_names_test.cc has the names, and model_data_test.cc data and
// sizes.

#include "model/files/model.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/files/admissible.h"
#include "model/words/content.h"
#include "tests/model/model_scene.h"

namespace powercut {
namespace {

// --- plans ------------------------------------------------------------------

// The error with which the op must fail after a fixed `init`.
std::string PlanError(const std::string& op) {
  Scene scene("init\n create /f\n mkdir /d\n create /d/g\n mkdir /e\nrun\n " +
              op + "\n");
  return scene.model().Plan(scene.workload().run[0]).error;
}

TEST(ModelPlan, NamesTheErrorOfEachOp) {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"create /x", ""},
      {"create /f", "EEXIST"},
      {"create /d", "EEXIST"},
      {"create /", "EEXIST"},
      {"create /x/y", "ENOENT"},
      {"create /f/y", "ENOTDIR"},
      {"create /d/y", ""},
      {"mkdir /x", ""},
      {"mkdir /f", "EEXIST"},
      {"mkdir /x/y", "ENOENT"},
      {"write /f 0 1", ""},
      {"write /x 0 1", "ENOENT"},
      {"write /d 0 1", "EISDIR"},
      {"append /f 1", ""},
      {"append /x 1", "ENOENT"},
      {"append /d 1", "EISDIR"},
      {"truncate /f 1", ""},
      {"truncate /x 1", "ENOENT"},
      {"truncate / 1", "EISDIR"},
      {"unlink /f", ""},
      {"unlink /x", "ENOENT"},
      {"unlink /d", "EISDIR"},
      {"rmdir /e", ""},
      {"rmdir /d", "ENOTEMPTY"},
      {"rmdir /f", "ENOTDIR"},
      {"rmdir /x", "ENOENT"},
      {"rmdir /", "EBUSY"},
      {"rename /f /x", ""},
      {"rename /f /d/g", ""},
      {"rename /x /f", "ENOENT"},
      {"rename /f /e", "EISDIR"},
      {"rename /e /f", "ENOTDIR"},
      {"rename /e /d", "ENOTEMPTY"},
      {"rename /d /e", ""},
      {"rename /d /d", ""},
      {"rename /d /d/x", "EINVAL"},
      {"exchange /f /e", ""},
      {"exchange /f /x", "ENOENT"},
      {"exchange /x /f", "ENOENT"},
      {"exchange /x/y /f", "ENOENT"},
      {"exchange /f /x/y", "ENOENT"},
      {"exchange / /f", "EBUSY"},
      {"exchange /d /d/g", "EINVAL"},
      {"exchange /d/g /d", "EINVAL"},
      // The directories of both paths are found first, as on Linux.
      {"rename /d /d/x/y", "ENOENT"},
      {"rename /f /f/x", "ENOTDIR"},
      {"rename /f /f/x/y", "ENOTDIR"},
      {"rename /x /f/y", "ENOTDIR"},
      {"rename /f/x /y", "ENOTDIR"},
      {"create /f/x/y", "ENOTDIR"},
      {"rename /d /dx", ""},
      {"rename /f /x/y", "ENOENT"},
      {"rename / /x", "EBUSY"},
      {"rename /f /", "EBUSY"},
      {"link /f /x", ""},
      {"link /f /d/g", "EEXIST"},
      {"link /x /y", "ENOENT"},
      {"link /d /x", "EPERM"},
      {"link /f /x/y", "ENOENT"},
      {"fsync /f", ""},
      {"fsync /", ""},
      {"fsync /x", "ENOENT"},
      {"fdatasync /d", ""},
      {"fdatasync /x", "ENOENT"},
      {"syncfs", ""},
  };
  for (const auto& [op, error] : kCases) EXPECT_EQ(PlanError(op), error) << op;
}

TEST(ModelPlan, WritesDataThatNamesItself) {
  const Scene scene(
      "init\n create /f\n write /f 0 700\nrun\n append /f 40\n"
      " write /f 100 20 fill=9\n append /f 0\n");
  const auto& run = scene.workload().run;
  const OpPlan append = scene.model().Plan(run[0]);
  EXPECT_EQ(append.offset_bytes, 700u);
  EXPECT_EQ(append.content, Data(1, 3, 40, 700));
  const OpPlan write = scene.model().Plan(run[1]);
  EXPECT_EQ(write.offset_bytes, 100u);
  EXPECT_EQ(write.content, MakeContent(1, 4, 9, {100, 20}));
  EXPECT_EQ(scene.model().Plan(run[2]).content, "");
}

TEST(ModelPlan, AnOpThatMustFailChangesNothing) {
  Scene scene("init\n create /f\nrun\n create /f\n rename /x /y\n");
  scene.Do(false).Do(false);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found()), "lost/bystander/rename/sync /f");
}

// --- what is promised when --------------------------------------------------

TEST(ModelFloors, InitIsPromisedWhole) {
  const Scene scene("init\n create /f\n write /f 0 512\nrun\n syncfs\n");
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(1, 2, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found()), "lost/bystander/write/sync /f");
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(512))),
            "lost/bystander/write/sync /f");
  EXPECT_EQ(scene.Verdict(Found().File("/f")), "lost/bystander/write/sync /f");
}

TEST(ModelFloors, AnOpMayBeFoundFromItsBegin) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n");
  const Found after = Found().File("/f", Data(1, 2, 512));
  EXPECT_EQ(scene.Verdict(after), "size/bystander/create/sync /f");
  scene.Begin();
  EXPECT_EQ(scene.Verdict(after), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  scene.End();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
}

TEST(ModelFloors, AReturnedOpSurvivesTheProcessOnly) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n create /g\n");
  const Found before = Found().File("/f");
  scene.Begin();
  EXPECT_EQ(scene.Verdict(before, CrashKind::kProcess), kAdmissible);
  scene.End();
  EXPECT_EQ(scene.Verdict(before, CrashKind::kProcess),
            "lost/bystander/write/write /f");
  EXPECT_EQ(scene.Verdict(before, CrashKind::kOs), kAdmissible);
  EXPECT_EQ(scene.Verdict(before, CrashKind::kPower), kAdmissible);
  scene.Do();
  EXPECT_EQ(
      scene.Verdict(Found().File("/f", Data(1, 2, 512)), CrashKind::kProcess),
      "lost/bystander/create/create /g");
}

// A flush covers what had returned when it was called.
TEST(ModelFloors, AFlushPromisesAtItsReturn) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n fsync /f\n");
  scene.Do().Begin();
  const Found before = Found().File("/f");
  EXPECT_EQ(scene.Verdict(before), kAdmissible);
  EXPECT_TRUE(scene.End());
  for (const CrashKind kind : kCrashKinds) {
    EXPECT_NE(scene.Verdict(before, kind), kAdmissible);
  }
  EXPECT_EQ(scene.Verdict(before), "lost/bystander/fsync/fsync /f");
}

TEST(ModelFloors, AFlushDoesNotCoverWhatOverlapsIt) {
  const Workload workload =
      WorkloadOf("init\n create /f\nrun\n write /f 0 512\n fsync /f\n");
  const Profile profile = ProfileNamed("spec-strict");
  Model model(workload, profile);
  model.Begin(1);
  model.End(1, true);
  model.EndInit();
  model.Begin(2);
  model.Begin(3);
  model.End(2, true);
  EXPECT_FALSE(model.End(3, true));
  EXPECT_TRUE(
      model.Check(Found().File("/f").observation(), CrashKind::kPower).empty());
}

// A flush is of the file that its path led to at the call, whatever is renamed
// before it returns.
TEST(ModelFloors, AFlushIsOfTheFileThatItWasCalledFor) {
  const Workload workload = WorkloadOf(
      "init\n create /f\n create /g\nrun\n write /f 0 512\n write /g 0 512\n"
      " fsync /f\n rename /g /f\n");
  const Profile profile = ProfileNamed("spec-strict");
  Model model(workload, profile);
  for (uint32_t n = 1; n <= 4; ++n) {
    model.Begin(n);
    model.End(n, true);
    if (n == 2) model.EndInit();
  }
  model.Begin(5);
  model.Begin(6);
  EXPECT_TRUE(model.End(5, true));
  const auto check = [&](const Found& found) {
    return model.Check(found.observation(), CrashKind::kPower).empty();
  };
  EXPECT_TRUE(check(Found().File("/f", Data(1, 3, 512)).File("/g")));
  EXPECT_FALSE(check(Found().File("/f").File("/g")));
}

// A write of no bytes syncs nothing, whatever it was opened with.
TEST(ModelFloors, ASyncedWriteOfNoBytesPromisesNothing) {
  for (const std::string flag : {"sync", "dsync"}) {
    Scene scene("init\n create /f\nrun\n truncate /f 512\n write /f 0 0 " +
                flag + "\n");
    EXPECT_FALSE(scene.DoAll().promised()) << flag;
    EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible) << flag;
  }
}

// The own name of a directory is carried by its fsync where the profile says
// so, with the names above it.
TEST(ModelFloors, FsyncOfADirectoryCoversItsOwnNameByTheSwitch) {
  for (const bool covers : {false, true}) {
    Scene scene("run\n mkdir /a\n mkdir /a/b\n fsync /a/b\n",
                StrictWith(&Profile::fsync_directory_covers_own_name, covers));
    scene.DoAll();
    EXPECT_EQ(scene.Verdict(Found()) == kAdmissible, !covers);
    EXPECT_EQ(scene.Verdict(Found().Directory("/a")) == kAdmissible, !covers);
    EXPECT_EQ(scene.Verdict(Found().Directory("/a").Directory("/a/b")),
              kAdmissible);
  }
}

// R-FDONLY, R-SFR: where the space of data would not survive the death of the
// system, the data is not promised, although all of it survives the process.
TEST(ModelFloors, ARangeSyncPromisesPlacedDataOnly) {
  Profile profile = ProfileNamed("spec-strict");
  profile.range_sync_reaches_device = true;
  profile.overwrite_in_place = true;
  const std::string sync = " write /f 0 512\n sync_file_range /f 0 512\n";
  const auto verdict = [&](const std::string& before) {
    Scene scene("init\n create /f\n" + before + "run\n" + sync, profile);
    scene.DoAll();
    return scene.Verdict(Found().File("/f", Zeros(512)), CrashKind::kOs);
  };
  EXPECT_EQ(verdict(""), kAdmissible);
  EXPECT_NE(verdict(" write /f 0 512\n"), kAdmissible);
}

// R-MADE-NAME: fdatasync covers the name that the file was made with, with the
// directory above. A rename since may be found or not; a link since may be
// missing.
TEST(ModelFloors, FdatasyncCoversTheNameThatTheFileWasMadeWith) {
  const std::string ops =
      "run\n mkdir /d\n create /d/f\n rename /d/f /g\n link /g /h\n";
  Scene scene(ops + " fdatasync /g\n",
              StrictWith(&Profile::fdatasync_covers_made_name));
  scene.Do().Do().Do().Do().Do();
  const Found made = Found().Directory("/d").File("/d/f");
  const Found renamed = Found().Directory("/d").File("/g");
  const Found linked = Found().Directory("/d").File("/g").Link("/h", "/g");
  for (const Found& found : {made, renamed, linked}) {
    EXPECT_EQ(scene.Verdict(found), kAdmissible);
  }
  EXPECT_NE(scene.Verdict(Found().Directory("/d")), kAdmissible);
  EXPECT_NE(scene.Verdict(Found()), kAdmissible);
  // If the switch is off, nothing of this is promised.
  Scene without(ops + " fdatasync /g\n", *FindProfile("spec-strict"));
  without.Do().Do().Do().Do().Do();
  EXPECT_EQ(without.Verdict(Found()), kAdmissible);
}

TEST(ModelFloors, AFailedFlushPromisesNothing) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n fsync /f\n");
  scene.Do().Do(false);
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
}

struct TaintCase {
  std::string change;
  std::string flush;
  Found old;  // What is found without the change.
};

// ERR-UNKNOWN: of whatever kind the thing is that a failed flush was to carry,
// the next flush promises it only if it was made again.
TEST(ModelFloors, WhatAFailedFlushWasToCarryStaysInDoubt) {
  Profile profile = StrictWith(&Profile::flush_covers_removed_names);
  profile.flush_covers_names = profile.fsync_directory_covers_names = true;
  const std::string data = Data(2, 3, 1024);
  const auto before = [&] {
    return Found().Directory("/d").File("/f", data).Link("/d/n", "/f");
  };
  const std::vector<TaintCase> cases = {
      {"write /f 0 512", "fsync /f", before()},
      {"truncate /f 512", "fsync /f", before()},
      {"append /f 512", "fdatasync /f", before()},
      {"link /f /d/o", "fsync /f", before()},
      {"unlink /d/n", "fsync /f", before()},
      {"unlink /d/n", "fsync /d", before()},
      {"create /d/o", "fsync /d", before()},
      {"mkdir /e", "syncfs", before()},
  };
  for (const TaintCase& c : cases) {
    SCOPED_TRACE(c.change + ", " + c.flush);
    for (const bool fails : {false, true}) {
      Scene scene(
          "init\n mkdir /d\n create /f\n write /f 0 1024\n"
          " link /f /d/n\nrun\n " +
              c.change + "\n " + c.flush + "\n " + c.flush + "\n",
          profile);
      scene.Do().Do(!fails).Do();
      EXPECT_EQ(scene.Verdict(c.old) == kAdmissible, fails);
    }
    // Made again, it is promised. What was removed cannot be removed again.
    if (c.change != "write /f 0 512") continue;
    Scene again(
        "init\n mkdir /d\n create /f\n write /f 0 1024\n"
        " link /f /d/n\nrun\n " +
            c.change + "\n " + c.flush + "\n " + c.change + "\n " + c.flush +
            "\n",
        profile);
    again.Do().Do(false).Do().Do();
    EXPECT_NE(again.Verdict(c.old), kAdmissible);
  }
}

// A comparison of what is seen with what is listed must leave out bytes that
// may be anything, and no others.
TEST(ModelStale, OnlyWhatMayBeAnythingIsLeftOutOfComparisons) {
  const Profile profile = StrictWith(&Profile::stale_new_data);
  for (const bool flushed : {false, true}) {
    Scene scene("init\n create /f\nrun\n write /f 0 700\n fsync /f\n", profile);
    scene.Do();
    if (flushed) scene.Do();
    const Found found = Found().File("/f", Data(1, 2, 700));
    const Observation normal =
        Normalized(scene.model(), CrashKind::kPower, found.observation());
    EXPECT_EQ(
        normal.entries.at(0).content == found.observation().entries[0].content,
        flushed);
  }
}

TEST(ModelFloors, AFailedOpStaysInDoubt) {
  Scene scene("init\n create /f\nrun\n write /f 0 512\n syncfs\n");
  scene.Do(false).Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Data(1, 2, 512))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f"), CrashKind::kProcess),
            kAdmissible);
}

TEST(ModelFloors, EndTellsWhetherAnythingWasPromised) {
  Scene scene(
      "init\n create /f\nrun\n fsync /f\n write /f 0 1\n fsync /f\n"
      " fsync /f\n syncfs\n create /g\n fsync /f\n fsync /\n");
  std::string promised;
  for (int i = 0; i < 8; ++i) promised += scene.Do().promised() ? '1' : '0';
  EXPECT_EQ(promised, "00100001");
}

struct FlushCase {
  std::string flush;
  std::string profile;
  bool covers_data;
  bool covers_name;
  bool covers_other_file;
};

TEST(ModelFloors, EachFlushCoversWhatTheProfileSays) {
  std::vector<FlushCase> cases;
  for (const Profile& p : Profiles()) {
    // With data_ordered a flush brings along everything that came before.
    if (p.data_ordered) continue;
    const bool all = p.name == "ntfs-3g";
    const bool media = !p.fsync_stops_at_device;
    const bool directory = all || (media && p.fsync_directory_covers_names);
    const bool names = all || p.flush_covers_names;
    cases.push_back({"fsync /d/f", p.name, media, names, all});
    cases.push_back({"fdatasync /d/f", p.name, media, all, all});
    cases.push_back({"full_fsync /d/f", p.name, true, names, all});
    cases.push_back({"fsync /d", p.name, all, directory, all});
    cases.push_back({"fdatasync /d", p.name, all, directory, all});
    cases.push_back({"fsync /", p.name, all, all, all});
    cases.push_back({"syncfs", p.name, true, true, true});
  }
  for (const FlushCase& c : cases) {
    Scene scene(
        "init\n mkdir /d\n create /d/f\n create /o\nrun\n"
        " write /d/f 0 512\n write /o 0 512\n link /d/f /d/n\n " +
            c.flush + "\n",
        c.profile);
    scene.DoAll();
    const std::string data = Data(2, 4, 512);
    const std::string other = Data(3, 5, 512);
    const auto make = [&](const std::string& f, bool name,
                          const std::string& o) {
      Found found = Found().Directory("/d").File("/d/f", f).File("/o", o);
      return name ? std::move(found).Link("/d/n", "/d/f") : found;
    };
    const auto verdict = [&](const Found& found) {
      return scene.Verdict(found) == kAdmissible;
    };
    const std::string about = c.flush + " under " + c.profile;
    EXPECT_TRUE(verdict(make(data, true, other))) << about;
    EXPECT_EQ(verdict(make("", true, other)), !c.covers_data) << about;
    EXPECT_EQ(verdict(make(data, false, other)), !c.covers_name) << about;
    EXPECT_EQ(verdict(make(data, true, "")), !c.covers_other_file) << about;
  }
}

TEST(ModelFloors, AFileCanBePromisedUnderANameThatIsNot) {
  Scene scene(
      "run\n mkdir /d\n create /d/f\n write /d/f 0 512\n"
      " fsync /d/f\n fsync /d\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found()), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().Directory("/d")),
            "lost/bystander/fsync/fsync /d/f");
  EXPECT_EQ(scene.Verdict(Found().Directory("/d").File("/d/f")),
            "lost/bystander/fsync/fsync /d/f");
}

}  // namespace
}  // namespace powercut
