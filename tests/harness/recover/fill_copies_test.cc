// Tests what CrashDisk reports as only copied, by hand, and how observations
// are filled in from it for other versions of a block.

#include "harness/recover/fill_copies.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint32_t kBlockBytes = 1024;  // two sectors

using Blocks = std::vector<uint64_t>;
using Pieces = std::vector<CopiedPiece>;

constexpr uint32_t kDevice = CopiedPiece::kDevice;

// Eight blocks, of which sector n holds n + 100; a file `/f` of three sectors,
// and a larger file `/g`.
class CopiesTest : public testing::Test {
 protected:
  CopiesTest() : image_(16 * kSectorBytes) {
    for (uint32_t i = 0; i < 16; ++i) words_.push_back(i + 100);
    image_.Write(0, SectorsOf(words_));
    seen_.entries.resize(2);
    seen_.entries[0].path = "/f";
    seen_.entries[0].content.resize(3 * kSectorBytes);
    seen_.entries[1].path = "/g";
    seen_.entries[1].content.resize(8 * kSectorBytes);
  }

  MutableByteSpan Content(size_t entry) {
    std::string& content = seen_.entries[entry].content;
    return std::as_writable_bytes(std::span(content));
  }

  // Reads sectors to a place of the content of `/f` or `/g`.
  void Copy(size_t entry, uint64_t first, uint64_t count, uint64_t at_sector) {
    disk_.DeclareCopyTarget(seen_.entries[entry].path, Content(entry), 0);
    EXPECT_TRUE(
        disk_.Read(first, Content(entry).subspan(at_sector * kSectorBytes,
                                                 count * kSectorBytes)));
    disk_.EndCopyTarget();
  }

  void Read(uint64_t first, uint64_t count) {
    Bytes bytes(count * kSectorBytes);
    EXPECT_TRUE(disk_.Read(first, bytes));
  }

  void Write(uint64_t first, const Words& words) {
    EXPECT_TRUE(disk_.Write(first, SectorsOf(words), Layer::kHost));
  }

  void Expect(const Blocks& blocks, const Pieces& copies) {
    const RunReads reads = disk_.Reads(seen_);
    EXPECT_EQ(reads.blocks, blocks);
    EXPECT_EQ(reads.copies, copies);
  }

  Words words_;
  SparseImage image_;
  CrashDisk disk_{image_, {kSectorBytes, 16}, kBlockBytes, 0};
  Observation seen_;
};

TEST_F(CopiesTest, SectorsOfABlockAreOnePiece) {
  Copy(1, 3, 4, 2);
  Expect({},
         {{1, 512, 512, 1, 1024}, {2, 0, 1024, 1, 1536}, {3, 0, 512, 1, 2560}});
  EXPECT_EQ(seen_.entries[1].content.substr(1024, 2048),
            AsText(SectorsOf({103, 104, 105, 106})));
}

TEST_F(CopiesTest, PiecesThatFollowEachOtherAreJoined) {
  Copy(0, 4, 1, 0);
  Copy(0, 5, 1, 1);
  // Pieces are not joined if the place does not follow, or in another file.
  Copy(0, 5, 1, 0);
  Copy(1, 4, 1, 0);
  Expect({}, {{2, 0, 1024, 0, 0}, {2, 512, 512, 0, 0}, {2, 0, 512, 1, 0}});
}

TEST_F(CopiesTest, WhatWasReadInAnotherWayIsNoCopy) {
  Copy(0, 2, 1, 0);  // Block 1, which is read later.
  Copy(0, 6, 1, 1);  // Block 3, which is only copied.
  Read(8, 1);        // Block 4, which is read before it is copied.
  Copy(0, 9, 1, 2);
  Read(3, 1);
  // Block 1 decided nothing before its read.
  Expect({4, 1}, {{3, 0, 512, 0, 512}});
}

