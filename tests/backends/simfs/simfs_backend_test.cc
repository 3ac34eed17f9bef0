// The backend simfs: the errors of its ops, and the sets of states that crashes
// leave. Most tests of SimfsStates run a few ops and list every state that the
// crash space of the recording can show, so that they fail if simfs leaves too
// much or too little. Contents are in the words of simfs_scene.h.

#include "backends/simfs/simfs_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/table/profile.h"
#include "tests/backends/simfs/simfs_scene.h"

namespace powercut {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr CrashKind kProcess = CrashKind::kProcess;
constexpr CrashKind kOs = CrashKind::kOs;
constexpr CrashKind kPower = CrashKind::kPower;

TEST(SimfsBackend, OffersProfilesThatTheModelKnows) {
  const auto backend = MakeSimfsBackend();
  EXPECT_THAT(backend->traits().profiles,
              IsSupersetOf({"spec-strict", "spec-permissive", "linux-man",
                            "posix-minimal", "ext4-ordered", "ext4-writeback",
                            "ntfs"}));
  for (const std::string& profile : backend->traits().profiles) {
    EXPECT_NE(FindProfile(profile), nullptr) << profile;
  }
}

TEST(SimfsBackend, FormatRefusesWhatItCannotDo) {
  const auto backend = MakeSimfsBackend();
  EXPECT_FALSE(backend->Format({{4096, 4096}, "spec-strict"}));
  EXPECT_FALSE(backend->Format({{512, 100}, "spec-strict"}));
  EXPECT_FALSE(backend->Format({{512, 512}, "refs"}));
  const auto once = backend->Format({kSimfsGeometry, "ntfs"});
  const auto twice = MakeSimfsBackend()->Format({kSimfsGeometry, "ntfs"});
  EXPECT_TRUE((*once)->SameBytes(**twice));
}

TEST(SimfsBackend, AnEmptyDiskDoesNotMount) {
  SparseImage image(kSimfsGeometry.size_bytes());
  CrashDisk disk(image, kSimfsGeometry, 512, 0);
  EXPECT_EQ(MakeSimfsBackend()->Open(disk).mount, nullptr);
}

TEST(SimfsBackend, OpsDoWhatTheySay) {
  SimfsScene scene("spec-strict");
  scene.Run(
      "create /f\nwrite /f 0 700\nmkdir /d\nrename /f /d/g\nlink /d/g /h\n"
      "truncate /h 600\ntruncate /h 1024\nset_times /h 99\nunlink /d/g\n"
      "rmdir /d\n");
  EXPECT_EQ(InWords(scene.Live(), {true, true}), "/h [2:600 0:424] v600 m99");
}

TEST(SimfsBackend, PosixErrors) {
  SimfsScene scene("linux-man");
  scene.Run(
      "create /f\nmkdir /d\ncreate /d/x\n"
      "create /f -> EEXIST\ncreate /no/f -> ENOENT\ncreate /f/x -> ENOTDIR\n"
      "write /no 0 10 -> ENOENT\nwrite /d 0 10 -> EISDIR\n"
      "unlink /d -> EISDIR\nrmdir /d -> ENOTEMPTY\nrmdir /f -> ENOTDIR\n"
      "rmdir / -> EBUSY\nrename /no /g -> ENOENT\nrename /d /d/e -> EINVAL\n"
      "rename /f /d -> EISDIR\nrename /d /f -> ENOTDIR\n"
      "rename /f /f/x -> ENOTDIR\nrename /f /f/x/y -> ENOTDIR\n"
      "rename /no /f/x -> ENOTDIR\nrename /d /d/e/x -> ENOENT\n"
      "link /d /e -> EPERM\nlink /f /d/x -> EEXIST\n"
      "fsync /no -> ENOENT\n"
      "sync_file_range /f 9223372036854775807 2 -> EINVAL\n"
      "set_valid_data /f 10 -> STATUS_INVALID_PARAMETER\n"
      "replace_file /f /no -> ENOENT\n");
}

TEST(SimfsBackend, NtFlushErrors) {
  SimfsScene scene("spec-strict");
  scene.Run(
      "create /f\nmkdir /d\nopen H /f read_only\n"
      "nt_flush H -> STATUS_ACCESS_DENIED\n"
      "flush_file_buffers H -> STATUS_ACCESS_DENIED\n"
      "fsync H\nwrite H 0 10 -> EBADF\ntruncate H 5 -> EBADF\n"
      "nt_flush volume no_sync -> STATUS_INVALID_PARAMETER\n"
      "nt_flush /d file_data_sync_only -> STATUS_INVALID_PARAMETER\n"
      "nt_flush /f file_data_only no_sync -> STATUS_INVALID_PARAMETER\n"
      "nt_flush /f flags=3 -> STATUS_INVALID_PARAMETER\n"
      "nt_flush /f flags=8 -> STATUS_INVALID_PARAMETER\n"
      "nt_flush /f parameters=1 -> STATUS_INVALID_PARAMETER\n"
      "nt_flush /f null_status parameters=1 -> STATUS_ACCESS_VIOLATION\n"
      "nt_flush /f flags=4\nnt_flush volume\nnt_flush /d\nclose H\n");
  SimfsScene exfat("exfat");
  exfat.Run(
      "create /f\nnt_flush /f file_data_sync_only -> STATUS_NOT_SUPPORTED\n");
}

TEST(SimfsBackend, ViewErrors) {
  SimfsScene scene("spec-strict");
  scene.Run(
      "create /f\ntruncate /f 5000\n"
      "map V /f 100 10 -> STATUS_INVALID_PARAMETER\n"
      "map V /f 0 0 -> STATUS_INVALID_PARAMETER\n"
      "map V /f 8192 10 -> STATUS_INVALID_PARAMETER\n"
      "map V /f 4096 8192\n"
      "store V 8192 1 -> STATUS_ACCESS_VIOLATION\n"
      "flush_view V 8000 500 -> STATUS_INVALID_PARAMETER\n"
      "msync V 8000 500 -> ENOMEM\n"
      "truncate /f 5000\nstore V 900 10 -> STATUS_ACCESS_VIOLATION\n"
      "store V 900 4\nunmap V\n");
  EXPECT_EQ(InWords(scene.Live()), "/f [0:4996 12:4]");
}

TEST(SimfsBackend, ReadOnlyAndDismounted) {
  SimfsScene scene("spec-strict");
  scene.Run(
      "create /f\nwrite /f 0 10\nremount read_only\nwrite /f 0 10 -> EROFS\n"
      "map V /f 0 10 -> EROFS\nmap V /f 0 20 -> EROFS\n"
      "create /g -> EROFS\nfsync /f\nsyncfs\n"
      "nt_flush /f -> STATUS_MEDIA_WRITE_PROTECTED\n"
      "flush_file_buffers volume -> STATUS_MEDIA_WRITE_PROTECTED\n"
      "remount\nwrite /f 0 10\ndismount\nwrite /f 0 10 -> EIO\n"
      "fsync /f -> EIO\nnt_flush /f -> STATUS_VOLUME_DISMOUNTED\n"
      "set_end_of_file /f 5 -> STATUS_VOLUME_DISMOUNTED\n"
      // The arguments come first, then the volume, then the file.
      "nt_flush /f flags=3 -> STATUS_INVALID_PARAMETER\n"
      "nt_flush volume no_sync -> STATUS_VOLUME_DISMOUNTED\n"
      "nt_flush /none -> STATUS_VOLUME_DISMOUNTED\n"
      "flush_file_buffers /none -> STATUS_VOLUME_DISMOUNTED\n");
}

TEST(SimfsBackend, AFullDiskIsFoundOutInTime) {
  SimfsScene scene("spec-strict");
  scene.Run(
      "create /f\n"
      "write /f 0 1000000 -> ENOSPC\nwrite /f 0 100\n"
      "write /f 0 1000000 -> ENOSPC\n");
  EXPECT_EQ(InWords(scene.Live()), "/f [3:100]");
  EXPECT_EQ(scene.Live(), scene.Reopened());
}

// --- complete sets ---------------------------------------------------------

// The data of a directory is its names, so that both calls flush them.
TEST(SimfsStates, FdatasyncOfADirectoryIsItsFsync) {
  for (const char* flush : {"fsync /d", "fdatasync /d"}) {
    SimfsScene scene("linux-man");
    scene.Init("mkdir /d\n").Run(std::string("create /d/f\n") + flush);
    EXPECT_EQ(scene.AfterPower(), (std::set<std::string>{"/d/; /d/f []"}))
        << flush;
  }
}

// A rename since the file was made may be found or not.
TEST(SimfsStates, FdatasyncKeepsTheNameThatTheFileWasMadeWith) {
  for (const char* profile : {"ext4-ordered", "xfs", "btrfs"}) {
    SimfsScene scene(profile);
    scene.Run("mkdir /d\ncreate /d/f\nfdatasync /d/f");
    EXPECT_THAT(scene.AfterPower(), UnorderedElementsAre("/d/; /d/f []"));
    SimfsScene renamed(profile);
    renamed.Run("mkdir /d\ncreate /d/f\nrename /d/f /g\nfdatasync /g");
    EXPECT_THAT(renamed.AfterPower(),
                UnorderedElementsAre("/d/; /d/f []", "/d/; /g []"));
  }
  SimfsScene weaker("linux-man");
  weaker.Run("create /f\nfdatasync /f");
  EXPECT_THAT(weaker.AfterPower(), UnorderedElementsAre("", "/f []"));
}

TEST(SimfsStates, OverwriteOfTwoAtoms) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nwrite /f 0 1024\n").During("write /f 0 1024");
  const auto all = UnorderedElementsAre("/f [2:1024]", "/f [2:512 3:512]",
                                        "/f [3:512 2:512]", "/f [3:1024]");
  for (const CrashKind kind : kCrashKinds) EXPECT_THAT(scene.After(kind), all);
  scene.Run("");
  EXPECT_THAT(scene.After(kProcess), UnorderedElementsAre("/f [3:1024]"));
  EXPECT_THAT(scene.After(kOs), all);
  EXPECT_THAT(scene.After(kPower), all);
}

