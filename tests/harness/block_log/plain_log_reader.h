// A reader of dm-log-writes logs that shares no code with the harness. It
// checks what other tools require of a log, rule by rule, and makes the disk
// that the entries leave.

#ifndef POWERCUT_TESTS_HARNESS_BLOCK_LOG_PLAIN_LOG_READER_H_
#define POWERCUT_TESTS_HARNESS_BLOCK_LOG_PLAIN_LOG_READER_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace powercut {

class PlainLogReader {
 public:
  // Reads the whole log. If the log breaks a rule, the test fails.
  explicit PlainLogReader(const std::vector<std::byte>& file) : file_(file) {
    ReadSuperblock();
    for (uint64_t i = 0; i < count_ && !testing::Test::HasFatalFailure(); ++i) {
      SCOPED_TRACE("entry " + std::to_string(i));
      ReadEntry();
    }
    EXPECT_EQ(at_, file_.size()) << "bytes after the last entry";
    EXPECT_TRUE(last_is_mark_);
    EXPECT_EQ(marks_.empty() ? "" : marks_.back(), "dm-log-writes-end");
  }

  const std::vector<std::string>& marks() const { return marks_; }
  // The disk, up to the last sector that an entry reaches.
  const std::vector<uint8_t>& disk() const { return disk_; }

 private:
  uint64_t Number(uint64_t at, int size) const {
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; --i) value = value << 8 | Byte(at + i);
    return value;
  }
  uint8_t Byte(uint64_t at) const {
    return at < file_.size() ? static_cast<uint8_t>(file_[at]) : 0xee;
  }
  void ExpectZeros(uint64_t begin, uint64_t end) const {
    for (uint64_t i = begin; i < end; ++i) {
      ASSERT_EQ(Byte(i), 0) << "byte " << i;
    }
  }

  void ReadSuperblock() {
    const uint8_t magic[] = {0x72, 0x68, 0x73, 0x77, 0x66, 0x73, 0x6a, 0x00};
    for (int i = 0; i < 8; ++i) ASSERT_EQ(Byte(i), magic[i]);
    ASSERT_EQ(Number(8, 8), 1u);
    count_ = Number(16, 8);
    sector_ = Number(24, 4);
    ASSERT_TRUE(sector_ == 512 || sector_ == 1024 || sector_ == 2048 ||
                sector_ == 4096);
    ExpectZeros(28, sector_);
    at_ = sector_;
  }

  void ReadEntry() {
    ASSERT_LE(at_ + sector_, file_.size());
    const uint64_t first = Number(at_, 8);
    const uint64_t sectors = Number(at_ + 8, 8);
    const uint64_t flags = Number(at_ + 16, 8);
    const uint64_t length = Number(at_ + 24, 8);
    const uint64_t header = at_;
    at_ += sector_;
    last_is_mark_ = flags == 8;
    // QEMU can append only if a flush is an entry of its own, and it refuses
    // the flag METADATA.
    ASSERT_TRUE(flags == 0 || flags == 1 || flags == 2 || flags == 4 ||
                flags == 8);
    if (flags == 8) {
      ReadMark(header, first, sectors, length);
      return;
    }
    ASSERT_EQ(length, 0u);
    ExpectZeros(header + 32, header + sector_);
    if (flags == 1) {
      ASSERT_TRUE(first == 0 && sectors == 0);
      return;
    }
    ASSERT_GT(sectors, 0u);
    const uint64_t end = (first + sectors) * sector_;
    if (disk_.size() < end) disk_.resize(end);
    if (flags == 4) {
      std::fill_n(disk_.begin() + first * sector_, sectors * sector_, 0);
      return;
    }
    ASSERT_LE(at_ + sectors * sector_, file_.size());
    for (uint64_t i = 0; i < sectors * sector_; ++i) {
      disk_[first * sector_ + i] = Byte(at_ + i);
    }
    at_ += sectors * sector_;
  }

  void ReadMark(uint64_t header, uint64_t first, uint64_t sectors,
                uint64_t length) {
    ASSERT_TRUE(first == 0 && sectors == 0);
    ASSERT_LE(length, sector_ - 33);
    std::string text;
    for (uint64_t i = 0; i < length; ++i) {
      ASSERT_NE(Byte(header + 32 + i), 0) << "NUL in a mark";
      text += static_cast<char>(Byte(header + 32 + i));
    }
    ExpectZeros(header + 32 + length, header + sector_);
    marks_.push_back(text);
  }

  const std::vector<std::byte>& file_;
  uint64_t count_ = 0;
  uint64_t sector_ = 0;
  uint64_t at_ = 0;
  bool last_is_mark_ = false;
  std::vector<std::string> marks_;
  std::vector<uint8_t> disk_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_BLOCK_LOG_PLAIN_LOG_READER_H_
