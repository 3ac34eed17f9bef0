// Tests the encoding of what a run read and wrote, as bytes and back.

#include "harness/recover/outcome_codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

// 1000 blocks, the last of which is cut short.
constexpr RunDisk kDisk = {{.sector_bytes = 512, .sector_count = 7993}, 4096};

RecoveryEvent Write(uint64_t first, uint64_t count, Layer layer) {
  Bytes data(count * 512, std::byte{7});
  return {DiskEvent::kWrite, layer, {first, count}, data, 0, std::nullopt};
}

RunAccess RichAccess() {
  RunAccess access;
  access.reads.blocks = {500, 501, 499, 0, 999, 7};
  access.reads.copies = {{998, 512, 3584, 3, 1 << 20},
                         {3, 0, 4096, CopiedPiece::kDevice, 0}};
  access.reads.parts = {{3, 7}, {998, 1}, {998, 1u << 31}};
  SectorSet scope;
  scope.Add({3, 4});
  scope.Add({7000, 993});
  RecoveryEvent persist = {DiskEvent::kPersist, Layer::kMedia, {}, {}, 2, {}};
  access.writes = {Write(7992, 1, Layer::kHost), Write(0, 2, Layer::kProcess),
                   persist};
  persist.scope = scope;
  persist.upto = 4;
  access.writes.push_back(persist);
  persist.scope = SectorSet();
  access.writes.push_back(persist);
  access.writes.push_back(
      {DiskEvent::kDiscard, Layer::kDevice, {0, 7993}, {}, 0, {}});
  return access;
}

std::string BytesOf(const RunAccess& access) {
  std::string bytes = "what was there before";
  EncodeRunAccess(access, bytes);
  return bytes;
}

Result<RunAccess> Back(std::string_view bytes) {
  return DecodeRunAccess(bytes, kDisk);
}

TEST(OutcomeCodecTest, RoundTrip) {
  RunAccess reads_only = RichAccess();
  reads_only.writes.clear();
  for (const RunAccess& access : {RunAccess{}, RichAccess(), reads_only}) {
    const Result<RunAccess> back = Back(BytesOf(access));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, access);
  }
}

TEST(OutcomeCodecTest, NeighboursCostOneByteEach) {
  RunAccess access;
  for (uint64_t block = 100; block < 400; ++block) {
    access.reads.blocks.push_back(block);
  }
  EXPECT_LT(BytesOf(access).size(), 310u);
}

TEST(OutcomeCodecTest, AnythingElseIsAnError) {
  const std::string bytes = BytesOf(RichAccess());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Back(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(Back(bytes + '\0').has_value());
  EXPECT_EQ(Back("").error().code, ErrorCode::kInternal);
  EXPECT_FALSE(Back(std::string(11, '\xff')).has_value());
}

TEST(OutcomeCodecTest, WhatDoesNotFitTheDiskIsAnError) {
  std::vector<RunAccess> all(14, RichAccess());
  all[0].reads.blocks[2] = 1000;
  all[1].reads.copies[0].block = 1000;
  all[2].reads.copies[0].size_bytes = 3585;
  all[3].writes[0] = Write(7992, 2, Layer::kHost);
  all[4].writes[0] = Write(0, 1, Layer::kMedia);
  all[5].writes[2].upto = 4;
  all[6].writes[2].layer = Layer::kProcess;
  all[7].writes[3].scope->Add({7993, 1});
  all[8].writes[5].range = {5, 0};
  // The last block has 512 bytes.
  all[9].reads.copies[0] = {999, 0, 513, 0, 0};
  all[10].reads.parts[0].part = 0;
  all[11].reads.parts[2].block = 1000;
  // Parts ascend, and none is there twice.
  all[12].reads.parts[1].block = 2;
  all[13].reads.parts[2].part = 1;
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_FALSE(Back(BytesOf(all[i])).has_value()) << i;
  }
}

// Whatever the decoder accepts can be appended to a trace, which checks it.
void ExpectFits(const RunAccess& access) {
  Trace trace(kDisk.geometry,
              std::make_shared<const SparseImage>(kDisk.geometry.size_bytes()));
  for (const uint64_t block : access.reads.blocks) EXPECT_LT(block, 1000u);
  for (const RecoveryEvent& event : access.writes) AddEvent(event, trace);
}

TEST(OutcomeCodecTest, FlippedBitsFitTheDiskOrAreErrors) {
  const std::string bytes = BytesOf(RichAccess());
  size_t taken = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const Result<RunAccess> back = Back(flipped);
    if (!back) continue;
    ++taken;
    ExpectFits(*back);
  }
  EXPECT_GT(taken, 0u);
}

TEST(OutcomeCodecTest, RandomBytesFitTheDiskOrAreErrors) {
  Prng prng(7);
  size_t taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(prng.Below(40), '\0');
    for (char& c : bytes) {
      c = static_cast<char>(prng.OneIn(3) ? prng.Below(256) : prng.Below(3));
    }
    const Result<RunAccess> back = Back(bytes);
    if (!back) continue;
    ++taken;
    ExpectFits(*back);
  }
  EXPECT_GT(taken, 0u);
}

}  // namespace
}  // namespace powercut
