// Where ext2, ext3 and ext4 keep what is no content of a file.
//
// The kernel lists the fixed areas of each group by GETFSMAP. Blocks of the
// tables of inodes are found from the superblock and the group descriptors,
// since inode N stands at a fixed place: group (N - 1) / inodes_per_group,
// index (N - 1) % inodes_per_group. The journal is a file without a name; the
// superblock has a copy of the places in its inode.
//
// Sources: ioctl_getfsmap(2); Documentation/filesystems/ext4 of Linux
// (super.rst, group_descr.rst, ifork.rst).

#include <fmt/format.h>
#include <linux/fsmap.h>
#include <sys/ioctl.h>

#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "backends/kernel/volume_layouts.h"

namespace powercut::kernel {
namespace {

// The owner codes of ext4's GETFSMAP.
constexpr uint64_t Owner(uint64_t type, uint64_t code) {
  return type << 32 | code;
}
const char* FixedOwnerName(uint64_t owner) {
  switch (owner) {
    case Owner('X', 1):
      return "a superblock";
    case Owner('X', 2):
      return "the journal";
    case Owner('f', 1):
    case Owner('f', 2):
      return "the group descriptors";
    case Owner('f', 3):
      return "a block bitmap";
    case Owner('f', 4):
      return "an inode bitmap";
    case Owner('X', 5):
      return "a table of inodes";
    default:
      return nullptr;
  }
}

// A little-endian number in a structure of the disk.
template <class Number>
Number At(const Bytes& bytes, size_t offset) {
  Number number{};
  std::memcpy(&number, bytes.data() + offset, sizeof(number));
  return number;
}

class ExtLayout {
 public:
  ExtLayout(int device, VolumeMap& map) : device_(device), map_(map) {}

  // Returns whether the superblock could be read.
  bool ReadSuperblock() {
    constexpr uint64_t kOffset = 1024;
    constexpr uint16_t kMagic = 0xef53;
    superblock_.resize(1024);
    if (!ReadAt(device_, kOffset, superblock_)) return false;
    const auto block_log = At<uint32_t>(superblock_, 0x18);
    if (At<uint16_t>(superblock_, 0x38) != kMagic || block_log > 6) {
      return false;
    }
    block_bytes_ = uint64_t{1024} << block_log;
    return true;
  }

  // Adds one part for each block of the tables that holds inodes of `paths`.
  void AddInodes(const PathsByInode& paths) {
    const auto per_group = At<uint32_t>(superblock_, 0x28);
    const auto inode_bytes = At<uint16_t>(superblock_, 0x58);
    constexpr uint32_t kMetaGroups = 0x10;
    if (per_group == 0 || inode_bytes == 0 || (Features() & kMetaGroups) != 0) {
      map_.notes.emplace_back(
          "the tables of inodes are not where powercut "
          "knows to find them");
      return;
    }
    std::map<uint64_t, std::vector<std::string>> by_block;
    for (const auto& [inode, names] : paths) {
      const uint64_t table = TableOf((inode - 1) / per_group);
      if (table == 0) continue;
      const uint64_t at = table * block_bytes_ +
                          (inode - 1) % per_group * uint64_t{inode_bytes};
      by_block[at / block_bytes_].push_back(names[0]);
    }
    for (const auto& [block, names] : by_block) {
      Add(block, 1, InodesOf(names));
    }
  }

  void AddJournal() {
    constexpr uint32_t kHasJournal = 0x4;
    if ((At<uint32_t>(superblock_, 0x5c) & kHasJournal) == 0) return;
    // The 15 words of the inode that say where its blocks are.
    const Bytes words(superblock_.begin() + 0x10c,
                      superblock_.begin() + 0x10c + 60);
    constexpr uint16_t kExtents = 0xf30a;
    const size_t before = map_.parts.size();
    if (At<uint16_t>(words, 0) == kExtents) {
      AddExtentNode(words);
    } else {
      for (size_t i = 0; i < 15; ++i) {
        AddPointer(At<uint32_t>(words, i * 4), i < 12 ? 0 : i - 11);
      }
    }
    if (map_.parts.size() == before) {
      map_.notes.emplace_back("the place of the journal is not known");
    }
  }

 private:
  uint32_t Features() const { return At<uint32_t>(superblock_, 0x60); }

  void Add(uint64_t block, uint64_t count, std::string owner) {
    map_.parts.push_back({VolumePart::kOther, block * block_bytes_,
                          count * block_bytes_, std::move(owner), 0});
  }

