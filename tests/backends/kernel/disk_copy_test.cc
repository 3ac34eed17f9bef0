// DiskCopy and RequestTrace: the test itself reads, writes and discards on the
// block device of a copy and compares what is told with what it did. The tests
// need root and loop devices; where requests cannot be traced, they are
// skipped.

#include "backends/kernel/disk_copy.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

using kernel::DiskCopy;

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kSectorBytes = 512;
constexpr DiskGeometry kGeometry = {kSectorBytes, (16u << 20) / kSectorBytes};

// Notes what it is told.
class NotingDisk : public LentDisk {
 public:
  explicit NotingDisk(uint64_t size_bytes) : image(size_bytes) {}
  SparseImage& LentImage() override { return image; }
  void TellRead(SectorRange range) override { Add(read, range); }
  void TellWriteBegan(SectorRange range) override { Add(began, range); }
  void TellWritten(SectorRange range) override { Add(written, range); }
  void TellLost() override { lost = true; }
  bool IsExhausted() const override { return false; }

  void Forget() {
    for (auto* sectors : {&read, &began, &written}) sectors->clear();
    lost = false;
  }

  SparseImage image;
  std::set<uint64_t> read;
  std::set<uint64_t> began;
  std::set<uint64_t> written;
  bool lost = false;

 private:
  static void Add(std::set<uint64_t>& sectors, SectorRange range) {
    for (uint64_t at = range.first; at < range.end(); ++at) sectors.insert(at);
  }
};

std::set<uint64_t> Sectors(uint64_t offset_bytes, uint64_t size_bytes) {
  std::set<uint64_t> all;
  for (uint64_t at = offset_bytes / kSectorBytes;
       at < (offset_bytes + size_bytes) / kSectorBytes; ++at) {
    all.insert(at);
  }
  return all;
}

class DiskCopyTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = DiskCopy::Make(kGeometry);
    if (!made) GTEST_SKIP() << made.error().message;
    copy_ = std::move(*made);
    for (uint64_t at = 0; at < disk_.image.size_bytes(); at += 3 * kPageBytes) {
      disk_.image.Write(at,
                        Bytes(kPageBytes, static_cast<std::byte>(at >> 12)));
    }
    direct_ = open(copy_->path().c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
    cached_ = open(copy_->path().c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(direct_, 0);
    ASSERT_GE(cached_, 0);
    ASSERT_TRUE(copy_->Follow(disk_));
    EXPECT_TRUE(disk_.read.empty());
  }
  void TearDown() override {
    if (direct_ >= 0) close(direct_);
    if (cached_ >= 0) close(cached_);
  }

  // An aligned buffer of the test.
  std::byte* Buffer(uint64_t size_bytes) {
    memory_.resize(size_bytes + kPageBytes);
    const auto at = reinterpret_cast<uintptr_t>(memory_.data());
    return memory_.data() + (kPageBytes - at % kPageBytes);
  }
  Bytes Read(int fd, uint64_t offset_bytes, uint64_t size_bytes) {
    std::byte* const buffer = Buffer(size_bytes);
    EXPECT_EQ(pread(fd, buffer, size_bytes, static_cast<off_t>(offset_bytes)),
              static_cast<ssize_t>(size_bytes));
    return {buffer, buffer + size_bytes};
  }
  void Write(uint64_t offset_bytes, uint64_t size_bytes, uint64_t word) {
    std::byte* const buffer = Buffer(size_bytes);
    std::fill(buffer, buffer + size_bytes, static_cast<std::byte>(word));
    EXPECT_EQ(
        pwrite(direct_, buffer, size_bytes, static_cast<off_t>(offset_bytes)),
        static_cast<ssize_t>(size_bytes));
  }
  Bytes InImage(uint64_t offset_bytes, uint64_t size_bytes) const {
    Bytes bytes(size_bytes);
    disk_.image.Read(offset_bytes, bytes);
    return bytes;
  }
  void Discard(unsigned long request, uint64_t offset_bytes,
               uint64_t size_bytes) {
    uint64_t range[2] = {offset_bytes, size_bytes};
    EXPECT_EQ(ioctl(direct_, request, range), 0);
  }

  // Other tests trace at the same time, which can take a sample away. Calls
  // `work` anew until nothing was lost, and then `check`.
  template <class Work, class Check>
  void WithNothingLost(const Work& work, const Check& check) {
    constexpr int kTries = 50;
    for (int i = 0; i < kTries; ++i) {
      disk_.Forget();
      disk_.image.changes()->NoteEverything();
      ASSERT_TRUE(copy_->Follow(disk_));
      work();
      if (disk_.lost) continue;
      check();
      return;
    }
    FAIL() << "samples are lost each time";
  }

  NotingDisk disk_{kGeometry.size_bytes()};
  std::unique_ptr<DiskCopy> copy_;
  int direct_ = -1;
  int cached_ = -1;
  Bytes memory_;
};