// Zeros of a truncation may be missing under the new size. What was cut twice
// shows no more than the smaller cut left.
TEST(SimfsStates, WhatWasCutTwiceShowsTheSmallerPart) {
  for (const char* profile : {"ext4-ordered", "xfs"}) {
    for (const char* cuts : {"truncate /f 300\ntruncate /f 512\n"
                             "truncate /f 100\ntruncate /f 512\n",
                             "truncate /f 100\ntruncate /f 512\n"
                             "truncate /f 300\ntruncate /f 512\n"}) {
      SimfsScene scene(profile);
      scene.Init("create /f\nwrite /f 0 512\ncreate /g\n");
      scene.Run(std::string(cuts) + "create /h\nfsync /h\n");
      EXPECT_THAT(scene.AfterPower(), Each(HasSubstr("/f [2:100 0:412]")))
          << profile;
    }
  }
}

TEST(SimfsStates, CreateAndItsTimes) {
  SimfsScene scene("spec-strict");
  scene.Run("create /f\nwrite /f 0 5\n");
  EXPECT_THAT(scene.AfterPower({true, true}),
              UnorderedElementsAre("", "/f [] v0 m1", "/f [] v0 m2",
                                   "/f [0:5] v5 m1", "/f [0:5] v5 m2",
                                   "/f [2:5] v5 m1", "/f [2:5] v5 m2"));
  EXPECT_THAT(scene.After(kProcess, {true, true}),
              UnorderedElementsAre("/f [2:5] v5 m2"));
}