TEST_F(CopiesTest, WhatRecoveryWroteIsNoPiece) {
  Write(5, {7, 8});
  Copy(1, 4, 4, 0);
  Expect({}, {{2, 0, 512, 1, 0}, {3, 512, 512, 1, 1536}});
  EXPECT_EQ(seen_.entries[1].content.substr(0, 2048),
            AsText(SectorsOf({104, 7, 8, 107})));
}

TEST_F(CopiesTest, WhatIsWrittenAfterTheCopyIsStillOne) {
  Copy(0, 4, 1, 0);
  Write(4, {7, 8});
  Read(4, 2);
  Expect({}, {{2, 0, 512, 0, 0}});
}

TEST_F(CopiesTest, ACopyWithoutItsContentCountsAsRead) {
  Read(0, 1);
  Copy(0, 2, 1, 0);
  Read(4, 1);
  Copy(1, 6, 1, 7);
  seen_.entries[0].unreadable = "EIO";
  Expect({0, 2, 1}, {{3, 0, 512, 1, 3584}});
  seen_.entries[1].content.resize(4095);
  Expect({0, 2, 1, 3}, {});
  seen_.entries[0].unreadable = "";
  Expect({0, 2, 3}, {{1, 0, 512, 0, 0}});
  seen_.entries.erase(seen_.entries.begin());
  seen_.entries[0].content.resize(4096);
  Expect({0, 2, 1}, {{3, 0, 512, 0, 3584}});
  seen_ = {};
  Expect({0, 2, 1, 3}, {});
}

TEST_F(CopiesTest, OnlyWhatLiesInTheBufferIsCopied) {
  // 100 bytes of the file's end, and 30 from within a sector.
  Bytes sectors(2 * kSectorBytes);
  disk_.DeclareCopyTarget("/g", MutableByteSpan(sectors).first(100), 1024);
  EXPECT_TRUE(disk_.Read(4, sectors));
  disk_.DeclareCopyTarget("/g", MutableByteSpan(sectors).subspan(600, 30), 600);
  EXPECT_TRUE(disk_.Read(6, sectors));
  disk_.EndCopyTarget();
  Expect({}, {{2, 0, 100, 1, 1024}, {3, 600, 30, 1, 600}});
}

TEST_F(CopiesTest, OutOfStepWithTheAtomsCountsAsRead) {
  Bytes sector(kSectorBytes);
  disk_.DeclareCopyTarget("/g", sector, 100);
  EXPECT_TRUE(disk_.Read(4, sector));
  disk_.EndCopyTarget();
  Expect({2}, {});
}

TEST_F(CopiesTest, AReadBesideTheBufferIsARead) {
  Bytes sectors(3 * kSectorBytes);
  const MutableByteSpan all(sectors);
  disk_.DeclareCopyTarget("/g", all.subspan(kSectorBytes, kSectorBytes), 0);
  EXPECT_TRUE(disk_.Read(0, all.first(kSectorBytes)));
  EXPECT_TRUE(disk_.Read(2, all.last(kSectorBytes)));
  Expect({0, 1}, {});
}

TEST_F(CopiesTest, ResetAndLookingEndThem) {
  Copy(0, 4, 1, 0);
  disk_.CountCopiesAsRead();
  Copy(0, 6, 1, 1);
  Expect({2}, {{3, 0, 512, 0, 512}});
  disk_.DeclareCopyTarget("/f", Content(0), 0);
  disk_.Reset();
  EXPECT_TRUE(disk_.Read(4, Content(0).first(kSectorBytes)));
  Expect({2}, {});
}