// Requests of every size: those that the kernel splits (1280 KiB on Linux 6.18)
// and those of a sector.
TEST_F(DiskCopyTest, ToldIsWhatWasDone) {
  std::set<uint64_t> read;
  std::set<uint64_t> written;
  uint64_t seed = 0;
  const auto work = [&] {
    Prng prng(++seed);
    read.clear();
    written.clear();
    SparseImage model(disk_.image);
    for (int i = 0; i < 300 && !HasFailure(); ++i) {
      const uint64_t most = i % 20 == 0 ? 6u << 20 : 1u << (9 + prng.Below(8));
      const uint64_t size =
          (1 + prng.Below(most / kSectorBytes)) * kSectorBytes;
      const uint64_t offset =
          prng.Below((kGeometry.size_bytes() - size) / kSectorBytes + 1) *
          kSectorBytes;
      Bytes content(size);
      model.Read(offset, content);
      switch (prng.Below(4)) {
        case 0:
        case 1:
          EXPECT_EQ(Read(direct_, offset, size), content);
          read.merge(Sectors(offset, size));
          break;
        case 2:
          Write(offset, size, prng.Below(256));
          std::copy_n(Buffer(size), size, content.begin());
          model.Write(offset, content);
          written.merge(Sectors(offset, size));
          break;
        default:
          // Zeroing is refused by files in memory, and written instead.
          Discard(prng.Below(2) == 0 ? BLKDISCARD : BLKZEROOUT, offset, size);
          // A discard of parts of pages is rounded inwards.
          const Bytes now = Read(direct_, offset, size);
          for (size_t at = 0; at < size; ++at) {
            ASSERT_TRUE(now[at] == content[at] || now[at] == std::byte{0});
          }
          model.Write(offset, now);
          read.merge(Sectors(offset, size));
          written.merge(Sectors(offset, size));
      }
      if (prng.Below(3) == 0) copy_->Tell(disk_, prng.Below(2) == 0);
    }
    copy_->Tell(disk_, true);
  };
  WithNothingLost(work, [&] {
    EXPECT_EQ(disk_.read, read);
    // What is rounded away need not be told.
    EXPECT_TRUE(std::ranges::includes(written, disk_.began));
    EXPECT_TRUE(std::ranges::includes(disk_.began, disk_.written));
    // All that differs from the image was told.
    for (uint64_t at = 0; at < kGeometry.sector_count; ++at) {
      if (disk_.began.contains(at)) continue;
      ASSERT_EQ(Read(direct_, at * kSectorBytes, kSectorBytes),
                InImage(at * kSectorBytes, kSectorBytes));
    }
  });
}

// Small requests that follow each other become one.
TEST_F(DiskCopyTest, MergedRequestsAreToldWhole) {
  const auto work = [&] {
    ASSERT_EQ(posix_fadvise(cached_, 1 << 20, 1 << 20, POSIX_FADV_WILLNEED), 0);
    Read(cached_, 1 << 20, 1 << 20);
    std::byte* const buffer = Buffer(1 << 20);
    std::fill(buffer, buffer + (1 << 20), std::byte{7});
    ASSERT_EQ(pwrite(cached_, buffer, 1 << 20, 4 << 20), 1 << 20);
    ASSERT_EQ(fsync(cached_), 0);
    copy_->Tell(disk_, true);
  };
  WithNothingLost(work, [&] {
    EXPECT_EQ(disk_.read, Sectors(1 << 20, 1 << 20));
    EXPECT_EQ(disk_.began, Sectors(4 << 20, 1 << 20));
  });
}

TEST_F(DiskCopyTest, AWriteIsToldWithItsEnd) {
  const auto work = [&] {
    Write(8192, 4096, 1);
    // Longer than two clocks may differ.
    usleep(1000);
    Read(direct_, 4096, 8192);
    copy_->Tell(disk_, true);
  };
  WithNothingLost(work, [&] {
    EXPECT_EQ(disk_.written, Sectors(8192, 4096));
    EXPECT_EQ(disk_.read, Sectors(4096, 8192));
  });
}

// A page that the kernel keeps of one state would be wrong in the next, and
// nobody would see it read.
TEST_F(DiskCopyTest, NoPageStaysFromOneStateToTheNext) {
  for (uint64_t word = 1; word < 50 && !HasFailure(); ++word) {
    disk_.image.Write(5 * kPageBytes, Bytes(kPageBytes, std::byte(word)));
    ASSERT_TRUE(copy_->Follow(disk_));
    disk_.read.clear();
    EXPECT_EQ(Read(cached_, 0, 6 * kPageBytes), InImage(0, 6 * kPageBytes));
    copy_->Tell(disk_, true);
    if (std::exchange(disk_.lost, false)) continue;
    EXPECT_EQ(disk_.read, Sectors(0, 6 * kPageBytes));
  }
}