TEST(SimfsStates, AppendBySpecStrictAndLinuxMan) {
  const std::string init = "create /f\nwrite /f 0 512\n";
  SimfsScene strict("spec-strict");
  strict.Init(init).Run("append /f 1024");
  EXPECT_THAT(strict.AfterPower(),
              UnorderedElementsAre(
                  "/f [2:512]", "/f [2:512 0:1024]", "/f [2:512 3:512 0:512]",
                  "/f [2:512 0:512 3:512]", "/f [2:512 3:1024]"));
  SimfsScene man("linux-man");
  man.Init(init).Run("append /f 1024");
  EXPECT_THAT(
      man.AfterPower(),
      UnorderedElementsAre("/f [2:512]", "/f [2:512 ?:512]", "/f [2:512 3:512]",
                           "/f [2:512 ?:1024]", "/f [2:512 3:512 ?:512]",
                           "/f [2:512 ?:512 3:512]", "/f [2:512 3:1024]"));
}

TEST(SimfsStates, TruncateAndRegrow) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nwrite /f 0 1024\n")
      .Run("truncate /f 600\ntruncate /f 1024\n");
  EXPECT_THAT(
      scene.AfterPower(),
      UnorderedElementsAre("/f [2:1024]", "/f [2:600]", "/f [2:600 0:424]"));
  // The write goes to the atom that was cut, as a new generation over the old
  // one.
  scene.Run("write /f 700 10");
  EXPECT_THAT(
      scene.AfterPower(),
      UnorderedElementsAre("/f [2:1024]", "/f [2:600]", "/f [2:600 0:424]",
                           "/f [2:600 0:100 5:10 0:314]"));
  scene.Run("fsync /f");
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [2:600 0:100 5:10 0:314]"));
}

