// Tests CrashDisk: reads, writes, what was read or copied, and undo, by hand
// and against a plain model of them.

#include "harness/recover/crash_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint32_t kBlockBytes = 2048;  // four sectors

using Blocks = std::vector<uint64_t>;

SparseImage ImageOf(const Words& words) {
  SparseImage image(words.size() * kSectorBytes);
  image.Write(0, SectorsOf(words));
  return image;
}

Words Read(CrashDisk& disk, uint64_t first, uint64_t count) {
  Bytes bytes(count * kSectorBytes);
  EXPECT_TRUE(disk.Read(first, bytes));
  return WordsOf(bytes);
}

void Write(CrashDisk& disk, uint64_t first, const Words& words) {
  EXPECT_TRUE(disk.Write(first, SectorsOf(words), Layer::kHost));
}

// Eight blocks of four sectors; sector n holds n + 100.
class CrashDiskTest : public testing::Test {
 protected:
  static Words Numbered() {
    Words words;
    for (uint32_t i = 0; i < 32; ++i) words.push_back(i + 100);
    return words;
  }

  std::vector<uint64_t> BlocksRead() const { return disk_.Reads({}).blocks; }

  SparseImage image_ = ImageOf(Numbered());
  CrashDisk disk_{image_, {kSectorBytes, 32}, kBlockBytes, 0};
};

TEST_F(CrashDiskTest, ReadsTheImageAndItsOwnWrites) {
  EXPECT_EQ(disk_.geometry(), (DiskGeometry{kSectorBytes, 32}));
  EXPECT_EQ(Read(disk_, 0, 32), Numbered());
  Write(disk_, 3, {1, 2});
  EXPECT_EQ(Read(disk_, 2, 4), (Words{102, 1, 2, 105}));
  ASSERT_TRUE(disk_.Discard({4, 2}));
  EXPECT_EQ(Read(disk_, 2, 5), (Words{102, 1, 0, 0, 106}));
  EXPECT_EQ(disk_.write_count(), 2u);
}

using Parts = std::vector<BlockPart>;

// With spec-strict, /a and /b have a part of data and one of times each, in the
// order of the paths and kinds.
class CrashDiskPartsTest : public CrashDiskTest {
 protected:
  CrashDiskPartsTest() { disk_.set_parts(&parts_); }

  void ReadFor(ShownPart part, uint64_t sector) {
    disk_.DeclarePart(part);
    Read(disk_, sector, 1);
    disk_.DeclarePart({});
  }
  Parts PartsRead() const { return disk_.Reads({}).parts; }

  const Workload workload_ =
      ParseWorkload("powercut 1\ninit\n  create /a\n  create /b\nrun\n",
                    "t.pcut")
          .value();
  const IndependentParts parts_{*FindProfile("spec-strict"), workload_};
  const uint32_t a_ = parts_.NumberOf({ShownPart::kData, "/a"});
  const uint32_t b_ = parts_.NumberOf({ShownPart::kData, "/b"});
};

TEST_F(CrashDiskPartsTest, BlocksAreNotedForEachPartThatReadsThem) {
  ASSERT_NE(a_, 0u);
  ASSERT_LT(a_, b_);
  ReadFor({ShownPart::kData, "/b"}, 0);
  ReadFor({ShownPart::kData, "/a"}, 1);
  ReadFor({ShownPart::kData, "/a"}, 2);
  ReadFor({ShownPart::kData, "/a"}, 4);
  Read(disk_, 8, 1);
  EXPECT_EQ(PartsRead(), (Parts{{0, a_}, {0, b_}, {1, a_}}));
  EXPECT_EQ(BlocksRead(), (Blocks{0, 1, 2}));
  // A part that has no number is the whole.
  ReadFor({ShownPart::kData, "/c"}, 5);
  EXPECT_EQ(PartsRead(), (Parts{{0, a_}, {0, b_}}));
  disk_.Reset();
  EXPECT_EQ(PartsRead(), Parts{});
}

TEST_F(CrashDiskPartsTest, CopiesAreNotedToo) {
  Bytes buffer(kSectorBytes);
  disk_.DeclarePart({ShownPart::kData, "/a"});
  disk_.DeclareCopyTarget("/a", buffer, 0);
  EXPECT_TRUE(disk_.Read(4, buffer));
  EXPECT_EQ(PartsRead(), (Parts{{1, a_}}));
  disk_.CountCopiesAsRead();
  EXPECT_EQ(PartsRead(), Parts{});
}

