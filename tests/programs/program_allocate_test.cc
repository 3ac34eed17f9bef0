// What each mode of fallocate(2) does to each range of a file.

#include <gtest/gtest.h>
#include <linux/falloc.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/programs/recorded_volume.h"

namespace powercut::programs {
namespace {

struct Mode {
  int mode;
  bool zeros;  // Whether the range reads as zeros afterwards.
  bool grows;  // Whether the file becomes as long as the range asks.
  int error;
};
constexpr int kKeep = FALLOC_FL_KEEP_SIZE;
constexpr Mode kModes[] = {
    {0, false, true, 0},
    {kKeep, false, false, 0},
    {FALLOC_FL_PUNCH_HOLE | kKeep, true, false, 0},
    {FALLOC_FL_ZERO_RANGE, true, true, 0},
    {FALLOC_FL_ZERO_RANGE | kKeep, true, false, 0},
    {FALLOC_FL_PUNCH_HOLE, false, false, EOPNOTSUPP},
    {FALLOC_FL_COLLAPSE_RANGE, false, false, EOPNOTSUPP},
    {FALLOC_FL_INSERT_RANGE, false, false, EOPNOTSUPP},
    {FALLOC_FL_UNSHARE_RANGE, false, false, EOPNOTSUPP},
    {FALLOC_FL_ZERO_RANGE | FALLOC_FL_PUNCH_HOLE, false, false, EOPNOTSUPP},
};

// Does the work on a range of a new file of so many bytes.
void Allocate(const Mode& mode, size_t file_bytes, uint64_t offset,
              uint64_t size) {
  const std::string before(file_bytes, 'x');
  std::string expected = before;
  const uint64_t end = offset + size;
  if (mode.zeros && offset < file_bytes) {
    std::fill_n(expected.begin() + static_cast<ptrdiff_t>(offset),
                std::min(end, uint64_t{file_bytes}) - offset, '\0');
  }
  if (mode.grows) expected.resize(std::max(expected.size(), end));
  Recorded volume;
  const uint64_t node = volume.Make("a");
  const Handle handle = volume.Open(node);
  volume.Write(node, handle, 0, before);
  EXPECT_EQ(volume.files().Allocate(node, handle, mode.mode, offset, size),
            mode.error)
      << mode.mode;
  Bytes bytes(file_bytes + 10'000);
  size_t read = 0;
  ASSERT_EQ(volume.files().Read(handle, 0, bytes, read), 0);
  EXPECT_TRUE(AsText(ByteSpan(bytes).first(read)) == expected)
      << mode.mode << ": " << offset << '+' << size << " gives " << read;
}

TEST(ProgramAllocateTest, EachModeDoesItsWorkOnEachRange) {
  for (const Mode& mode : kModes) {
    for (const auto& [offset, size] : {std::pair<uint64_t, uint64_t>{0, 1},
                                       {700, 3000},
                                       {0, 9000},
                                       {10, 9000},
                                       {8999, 1},
                                       {9000, 900},
                                       {9001, 100}}) {
      Allocate(mode, 9000, offset, size);
    }
  }
}

// Zeros are written in pieces of a MiB.
TEST(ProgramAllocateTest, ALongRangeBecomesZeros) {
  for (const Mode& mode : kModes) {
    if (!mode.zeros) continue;
    Allocate(mode, (2 << 20) + 5000, 10, 2 << 20);
  }
}

}  // namespace
}  // namespace powercut::programs