  // The first block of a group's table of inodes; 0 if it cannot be read.
  uint64_t TableOf(uint64_t group) const {
    constexpr uint32_t k64Bit = 0x80;
    const bool wide = (Features() & k64Bit) != 0;
    const uint64_t size = wide ? At<uint16_t>(superblock_, 0xfe) : 32;
    const uint64_t first = At<uint32_t>(superblock_, 0x14) + uint64_t{1};
    Bytes descriptor(64);
    if (!ReadAt(device_, first * block_bytes_ + group * size, descriptor)) {
      return 0;
    }
    uint64_t table = At<uint32_t>(descriptor, 0x8);
    if (wide && size >= 64) {
      table |= uint64_t{At<uint32_t>(descriptor, 0x28)} << 32;
    }
    return table;
  }

  // Adds the extents of a node and of the nodes below it.
  void AddExtentNode(const Bytes& node) {
    const auto count = At<uint16_t>(node, 2);
    const auto depth = At<uint16_t>(node, 6);
    // A journal has a few extents; deeper trees are damaged ones.
    if (depth > 2) return;
    for (size_t i = 0; i < count && 24 + i * 12 <= node.size(); ++i) {
      const size_t at = 12 + i * 12;
      if (depth == 0) {
        const uint64_t block = uint64_t{At<uint16_t>(node, at + 6)} << 32 |
                               At<uint32_t>(node, at + 8);
        Add(block, At<uint16_t>(node, at + 4), kJournal);
        continue;
      }
      const uint64_t below = uint64_t{At<uint16_t>(node, at + 8)} << 32 |
                             At<uint32_t>(node, at + 4);
      Bytes child(block_bytes_);
      if (!ReadAt(device_, below * block_bytes_, child)) continue;
      if (At<uint16_t>(child, 6) < depth) AddExtentNode(child);
    }
  }

  // Adds the blocks that a pointer of ext2 or ext3 leads to. Level 0 is a block
  // of the journal, and a higher one a block of pointers.
  void AddPointer(uint32_t block, size_t level) {
    if (block == 0) return;
    VolumePart* last = map_.parts.empty() ? nullptr : &map_.parts.back();
    const uint64_t place = block * block_bytes_;
    if (level == 0 && last != nullptr && last->owner == kJournal &&
        last->first_byte + last->bytes == place) {
      last->bytes += block_bytes_;
    } else if (level == 0) {
      Add(block, 1, kJournal);
    } else {
      Bytes pointers(block_bytes_);
      if (!ReadAt(device_, place, pointers)) return;
      for (size_t at = 0; at < pointers.size(); at += 4) {
        AddPointer(At<uint32_t>(pointers, at), level - 1);
      }
    }
  }

  static constexpr const char* kJournal = "the journal";

  int device_;
  VolumeMap& map_;
  Bytes superblock_;
  uint64_t block_bytes_ = 0;
};

// Adds the areas that the kernel lists.
void AddFixedAreas(int root, VolumeMap& map) {
  constexpr uint32_t kRecords = 512;
  std::vector<std::byte> memory(sizeof(fsmap_head) + kRecords * sizeof(fsmap));
  auto* request = reinterpret_cast<fsmap_head*>(memory.data());
  request->fmh_count = kRecords;
  fsmap& high = request->fmh_keys[1];
  high.fmr_device = ~uint32_t{0};
  high.fmr_flags = ~uint32_t{0};
  high.fmr_physical = ~uint64_t{0};
  high.fmr_owner = ~uint64_t{0};
  high.fmr_offset = ~uint64_t{0};
  while (true) {
    if (ioctl(root, FS_IOC_GETFSMAP, request) != 0) {
      map.notes.emplace_back("the kernel does not list the areas of groups");
      return;
    }
    if (request->fmh_entries == 0) return;
    for (uint32_t i = 0; i < request->fmh_entries; ++i) {
      const fsmap& area = request->fmh_recs[i];
      const char* name = (area.fmr_flags & FMR_OF_SPECIAL_OWNER) != 0
                             ? FixedOwnerName(area.fmr_owner)
                             : nullptr;
      if (name == nullptr) continue;
      map.parts.push_back(
          {VolumePart::kOther, area.fmr_physical, area.fmr_length, name, 0});
    }
    const fsmap last = request->fmh_recs[request->fmh_entries - 1];
    if ((last.fmr_flags & FMR_OF_LAST) != 0) return;
    request->fmh_keys[0] = last;
  }
}

}  // namespace

void AddExtParts(int root, int device, const PathsByInode& paths,
                 VolumeMap& map) {
  ExtLayout layout(device, map);
  if (layout.ReadSuperblock()) {
    layout.AddInodes(paths);
    layout.AddJournal();
  } else {
    map.notes.emplace_back("the superblock cannot be read");
  }
  AddFixedAreas(root, map);
}

}  // namespace powercut::kernel
