// Makes small random traces, and writes disks down with one number for each
// sector.
//
// Every sector that these tests write holds one 32-bit word over and over, so
// that a disk is a vector of words, which is easy to compare, to print and to
// compute by hand. Each read checks that the sector holds its word throughout.

#ifndef POWERCUT_TESTS_HARNESS_TRACE_RANDOM_TRACE_H_
#define POWERCUT_TESTS_HARNESS_TRACE_RANDOM_TRACE_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "harness/base/prng.h"
#include "harness/trace/trace.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define POWERCUT_TESTS_ARE_SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POWERCUT_TESTS_ARE_SLOW 1
#endif
#endif

namespace powercut {

// Random tests divide their counts by this: sanitizers cost ten times as much.
#ifdef POWERCUT_TESTS_ARE_SLOW
inline constexpr uint64_t kSlowdown = 10;
#else
inline constexpr uint64_t kSlowdown = 1;
#endif

inline constexpr uint32_t kSectorBytes = 512;

// One word for each sector.
using Words = std::vector<uint32_t>;

inline Bytes SectorsOf(const Words& words) {
  Bytes bytes(words.size() * kSectorBytes);
  for (size_t at = 0; at < bytes.size(); at += sizeof(uint32_t)) {
    StoreLittleEndian(MutableByteSpan(bytes), at, words[at / kSectorBytes]);
  }
  return bytes;
}

inline Words WordsOf(ByteSpan bytes) {
  POWERCUT_CHECK(bytes.size() % kSectorBytes == 0);
  Words words;
  for (size_t at = 0; at < bytes.size(); at += kSectorBytes) {
    const ByteSpan sector = bytes.subspan(at, kSectorBytes);
    words.push_back(LoadLittleEndian<uint32_t>(sector, 0));
    constexpr size_t kWord = sizeof(uint32_t);
    POWERCUT_CHECK(std::memcmp(sector.data(), sector.data() + kWord,
                               kSectorBytes - kWord) == 0);
  }
  return words;
}

inline Words WordsOf(const SparseImage& image) {
  Bytes bytes(image.size_bytes());
  image.Read(0, bytes);
  return WordsOf(bytes);
}

// An empty trace whose base holds these words.
inline Trace TraceOver(const Words& base) {
  auto image = std::make_shared<SparseImage>(base.size() * kSectorBytes);
  image->Write(0, SectorsOf(base));
  return Trace({kSectorBytes, base.size()}, image);
}

// An empty trace over a base of zeros.
inline Trace EmptyTrace(uint64_t sector_count) {
  return TraceOver(Words(sector_count, 0));
}

inline EventNumber Write(Trace& trace, uint64_t first, const Words& words,
                         Layer layer) {
  return trace.AddWrite(first, SectorsOf(words), layer);
}

inline SectorSet SetOf(const std::vector<uint64_t>& sectors) {
  SectorSet set;
  for (const uint64_t sector : sectors) set.Add({sector, 1});
  return set;
}

struct RandomTraceShape {
  uint64_t sectors_max = 9;
  uint32_t events_max = 10;
  // The most sectors that one write or discard touches.
  uint64_t range_max = 6;
  uint64_t persist_percent = 30;
};

inline EventNumber AddRandomWrite(Trace& trace, Prng& prng, SectorRange range) {
  constexpr Layer kLayers[] = {Layer::kProcess, Layer::kHost, Layer::kDevice};
  Words words;
  const uint32_t event = trace.event_count() + 1;
  for (uint64_t i = 0; i < range.count; ++i) {
    // One content in six repeats an earlier one, so that different states can
    // have equal images.
    const bool repeated = prng.OneIn(6);
    words.push_back(repeated ? static_cast<uint32_t>(prng.Below(2))
                             : event * 100 + static_cast<uint32_t>(i));
  }
  const EventNumber number =
      Write(trace, range.first, words, kLayers[prng.Below(3)]);
  if (prng.OneIn(6)) {  // Forced unit access.
    SectorSet scope;
    scope.Add(range);
    trace.AddPersist(Layer::kMedia, &scope, std::nullopt);
  }
  return number;
}

inline void AddRandomPersist(Trace& trace, Prng& prng) {
  constexpr Layer kTargets[] = {Layer::kHost, Layer::kDevice, Layer::kMedia};
  const Layer to = kTargets[prng.Below(3)];
  std::optional<EventNumber> upto;
  if (prng.OneIn(3)) {
    upto = static_cast<EventNumber>(prng.Below(trace.event_count() + 2));
  }
  if (prng.OneIn(2)) {
    trace.AddPersist(to, nullptr, upto);
    return;
  }
  SectorSet scope;
  for (uint64_t s = 0; s < trace.geometry().sector_count; ++s) {
    if (prng.OneIn(2)) scope.Add({s, 1});
  }
  trace.AddPersist(to, &scope, upto);
}

// A trace of at most shape.events_max events, plus one for each forced write.
inline Trace RandomTrace(Prng& prng, const RandomTraceShape& shape = {}) {
  Words base(1 + prng.Below(shape.sectors_max), 0);
  for (uint32_t& word : base) {
    if (prng.OneIn(2)) word = 1 + static_cast<uint32_t>(prng.Below(90));
  }
  Trace trace = TraceOver(base);
  const uint64_t events = 1 + prng.Below(shape.events_max);
  for (uint64_t i = 0; i < events; ++i) {
    const uint64_t count =
        1 + prng.Below(std::min<uint64_t>(base.size(), shape.range_max));
    const SectorRange range = {prng.Below(base.size() - count + 1), count};
    if (prng.Below(100) < shape.persist_percent) {
      AddRandomPersist(trace, prng);
    } else if (prng.OneIn(7)) {
      trace.AddDiscard(range);
    } else {
      AddRandomWrite(trace, prng, range);
    }
  }
  return trace;
}

// Returns 512, 1024 or 2048, and rarely 4096.
inline uint32_t RandomAtomicBytes(Prng& prng) {
  return kSectorBytes << (prng.OneIn(8) ? 3 : prng.Below(3));
}

inline CrashKind RandomKind(Prng& prng) {
  return kCrashKinds[prng.Below(kCrashKinds.size())];
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_TRACE_RANDOM_TRACE_H_
