// Where btrfs keeps contents and trees. FIEMAP and the trees name places by
// addresses of btrfs's own. The chunk tree says where on the device each range
// of addresses is, once or several times; the extent tree says which blocks
// belong to which tree.
//
// Source: the structures of linux/btrfs_tree.h.

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <sys/ioctl.h>

#include <cstring>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "backends/kernel/volume_layouts.h"

namespace powercut::kernel {
namespace {

// A run of addresses and the places on the device that hold it.
struct Chunk {
  uint64_t bytes = 0;
  std::vector<uint64_t> places;
};

using Visit =
    std::function<void(const btrfs_ioctl_search_header&, const std::byte*)>;

// Calls `visit` with each item of a tree whose type is in a range. Returns
// whether the tree could be read.
bool ForEachItem(int root, uint64_t tree, uint32_t type_min, uint32_t type_max,
                 const Visit& visit) {
  constexpr size_t kBytes = size_t{256} << 10;
  std::vector<std::byte> memory(sizeof(btrfs_ioctl_search_args_v2) + kBytes);
  btrfs_ioctl_search_key key{};
  key.tree_id = tree;
  key.max_objectid = key.max_offset = key.max_transid = ~uint64_t{0};
  key.max_type = 255;
  while (true) {
    auto* request = new (memory.data()) btrfs_ioctl_search_args_v2{};
    request->key = key;
    request->key.nr_items = ~uint32_t{0};
    request->buf_size = kBytes;
    if (ioctl(root, BTRFS_IOC_TREE_SEARCH_V2, request) != 0) return false;
    if (request->key.nr_items == 0) return true;
    const std::byte* at = memory.data() + sizeof(*request);
    btrfs_ioctl_search_header header{};
    for (uint32_t i = 0; i < request->key.nr_items; ++i) {
      std::memcpy(&header, at, sizeof(header));
      at += sizeof(header);
      if (header.type >= type_min && header.type <= type_max) {
        visit(header, at);
      }
      at += header.len;
    }
    // The search goes on after the last item.
    key.min_objectid = header.objectid;
    key.min_type = header.type;
    key.min_offset = header.offset + 1;
    if (key.min_offset == 0 && ++key.min_type > 255) return true;
  }
}

std::map<uint64_t, Chunk> ChunksOf(int root, bool& read) {
  std::map<uint64_t, Chunk> chunks;
  read = ForEachItem(
      root, BTRFS_CHUNK_TREE_OBJECTID, BTRFS_CHUNK_ITEM_KEY,
      BTRFS_CHUNK_ITEM_KEY,
      [&](const btrfs_ioctl_search_header& header, const std::byte* item) {
        btrfs_chunk chunk{};
        if (header.len < sizeof(chunk)) return;
        std::memcpy(&chunk, item, sizeof(chunk));
        Chunk& found = chunks[header.offset];
        found.bytes = chunk.length;
        // The first stripe is a part of the structure.
        item += sizeof(chunk) - sizeof(btrfs_stripe);
        for (size_t i = 0; i < chunk.num_stripes; ++i) {
          btrfs_stripe stripe{};
          std::memcpy(&stripe, item + i * sizeof(stripe), sizeof(stripe));
          found.places.push_back(stripe.offset);
        }
      });
  return chunks;
}

// Adds `part`, whose place is an address, at each place that holds it.
void AddAtPlaces(const std::map<uint64_t, Chunk>& chunks, VolumePart part,
                 std::vector<VolumePart>& parts) {
  const auto after = chunks.upper_bound(part.first_byte);
  if (after == chunks.begin()) return;
  const auto& [begin, chunk] = *std::prev(after);
  const uint64_t within = part.first_byte - begin;
  if (within >= chunk.bytes) return;
  for (const uint64_t place : chunk.places) {
    part.first_byte = place + within;
    parts.push_back(part);
  }
}

std::string TreeName(uint64_t tree) {
  switch (tree) {
    case BTRFS_ROOT_TREE_OBJECTID:
      return "the tree of trees";
    case BTRFS_EXTENT_TREE_OBJECTID:
      return "the extent tree";
    case BTRFS_CHUNK_TREE_OBJECTID:
      return "the chunk tree";
    case BTRFS_DEV_TREE_OBJECTID:
      return "the device tree";
    case BTRFS_FS_TREE_OBJECTID:
      return "the tree of names and inodes";
    case BTRFS_CSUM_TREE_OBJECTID:
      return "the checksum tree";
    case BTRFS_FREE_SPACE_TREE_OBJECTID:
      return "the free space tree";
    default:
      return fmt::format("tree {}", tree);
  }
}

// Adds each block of a tree that the extent tree lists with one owner.
bool AddTreeBlocks(int root, const std::map<uint64_t, Chunk>& chunks,
                   uint64_t node_bytes, std::vector<VolumePart>& parts) {
  return ForEachItem(
      root, BTRFS_EXTENT_TREE_OBJECTID, BTRFS_METADATA_ITEM_KEY,
      BTRFS_METADATA_ITEM_KEY,
      [&](const btrfs_ioctl_search_header& header, const std::byte* item) {
        btrfs_extent_inline_ref owner{};
        if (header.len < sizeof(btrfs_extent_item) + sizeof(owner)) return;
        std::memcpy(&owner, item + sizeof(btrfs_extent_item), sizeof(owner));
        if (owner.type != BTRFS_TREE_BLOCK_REF_KEY) return;
        AddAtPlaces(chunks,
                    {VolumePart::kOther, header.objectid, node_bytes,
                     TreeName(owner.offset), 0},
                    parts);
      });
}

}  // namespace

void AddBtrfsParts(int root, VolumeMap& map) {
  bool read = false;
  const std::map<uint64_t, Chunk> chunks = ChunksOf(root, read);
  std::vector<VolumePart> parts;
  for (VolumePart& part : map.parts) {
    AddAtPlaces(chunks, std::move(part), parts);
  }
  btrfs_ioctl_fs_info_args about{};
  read = read && ioctl(root, BTRFS_IOC_FS_INFO, &about) == 0 &&
         AddTreeBlocks(root, chunks, about.nodesize, parts);
  if (!read) map.notes.emplace_back("the trees of btrfs cannot be listed");
  // The superblock has two places on a disk of less than 256 GiB.
  for (const uint64_t place : {uint64_t{64} << 10, uint64_t{64} << 20}) {
    parts.push_back({VolumePart::kOther, place, 4096, "the superblock", 0});
  }
  map.parts = std::move(parts);
}

}  // namespace powercut::kernel
