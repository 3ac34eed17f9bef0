// What may be found of data and sizes, also where views wrote them or where
// nothing ever did. Each rule has a witness, as in model_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/files/admissible.h"
#include "model/files/model.h"
#include "model/words/content.h"
#include "tests/model/model_scene.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

// --- data -------------------------------------------------------------------

TEST(ModelData, AtomsAreFoundEachForItself) {
  Scene scene("init\n create /f\n write /f 0 1024\nrun\n write /f 0 1024\n");
  scene.Do();
  const std::string old = Data(1, 2, 1024);
  const std::string fresh = Data(1, 3, 1024);
  const auto verdict = [&](const std::string& content) {
    return scene.Verdict(Found().File("/f", content));
  };
  EXPECT_EQ(verdict(old.substr(0, 512) + fresh.substr(512)), kAdmissible);
  EXPECT_EQ(verdict(fresh.substr(0, 512) + old.substr(512)), kAdmissible);
  // An atom with 256 bytes of each version is torn.
  EXPECT_EQ(verdict(fresh.substr(0, 256) + old.substr(256)),
            "torn/written/write/sync /f");
  const auto torn =
      scene.Check(Found().File("/f", fresh.substr(0, 256) + old.substr(256)));
  ASSERT_EQ(torn.size(), 1u);
  EXPECT_EQ(torn[0].admissible, "bytes 0 to 511 are op 2's or op 3's");
  EXPECT_EQ(torn[0].found, "bytes 0 to 511 are a mix of op 3's and op 2's");
}

TEST(ModelData, WritesThatMeetInOneAtomPileUp) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n write /f 100 50\n"
      " write /f 120 200\n");
  scene.DoAll();
  std::string one = Data(1, 2, 512);
  one.replace(100, 50, Data(1, 3, 50, 100));
  std::string two = one;
  two.replace(120, 200, Data(1, 4, 200, 120));
  std::string second_only = Data(1, 2, 512);
  second_only.replace(120, 200, Data(1, 4, 200, 120));
  EXPECT_EQ(scene.Verdict(Found().File("/f", one)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", two)), kAdmissible);
  EXPECT_THAT(scene.Verdict(Found().File("/f", second_only)),
              HasSubstr("/written/write/sync /f"));
}

TEST(ModelData, AWriteAcrossAtomsIsTwo) {
  Scene scene("init\n create /f\n write /f 0 1024\nrun\n write /f 500 24\n");
  scene.Do();
  const std::string old = Data(1, 2, 1024);
  const std::string bytes = Data(1, 3, 24, 500);
  for (const int done : {0, 1, 2, 3}) {
    std::string content = old;
    if ((done & 1) != 0) content.replace(500, 12, bytes.substr(0, 12));
    if ((done & 2) != 0) content.replace(512, 12, bytes.substr(12));
    EXPECT_EQ(scene.Verdict(Found().File("/f", content)), kAdmissible) << done;
  }
}

TEST(ModelData, ForeignBytesAreGhosts) {
  const Scene scene("init\n create /f\n write /f 0 512\nrun\n syncfs\n");
  std::string content = Data(1, 2, 512);
  content[40] ^= 1;
  const auto violations = scene.Check(Found().File("/f", content));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].kind, ViolationKind::kGhost);
  EXPECT_EQ(violations[0].cause, "ghost/bystander/write/sync");
  EXPECT_EQ(violations[0].found, "bytes 0 to 511 are what nobody wrote there");
}

TEST(ModelData, BytesOfAnotherFileAreStale) {
  const Scene scene(
      "init\n create /f\n write /f 0 1024\n create /g\n"
      " write /g 0 512\nrun\n syncfs\n");
  const std::string f = Data(1, 2, 1024);
  const auto violations =
      scene.Check(Found().File("/f", f).File("/g", f.substr(0, 512)));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].cause, "stale/bystander/write/sync");
  EXPECT_EQ(violations[0].path, "/g");
  EXPECT_EQ(violations[0].found,
            "bytes 0 to 511 are what op 2 wrote to the file that op 1 created");
  const auto moved = scene.Check(Found()
                                     .File("/f", f.substr(512) + f.substr(512))
                                     .File("/g", Data(3, 4, 512)));
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].kind, ViolationKind::kStale);
  EXPECT_EQ(moved[0].found,
            "bytes 0 to 511 are what op 2 wrote elsewhere in the file");
}

