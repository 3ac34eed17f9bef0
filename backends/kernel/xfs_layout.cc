// Where XFS keeps what is no content of a file. The number of an inode says
// where it is: from the top, the group, the block in the group, and the index
// in the block. The superblock has the widths of these fields and the place of
// the log. Each group begins with its headers.
//
// Source: XFS Algorithms & Data Structures, 3rd edition, chapters 13
// (Allocation Groups) and 14 (Journaling Log).

#include <fmt/format.h>

#include <map>

#include "backends/kernel/volume_layouts.h"

namespace powercut::kernel {
namespace {

// A big-endian number in a structure of the disk.
uint64_t At(const Bytes& bytes, size_t offset, size_t size) {
  uint64_t number = 0;
  for (size_t i = 0; i < size; ++i) {
    number = number << 8 | static_cast<uint64_t>(bytes[offset + i]);
  }
  return number;
}

}  // namespace

void AddXfsParts(int device, const PathsByInode& paths, VolumeMap& map) {
  constexpr uint64_t kMagic = 0x58465342;  // XFSB
  Bytes superblock(512);
  if (!ReadAt(device, 0, superblock) || At(superblock, 0, 4) != kMagic) {
    map.notes.emplace_back("the superblock cannot be read");
    return;
  }
  const uint64_t block_bytes = At(superblock, 4, 4);
  const uint64_t sector_bytes = At(superblock, 102, 2);
  const uint64_t group_blocks = At(superblock, 84, 4);
  const uint64_t groups = At(superblock, 88, 4);
  const uint64_t index_bits = At(superblock, 123, 1);
  const uint64_t block_bits = At(superblock, 124, 1);
  if (index_bits + block_bits > 62 || groups > 1 << 20) {
    map.notes.emplace_back("the superblock makes no sense");
    return;
  }
  const auto place_of = [&](uint64_t group, uint64_t block) {
    return (group * group_blocks + block) * block_bytes;
  };
  const uint64_t block_mask = (uint64_t{1} << block_bits) - 1;
  std::map<uint64_t, std::vector<std::string>> by_place;
  for (const auto& [inode, names] : paths) {
    by_place[place_of(inode >> (index_bits + block_bits),
                      inode >> index_bits & block_mask)]
        .push_back(names[0]);
  }
  for (const auto& [place, names] : by_place) {
    map.parts.push_back(
        {VolumePart::kOther, place, block_bytes, InodesOf(names), 0});
  }
  const uint64_t log = At(superblock, 48, 8);
  if (log != 0) {
    map.parts.push_back(
        {VolumePart::kOther, place_of(log >> block_bits, log & block_mask),
         At(superblock, 96, 4) * block_bytes, "the journal", 0});
  }
  for (uint64_t group = 0; group < groups; ++group) {
    map.parts.push_back({VolumePart::kOther, place_of(group, 0),
                         4 * sector_bytes,
                         fmt::format("the headers of group {}", group), 0});
  }
}

}  // namespace powercut::kernel
