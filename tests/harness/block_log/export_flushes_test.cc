// Counts the flushes of an export that promise more than those of the trace,
// and compares the count with a shadow that follows the newest version of each
// sector by itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "harness/block_log/export.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 6;

// The number with which the line about wide flushes begins; 0 if there is none.
uint64_t WideFlushesIn(const std::vector<std::string>& losses) {
  for (const std::string& line : losses) {
    const bool wide =
        line.find(" after writes that had not been sent") != line.npos;
    if (wide) return std::stoull(line);
  }
  return 0;
}

// A trace with each kind of persist, and the layer of each sector's newest
// version.
class Scene {
 public:
  explicit Scene(uint64_t seed) : prng_(seed) {}

  void AddEvent() {
    const uint64_t first = prng_.Below(kSectors);
    const SectorRange range = {first, 1 + prng_.Below(kSectors - first)};
    const uint64_t what = prng_.Below(7);
    if (what == 0) {
      trace_.AddDiscard(range);
      Put(range, Layer::kDevice);
    } else if (what < 3) {
      const auto layer = static_cast<Layer>(prng_.Below(3));
      Write(trace_, first, Words(range.count, trace_.event_count() + 1), layer);
      Put(range, layer);
    } else if (what < 5) {
      PersistSome(range, static_cast<Layer>(1 + prng_.Below(3)));
    } else {
      PersistAll(static_cast<Layer>(1 + prng_.Below(3)));
    }
  }

  const Trace& trace() const { return trace_; }
  uint64_t wide_flushes() const { return wide_flushes_; }

 private:
  void Put(SectorRange range, Layer layer) {
    std::fill_n(newest_.begin() + static_cast<ptrdiff_t>(range.first),
                range.count, layer);
  }
  void PersistSome(SectorRange range, Layer to) {
    SectorSet scope;
    scope.Add(range);
    trace_.AddPersist(to, &scope, std::nullopt);
    for (uint64_t s = range.first; s < range.end(); ++s) {
      newest_[s] = std::max(newest_[s], to);
    }
  }
  void PersistAll(Layer to) {
    trace_.AddPersist(to, nullptr, std::nullopt);
    if (to == Layer::kMedia) {
      wide_flushes_ += std::ranges::any_of(
          newest_, [](Layer layer) { return layer < Layer::kDevice; });
    }
    // What lies further back stays there.
    const auto before = static_cast<Layer>(static_cast<int>(to) - 1);
    std::ranges::replace(newest_, before, to);
  }

  Prng prng_;
  Trace trace_ = EmptyTrace(kSectors);
  std::vector<Layer> newest_ = std::vector<Layer>(kSectors, Layer::kMedia);
  uint64_t wide_flushes_ = 0;
};

TEST(ExportFlushesTest, AFlushIsWideIfAWriteWasNotSentToTheDevice) {
  uint64_t wide = 0;
  uint64_t none = 0;
  for (uint64_t seed = 1; seed <= 4000 / kSlowdown; ++seed) {
    Scene scene(seed);
    for (int i = 0; i < 12; ++i) scene.AddEvent();
    const ExportedLog exported = ExportBlockLog(scene.trace(), {});
    ASSERT_EQ(WideFlushesIn(exported.losses), scene.wide_flushes()) << seed;
    ++(scene.wide_flushes() > 0 ? wide : none);
  }
  EXPECT_GT(wide, 100 / kSlowdown);
  EXPECT_GT(none, 100 / kSlowdown);
}

}  // namespace
}  // namespace powercut
