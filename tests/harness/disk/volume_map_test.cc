// Tests the look-up of places in a map of a volume.

#include "harness/disk/volume_map.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace powercut {
namespace {

VolumePart Content(const std::string& path, uint64_t first, uint64_t bytes,
                   uint64_t offset) {
  return {VolumePart::kFile, first, bytes, path, offset};
}
VolumePart Area(const std::string& owner, uint64_t first, uint64_t bytes) {
  return {VolumePart::kOther, first, bytes, owner, 0};
}

VolumeMap SomeMap() {
  VolumeMap map;
  map.parts = {Area("a table of inodes", 0, 8192),
               Area("the inode of /f", 4096, 4096),
               Content("/f", 8192, 8192, 512), Content("/g", 12288, 4096, 0)};
  return map;
}

TEST(VolumeMapTest, PartsAreCutToTheBytes) {
  const VolumeMap map = SomeMap();
  EXPECT_EQ(PartsAt(map, 9000, 100),
            std::vector{Content("/f", 9000, 100, 512 + 9000 - 8192)});
  EXPECT_EQ(PartsAt(map, 1000, 10),
            std::vector{Area("a table of inodes", 1000, 10)});
  EXPECT_TRUE(PartsAt(map, 16384, 4096).empty());
  EXPECT_TRUE(PartsAt(map, 9000, 0).empty());
}

// Files that share blocks are both told; an area that holds a smaller one is
// not, since the smaller one says more.
TEST(VolumeMapTest, TheMoreSpecificAreaIsTold) {
  const VolumeMap map = SomeMap();
  EXPECT_EQ(PartsAt(map, 4096, 4096),
            std::vector{Area("the inode of /f", 4096, 4096)});
  EXPECT_EQ(PartsAt(map, 12288, 4096),
            (std::vector{Content("/f", 12288, 4096, 512 + 4096),
                         Content("/g", 12288, 4096, 0)}));
}

}  // namespace
}  // namespace powercut
