// Units of the kernel backend by themselves: what its processes tell each other
// comes back from bytes, and the file that the loop device stands on turns each
// call into the request that it is, in range and out of range, on a disk that
// works and on one that does not.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backends/kernel/fuse_file.h"
#include "backends/kernel/mounter_messages.h"
#include "fuzz/draw/chooser.h"
#include "harness/disk/sparse_image.h"

namespace powercut::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// --- messages
// -----------------------------------------------------------------

class Drawn {
 public:
  explicit Drawn(uint64_t seed) : chooser_(seed) {}

  uint64_t Number() { return chooser_.Below(uint64_t{1} << 40); }
  std::string Text() {
    std::string text;
    for (uint64_t n = chooser_.Below(6); n > 0; --n) {
      text += static_cast<char>(chooser_.Below(256));
    }
    return text;
  }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts(chooser_.Below(4));
    for (std::string& text : texts) text = Text();
    return texts;
  }
  bool Flag() { return chooser_.OneIn(2); }
  uint64_t Below(uint64_t bound) { return chooser_.Below(bound); }

 private:
  SeededChooser chooser_;
};

TEST(MounterMessages, RequestsComeBack) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Drawn drawn(seed);
    MounterRequest sent;
    sent.kind = static_cast<MounterRequest::Kind>(
        drawn.Below(MounterRequest::kUnmount + 1));
    sent.number = drawn.Number();
    sent.timeout_ms = static_cast<uint32_t>(drawn.Below(1u << 31));
    sent.name = drawn.Text();
    sent.text = drawn.Text();
    sent.device = drawn.Text();
    sent.words = drawn.Texts();
    sent.op.kind = static_cast<OpKind>(drawn.Below(20));
    sent.op.names = drawn.Texts();
    sent.op.numbers.resize(drawn.Below(4));
    for (uint64_t& number : sent.op.numbers) number = drawn.Number();
    sent.op.flags = drawn.Texts();
    for (uint64_t n = drawn.Below(3); n > 0; --n) {
      sent.op.keys.emplace_back(drawn.Text(), drawn.Text());
    }
    sent.writeback = static_cast<WritebackSchedule>(drawn.Below(4));
    sent.writeback_seed = drawn.Number();
    const MounterRequest got = DecodeMounterRequest(EncodeMounterRequest(sent));
    ASSERT_EQ(got.kind, sent.kind);
    ASSERT_EQ(got.number, sent.number);
    ASSERT_EQ(got.timeout_ms, sent.timeout_ms);
    ASSERT_EQ(got.name, sent.name);
    ASSERT_EQ(got.text, sent.text);
    ASSERT_EQ(got.device, sent.device);
    ASSERT_EQ(got.words, sent.words);
    ASSERT_EQ(got.op, sent.op);
    ASSERT_EQ(got.writeback, sent.writeback);
    ASSERT_EQ(got.writeback_seed, sent.writeback_seed);
  }
}

TEST(MounterMessages, EndsOfCommandsComeBack) {
  for (const auto kind :
       {CommandEnd::kEnded, CommandEnd::kNotStarted, CommandEnd::kTimedOut}) {
    for (const bool full : {false, true}) {
      const CommandEnd got =
          DecodeCommandEnd(EncodeCommandEnd({kind, "exit status 3", full}));
      EXPECT_EQ(got.kind, kind);
      EXPECT_EQ(got.detail, "exit status 3");
      EXPECT_EQ(got.volume_full, full);
    }
  }
}