TEST_F(CopiesTest, FilledInShowsTheOtherBytes) {
  Copy(0, 4, 3, 0);
  disk_.DeclareCopyTarget("", Content(1).first(1024), 0);
  EXPECT_TRUE(disk_.Read(8, Content(1).first(1024)));
  disk_.EndCopyTarget();
  seen_.device = "short";
  const RunReads reads = disk_.Reads(seen_);
  EXPECT_EQ(reads.copies, (Pieces{{2, 0, 1024, 0, 0},
                                  {3, 0, 512, 0, 1024},
                                  {4, 0, 1024, kDevice, 0}}));
  // The content of each block follows from its number; block 4 ends in zeros.
  Bytes content;
  const auto other = [&](uint64_t block) {
    content =
        SectorsOf({static_cast<uint32_t>(block * 10),
                   static_cast<uint32_t>(block == 4 ? 0 : block * 10 + 1)});
    return ByteSpan(content);
  };
  const RecoveryOutcome filled =
      FillCopies({RecoveryOutcome::kObserved, "", seen_}, reads.copies, other);
  EXPECT_EQ(filled.observation.entries[0].content,
            AsText(SectorsOf({20, 21, 30})));
  EXPECT_EQ(filled.observation.entries[1], seen_.entries[1]);
  std::string device(AsText(SectorsOf({40})));
  device.resize(device.find_last_not_of('\0') + 1);
  EXPECT_EQ(filled.observation.device, device);
  const auto zeros = [&](uint64_t) {
    content.assign(kBlockBytes, std::byte{0});
    return ByteSpan(content);
  };
  EXPECT_EQ(
      FillCopies({RecoveryOutcome::kObserved, "", seen_}, reads.copies, zeros)
          .observation.device,
      "");
}

// Sectors that end in no zeros: the device is shown without zeros at its end.
std::string FullSectors(const std::string& letters) {
  std::string text;
  for (const char letter : letters) text += std::string(kSectorBytes, letter);
  return text;
}

// The tail of the device was read and not copied, and the copied pieces come
// from its end to its beginning.
TEST_F(CopiesTest, FillingInLeavesTheRestOfTheDevice) {
  seen_.device = FullSectors("abcdef");
  const Pieces copies = {{1, 0, 1024, kDevice, 1024}, {0, 0, 1024, kDevice, 0}};
  std::string content;
  const auto other = [&](uint64_t block) {
    content = FullSectors(block == 0 ? "01" : "23");
    return AsBytes(content);
  };
  const auto filled = [&](const Pieces& pieces) {
    return FillCopies({RecoveryOutcome::kObserved, "", seen_}, pieces, other)
        .observation.device;
  };
  EXPECT_TRUE(filled(copies) == FullSectors("0123ef"));
  EXPECT_TRUE(filled({copies[1]}) == FullSectors("01cdef"));
  EXPECT_TRUE(filled({copies[0]}) == FullSectors("ab23ef"));
}

// A worker whose memory is damaged may report any piece.
TEST(CopiesFitTest, PiecesLieWithinTheirContents) {
  constexpr uint64_t kDiskBytes = 8192;
  constexpr uint64_t kHuge = ~uint64_t{0};
  RecoveryOutcome outcome;
  outcome.observation.entries.resize(2);
  outcome.observation.entries[1].content.resize(1000);
  const auto fits = [&](const CopiedPiece& piece) {
    return CopiesFit(Pieces{piece}, outcome, kDiskBytes);
  };
  EXPECT_TRUE(fits({0, 0, 1000, 1, 0}));
  EXPECT_TRUE(fits({0, 0, 1, 1, 999}));
  EXPECT_FALSE(fits({0, 0, 1001, 1, 0}));
  EXPECT_FALSE(fits({0, 0, 1, 1, 1000}));
  EXPECT_FALSE(fits({0, 0, 2, 1, kHuge}));
  EXPECT_FALSE(fits({0, 0, 1, 0, 0}));
  EXPECT_FALSE(fits({0, 0, 0, 2, 0}));
  EXPECT_FALSE(fits({0, 0, 1, kDevice - 1, 0}));
  EXPECT_TRUE(fits({0, 0, 512, kDevice, kDiskBytes - 512}));
  EXPECT_FALSE(fits({0, 0, 513, kDevice, kDiskBytes - 512}));
  EXPECT_FALSE(fits({0, 0, 512, kDevice, kHuge - 511}));
  EXPECT_TRUE(CopiesFit(Pieces{}, outcome, kDiskBytes));
}

}  // namespace
}  // namespace powercut