// What is written may follow from what was read for any part.
TEST_F(CrashDiskPartsTest, ARunThatWritesHasNoParts) {
  ReadFor({ShownPart::kData, "/a"}, 0);
  Write(disk_, 31, {1});
  EXPECT_EQ(PartsRead(), Parts{});
  EXPECT_EQ(BlocksRead(), Blocks{0});
}

TEST_F(CrashDiskTest, WithoutPartsNoneAreNoted) {
  disk_.DeclarePart({ShownPart::kData, "/a"});
  Read(disk_, 0, 1);
  EXPECT_EQ(disk_.Reads({}).parts, Parts{});
}

TEST_F(CrashDiskTest, ResetTakesEverythingBack) {
  Write(disk_, 0, Words(32, 7));
  Write(disk_, 5, {8, 9});
  ASSERT_TRUE(disk_.Discard({6, 10}));
  Read(disk_, 0, 1);
  disk_.Reset();
  EXPECT_EQ(WordsOf(image_), Numbered());
  EXPECT_TRUE(BlocksRead().empty());
  EXPECT_EQ(disk_.write_count(), 0u);
  disk_.Reset();
  EXPECT_EQ(WordsOf(image_), Numbered());
  Write(disk_, 31, {1});
  EXPECT_EQ(Read(disk_, 31, 1), Words{1});
  EXPECT_TRUE(BlocksRead().empty());
}

TEST(CrashDiskLife, DestructionGivesTheImageBack) {
  SparseImage image = ImageOf({1, 2, 3});
  {
    CrashDisk disk(image, {kSectorBytes, 3}, kBlockBytes, 0);
    Write(disk, 0, {4, 5, 6});
    EXPECT_EQ(WordsOf(image), (Words{4, 5, 6}));
  }
  EXPECT_EQ(WordsOf(image), (Words{1, 2, 3}));
}

TEST_F(CrashDiskTest, BlocksReadAreInOrderAndWithoutDuplicates) {
  Read(disk_, 9, 1);
  Read(disk_, 2, 4);
  Read(disk_, 8, 4);
  Read(disk_, 0, 12);
  EXPECT_EQ(BlocksRead(), (Blocks{2, 0, 1}));
}

TEST_F(CrashDiskTest, WhatWasOverwrittenFirstIsNotRead) {
  Write(disk_, 4, {1, 2, 3, 4});
  Read(disk_, 4, 4);
  EXPECT_TRUE(BlocksRead().empty());
  // A read over a border notes only the block that recovery did not write.
  Read(disk_, 6, 4);
  EXPECT_EQ(BlocksRead(), Blocks{2});
}

TEST_F(CrashDiskTest, APartlyOverwrittenBlockIsReadByItsOtherSectors) {
  Write(disk_, 4, {1, 2});
  Read(disk_, 4, 2);
  EXPECT_TRUE(BlocksRead().empty());
  Read(disk_, 5, 2);
  EXPECT_EQ(BlocksRead(), Blocks{1});
}

TEST_F(CrashDiskTest, WhatIsOverwrittenLaterWasRead) {
  Read(disk_, 4, 1);
  Write(disk_, 0, Words(32, 7));
  ASSERT_TRUE(disk_.Discard({4, 4}));
  EXPECT_EQ(BlocksRead(), Blocks{1});
}

TEST_F(CrashDiskTest, ALentDiskKnowsWhatItIsTold) {
  LentDisk* const lent = disk_.Lend();
  ASSERT_NE(lent, nullptr);
  lent->TellRead({4, 1});
  lent->TellWriteBegan({8, 4});
  lent->TellRead({9, 1});
  lent->TellWriteBegan({12, 4});
  lent->TellWritten({12, 4});
  lent->TellRead({12, 4});
  lent->TellRead({0, 2});
  // A read before the end of a write may get the old bytes.
  EXPECT_EQ(BlocksRead(), (std::vector<uint64_t>{1, 2, 0}));
  EXPECT_EQ(disk_.write_count(), 2u);
  EXPECT_EQ(WordsOf(image_), Numbered());
  disk_.Reset();
  EXPECT_TRUE(BlocksRead().empty());
  EXPECT_FALSE(disk_.lost());
  lent->TellLost();
  EXPECT_TRUE(disk_.lost());
  disk_.Reset();
  EXPECT_FALSE(disk_.lost());
}

// A read that is told at once must be told before the storage gets the bytes,
// since it may never come back.
TEST_F(CrashDiskTest, IsNotLentWhereEachRequestCounts) {
  disk_.set_keep_events(true);
  EXPECT_EQ(disk_.Lend(), nullptr);
  disk_.set_keep_events(false);
  disk_.set_read_seen([](uint64_t) {});
  EXPECT_EQ(disk_.Lend(), nullptr);
  disk_.set_read_seen({});
  disk_.set_lends(false);
  EXPECT_EQ(disk_.Lend(), nullptr);
  disk_.set_lends(true);
  EXPECT_NE(disk_.Lend(), nullptr);
}