TEST(SimfsStates, ACutShowsTheOldGenerationAtAnyVersion) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nwrite /f 0 512\n")
      .Run("write /f 0 512\ntruncate /f 100\nwrite /f 50 100\n");
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [2:512]", "/f [3:512]", "/f [2:100]",
                                   "/f [3:100]", "/f [2:100 0:50]",
                                   "/f [3:100 0:50]", "/f [3:50 5:100]"));
}

TEST(SimfsStates, RenameByProfile) {
  const std::string init = "create /a\nwrite /a 0 5\ncreate /b\n";
  const auto rename = [&](const std::string& profile) {
    SimfsScene scene(profile);
    return scene.Init(init).Run("rename /a /b").AfterPower();
  };
  EXPECT_THAT(rename("spec-strict"),
              UnorderedElementsAre("/a [2:5]; /b []", "/b [2:5]"));
  EXPECT_THAT(rename("linux-man"),
              UnorderedElementsAre("/a [2:5]; /b []", "/a [2:5]; /b [2:5]",
                                   "/b [2:5]"));
  EXPECT_THAT(rename("posix-minimal"),
              UnorderedElementsAre("/a [2:5]; /b []", "/a [2:5]; /b [2:5]",
                                   "/b [2:5]", "/b []"));
}

TEST(SimfsStates, ReplaceBringsTheData) {
  const auto replace = [](const std::string& profile) {
    SimfsScene scene(profile);
    scene.Init("create /a\ncreate /b\nwrite /b 0 5\n");
    return scene.Run("write /a 0 512\nrename /a /b\n").AfterPower();
  };
  EXPECT_THAT(replace("ext4-journal"),
              UnorderedElementsAre("/a []; /b [3:5]", "/a [4:512]; /b [3:5]",
                                   "/b [4:512]"));
  EXPECT_THAT(replace("ext4-ordered"),
              IsSupersetOf({std::string("/b []"), std::string("/b [0:512]")}));
  EXPECT_THAT(replace("spec-strict"),
              UnorderedElementsAre("/a []; /b [3:5]", "/a [0:512]; /b [3:5]",
                                   "/a [4:512]; /b [3:5]", "/b [4:512]",
                                   "/b []", "/b [0:512]"));
}

TEST(SimfsStates, MetadataInOrder) {
  SimfsScene ordered("ext4-ordered");
  ordered.Run("create /a\nmkdir /d\nlink /a /b\n");
  EXPECT_THAT(
      ordered.AfterPower(),
      UnorderedElementsAre("", "/a []", "/a []; /d/", "/a []; /b []; /d/"));
  SimfsScene free("spec-strict");
  free.Run("create /a\nmkdir /d\nlink /a /b\n");
  EXPECT_EQ(free.AfterPower().size(), 8);
}