TEST(MounterMessages, MapsComeBackOrAreDamaged) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Drawn drawn(seed);
    VolumeMap sent;
    sent.look.cut = drawn.Flag();
    sent.look.entries.resize(drawn.Below(4));
    for (VolumeEntry& entry : sent.look.entries) {
      entry.path = drawn.Text();
      entry.is_directory = drawn.Flag();
      entry.size_bytes = drawn.Number();
      entry.changed_ns = -static_cast<int64_t>(drawn.Number());
    }
    sent.parts.resize(drawn.Below(4));
    for (VolumePart& part : sent.parts) {
      part.kind =
          static_cast<VolumePart::Kind>(drawn.Below(VolumePart::kOther + 1));
      part.first_byte = drawn.Number();
      part.bytes = drawn.Number();
      part.owner = drawn.Text();
      part.offset_bytes = drawn.Number();
    }
    sent.notes = drawn.Texts();
    const std::string bytes = EncodeVolumeMap(sent);
    const auto got = DecodeVolumeMap(bytes);
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(EncodeVolumeMap(*got), bytes);
    ASSERT_EQ(got->look.cut, sent.look.cut);
    ASSERT_EQ(got->look.entries.size(), sent.look.entries.size());
    for (size_t i = 0; i < sent.look.entries.size(); ++i) {
      const VolumeEntry& a = got->look.entries[i];
      const VolumeEntry& b = sent.look.entries[i];
      ASSERT_EQ(a.path, b.path);
      ASSERT_EQ(a.is_directory, b.is_directory);
      ASSERT_EQ(a.size_bytes, b.size_bytes);
      ASSERT_EQ(a.changed_ns, b.changed_ns);
    }
    ASSERT_EQ(got->parts.size(), sent.parts.size());
    for (size_t i = 0; i < sent.parts.size(); ++i) {
      const VolumePart& a = got->parts[i];
      const VolumePart& b = sent.parts[i];
      ASSERT_EQ(a.kind, b.kind);
      ASSERT_EQ(a.first_byte, b.first_byte);
      ASSERT_EQ(a.bytes, b.bytes);
      ASSERT_EQ(a.owner, b.owner);
      ASSERT_EQ(a.offset_bytes, b.offset_bytes);
    }
    ASSERT_EQ(got->notes, sent.notes);
    ASSERT_FALSE(DecodeVolumeMap(bytes + "x"));
    ASSERT_FALSE(DecodeVolumeMap(bytes.substr(0, bytes.size() - 1)));
  }
}

// --- the file of the loop device
// --------------------------------------------------

// A disk that lists its requests, and fails them if it is told to.
class ListingDisk : public VirtualDisk {
 public:
  ListingDisk() : image_(geometry_.size_bytes()) {}

  const DiskGeometry& geometry() const override { return geometry_; }
  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    if (fails) return Error{*fails, "planted"};
    image_.Read(first_sector * 512, out);
    return Ok{};
  }
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    if (fails) return Error{*fails, "planted"};
    image_.Write(first_sector * 512, data);
    requests.push_back("write " + std::to_string(first_sector) + "+" +
                       std::to_string(data.size() / 512) +
                       (layer == Layer::kDevice ? "" : " at another layer"));
    return Ok{};
  }
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    if (fails) return Error{*fails, "planted"};
    const bool all = to == Layer::kMedia && scope == nullptr && !upto;
    requests.emplace_back(all ? "flush" : "a flush of something");
    return Ok{};
  }
  Status Discard(SectorRange range) override {
    if (fails) return Error{*fails, "planted"};
    requests.push_back("discard " + std::to_string(range.first) + "+" +
                       std::to_string(range.count));
    return Ok{};
  }

  void Mark(std::string_view) override {}

  std::optional<ErrorCode> fails;
  std::vector<std::string> requests;

 private:
  DiskGeometry geometry_{.sector_bytes = 512, .sector_count = 64};
  SparseImage image_;
};

class FuseFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "fuse_file_XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    auto mounted = FuseFile::Mount(folder_, disk_.geometry().size_bytes());
    if (!mounted) GTEST_SKIP() << mounted.error().message;
    file_ = std::move(*mounted);
    file_->set_disk(&disk_);
    server_ = std::thread([this] {
      while (!over_) {
        pollfd waiting = {file_->fd(), POLLIN, 0};
        if (poll(&waiting, 1, 20) > 0 && !file_->Serve()) break;
      }
    });
  }
  void TearDown() override {
    over_ = true;
    if (server_.joinable()) server_.join();
    file_.reset();
    std::filesystem::remove(folder_);
  }

  // Runs `call` on the opened file of this name. Returns its errno value.
  template <class Call>
  int On(const char* name, const Call& call) {
    const int fd = open((folder_ + "/" + name).c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_GE(fd, 0);
    errno = 0;
    const bool done = call(fd) >= 0;
    const int error = done ? 0 : errno;
    close(fd);
    return error;
  }
  int Write(const std::string& bytes, off_t offset) {
    return On(FuseFile::kName, [&](int fd) {
      return pwrite(fd, bytes.data(), bytes.size(), offset);
    });
  }
  int Read(size_t size, off_t offset, std::string* out = nullptr) {
    std::string bytes(size, '?');
    const int error = On(FuseFile::kName, [&](int fd) {
      return pread(fd, bytes.data(), bytes.size(), offset);
    });
    if (out != nullptr) *out = bytes;
    return error;
  }
  int Punch(off_t offset, off_t length) {
    return On(FuseFile::kName, [&](int fd) {
      return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
                       length);
    });
  }
  int Flush() {
    return On(FuseFile::kName, [](int fd) { return fsync(fd); });
  }

  std::string folder_;
  ListingDisk disk_;
  std::unique_ptr<FuseFile> file_;
  std::atomic<bool> over_ = false;
  std::thread server_;
};