// Whoever has a copy of the image learns what to copy again.
TEST_F(CrashDiskTest, WritesToACopyAreChangesOnceTheyAreTakenBack) {
  const auto changes = std::make_shared<ImageChanges>();
  image_.set_changes(changes);
  EXPECT_EQ(changes->Take(), std::nullopt);
  LentDisk* const lent = disk_.Lend();
  lent->TellWriteBegan({31, 1});
  EXPECT_EQ(changes->Take(), std::vector<uint64_t>{});
  disk_.Reset();
  const uint64_t page = 31 * kSectorBytes / ImageChanges::kPageBytes;
  EXPECT_EQ(changes->Take(), std::vector<uint64_t>{page});
  disk_.Reset();
  EXPECT_EQ(changes->Take(), std::vector<uint64_t>{});
  lent->TellLost();
  disk_.Reset();
  EXPECT_EQ(changes->Take(), std::nullopt);
}

TEST_F(CrashDiskTest, ADiscardOverwrites) {
  ASSERT_TRUE(disk_.Discard({0, 4}));
  EXPECT_EQ(Read(disk_, 0, 4), Words(4, 0));
  EXPECT_TRUE(BlocksRead().empty());
}

TEST_F(CrashDiskTest, AResetForgetsWhatWasReadAndWritten) {
  Write(disk_, 0, Words(4, 7));
  Read(disk_, 8, 1);
  disk_.Reset();
  Read(disk_, 0, 1);
  Read(disk_, 8, 1);
  EXPECT_EQ(BlocksRead(), (Blocks{0, 2}));
}

TEST(CrashDiskTail, ABlockMayReachBeyondTheEndOfTheDisk) {
  SparseImage image = ImageOf({1, 2, 3, 4, 5, 6});
  CrashDisk disk(image, {kSectorBytes, 6}, kBlockBytes, 0);
  Read(disk, 5, 1);
  Write(disk, 4, {7, 8});
  EXPECT_EQ(disk.Reads({}).blocks, Blocks{1});
}

TEST(CrashDiskLimit, EveryRequestBehindTheLimitFails) {
  SparseImage image = ImageOf({1, 2, 3, 4});
  CrashDisk disk(image, {kSectorBytes, 4}, kBlockBytes, 3);
  Bytes sector(kSectorBytes);
  EXPECT_TRUE(disk.Read(0, sector));
  EXPECT_TRUE(disk.Write(0, SectorsOf({9}), Layer::kHost));
  EXPECT_TRUE(SyncWholeDisk(disk).has_value() == false);
  EXPECT_TRUE(disk.limit_reached());
  const Status read = disk.Read(1, sector);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kIo);
  EXPECT_FALSE(disk.Write(1, SectorsOf({9}), Layer::kHost));
  EXPECT_FALSE(disk.Discard({1, 1}));
  EXPECT_FALSE(disk.Persist(Layer::kMedia, nullptr, std::nullopt));
  disk.Mark("not a request");
  EXPECT_EQ(WordsOf(image), (Words{9, 2, 3, 4}));
  EXPECT_EQ(disk.write_count(), 1u);
  disk.Reset();
  EXPECT_FALSE(disk.limit_reached());
  EXPECT_EQ(WordsOf(image), (Words{1, 2, 3, 4}));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(disk.Read(0, sector));
  EXPECT_FALSE(disk.limit_reached());
  EXPECT_FALSE(disk.Read(0, sector));
}

TEST(CrashDiskLimit, ZeroIsNoLimit) {
  SparseImage image = ImageOf({1});
  CrashDisk disk(image, {kSectorBytes, 1}, kBlockBytes, 0);
  Bytes sector(kSectorBytes);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(disk.Read(0, sector));
  EXPECT_FALSE(disk.limit_reached());
}

// What a recovery sees, has read and has written, kept in the plainest way.
struct PlainDisk {
  Words before;
  Words now;
  std::set<uint64_t> written;
  Blocks reads;
  // Whether the recovery is over.
  bool over = false;
  // How many requests of it are kept.
  uint64_t events = 0;

  void NoteRead(uint64_t sector, uint64_t per_block) {
    if (written.contains(sector)) return;
    const uint64_t block = sector / per_block;
    if (std::ranges::find(reads, block) == reads.end()) reads.push_back(block);
  }

