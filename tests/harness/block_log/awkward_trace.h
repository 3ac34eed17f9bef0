// Traces with everything in them that is hard to store, and what tests of trace
// files ask of what comes back.

#ifndef POWERCUT_TESTS_HARNESS_BLOCK_LOG_AWKWARD_TRACE_H_
#define POWERCUT_TESTS_HARNESS_BLOCK_LOG_AWKWARD_TRACE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {

inline std::string AwkwardText(Prng& prng, size_t count) {
  std::string text(count, '\0');
  for (char& c : text) c = static_cast<char>(prng.Below(256));
  return text;
}

// Returns a text that is hard to store: like one of powercut's own, empty, with
// NULs, or about as long as a mark may be.
inline std::string AwkwardMark(Prng& prng, uint32_t sector_bytes) {
  constexpr const char* kTexts[] = {
      "",
      "begin 3",
      "powercut:begin 3",
      "powercut:",
      "powercut:+",
      "powercut:base-end",
      "powercut:mark x",
      "dm-log-writes-end",
      "powercut",
      "powercut:end entries=3 xxh3=0000000000000000"};
  const uint64_t limit = sector_bytes - 33;
  switch (prng.Below(4)) {
    case 0:
      return AwkwardText(prng, prng.Below(40));
    case 1:
      return AwkwardText(prng, limit - 2 + prng.Below(5));
    case 2:
      return (prng.OneIn(2) ? "powercut:" : "") +
             AwkwardText(prng, prng.Below(4 * limit));
    default:
      return kTexts[prng.Below(std::size(kTexts))];
  }
}

inline Bytes AwkwardBytes(Prng& prng, uint64_t count) {
  Bytes bytes(count);
  if (prng.OneIn(4)) return bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.Next());
  return bytes;
}

inline SectorRange AwkwardRange(Prng& prng, uint64_t sector_count,
                                uint64_t longest) {
  const uint64_t first = prng.Below(sector_count);
  return {.first = first,
          .count = 1 + prng.Below(std::min(longest, sector_count - first))};
}

inline void AddAwkwardPersist(Trace& trace, Prng& prng) {
  constexpr Layer kTargets[] = {Layer::kHost, Layer::kDevice, Layer::kMedia,
                                Layer::kMedia};
  const Layer to = kTargets[prng.Below(4)];
  std::optional<EventNumber> upto;
  if (prng.OneIn(3)) {
    upto = static_cast<EventNumber>(prng.Below(trace.event_count() + 2));
  }
  if (prng.OneIn(2)) {
    trace.AddPersist(to, nullptr, upto);
    return;
  }
  SectorSet scope;
  // The scope may have no range, or more ranges than one mark can hold.
  for (uint64_t i = prng.Below(prng.OneIn(5) ? 400 : 4); i > 0; --i) {
    scope.Add(AwkwardRange(prng, trace.geometry().sector_count, 10));
  }
  trace.AddPersist(to, &scope, upto);
}

inline Trace AwkwardTrace(uint64_t seed, uint64_t steps) {
  Prng prng(seed);
  const DiskGeometry geometry{.sector_bytes = 512u << prng.Below(4),
                              .sector_count = 1 + prng.Below(3000)};
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  for (uint64_t i = prng.Below(5); i > 0; --i) {
    const uint64_t offset = prng.Below(geometry.size_bytes());
    base->Write(offset,
                AwkwardBytes(prng, std::min(prng.Below(20000),
                                            geometry.size_bytes() - offset)));
  }
  Trace trace(geometry, std::move(base));
  for (uint64_t i = 0; i < steps; ++i) {
    const SectorRange range = AwkwardRange(prng, geometry.sector_count, 6);
    switch (prng.Below(6)) {
      case 0:
        AddAwkwardPersist(trace, prng);
        break;
      case 1:
        trace.AddDiscard(
            AwkwardRange(prng, geometry.sector_count, geometry.sector_count));
        break;
      case 2:
        trace.AddMark(AwkwardMark(prng, geometry.sector_bytes));
        break;
      default:
        trace.AddWrite(range.first,
                       AwkwardBytes(prng, range.count * geometry.sector_bytes),
                       static_cast<Layer>(prng.Below(3)));
    }
  }
  return trace;
}

inline void ExpectSameTrace(const Trace& left, const Trace& right) {
  ASSERT_EQ(left.geometry(), right.geometry());
  ASSERT_TRUE(left.base().SameBytes(right.base()));
  ASSERT_EQ(left.event_count(), right.event_count());
  for (EventNumber i = 1; i <= left.event_count(); ++i) {
    const DiskEvent& event = left.event(i);
    ASSERT_EQ(event, right.event(i)) << "event " << i;
    if (event.kind == DiskEvent::kWrite) {
      ASSERT_TRUE(
          std::ranges::equal(left.data(event), right.data(right.event(i))));
    }
    if (event.scope) {
      ASSERT_EQ(left.scope(event), right.scope(right.event(i)));
    }
  }
  ASSERT_EQ(left.marks(), right.marks());
  ASSERT_EQ(left.Digest(), right.Digest());
}

// A trace with one of everything, in few bytes.
inline Trace SmallTrace() {
  const DiskGeometry geometry{.sector_bytes = 512, .sector_count = 64};
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  base->Write(2560, AsBytes("formatted"));
  Trace trace(geometry, std::move(base));
  trace.AddMark("powercut:begin 1");
  trace.AddWrite(3, Bytes(512, std::byte{0x11}), Layer::kHost);
  SectorSet scope;
  scope.Add({.first = 3, .count = 1});
  trace.AddPersist(Layer::kDevice, &scope, 1);
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  trace.AddMark("user's own");
  trace.AddDiscard({.first = 8, .count = 4});
  return trace;
}

inline Bytes SmallFile() {
  return WriteBlockLog(
      EncodeTrace(SmallTrace(), {.backend = "simfs", .pcut = ""}));
}

// ReadBlockLog and DecodeTrace in one.
inline Result<LoadedTrace> TraceOfBytes(ByteSpan bytes) {
  POWERCUT_ASSIGN(const BlockLog log, ReadBlockLog(bytes));
  return DecodeTrace(log);
}

inline std::string MessageOf(const Result<LoadedTrace>& result) {
  return result ? "" : result.error().message;
}

inline bool NamesAPlace(const std::string& message) {
  return (message.starts_with("entry ") ||
          message.starts_with("superblock ")) &&
         message.find("at byte ") != std::string::npos;
}

inline Bytes FileBytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const ByteSpan bytes = AsBytes(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_BLOCK_LOG_AWKWARD_TRACE_H_
