// ntfs-3g: where the library reads the content of a file straight to its
// caller, the blocks are declared as only copied. The outcomes that are derived
// from this for other contents of such blocks must be the outcomes of runs.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "backends/ntfs_3g/ntfs_3g_backend.h"
#include "tests/backends/copied_states.h"
#include "tests/exploring.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using ntfs_3g::MakeNtfs3gBackend;

TEST(Ntfs3gCopies, DeriveWhatARunShows) {
  const auto backend = MakeNtfs3gBackend().value();
  CopyCounts counts;
  uint64_t seed = 0;
  for (const char* name :
       {"append", "overwrite_odd_ranges", "overwrite_two_files",
        "overwrite_hard_link", "overwrite_large_sectors", "replace_by_rename",
        "truncate_and_regrow"}) {
    SCOPED_TRACE(name);
    const std::string file = std::string(POWERCUT_SOURCE_DIR) +
                             "/corpora/workloads/" + name + ".pcut";
    const auto recorded =
        RecordWorkload(*backend, MustParse(ReadWholeFile(file), file));
    ASSERT_TRUE(recorded) << recorded.error().message;
    const uint32_t sector = recorded->recording.trace.geometry().sector_bytes;
    for (const uint32_t atomic_bytes : {sector, 4096u}) {
      Prng prng(++seed);
      CopiedStates states(*backend, recorded->workload, recorded->recording,
                          atomic_bytes, counts);
      for (uint64_t i = 0; i < 50 / kSlowdown; ++i) {
        states.CheckOne(CrashKind::kPower, prng);
      }
    }
    if (HasFailure()) break;
  }
  PrintCounts("ntfs-3g", counts);
  EXPECT_GT(counts.copied_blocks * 10, counts.data_blocks * 5);
  EXPECT_GT(counts.copied_blocks, 0u);
  EXPECT_GT(counts.partial, 0u);
}

}  // namespace
}  // namespace powercut
