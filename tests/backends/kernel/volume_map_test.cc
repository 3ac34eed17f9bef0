// Tests maps of volumes of the running kernel against the disk itself: the
// bytes at the places of a file are the content of the file, a directory's
// places hold its names, and journals and inodes begin with the numbers that
// their formats say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "backends/kernel/kernel_backend.h"
#include "harness/base/bytes.h"
#include "harness/trace/recording_disk.h"

namespace powercut {
namespace {

using kernel::KernelFileSystem;
using kernel::KernelFileSystemLacks;
using kernel::KernelFileSystems;
using kernel::MakeKernelBackend;

class VolumeMapOfKernelTest : public testing::TestWithParam<std::string> {
 protected:
  // Mounts a fresh disk, puts some files there, and mounts it again.
  void SetUp() override {
    const KernelFileSystem& file_system = *std::ranges::find(
        KernelFileSystems(), GetParam(), &KernelFileSystem::name);
    const std::string lacks = KernelFileSystemLacks(file_system);
    if (!lacks.empty()) GTEST_SKIP() << lacks;
    backend_ = MakeKernelBackend(file_system);
    const DiskGeometry geometry{512, file_system.default_disk_bytes / 512};
    const auto base = backend_->Format({geometry, backend_->traits().profile});
    ASSERT_TRUE(base) << base.error().message;
    disk_ = std::make_unique<RecordingDisk>(geometry, *base);
    MountResult mounted = backend_->Open(*disk_);
    ASSERT_NE(mounted.mount, nullptr) << mounted.failure;
    Mount::Command fill;
    fill.words = {"/bin/sh", "-c",
                  "mkdir d && for i in 1 2 3; do head -c 50000 /dev/zero | tr "
                  "'\\0' $i >>f; head -c 70000 /dev/zero | tr '\\0' x >>d/g$i; "
                  "sync; done; for i in $(seq 300); do "
                  "echo x >d/name_of_file_$i; done; ln f second; mkdir s; "
                  "for i in $(seq 99); do truncate -s $((20000 + i)) s/$i; "
                  "done"};
    const auto end = mounted.mount->RunCommand(fill);
    ASSERT_TRUE(end);
    ASSERT_EQ(end->detail, "");
    ASSERT_TRUE(mounted.mount->Shutdown().ok());
    mounted.mount.reset();
    mounted = backend_->Open(*disk_);
    ASSERT_NE(mounted.mount, nullptr) << mounted.failure;
    mount_ = std::move(mounted.mount);
    auto map = mount_->Map();
    ASSERT_TRUE(map) << map.error().message;
    ASSERT_TRUE(*map);
    map_ = std::move(**map);
  }

  std::string BytesAt(uint64_t first_byte, uint64_t bytes) const {
    std::string text(bytes, '\0');
    disk_->live().Read(first_byte, std::as_writable_bytes(std::span(text)));
    return text;
  }