TEST(SimfsStates, ReplaceFileInSteps) {
  SimfsScene scene("spec-strict");
  scene.Init("create /a\nwrite /a 0 5\ncreate /b\nwrite /b 0 6\n")
      .Run("replace_file /a /b");
  EXPECT_THAT(
      scene.AfterPower(),
      UnorderedElementsAre("/a [2:5]; /b [4:6]", "/a [2:5]; /b.bak [4:6]",
                           "/b [2:5]; /b.bak [4:6]"));
}

TEST(SimfsStates, StoreFlushViewFsync) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nwrite /f 0 512\nmap V /f 0 512\n");
  scene.Run("store V 0 512");
  const auto both = UnorderedElementsAre("/f [2:512]", "/f [4:512]");
  const auto stored = UnorderedElementsAre("/f [4:512]");
  EXPECT_THAT(scene.After(kProcess), stored);
  EXPECT_THAT(scene.After(kOs), both);
  // The fsync does not see stores that no view flush carried.
  scene.Run("fsync /f");
  EXPECT_THAT(scene.After(kOs), both);
  scene.Run("flush_view V 0 1");
  EXPECT_THAT(scene.After(kOs), stored);
  EXPECT_THAT(scene.After(kPower), both);
  scene.Run("fsync /f");
  EXPECT_THAT(scene.After(kPower), stored);
}

TEST(SimfsStates, FileDataOnly) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nwrite /f 0 512\n");
  scene.Run("write /f 0 1024\nnt_flush /f file_data_only\n");
  // Only the atom that had its place is carried, and not for the loss of power.
  EXPECT_THAT(
      scene.After(kOs),
      UnorderedElementsAre("/f [3:512]", "/f [3:512 0:512]", "/f [3:1024]"));
  EXPECT_THAT(scene.After(kPower), Contains("/f [2:512]"));
  // A flush of any file also takes what is at the device.
  scene.Run("create /g\nfsync /g\n");
  EXPECT_THAT(scene.After(kPower), Not(Contains(HasSubstr("2:512"))));
}

TEST(SimfsStates, FailedFlushTaints) {
  SimfsScene scene("linux-man");
  scene.Init("create /f\nwrite /f 0 512\n");
  scene.Run("write /f 0 512").FailNext(1).Run("fsync /f -> EIO");
  const auto both = UnorderedElementsAre("/f [2:512]", "/f [3:512]");
  EXPECT_THAT(scene.After(kPower), both);
  scene.Run("fsync /f");
  EXPECT_THAT(scene.After(kPower), both);
  scene.Run("write /f 0 512\nfsync /f\n");
  EXPECT_THAT(scene.After(kPower), UnorderedElementsAre("/f [6:512]"));
}

TEST(SimfsStates, Barrier) {
  SimfsScene scene("macos");
  scene.Init("create /a\nwrite /a 0 512\ncreate /b\nwrite /b 0 512\n");
  scene.Run("write /a 0 512\nbarrier_fsync /a\nwrite /b 0 512\n");
  EXPECT_THAT(
      scene.AfterPower(),
      UnorderedElementsAre("/a [2:512]; /b [4:512]", "/a [5:512]; /b [4:512]",
                           "/a [5:512]; /b [7:512]"));
  EXPECT_THAT(scene.After(kOs), UnorderedElementsAre("/a [5:512]; /b [4:512]",
                                                     "/a [5:512]; /b [7:512]"));
}

TEST(SimfsStates, SetValidDataShowsOldContents) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nset_end_of_file /f 512\n")
      .Run("set_valid_data /f 512");
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [0:512]", "/f [?:512]"));
}

