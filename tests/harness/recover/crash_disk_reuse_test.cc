// A CrashDisk that was used and reset answers and tells the same as a new one,
// whatever was done to it before.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "harness/recover/crash_disk.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 16;
constexpr uint32_t kBlockBytes = 2 * kSectorBytes;
constexpr uint64_t kRequestsMax = 14;

class Scene {
 public:
  explicit Scene(const IndependentParts& parts) {
    Words words;
    for (uint32_t i = 0; i < kSectors; ++i) words.push_back(i + 100);
    image_.Write(0, SectorsOf(words));
    disk_.set_keep_events(true);
    disk_.set_parts(&parts);
  }

  // One recovery of some steps, from a seed. Returns all that it saw.
  std::vector<Words> Run(uint64_t seed) {
    Prng prng(seed);
    // The buffers of copies stay where they are until the run is over.
    std::vector<Bytes> buffers(20, Bytes(4 * kSectorBytes));
    std::vector<Words> seen;
    // A run that writes has no parts.
    const uint64_t kinds_of_steps = prng.OneIn(2) ? 6 : 9;
    for (uint64_t step = prng.Below(buffers.size()); step > 0; --step) {
      const uint64_t first = prng.Below(kSectors - 3);
      const uint64_t count = 1 + prng.Below(4);
      Bytes& buffer = buffers[step];
      switch (prng.Below(kinds_of_steps)) {
        case 0:
        case 1:
        case 2: {
          buffer.resize(count * kSectorBytes);
          if (disk_.Read(first, buffer)) seen.push_back(WordsOf(buffer));
          break;
        }
        case 6:
          (void)disk_.Write(first, SectorsOf(Words(count, 7)), Layer::kHost)
              .has_value();
          break;
        case 7:
          (void)disk_.Discard({first, count}).has_value();
          break;
        case 8:
          (void)disk_.Persist(Layer::kMedia, nullptr, std::nullopt).has_value();
          break;
        case 3: {
          constexpr ShownPart::Kind kKinds[] = {ShownPart::kWhole,
                                                ShownPart::kData};
          disk_.DeclarePart(
              {kKinds[prng.Below(2)], prng.OneIn(2) ? "/a" : "/b"});
          break;
        }
        case 4:
          disk_.DeclareCopyTarget(prng.OneIn(2) ? "/a" : "/b", buffer, 0);
          if (disk_.Read(first, buffer)) seen.push_back(WordsOf(buffer));
          break;
        default:
          if (prng.OneIn(3)) disk_.CountCopiesAsRead();
          if (prng.OneIn(3)) disk_.ObservationBegins();
      }
    }
    return seen;
  }

  SparseImage image_{kSectors * kSectorBytes};
  CrashDisk disk_{image_, {kSectorBytes, kSectors}, kBlockBytes, kRequestsMax};
};

TEST(CrashDiskReuseTest, AResetDiskIsAsANewOne) {
  const Workload workload =
      ParseWorkload("powercut 1\ninit\n  create /a\n  create /b\nrun\n",
                    "t.pcut")
          .value();
  const IndependentParts parts(*FindProfile("spec-strict"), workload);
  Scene used(parts);
  // The contents of /a and /b as far as they are copied.
  Observation observation;
  for (const char* const path : {"/a", "/b"}) {
    ObservedEntry entry;
    entry.path = path;
    entry.content = std::string(4 * kSectorBytes, 'x');
    entry.size_bytes = entry.content.size();
    observation.entries.push_back(entry);
  }
  uint64_t with_parts = 0;
  uint64_t with_copies = 0;
  uint64_t limited = 0;
  for (uint64_t seed = 1; seed <= 4000 / kSlowdown; ++seed) {
    Scene fresh(parts);
    used.disk_.Reset();
    ASSERT_EQ(used.Run(seed), fresh.Run(seed)) << seed;
    const RunReads reads = fresh.disk_.Reads(observation);
    ASSERT_TRUE(used.disk_.Reads(observation) == reads) << seed;
    ASSERT_TRUE(used.disk_.events() == fresh.disk_.events()) << seed;
    ASSERT_EQ(used.disk_.write_count(), fresh.disk_.write_count()) << seed;
    ASSERT_EQ(used.disk_.limit_reached(), fresh.disk_.limit_reached()) << seed;
    ASSERT_EQ(used.disk_.lost(), fresh.disk_.lost()) << seed;
    ASSERT_EQ(WordsOf(used.image_), WordsOf(fresh.image_)) << seed;
    with_parts += reads.parts.empty() ? 0 : 1;
    with_copies += reads.copies.empty() ? 0 : 1;
    limited += fresh.disk_.limit_reached() ? 1 : 0;
  }
  EXPECT_GT(with_parts, 100 / kSlowdown);
  EXPECT_GT(with_copies, 100 / kSlowdown);
  EXPECT_GT(limited, 10 / kSlowdown);
}

}  // namespace
}  // namespace powercut
