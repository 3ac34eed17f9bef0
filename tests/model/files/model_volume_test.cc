// What may be found of the volume as a whole: what cannot be read or used, and
// the flush that is named as its promise.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/files/model.h"
#include "tests/model/model_scene.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

TEST(ModelVolume, UnreadableThings) {
  Scene scene("init\n create /f\nrun\n create /g\n");
  scene.Begin();
  const auto entry =
      scene.Check(Found().Unreadable("/f", "cannot read: EIO").File("/g"));
  ASSERT_EQ(entry.size(), 1u);
  EXPECT_EQ(entry[0].cause, "unreadable/bystander/create/sync");
  EXPECT_EQ(entry[0].path, "/f");
  EXPECT_THAT(entry[0].found, HasSubstr("cannot read: EIO"));
  // A file that need not be there must still be readable if it is there.
  EXPECT_EQ(scene.Verdict(Found().File("/f").Unreadable("/g", "why")),
            "unreadable/target/create/none /g");
  Observation volume;
  volume.unreadable = "cannot mount: EIO";
  const auto violations = scene.model().Check(volume, CrashKind::kPower);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].cause, "unreadable/volume/create/sync");
  EXPECT_EQ(violations[0].path, "");
  EXPECT_EQ(violations[0].found, "cannot mount: EIO");
  EXPECT_FALSE(violations[0].op_returned);
}

// A flush that reaches no media made no volume durable.
TEST(ModelVolume, WeakFlushesPromiseNoVolume) {
  Observation volume;
  volume.unreadable = "cannot mount: EIO";
  for (const char* weak : {"nt_flush /f file_data_only", "nt_flush /f no_sync",
                           "sync_file_range /f 0 0"}) {
    Scene scene(std::string("init\n create /f\nrun\n write /f 0 1\n fsync /f\n"
                            " write /f 0 2\n ") +
                weak + "\n");
    scene.DoAll();
    const auto violations = scene.model().Check(volume, CrashKind::kPower);
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_THAT(violations[0].cause, testing::EndsWith("/fsync")) << weak;
    EXPECT_EQ(violations[0].promise.flush_op, 3u) << weak;
  }
}

TEST(ModelVolume, ProbeFailuresAreErrors) {
  const Scene scene("init\n create /f\nrun\n syncfs\n");
  const auto violations =
      scene.Check(Found().File("/f").ProbeFails("create: EIO"));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].kind, ViolationKind::kError);
  EXPECT_EQ(violations[0].cause, "error/probe/create/sync");
  EXPECT_EQ(violations[0].found, "create: EIO");
  EXPECT_EQ(violations[0].admissible,
            "a volume that can be used after recovery");
}

TEST(ModelVolume, VolumeViolationSaysWhatWasFound) {
  Scene scene("init\n create /f\nrun\n write /f 0 1\n fsync /f\n");
  scene.DoAll();
  const Violation violation = scene.model().VolumeViolation(
      ViolationKind::kHang, CrashKind::kPower, "no end after 1 s");
  EXPECT_EQ(violation.cause, "hang/volume/fsync/fsync");
  EXPECT_EQ(violation.found, "no end after 1 s");
  EXPECT_EQ(violation.op, 3u);
  EXPECT_EQ(violation.promise.flush_op, 3u);
}

TEST(ModelVolume, ViolationsAreSortedByPath) {
  const Scene scene("init\n create /c\n create /a\n create /b\nrun\n syncfs\n");
  EXPECT_EQ(scene.Verdict(Found().File("/0")),
            "ghost/stranger/create/none /0, lost/bystander/create/sync /a, "
            "lost/bystander/create/sync /b, lost/bystander/create/sync /c");
}

}  // namespace
}  // namespace powercut