  // Notes what a write leaves of the blocks in which it begins and ends. Each
  // of them shows after a crash that loses the write.
  void NoteRests(uint64_t first, uint64_t end, uint64_t per_block) {
    for (const uint64_t block : {first / per_block, (end - 1) / per_block}) {
      for (uint64_t s = block * per_block; s < (block + 1) * per_block; ++s) {
        const bool stays = s < now.size() && (s < first || s >= end);
        if (stays) NoteRead(s, per_block);
      }
    }
  }
};

TEST(CrashDiskRandom, EqualsAPlainDisk) {
  for (uint64_t seed = 0; seed < 500 / kSlowdown; ++seed) {
    Prng prng(seed);
    const uint32_t block_bytes = RandomAtomicBytes(prng);
    PlainDisk plain;
    for (uint64_t s = 1 + prng.Below(20); s > 0; --s) {
      plain.before.push_back(static_cast<uint32_t>(prng.Below(5)));
    }
    plain.now = plain.before;
    SparseImage image = ImageOf(plain.before);
    CrashDisk disk(image, {kSectorBytes, plain.now.size()}, block_bytes, 0);
    // Whether there are crashes during the recovery.
    const bool crashes = seed % 2 == 1;
    disk.set_keep_events(crashes);
    for (uint32_t step = 0; step < 60; ++step) {
      const uint64_t first = prng.Below(plain.now.size());
      const uint64_t count = 1 + prng.Below(plain.now.size() - first);
      const bool discard = prng.OneIn(4);
      if (prng.OneIn(20)) {
        disk.Reset();
        plain = {plain.before, plain.before, {}, {}};
      } else if (prng.OneIn(20)) {
        disk.ObservationBegins();
        plain.over = true;
      } else if (prng.OneIn(2)) {
        for (uint64_t s = first; s < first + count; ++s) {
          plain.NoteRead(s, block_bytes / kSectorBytes);
        }
        ASSERT_EQ(
            Read(disk, first, count),
            Words(plain.now.begin() + static_cast<ptrdiff_t>(first),
                  plain.now.begin() + static_cast<ptrdiff_t>(first + count)));
      } else {
        const Words words(count, discard ? 0 : step + 10);
        if (crashes && !plain.over) {
          ++plain.events;
          plain.NoteRests(first, first + count, block_bytes / kSectorBytes);
        }
        if (discard) {
          ASSERT_TRUE(disk.Discard({first, count}));
        } else {
          Write(disk, first, words);
        }
        for (uint64_t i = 0; i < count; ++i) {
          plain.now[first + i] = words[i];
          plain.written.insert(first + i);
        }
      }
      ASSERT_EQ(disk.Reads({}).blocks, plain.reads) << "seed " << seed;
      ASSERT_EQ(disk.events().size(), plain.events) << "seed " << seed;
      ASSERT_EQ(WordsOf(image), plain.now);
    }
    disk.Reset();
    ASSERT_EQ(WordsOf(image), plain.before);
  }
}

// Whatever is asked of the disk is a request, also of its copy that is lent.
TEST(CrashDiskLimit, RequestsOfEachKindCount) {
  Bytes sector(kSectorBytes);
  const std::vector<std::function<void(CrashDisk&)>> requests = {
      [&](CrashDisk& disk) { (void)disk.Read(0, sector).has_value(); },
      [&](CrashDisk& disk) {
        (void)disk.Write(0, sector, Layer::kHost).has_value();
      },
      [](CrashDisk& disk) {
        (void)disk.Persist(Layer::kMedia, nullptr, std::nullopt).has_value();
      },
      [](CrashDisk& disk) { (void)disk.Discard({0, 1}).has_value(); },
      [](CrashDisk& disk) { disk.Lend()->TellRead({0, 1}); },
      [](CrashDisk& disk) { disk.Lend()->TellWriteBegan({0, 1}); },
  };
  for (size_t i = 0; i < requests.size(); ++i) {
    for (const uint64_t limit : {1u, 3u}) {
      SparseImage image = ImageOf({1, 2, 3, 4});
      CrashDisk disk(image, {kSectorBytes, 4}, kSectorBytes, limit);
      disk.set_lends(true);
      for (int run = 0; run < 2; ++run) {
        for (uint64_t n = 0; n < limit; ++n) {
          requests[i](disk);
          EXPECT_FALSE(disk.limit_reached()) << i;
        }
        requests[i](disk);
        EXPECT_TRUE(disk.limit_reached()) << i;
        disk.Reset();
      }
    }
  }
}

}  // namespace
}  // namespace powercut