  // The bytes of the first part of an owner; empty if there is none.
  std::string FirstOf(const std::string& owner) const {
    for (const VolumePart& part : map_.parts) {
      if (part.owner.starts_with(owner)) {
        return BytesAt(part.first_byte, part.bytes);
      }
    }
    return "";
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<RecordingDisk> disk_;
  std::unique_ptr<Mount> mount_;
  VolumeMap map_;
};

TEST_P(VolumeMapOfKernelTest, PlacesHoldTheContent) {
  const Observation seen = mount_->Observe();
  EXPECT_THAT(map_.notes, testing::IsEmpty());
  uint64_t mapped_bytes = 0;
  for (const VolumePart& part : map_.parts) {
    if (part.kind != VolumePart::kFile) continue;
    const auto entry =
        std::ranges::find(seen.entries, part.owner, &ObservedEntry::path);
    ASSERT_NE(entry, seen.entries.end()) << part.owner;
    if (part.offset_bytes >= entry->size_bytes) continue;
    const std::string content =
        entry->content.substr(part.offset_bytes, part.bytes);
    ASSERT_EQ(BytesAt(part.first_byte, content.size()), content) << part.owner;
    if (part.owner == "/f" || part.owner == "/second") {
      mapped_bytes += content.size();
    }
  }
  EXPECT_EQ(mapped_bytes, 150000u);
}

// btrfs has two copies of its trees, each at a place of its own, which hold the
// same bytes.
TEST_P(VolumeMapOfKernelTest, EachPlaceIsListedOnce) {
  std::set<std::tuple<uint64_t, uint64_t, std::string>> places;
  std::map<std::string, int> copies;
  for (const VolumePart& part : map_.parts) {
    EXPECT_TRUE(
        places.emplace(part.first_byte, part.offset_bytes, part.owner).second)
        << part.owner << " at " << part.first_byte;
    if (GetParam() == "btrfs" && part.owner.ends_with(" tree")) {
      ++copies[BytesAt(part.first_byte, part.bytes)];
    }
  }
  EXPECT_EQ(copies.empty(), GetParam() != "btrfs");
  for (const auto& [block, count] : copies) EXPECT_EQ(count, 2);
}

// A hole has no place, such as the one that names leave in a directory of xfs
// when they are removed.
TEST_P(VolumeMapOfKernelTest, EachPlaceLiesOnTheDisk) {
  Mount::Command holes;
  holes.words = {
      "/bin/sh", "-c",
      "mkdir names && for i in $(seq 500); do : >names/of_a_file_$i; "
      "done; sync; for i in $(seq 100 400); do rm "
      "names/of_a_file_$i; done; truncate -s 1000000 hole; echo x "
      ">>hole; sync"};
  const auto end = mount_->RunCommand(holes);
  ASSERT_TRUE(end);
  ASSERT_EQ(end->detail, "");
  const auto map = mount_->Map();
  ASSERT_TRUE(map);
  ASSERT_TRUE(*map);
  const uint64_t disk_bytes = disk_->geometry().size_bytes();
  for (const VolumePart& part : (*map)->parts) {
    EXPECT_GT(part.bytes, 0u) << part.owner;
    EXPECT_LE(part.bytes, disk_bytes) << part.owner;
    EXPECT_LE(part.first_byte, disk_bytes - part.bytes) << part.owner;
  }
}

TEST_P(VolumeMapOfKernelTest, NamesAndSizesAreListed) {
  const auto find = [&](const std::string& path) {
    const auto at =
        std::ranges::find(map_.look.entries, path, &VolumeEntry::path);
    return at == map_.look.entries.end() ? VolumeEntry() : *at;
  };
  EXPECT_EQ(find("/f").size_bytes, 150000u);
  EXPECT_EQ(find("/d/g3").size_bytes, 70000u);
  EXPECT_TRUE(find("/d").is_directory);
  EXPECT_EQ(find("/d/name_of_file_300").size_bytes, 2u);
  EXPECT_TRUE(
      std::ranges::is_sorted(map_.look.entries, {}, &VolumeEntry::path));
  EXPECT_FALSE(map_.look.cut);
}

TEST_P(VolumeMapOfKernelTest, DirectoriesInodesAndJournalsAreFound) {
  using testing::HasSubstr;
  using testing::StartsWith;
  if (GetParam() == "btrfs") {
    // The magic number of a superblock stands 64 bytes from its beginning, and
    // the number of the tree 88 bytes from that of a block.
    EXPECT_EQ(FirstOf("the superblock").substr(64, 8), "_BHRfS_M");
    const std::string block = FirstOf("the tree of names and inodes");
    ASSERT_GE(block.size(), 4096u);
    EXPECT_EQ(block[88], 5);
    return;
  }
  std::string names;
  for (const VolumePart& part : map_.parts) {
    if (part.kind == VolumePart::kDirectory && part.owner == "/d") {
      names += BytesAt(part.first_byte, part.bytes);
    }
  }
  EXPECT_THAT(names, HasSubstr("name_of_file_300"));
  const std::string journal = FirstOf("the journal");
  const std::string inodes = FirstOf("inodes of ");
  ASSERT_FALSE(inodes.empty());
  if (GetParam() == "xfs") {
    EXPECT_THAT(journal, StartsWith("\xfe\xed\xba\xbe"));
    EXPECT_THAT(inodes, StartsWith("IN"));
    EXPECT_THAT(FirstOf("the headers of group 0"), StartsWith("XFSB"));
    EXPECT_THAT(FirstOf("the headers of group 1"), StartsWith("XFSB"));
    return;
  }
  if (GetParam() == "ext2") {
    EXPECT_TRUE(journal.empty());
  } else {
    EXPECT_THAT(journal, StartsWith("\xc0\x3b\x39\x98"));
  }
  EXPECT_FALSE(FirstOf("a block bitmap").empty());
  EXPECT_FALSE(FirstOf("an inode bitmap").empty());
}

// The size of a file stands in its inode: with ext2 to ext4 in four bytes, the
// lowest first, with xfs in eight bytes, the lowest last.
TEST_P(VolumeMapOfKernelTest, InodesAreWhereTheirSizesAre) {
  if (GetParam() == "btrfs") return;  // Its inodes are in the tree of names.
  int found = 0;
  for (const VolumePart& part : map_.parts) {
    if (part.owner.find("inode") == std::string::npos) continue;
    const std::string bytes = BytesAt(part.first_byte, part.bytes);
    // The part names its first few files.
    for (size_t at = part.owner.find("/s/"); at != std::string::npos;
         at = part.owner.find("/s/", at + 1)) {
      const uint32_t size =
          20'000 + static_cast<uint32_t>(std::stoul(part.owner.substr(at + 3)));
      std::string number(4, '\0');
      StoreLittleEndian(std::as_writable_bytes(std::span(number)), 0, size);
      if (GetParam() == "xfs") {
        std::ranges::reverse(number);
        number.insert(0, 4, '\0');
      }
      EXPECT_THAT(bytes, testing::HasSubstr(number)) << part.owner;
      ++found;
    }
  }
  EXPECT_GE(found, 9);
}

// Programs see what they wrote before the disk has any of it.
TEST_P(VolumeMapOfKernelTest, ALookSeesWhatIsNotOnTheDisk) {
  Mount::Command command;
  command.words = {"/bin/sh", "-c",
                   "echo more >>f; echo new >h; echo 1 >$POWERCUT_ACKS"};
  std::optional<VolumeLook> seen;
  // The kernel may write by itself at any moment, but not at each of them.
  bool wrote = true;
  command.acks = [&](std::string_view) {
    for (int i = 0; i < 3 && wrote; ++i) {
      const uint32_t before = disk_->trace().event_count();
      seen = mount_->Look(/*entries_max=*/4096);
      wrote = disk_->trace().event_count() != before;
    }
  };
  ASSERT_TRUE(mount_->RunCommand(command));
  ASSERT_TRUE(seen);
  EXPECT_FALSE(wrote) << "a look must not write";
  const auto size_of = [&](const std::string& path) {
    const auto entry =
        std::ranges::find(seen->entries, path, &VolumeEntry::path);
    return entry == seen->entries.end() ? 0 : entry->size_bytes;
  };
  EXPECT_EQ(size_of("/f"), 150005u);
  EXPECT_EQ(size_of("/h"), 4u);
  // A bound cuts.
  seen.reset();
  command.acks = [&](std::string_view) { seen = mount_->Look(7); };
  ASSERT_TRUE(mount_->RunCommand(command));
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->cut);
  EXPECT_EQ(seen->entries.size(), 7u);
}

INSTANTIATE_TEST_SUITE_P(FileSystems, VolumeMapOfKernelTest,
                         testing::Values("btrfs", "ext2", "ext3", "ext4",
                                         "xfs"),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace powercut
