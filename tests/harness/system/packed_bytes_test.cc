// Tests packed values: what was written is read again, each number has one
// form, and a reader fails on bytes that are missing or wrong. Work orders,
// which are made of packed values, are read again, too.

#include "harness/system/packed_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "harness/base/prng.h"
#include "harness/worker/messages.h"

namespace powercut {
namespace {

TEST(PackedBytesTest, WhatIsWrittenIsRead) {
  constexpr std::array<uint64_t, 8> kNumbers = {
      0,           1, 127, 128, 1 << 14, uint64_t{1} << 62, ~uint64_t{0} >> 1,
      ~uint64_t{0}};
  std::string bytes;
  PackedWriter out(bytes);
  for (const uint64_t number : kNumbers) {
    out.Number(number);
    out.Step(number, 5);
    out.MaybeNumber(number);
  }
  out.MaybeNumber(std::nullopt);
  out.Text("text");
  PackedReader in(bytes);
  for (const uint64_t number : kNumbers) {
    EXPECT_EQ(in.Number(), number);
    EXPECT_EQ(in.Step(number), 5u);
    EXPECT_EQ(in.MaybeNumber(), number);
  }
  EXPECT_EQ(in.MaybeNumber(), std::nullopt);
  EXPECT_EQ(in.Text(), "text");
  EXPECT_TRUE(in.Finished());
}

TEST(PackedBytesTest, ANumberHasOneForm) {
  Prng prng(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(1 + prng.Below(10), '\0');
    for (char& c : bytes) {
      c = static_cast<char>(prng.OneIn(2) ? prng.Below(256) : 0x80);
    }
    PackedReader in(bytes);
    const uint64_t number = in.Number();
    if (!in.Finished()) continue;
    std::string again;
    PackedWriter(again).Number(number);
    ASSERT_EQ(again, bytes);
  }
}

TEST(PackedBytesTest, WhatIsNotThereFails) {
  for (const std::string& bytes :
       {std::string(), std::string("\x80"), std::string(11, '\xff'),
        std::string("\x05text"), std::string("\x00 ", 2)}) {
    PackedReader in(bytes);
    in.Text();
    EXPECT_FALSE(in.Finished()) << bytes;
  }
  PackedReader in("\x03");
  EXPECT_EQ(in.NumberUpTo(2), 0u);
  EXPECT_FALSE(in.Good());
}

TEST(WorkOrderTest, RoundTrip) {
  Batch batch;
  for (uint32_t i = 0; i < 5; ++i) {
    batch.push_back({100 + i, i, CrashKind::kOs, CrashState::kFloor, {}});
  }
  batch[2].choices = {{7, 2, {1, 3}, 1}, {4'000'000'000u, 0, {}, 0}};
  const std::array<Hash128, 2> learned = {Hash128{1, 2}, Hash128{3, 4}};
  std::string bytes;
  EncodeWorkOrder(9, learned, batch, {1, 3, 4}, bytes);
  const WorkOrder order = DecodeWorkOrder(bytes);
  EXPECT_EQ(order.worker, 9u);
  EXPECT_TRUE(std::equal(order.learned.begin(), order.learned.end(),
                         learned.begin(), learned.end()));
  EXPECT_FALSE(order.alone);
  EXPECT_EQ(order.states, (Batch{batch[1], batch[2], batch[4]}));
  EXPECT_EQ(order.filtered, 0u);
  EncodeWorkOrder(9, {}, batch, {1, 4, 1, BatchRuns::kUndecided}, bytes);
  EXPECT_EQ(DecodeWorkOrder(bytes).filtered, 3u);
  EncodeWorkOrder(0, {}, batch, {1, 2, 1}, bytes);
  EXPECT_TRUE(DecodeWorkOrder(bytes).alone);
}

}  // namespace
}  // namespace powercut
