// IndependentParts: which parts of an observation have numbers of their own.
// For each thing that ties parts there is a workload for which two have one
// number.

#include "model/files/independent_parts.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/model/model_scene.h"

namespace powercut {
namespace {

IndependentParts PartsOf(const std::string& lines,
                         std::string_view profile = "spec-strict") {
  return {ProfileNamed(profile), WorkloadOf(lines)};
}

uint32_t DataOf(const IndependentParts& parts, std::string_view path) {
  return parts.NumberOf({ShownPart::kData, path});
}

uint32_t TimesOf(const IndependentParts& parts, std::string_view path) {
  return parts.NumberOf({ShownPart::kTimes, path});
}

constexpr const char* kTwoFiles =
    "init\n  create /f\n  write /f 0 512\n  create /g\n  write /g 0 512\n"
    "run\n  write /f 0 512\n  write /g 0 512\n  disk_write 0 1\n";

TEST(IndependentParts, FilesAndTheirTimesAreApart) {
  const IndependentParts parts = PartsOf(kTwoFiles);
  EXPECT_EQ(parts.Text(),
            "data /f 1\ndata /g 3\ntimes /f 2\ntimes /g 4\ndevice  5\n");
  EXPECT_EQ(parts.count(), 5u);
}

TEST(IndependentParts, WhatTheWorkloadDoesNotNameIsTheWhole) {
  const IndependentParts parts = PartsOf(kTwoFiles);
  EXPECT_EQ(DataOf(parts, "/h"), 0u);
  EXPECT_EQ(parts.NumberOf({}), 0u);
  EXPECT_EQ(IndependentParts().NumberOf({ShownPart::kData, "/f"}), 0u);
  EXPECT_EQ(IndependentParts().count(), 0u);
}

// The journal ties the times, and leaves the data of blocks that are there
// alone.
TEST(IndependentParts, AnOrderOfMetadataTiesTimes) {
  const IndependentParts parts = PartsOf(
      "init\n  create /f\n  write /f 0 512\n  create /g\n"
      "run\n  set_times /f 7\n  write /f 0 512\n  set_times /g 8\n",
      "xfs");
  EXPECT_EQ(TimesOf(parts, "/f"), TimesOf(parts, "/g"));
  EXPECT_NE(DataOf(parts, "/f"), TimesOf(parts, "/f"));
}

TEST(IndependentParts, AnOrderOfEverythingTiesAll) {
  const IndependentParts parts = PartsOf(kTwoFiles, "ext4-journal");
  EXPECT_EQ(DataOf(parts, "/f"), DataOf(parts, "/g"));
  EXPECT_EQ(TimesOf(parts, "/f"), DataOf(parts, "/g"));
}

// What init did is promised, so that its order ties nothing.
TEST(IndependentParts, InitTiesNothing) {
  const IndependentParts parts = PartsOf(
      "init\n  create /f\n  write /f 0 512\n  create /g\n"
      "  write /g 0 512\nrun\n  write /f 0 512\n",
      "ext4-journal");
  EXPECT_NE(DataOf(parts, "/f"), DataOf(parts, "/g"));
}

// /g is either file. What its data shows decides which one it is, and so do its
// times.
TEST(IndependentParts, FilesThatTakeOnePathAreTied) {
  const IndependentParts parts = PartsOf(
      "init\n  create /f\n  create /g\n  create /h\n"
      "run\n  rename /f /g\n");
  EXPECT_EQ(DataOf(parts, "/f"), DataOf(parts, "/g"));
  EXPECT_EQ(TimesOf(parts, "/f"), DataOf(parts, "/g"));
  EXPECT_NE(DataOf(parts, "/h"), DataOf(parts, "/g"));
}

// /d is either directory, and so /d/x is either file. The times of /d tell, and
// so does the data of /d/x.
TEST(IndependentParts, DirectoriesThatTakeOnePathTieWhatIsBelow) {
  const IndependentParts parts = PartsOf(
      "init\n  mkdir /d\n  mkdir /e\n  create /d/x\n  create /e/x\n"
      "  create /e/y\n  create /h\n"
      "run\n  rename /d /c\n  rename /e /d\n");
  EXPECT_EQ(TimesOf(parts, "/d"), DataOf(parts, "/d/x"));
  EXPECT_EQ(TimesOf(parts, "/d"), DataOf(parts, "/e/y"));
  EXPECT_NE(TimesOf(parts, "/d"), DataOf(parts, "/h"));
}

// With the names /a and /b of one directory in two versions, a name can demand
// what another name shows, and this one demands data.
TEST(IndependentParts, RulesActThroughNames) {
  Profile profile = ProfileNamed("spec-strict");
  profile.replace_brings_data = true;
  const std::string lines =
      "init\n  create /f\n  create /g\n  write /g 0 512\n"
      "run\n  write /f 0 512\n  rename /f /g\n";
  const IndependentParts parts(profile, WorkloadOf(lines));
  EXPECT_EQ(DataOf(parts, "/f"), DataOf(parts, "/g"));
}

// What is written to /g after the barrier demands what the barrier covers of
// /f. Raw sectors are in no such order.
TEST(IndependentParts, ABarrierTiesFiles) {
  const IndependentParts parts = PartsOf(
      "init\n  create /f\n  write /f 0 512\n  create /g\n"
      "  write /g 0 512\n"
      "run\n  write /f 0 512\n  barrier_fsync /f\n"
      "  write /g 0 512\n  disk_write 4 1\n");
  EXPECT_EQ(DataOf(parts, "/f"), DataOf(parts, "/g")) << parts.Text();
  EXPECT_NE(DataOf(parts, "/f"), parts.NumberOf({ShownPart::kDevice, {}}));
}

// A rename moves a directory below itself in some combination of versions.
TEST(IndependentParts, ADirectoryBelowItselfIsNotEnteredAgain) {
  const IndependentParts parts = PartsOf(
      "init\n  mkdir /a\n  mkdir /b\n  create /a/f\n"
      "run\n  rename /a /b/a\n  rename /b/a /a\n  rename /b /a/b\n");
  EXPECT_NE(DataOf(parts, "/a/f"), 0u);
  EXPECT_NE(DataOf(parts, "/b/a/f"), 0u);
  EXPECT_EQ(DataOf(parts, "/b/a/b/a/f"), 0u);
}

}  // namespace
}  // namespace powercut