TEST(SimfsStates, SetEndOfFileShowsOldContentsUntilWritten) {
  SimfsScene scene("spec-permissive");
  scene.Init("create /f\nwrite /f 0 100\nset_end_of_file /f 1024\n");
  // The atom that has space keeps its space and its zeros.
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [2:100 0:412 ?:512]"));
  scene.Run("write /f 672 16");
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [2:100 0:412 ?:512]",
                                   "/f [2:100 0:572 4:16 0:336]"));
  scene.Run("fsync /f");
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [2:100 0:572 4:16 0:336]"));
}

TEST(SimfsStates, RawDisk) {
  SimfsScene scene("spec-strict");
  scene.Run("disk_write 0 2");
  EXPECT_THAT(scene.After(kOs), UnorderedElementsAre("; raw [1:1024]"));
  EXPECT_THAT(scene.After(kPower),
              UnorderedElementsAre("", "; raw [1:512]", "; raw [0:512 1:512]",
                                   "; raw [1:1024]"));
  scene.During("disk_write 2 1 preflush");
  EXPECT_THAT(scene.After(kPower), Not(Contains("; raw [0:1024 2:512]")));
  scene.Run("disk_write 3 1 fua");
  EXPECT_THAT(scene.After(kPower),
              UnorderedElementsAre("; raw [1:1024 2:512 3:512]",
                                   "; raw [1:1024 0:512 3:512]"));
  scene.Run("disk_flush").During("disk_discard 0 2");
  for (const CrashKind kind : kCrashKinds) {
    EXPECT_EQ(scene.After(kind).size(), 4) << CrashKindName(kind);
  }
}

TEST(SimfsStates, AFlushThatWasStartedCoversWhatHadReturned) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nwrite /f 0 512\n");
  scene.Run("write /f 0 512\nstart 1 fsync /f\nwrite /f 0 512\nwait 1\n");
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [3:512]", "/f [5:512]"));
}

TEST(SimfsStates, DataJournal) {
  SimfsScene scene("ext4-journal");
  scene.Init("create /f\nwrite /f 0 512\n").Run("write /f 0 512\ncreate /g\n");
  EXPECT_THAT(
      scene.AfterPower(),
      UnorderedElementsAre("/f [2:512]", "/f [3:512]", "/f [3:512]; /g []"));
}

TEST(SimfsStates, AStoreOnlyChangesWhatViewFlushesCarry) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\ntruncate /f 512\nmap V /f 0 512\n");
  scene.Run("store V 0 512\nflush_view V 0 0\n");
  // The shape that gives the space is not durable, so that the view flush
  // carries nothing to the device.
  EXPECT_THAT(scene.After(kOs),
              UnorderedElementsAre("/f [0:512]", "/f [4:512]"));
  scene.Run("fsync /f");
  EXPECT_THAT(scene.After(kPower), UnorderedElementsAre("/f [4:512]"));
}

TEST(SimfsStates, WhatReturnedBringsWhatItImplies) {
  // The order of the journal holds for ops that have not returned, too.
  SimfsScene scene("ext4-ordered");
  scene.Run("start 1 create /a\ncreate /b\n");
  EXPECT_THAT(scene.After(kProcess), UnorderedElementsAre("/a []; /b []"));
  SimfsScene free("spec-strict");
  free.Run("start 1 create /a\ncreate /b\n");
  EXPECT_THAT(free.After(kProcess),
              UnorderedElementsAre("/b []", "/a []; /b []"));
}

TEST(SimfsStates, AStartedFlushDoesNotTakeWhatReachedTheDeviceSince) {
  SimfsScene scene("spec-strict");
  scene.Init("create /f\nwrite /f 0 512\ncreate /g\n")
      .Run(
          "write /f 0 512\nstart 1 fsync /g\n"
          "nt_flush /f file_data_only\nwait 1\n");
  EXPECT_THAT(scene.AfterPower(),
              UnorderedElementsAre("/f [2:512]; /g []", "/f [4:512]; /g []"));
  EXPECT_THAT(scene.After(kOs), UnorderedElementsAre("/f [4:512]; /g []"));
}

}  // namespace
}  // namespace powercut
