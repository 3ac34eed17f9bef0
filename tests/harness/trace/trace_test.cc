// Tests traces in memory: their digests, and what a disk holds at the end.

#include "harness/trace/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "tests/harness/block_log/awkward_trace.h"

namespace powercut {
namespace {

TEST(TraceTest, DigestFollowsEventsNotMarks) {
  Trace trace = SmallTrace();
  const uint32_t before = trace.Digest();
  EXPECT_EQ(before, SmallTrace().Digest());
  trace.AddMark("more");
  EXPECT_EQ(trace.Digest(), before);
  trace.AddPersist(Layer::kMedia, nullptr, 4);
  const uint32_t with_upto_4 = trace.Digest();
  EXPECT_NE(with_upto_4, before);
  Trace other = SmallTrace();
  other.AddPersist(Layer::kMedia, nullptr, 3);
  EXPECT_NE(other.Digest(), with_upto_4);
}

// Crash spaces and images point to the contents.
TEST(TraceTest, ContentsStayInTheirPlaces) {
  const DiskGeometry geometry{512, 1 << 16};
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  struct Kept {
    EventNumber event;
    ByteSpan data;
    Bytes expected;
  };
  std::vector<Kept> kept;
  const auto write = [&](Trace& to, uint64_t sectors) {
    const Bytes data(sectors * 512, static_cast<std::byte>(kept.size()));
    const EventNumber event = to.AddWrite(0, data, Layer::kHost);
    kept.push_back({event, to.data(to.event(event)), data});
  };
  // Some are longer than a chunk of contents is otherwise.
  for (const uint64_t sectors : {1, 7, 8, 1, 5000, 1, 2047, 2, 3000, 1, 1}) {
    write(trace, sectors);
  }
  for (int i = 0; i < 3000; ++i) write(trace, 1 + i % 9);
  const Trace copy(trace);
  Trace moved = std::move(trace);
  write(moved, 3);
  for (const Kept& was : kept) {
    const ByteSpan now = moved.data(moved.event(was.event));
    ASSERT_EQ(now.data(), was.data.data()) << was.event;
    ASSERT_TRUE(std::ranges::equal(now, was.expected)) << was.event;
  }
  // A copy has contents of its own, and can go on, too.
  Trace more(copy);
  for (int i = 0; i < 5; ++i) more.AddWrite(0, Bytes(512), Layer::kHost);
  for (const Kept& was : kept) {
    if (was.event > copy.event_count()) continue;
    ASSERT_TRUE(
        std::ranges::equal(copy.data(copy.event(was.event)), was.expected));
    ASSERT_TRUE(
        std::ranges::equal(more.data(more.event(was.event)), was.expected));
    ASSERT_NE(copy.data(copy.event(was.event)).data(), was.data.data());
  }
}

TEST(TraceTest, ApplyAllReplaysWritesAndDiscards) {
  const Trace trace = AwkwardTrace(11, 200);
  const DiskGeometry& geometry = trace.geometry();
  Bytes flat(geometry.size_bytes());
  trace.base().Read(0, flat);
  for (EventNumber i = 1; i <= trace.event_count(); ++i) {
    const DiskEvent& event = trace.event(i);
    const MutableByteSpan rest = MutableByteSpan(flat).subspan(
        event.range.first * geometry.sector_bytes);
    if (event.kind == DiskEvent::kWrite) {
      std::ranges::copy(trace.data(event), rest.begin());
    } else if (event.kind == DiskEvent::kDiscard) {
      std::ranges::fill(rest.first(event.range.count * geometry.sector_bytes),
                        std::byte{0});
    }
  }
  SparseImage expected(geometry.size_bytes());
  expected.Write(0, flat);
  EXPECT_TRUE(ApplyAll(trace).SameBytes(expected));
}

TEST(TraceTest, ApplyAllDiscardsAHugeDisk) {
  const DiskGeometry geometry{.sector_bytes = 512,
                              .sector_count = uint64_t{1} << 32};
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  base->Write(uint64_t{1} << 40, AsBytes("gone"));
  base->Write(512 - 4, AsBytes("kept"));
  Trace trace(geometry, base);
  trace.AddDiscard({.first = 1, .count = geometry.sector_count - 1});
  SparseImage expected(geometry.size_bytes());
  expected.Write(512 - 4, AsBytes("kept"));
  EXPECT_TRUE(ApplyAll(trace).SameBytes(expected));
}

}  // namespace
}  // namespace powercut