TEST_F(DiskCopyTest, FollowTakesBackWhatIsNoted) {
  Write(0, 8192, 9);
  Discard(BLKDISCARD, 12288, 4096);
  copy_->Tell(disk_, true);
  disk_.image.changes()->Note(0, 8192);
  disk_.image.changes()->Note(12288, 4096);
  disk_.image.Write(1 << 20, Bytes(512, std::byte{3}));
  ASSERT_TRUE(copy_->Follow(disk_));
  EXPECT_EQ(Read(direct_, 0, 2 << 20), InImage(0, 2 << 20));
  // Another image is copied whole.
  NotingDisk other(kGeometry.size_bytes());
  other.image.Write(77 * kSectorBytes, Bytes(512, std::byte{8}));
  ASSERT_TRUE(copy_->Follow(other));
  Bytes all(kGeometry.size_bytes());
  other.image.Read(0, all);
  EXPECT_EQ(Read(direct_, 0, all.size()), all);
}

// The buffers hold some thousand requests.
TEST_F(DiskCopyTest, AFullBufferIsNoticed) {
  for (int i = 0; i < 40'000; ++i) Read(direct_, 512 * (i % 1024), 512);
  copy_->Tell(disk_, true);
  EXPECT_TRUE(disk_.lost);
  // The next state can be copied again, as a whole.
  disk_.lost = false;
  disk_.image.changes()->NoteEverything();
  EXPECT_TRUE(copy_->Follow(disk_));
  Read(direct_, 0, 512);
  copy_->Tell(disk_, true);
  EXPECT_FALSE(disk_.lost);
}

// Nobody says so when a sample is not made.
TEST_F(DiskCopyTest, AReadThatIsNotTracedIsNoticed) {
  for (const int fd : copy_->fds()) {
    ASSERT_EQ(ioctl(fd, PERF_EVENT_IOC_DISABLE, 0), 0);
  }
  Read(direct_, 0, 512);
  for (const int fd : copy_->fds()) {
    ASSERT_EQ(ioctl(fd, PERF_EVENT_IOC_ENABLE, 0), 0);
  }
  Read(direct_, 4096, 512);
  copy_->Tell(disk_, true);
  EXPECT_TRUE(disk_.lost);
}

// Whoever begins or ends to trace can take samples away from others, or double
// them. Nothing is told then that was not done, and what is missing is noticed.
TEST_F(DiskCopyTest, WhoeverElseTracesTakesNothingUnnoticed) {
  std::vector<pid_t> others(2);
  for (pid_t& other : others) {
    other = fork();
    ASSERT_GE(other, 0);
    if (other != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (true) static_cast<void>(DiskCopy::Make(kGeometry));
  }
  Prng prng(3);
  int lost = 0;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(copy_->Follow(disk_));
    disk_.lost = false;
    disk_.read.clear();
    std::set<uint64_t> read;
    for (int j = 0; j < 10; ++j) {
      const uint64_t offset = prng.Below(1024) * kPageBytes;
      Read(direct_, offset, kPageBytes);
      read.merge(Sectors(offset, kPageBytes));
    }
    copy_->Tell(disk_, true);
    EXPECT_TRUE(std::ranges::includes(read, disk_.read));
    lost += disk_.lost ? 1 : 0;
    if (disk_.lost) continue;
    EXPECT_EQ(disk_.read, read);
  }
  for (const pid_t other : others) {
    kill(other, SIGKILL);
    waitpid(other, nullptr, 0);
  }
  EXPECT_LT(lost, 300);
  RecordProperty("lost", lost);
}

TEST_F(DiskCopyTest, AWriteBetweenTwoStatesIsNoticed) {
  Write(0, 512, 1);
  EXPECT_FALSE(copy_->Follow(disk_));
}

// The size of the device is cut, so that a mounted file system fails, too.
TEST_F(DiskCopyTest, ABrokenCopyFails) {
  copy_->Break(disk_);
  EXPECT_TRUE(disk_.lost);
  std::byte* const buffer = Buffer(4096);
  EXPECT_LE(pread(direct_, buffer, 4096, 8192), 0);
}

TEST_F(DiskCopyTest, ALargeImageIsNotCopied) {
  NotingDisk large(DiskCopy::kImageBytesMax * 4);
  auto copy = DiskCopy::Make({512, large.image.size_bytes() / 512});
  ASSERT_TRUE(copy);
  // The disk may be large if its image is not.
  large.image.Write(DiskCopy::kImageBytesMax * 3, Bytes(512, std::byte{1}));
  EXPECT_TRUE((*copy)->Follow(large));
  const Bytes page(kPageBytes, std::byte{1});
  for (uint64_t at = 0; at < DiskCopy::kImageBytesMax; at += kPageBytes) {
    large.image.Write(at, page);
  }
  large.image.changes()->NoteEverything();
  EXPECT_FALSE((*copy)->Follow(large));
}

}  // namespace
}  // namespace powercut