TEST(ModelData, WhatAPromiseHeldIsRegressWhenAnOlderOneIsBack) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n write /f 0 512\n"
      " fsync /f\n write /f 0 512\n fdatasync /f\n write /f 0 512\n");
  scene.DoAll();
  const auto verdict = [&](uint16_t op) {
    return scene.Verdict(Found().File("/f", Data(1, op, 512)));
  };
  EXPECT_EQ(verdict(7), kAdmissible);
  EXPECT_EQ(verdict(5), kAdmissible);
  EXPECT_EQ(verdict(3), "lost/written/write/fdatasync /f");
  EXPECT_EQ(verdict(2), "regress/written/write/fdatasync /f");
  const auto lost = scene.Check(Found().File("/f", Data(1, 3, 512)));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].promise.effect_op, 5u);
  EXPECT_EQ(lost[0].promise.flush_op, 6u);
  EXPECT_EQ(lost[0].op, 7u);
  EXPECT_TRUE(lost[0].op_returned);
  EXPECT_EQ(lost[0].admissible, "bytes 0 to 511 are op 5's or op 7's");
  EXPECT_EQ(lost[0].found, "bytes 0 to 511 are op 3's");
}

TEST(ModelData, EmptyWritesChangeNothing) {
  Scene scene("init\n create /f\nrun\n write /f 600 0\n append /f 0\n");
  scene.DoAll();
  EXPECT_EQ(scene.Verdict(Found().File("/f")), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(600))),
            "size/bystander/append/sync /f");
}

TEST(ModelData, AHoleIsZeros) {
  Scene scene("init\n create /f\nrun\n write /f 1000 100\n fsync /f\n");
  scene.DoAll();
  const std::string tail = Data(1, 2, 100, 1000);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(1000) + tail)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", std::string(1000, 'x') + tail)),
            "ghost/bystander/fsync/fsync /f");
}

// --- sizes ------------------------------------------------------------------

TEST(ModelSize, IsOneThatTheFileHad) {
  Scene scene(
      "init\n create /f\n write /f 0 512\nrun\n append /f 512\n"
      " append /f 512\n");
  scene.DoAll();
  const std::string all =
      Data(1, 2, 512) + Data(1, 3, 512, 512) + Data(1, 4, 512, 1024);
  for (const size_t size : {512u, 1024u, 1536u}) {
    EXPECT_EQ(scene.Verdict(Found().File("/f", all.substr(0, size))),
              kAdmissible);
  }
  // The last size may be found before the data of the appends.
  EXPECT_EQ(scene.Verdict(Found().File("/f", all.substr(0, 512) + Zeros(1024))),
            kAdmissible);
  const auto wrong = scene.Check(Found().File("/f", all.substr(0, 700)));
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].kind, ViolationKind::kSize);
  EXPECT_EQ(wrong[0].cause, "size/written/append/sync");
  EXPECT_EQ(wrong[0].admissible, "size 512, 1024 or 1536");
  EXPECT_EQ(wrong[0].found, "size 700");
  const auto lost = scene.Check(Found().File("/f"));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].cause, "lost/written/append/sync");
  EXPECT_EQ(lost[0].found, "size 0, op 1's");
}

TEST(ModelSize, PartialExtendAdmitsAtomsInBetween) {
  const std::string lines =
      "init\n create /f\n write /f 0 100\nrun\n append /f 2000\n fsync /f\n";
  const std::string all = Data(1, 2, 100) + Data(1, 3, 2000, 100);
  const Profile with = StrictWith(&Profile::partial_extend);
  for (const size_t size : {100u, 512u, 1024u, 1536u, 2048u, 2100u}) {
    Scene narrow(lines);
    Scene wide(lines, with);
    narrow.Do();
    wide.Do();
    const Found found = Found().File("/f", all.substr(0, size));
    const bool end = size == 100 || size == 2100;
    EXPECT_EQ(narrow.Verdict(found) == kAdmissible, end) << size;
    EXPECT_EQ(wide.Verdict(found), kAdmissible) << size;
    wide.Do();
    EXPECT_EQ(wide.Verdict(found) == kAdmissible, size == 2100) << size;
  }
  Scene wide(lines, with);
  wide.Do();
  EXPECT_EQ(wide.Verdict(Found().File("/f", all.substr(0, 600))),
            "size/written/append/sync /f");
  EXPECT_NE(wide.Verdict(Found().File("/f", all + Zeros(460))), kAdmissible);
}

// A truncation that lengthens a file cannot be found in part.
TEST(ModelSize, PartialExtendIsForWritesOnly) {
  Scene scene("init\n create /f\nrun\n truncate /f 2048\n",
              StrictWith(&Profile::partial_extend));
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(2048))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", Zeros(1024))),
            "size/written/truncate/sync /f");
}

TEST(ModelSize, TruncateAndRegrow) {
  Scene scene(
      "init\n create /f\n write /f 0 1024\nrun\n truncate /f 100\n"
      " fsync /f\n truncate /f 1024\n");
  const std::string old = Data(1, 2, 1024);
  const std::string cut = old.substr(0, 100) + Zeros(924);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", old)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", cut.substr(0, 100))), kAdmissible);
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", cut.substr(0, 100))), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", old)),
            "lost/bystander/fsync/fsync /f");
  scene.Do();
  EXPECT_EQ(scene.Verdict(Found().File("/f", cut)), kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", old)),
            "lost/written/truncate/fsync /f");
}

// --- views ------------------------------------------------------------------

