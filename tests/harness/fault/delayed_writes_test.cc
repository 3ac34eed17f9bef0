// When delayed writes reach the disk below, through many flushes: a shadow says
// after each request what the disk below holds.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "harness/base/prng.h"
#include "harness/fault/fault_disk.h"
#include "harness/trace/recording_disk.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 6;

// Each write is delayed. After a flush that had something to delay, the next
// request that is no flush releases all of it; what is delayed from then on
// waits for a flush of its own.
TEST(DelayedWritesTest, EachComesAfterAFlushOfItsOwn) {
  uint64_t releases = 0;
  for (uint64_t seed = 1; seed <= 1000 / kSlowdown; ++seed) {
    Prng prng(seed);
    RecordingDisk below({kSectorBytes, kSectors},
                        std::make_shared<SparseImage>(kSectors * kSectorBytes));
    const std::vector<Op> faults = {
        ParseFault("delay on write times=always", "").value()};
    FaultDisk disk(below, faults, FaultPhase::kRun);
    disk.Arm();
    Words expected(kSectors, 0);
    std::map<uint64_t, uint32_t> delayed;
    bool due = false;
    for (uint32_t number = 1; number <= 30; ++number) {
      const uint64_t first = prng.Below(kSectors);
      const uint64_t count = 1 + prng.Below(kSectors - first);
      const uint64_t what = prng.Below(6);
      if (what < 2) {
        EXPECT_TRUE(disk.Persist(Layer::kMedia, nullptr, std::nullopt));
        due = due || !delayed.empty();
      } else {
        if (due) {
          for (const auto& [sector, word] : delayed) expected[sector] = word;
          delayed.clear();
          due = false;
          ++releases;
        }
        if (what < 4) {
          EXPECT_TRUE(
              disk.Write(first, SectorsOf(Words(count, number)), Layer::kHost));
          for (uint64_t i = 0; i < count; ++i) delayed[first + i] = number;
        } else if (what == 4) {
          EXPECT_TRUE(disk.Discard({first, count}));
          for (uint64_t i = 0; i < count; ++i) {
            expected[first + i] = 0;
            delayed.erase(first + i);
          }
        } else {
          Bytes bytes(count * kSectorBytes);
          EXPECT_TRUE(disk.Read(first, bytes));
        }
      }
      ASSERT_EQ(WordsOf(below.live()), expected)
          << "seed " << seed << ", request " << number;
    }
  }
  EXPECT_GT(releases, 3000 / kSlowdown);
}

}  // namespace
}  // namespace powercut
