// Tests the words of `--mount` and the signatures of volumes, which need no
// mount.

#include "backends/kernel/mount_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <string>
#include <utility>
#include <vector>

#include "backends/format_program.h"
#include "backends/kernel/kernel_backend.h"
#include "backends/kernel/volume_signature.h"

namespace powercut::kernel {
namespace {

constexpr unsigned long kUsual = MS_NOATIME | MS_NODIRATIME;

unsigned long FlagsOf(std::string_view text) {
  return ParseMountOptions(text)->flags;
}

std::string DataOf(std::string_view text) {
  return ParseMountOptions(text)->data;
}

TEST(MountOptionsTest, WordsOfFstabBecomeFlags) {
  EXPECT_EQ(FlagsOf(""), kUsual);
  EXPECT_EQ(FlagsOf("defaults"), kUsual);
  EXPECT_EQ(FlagsOf("defaults,nodev,nosuid,noexec"),
            kUsual | MS_NODEV | MS_NOSUID | MS_NOEXEC);
  EXPECT_EQ(FlagsOf("nodev,dev"), kUsual);
  EXPECT_EQ(FlagsOf("sync,dirsync"), kUsual | MS_SYNCHRONOUS | MS_DIRSYNC);
  EXPECT_EQ(FlagsOf("lazytime"), kUsual | 1 << 25);
  EXPECT_EQ(FlagsOf("noatime"), static_cast<unsigned long>(MS_NOATIME));
  EXPECT_EQ(FlagsOf("relatime"), static_cast<unsigned long>(MS_RELATIME));
  EXPECT_EQ(FlagsOf("noatime,strictatime"),
            static_cast<unsigned long>(MS_STRICTATIME));
}

// Each word takes back what its opposite did and nothing else, whichever other
// words came before.
TEST(MountOptionsTest, EachWordTakesBackItsOppositeAlone) {
  struct Pair {
    std::string set;
    std::string clear;
    unsigned long flag;
  };
  const std::vector<Pair> pairs = {
      {"nosuid", "suid", MS_NOSUID},
      {"nodev", "dev", MS_NODEV},
      {"noexec", "exec", MS_NOEXEC},
      {"sync", "async", MS_SYNCHRONOUS},
      {"silent", "loud", MS_SILENT},
      {"lazytime", "nolazytime", 1 << 25},
      {"iversion", "noiversion", MS_I_VERSION},
      {"nodiratime", "diratime", MS_NODIRATIME},
  };
  std::string all = "dirsync";
  unsigned long flags = kUsual | MS_DIRSYNC;
  for (const Pair& pair : pairs) {
    all += "," + pair.set;
    flags |= pair.flag;
  }
  EXPECT_EQ(FlagsOf(all), flags);
  for (const Pair& pair : pairs) {
    EXPECT_EQ(FlagsOf(all + "," + pair.clear), flags & ~pair.flag)
        << pair.clear;
    EXPECT_EQ(FlagsOf(pair.set), kUsual | pair.flag) << pair.set;
    EXPECT_EQ(FlagsOf(pair.clear + "," + pair.set), kUsual | pair.flag);
    EXPECT_EQ(FlagsOf(pair.set + "," + pair.clear), kUsual & ~pair.flag);
  }
}

// The last of the words for access times counts, and `nodiratime` goes with any
// of them that comes before it.
TEST(MountOptionsTest, TheLastWordForAccessTimesCounts) {
  const std::vector<std::pair<std::string, unsigned long>> words = {
      {"noatime", MS_NOATIME},         {"atime", MS_RELATIME},
      {"relatime", MS_RELATIME},       {"norelatime", MS_STRICTATIME},
      {"strictatime", MS_STRICTATIME}, {"nostrictatime", MS_RELATIME},
  };
  for (const auto& [first, ignored] : words) {
    for (const auto& [last, flag] : words) {
      EXPECT_EQ(FlagsOf(first + "," + last), flag) << first << last;
      EXPECT_EQ(FlagsOf(first + ",nodiratime," + last), flag);
      EXPECT_EQ(FlagsOf(first + "," + last + ",nodiratime"),
                flag | MS_NODIRATIME);
    }
  }
}

TEST(MountOptionsTest, TheRestIsTheFileSystems) {
  EXPECT_EQ(DataOf("defaults,nofail,x-systemd.automount,_netdev"), "");
  EXPECT_EQ(DataOf("data=journal,,nodev,commit=1"), "data=journal,commit=1");
  EXPECT_EQ(DataOf("context=\"a,ro,b\",noatime"), "context=\"a,ro,b\"");
}

TEST(MountOptionsTest, WordsThatCannotWorkAreRefusedByName) {
  for (const std::string word :
       {"ro", "user", "users", "owner", "group", "bind", "rbind", "move",
        "remount", "loop", "loop=/dev/loop0", "offset=1", "sizelimit=2",
        "mand"}) {
    const auto parsed = ParseMountOptions("noatime," + word);
    ASSERT_FALSE(parsed) << word;
    EXPECT_THAT(
        parsed.error().message,
        testing::StartsWith("--mount: `" + word + "` is not offered: "));
  }
}

TEST(FormatProgramTest, TheComplaintStandsBeforeTheUsage) {
  EXPECT_EQ(ComplaintIn("mkfs.ext4: invalid option -- 'Z'\nUsage: mkfs.ext4 "
                        "[-c]\n\t[-b size]\n"),
            "mkfs.ext4: invalid option -- 'Z'");
  EXPECT_EQ(ComplaintIn("unknown option -m foo=1 \nUsage: mkfs.xfs\n/* x */\n"),
            "unknown option -m foo=1");
  EXPECT_EQ(ComplaintIn("\nBad option(s) specified: foo\n\nExtended options "
                        "are separated by commas, and\n\tmay\n"),
            "Bad option(s) specified: foo");
  EXPECT_EQ(ComplaintIn("one\nERROR: two.\n\n"), "ERROR: two");
  // Some programs print their help first.
  EXPECT_EQ(ComplaintIn("usage: x\nERROR: three"), "ERROR: three");
  EXPECT_EQ(ComplaintIn(""), "");
}

SparseImage DiskWith(uint64_t offset, std::string_view text) {
  SparseImage disk(1 << 20);
  disk.Write(offset, AsBytes(text));
  return disk;
}

TEST(VolumeSignatureTest, NamesWhatIsOnTheDisk) {
  EXPECT_FALSE(FindVolume(SparseImage(1 << 20)));
  // A disk may end before the place of a signature.
  EXPECT_FALSE(FindVolume(SparseImage(512)));
  EXPECT_EQ(FindVolume(DiskWith(0, "XFSB"))->type, "xfs");
  EXPECT_EQ(FindVolume(DiskWith(65536 + 64, "_BHRfS_M"))->type, "btrfs");
  EXPECT_EQ(FindVolume(DiskWith(3, "NTFS    "))->type, "ntfs");
  EXPECT_EQ(FindVolume(DiskWith(3, "EXFAT   "))->type, "exfat");
  EXPECT_EQ(FindVolume(DiskWith(82, "FAT32   "))->type, "vfat");
  EXPECT_EQ(FindVolume(DiskWith(512, "EFI PART"))->type, "a partition table");
  EXPECT_EQ(FindVolume(DiskWith(1024 + 56, "\x53\xef"))->type, "ext2");
}

// The sizes are those that the format programs wrote.
TEST(VolumeSignatureTest, KnowsTheSizeOfAVolume) {
  for (const KernelFileSystem& file_system : KernelFileSystems()) {
    if (!KernelFileSystemLacks(file_system).empty()) continue;
    const auto backend = MakeKernelBackend(file_system);
    const uint64_t bytes = file_system.default_disk_bytes;
    const auto disk = backend->Format({{512, bytes / 512}, ""});
    ASSERT_TRUE(disk) << disk.error().message;
    const auto found = FindVolume(**disk);
    ASSERT_TRUE(found) << file_system.name;
    EXPECT_EQ(found->type, file_system.name);
    EXPECT_EQ(found->size_bytes, bytes) << file_system.name;
    EXPECT_EQ(backend->ProblemOf(**disk).kind, DiskProblem::kNone);
    SparseImage cut(bytes / 2);
    Bytes head(1 << 20);
    (*disk)->Read(0, head);
    cut.Write(0, head);
    EXPECT_THAT(backend->ProblemOf(cut).text,
                testing::HasSubstr("import the log with --size"));
  }
}

}  // namespace
}  // namespace powercut::kernel
