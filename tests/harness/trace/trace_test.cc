// Tests traces in memory: their digests, and what a disk holds at the end.

#include "harness/trace/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

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