constexpr off_t kEnd = 64 * 512;

TEST_F(FuseFileTest, EachCallIsTheRequestThatItIs) {
  EXPECT_EQ(Write(std::string(1024, 'a'), 512), 0);
  EXPECT_EQ(Flush(), 0);
  EXPECT_EQ(Punch(1024, 2048), 0);
  EXPECT_EQ(Write(std::string(512, 'z'), kEnd - 512), 0);
  EXPECT_EQ(Punch(kEnd - 512, 512), 0);
  EXPECT_THAT(disk_.requests, ElementsAre("write 1+2", "flush", "discard 2+4",
                                          "write 63+1", "discard 63+1"));
  std::string bytes;
  EXPECT_EQ(Read(1536, 512, &bytes), 0);
  EXPECT_EQ(bytes, std::string(1024, 'a') + std::string(512, '\0'));
  EXPECT_EQ(Read(512, kEnd - 512, &bytes), 0);
  EXPECT_EQ(bytes, std::string(512, 'z'));
  struct stat found{};
  ASSERT_EQ(stat((folder_ + "/" + FuseFile::kName).c_str(), &found), 0);
  EXPECT_EQ(found.st_size, kEnd);
}

TEST_F(FuseFileTest, NothingLiesBehindTheEnd) {
  EXPECT_EQ(Write(std::string(1024, 'a'), kEnd - 512), EIO);
  EXPECT_EQ(Write(std::string(512, 'a'), kEnd), EIO);
  EXPECT_EQ(Read(1024, kEnd - 512), EIO);
  EXPECT_EQ(Read(512, kEnd), EIO);
  EXPECT_EQ(Punch(kEnd - 512, 1024), EIO);
  EXPECT_EQ(Punch(100, 512), EINVAL);
  EXPECT_EQ(Punch(512, 100), EINVAL);
  EXPECT_THAT(disk_.requests, IsEmpty());
}

TEST_F(FuseFileTest, ABrokenDiskIsTold) {
  for (const auto& [code, error] :
       {std::pair{ErrorCode::kIo, EIO}, {ErrorCode::kFull, ENOSPC}}) {
    disk_.fails = code;
    EXPECT_EQ(Write(std::string(512, 'a'), 0), error);
    EXPECT_EQ(Read(512, 0), EIO);
    EXPECT_EQ(Flush(), EIO);
    EXPECT_EQ(Punch(0, 512), EIO);
  }
  disk_.fails.reset();
  EXPECT_EQ(Write(std::string(512, 'a'), 0), 0);
}

TEST_F(FuseFileTest, WithoutADiskEverythingFails) {
  file_->set_disk(nullptr);
  EXPECT_EQ(Write(std::string(512, 'a'), 0), EIO);
  EXPECT_EQ(Read(512, 0), EIO);
  EXPECT_EQ(Flush(), EIO);
  EXPECT_EQ(Punch(0, 512), EIO);
}

TEST_F(FuseFileTest, TextGoesToTheSink) {
  std::vector<std::string> texts;
  const auto write = [&](std::string_view text) {
    return On(FuseFile::kTextName,
              [&](int fd) { return ::write(fd, text.data(), text.size()); });
  };
  // Text is dropped while nobody wants it.
  EXPECT_EQ(write("dropped\n"), 0);
  file_->set_text_sink(
      [&](std::string_view text) { texts.emplace_back(text); });
  EXPECT_EQ(write("one\n"), 0);
  EXPECT_EQ(write("two\n"), 0);
  EXPECT_EQ(On(FuseFile::kTextName, [](int fd) { return fsync(fd); }), 0);
  EXPECT_THAT(texts, ElementsAre("one\n", "two\n"));
  EXPECT_THAT(disk_.requests, IsEmpty());
  struct stat found{};
  ASSERT_EQ(stat((folder_ + "/" + FuseFile::kTextName).c_str(), &found), 0);
  EXPECT_EQ(found.st_size, 0);
  EXPECT_EQ(found.st_mode & 0777, 0666u);
  EXPECT_NE(stat((folder_ + "/other").c_str(), &found), 0);
}

}  // namespace
}  // namespace powercut::kernel