// The range of a flush counts from the start of the view, which need not be
// that of the file.
TEST(ModelViews, ARangeIsOneOfTheView) {
  Scene scene(
      "init\n create /f\n write /f 0 12288\n map V /f 4096 8192\n"
      " map W /f 0 12288\nrun\n store W 0 512\n store W 4096 512\n"
      " store W 8192 512\n flush_view V 0 512\n");
  scene.DoAll();
  const std::string before = Data(1, 2, 12288);
  const auto with = [](std::string content, uint16_t op, uint64_t at) {
    return content.replace(at, 512, Data(1, op, 512, at));
  };
  EXPECT_EQ(
      scene.Verdict(Found().File("/f", with(before, 6, 4096)), CrashKind::kOs),
      kAdmissible);
  EXPECT_THAT(
      scene.Verdict(Found().File("/f", with(with(before, 5, 0), 7, 8192)),
                    CrashKind::kOs),
      HasSubstr("lost"));
}

// Length 0 means up to the end of the view, from wherever the flush begins, and
// not up to the end of the file.
TEST(ModelViews, AFlushToTheEndOfAViewStopsThere) {
  Scene scene(
      "init\n create /f\n write /f 0 12288\n map V /f 0 8192\n"
      " map W /f 0 12288\nrun\n store W 4096 512\n store W 8192 512\n"
      " flush_view V 4096 0\n");
  scene.DoAll();
  const std::string before = Data(1, 2, 12288);
  const auto with = [](std::string content, uint16_t op, uint64_t at) {
    return content.replace(at, 512, Data(1, op, 512, at));
  };
  const std::string inside = with(before, 5, 4096);
  EXPECT_EQ(
      scene.Verdict(Found().File("/f", with(inside, 6, 8192)), CrashKind::kOs),
      kAdmissible);
  EXPECT_EQ(scene.Verdict(Found().File("/f", inside), CrashKind::kOs),
            kAdmissible);
  EXPECT_THAT(
      scene.Verdict(Found().File("/f", with(before, 6, 8192)), CrashKind::kOs),
      HasSubstr("lost"));
}

// --- stale data -------------------------------------------------------------

TEST(ModelStale, WhatWasNeverWrittenMayBeAnythingUntilFlushed) {
  const std::string lines =
      "init\n create /f\n write /f 0 100\nrun\n truncate /f 1024\n"
      " fsync /f\n";
  const std::string old = Data(1, 2, 100);
  const Found stale = Found().File("/f", old + std::string(924, 'x'));
  Scene narrow(lines);
  Scene wide(lines, StrictWith(&Profile::stale_data));
  narrow.Do();
  wide.Do();
  EXPECT_EQ(narrow.Verdict(stale), "ghost/written/truncate/sync /f");
  EXPECT_EQ(wide.Verdict(stale), kAdmissible);
  // The bytes that were flushed before must still be there.
  EXPECT_NE(wide.Verdict(Found().File("/f", std::string(1024, 'x'))),
            kAdmissible);
  wide.Do();
  EXPECT_EQ(wide.Verdict(stale), "ghost/bystander/fsync/sync /f");
  EXPECT_EQ(wide.Verdict(Found().File("/f", old + Zeros(924))), kAdmissible);
}

// Space that nobody wrote may show anything up to a cut, and what is beyond the
// cut may be stale, too, where the profile has stale data.
TEST(ModelStale, BothSidesOfACutMayBeAnything) {
  const std::string lines =
      "init\n create /f\n truncate /f 1024\nrun\n set_valid_data /f 1024\n"
      " truncate /f 300\n truncate /f 1024\n";
  const Found anything = Found().File("/f", std::string(300, 'x') + Zeros(724));
  const Found beyond = Found().File("/f", std::string(512, 'x') + Zeros(512));
  Scene wide(lines, StrictWith(&Profile::stale_data));
  Scene narrow(lines, "linux-man");
  wide.DoAll();
  narrow.DoAll();
  EXPECT_EQ(wide.Verdict(anything), kAdmissible);
  EXPECT_EQ(wide.Verdict(beyond), kAdmissible);
  EXPECT_EQ(narrow.Verdict(anything), kAdmissible);
}

TEST(ModelStale, AnUnflushedWriteMayExposeWhatWasBeneath) {
  const std::string lines =
      "init\n create /f\nrun\n write /f 0 512\n fsync /f\n";
  const Found stale = Found().File("/f", std::string(512, 'x'));
  Scene wide(lines, StrictWith(&Profile::stale_data));
  Scene narrow(lines);
  wide.Do();
  narrow.Do();
  EXPECT_EQ(wide.Verdict(stale), kAdmissible);
  EXPECT_EQ(narrow.Verdict(stale), "ghost/written/write/none /f");
  wide.Do();
  EXPECT_EQ(wide.Verdict(stale), "ghost/bystander/fsync/fsync /f");
}

}  // namespace
}  // namespace powercut
