// Tests reading a disk from a file: holes, sizes, and what is no disk.

#include "harness/disk/image_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/subprocess.h"

namespace powercut {
namespace {

std::string ErrorOf(const std::string& path,
                    std::optional<uint64_t> disk_bytes = std::nullopt) {
  const auto image = ReadImageFile(path, disk_bytes);
  return image ? "" : image.error().message;
}

TEST(ImageFileTest, ReadsDataAndHoles) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("disk", "begin");
  constexpr uint64_t kBytes = 100'000'123;
  ASSERT_EQ(truncate(path.c_str(), kBytes), 0);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(50'000'001);
  file << "middle";
  file.seekp(kBytes - 3);
  file << "end";
  file.close();
  const auto image = ReadImageFile(path, std::nullopt);
  ASSERT_TRUE(image) << image.error().message;
  SparseImage expected(kBytes);
  const auto write = [&](uint64_t offset, std::string_view text) {
    expected.Write(offset, AsBytes(text));
  };
  write(0, "begin");
  write(50'000'001, "middle");
  write(kBytes - 3, "end");
  EXPECT_TRUE(image->SameBytes(expected));
  // Zeros follow a file that is shorter than the disk.
  const auto longer = ReadImageFile(path, kBytes + 512);
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->size_bytes(), kBytes + 512);
  Bytes tail(515);
  longer->Read(kBytes - 3, tail);
  EXPECT_EQ(tail[2], std::byte{'d'});
  EXPECT_TRUE(AllZero(ByteSpan(tail).subspan(3)));
}

TEST(ImageFileTest, RefusesWhatIsNoDisk) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("disk", "1234");
  EXPECT_THAT(ErrorOf(path, 3), testing::HasSubstr("has 4 bytes, and --size"));
  EXPECT_EQ(ErrorOf(path, 4), "");
  EXPECT_THAT(ErrorOf(folder.Write("empty", "")),
              testing::HasSubstr("not empty"));
  EXPECT_THAT(ErrorOf("/tmp"), testing::HasSubstr("a regular file"));
  EXPECT_THAT(ErrorOf("/dev/null"), testing::HasSubstr("a regular file"));
  EXPECT_THAT(ErrorOf(folder.File("none")), testing::HasSubstr("No such file"));
  const std::string huge = folder.Write("huge", "");
  if (truncate(huge.c_str(), off_t{3} << 40) == 0) {
    EXPECT_THAT(ErrorOf(huge), testing::HasSubstr("2048G"));
  }
}

}  // namespace
}  // namespace powercut
