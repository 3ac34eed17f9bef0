// simfs declares data of files and raw sectors as only copied. The test fills
// other contents into the observations of random runs and compares the result
// with runs on disks that hold these contents.

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/random_workload.h"
#include "tests/backends/copied_states.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr std::array kProfiles = {"spec-strict", "posix-minimal",
                                  "ext4-ordered", "ntfs"};

TEST(SimfsCopies, DeriveWhatARunShows) {
  const auto backend = MakeSimfsBackend({});
  CopyCounts counts;
  for (uint64_t seed = 0; seed < 300 / kSlowdown; ++seed) {
    SCOPED_TRACE(seed);
    SeededChooser chooser(seed);
    Prng prng(seed);
    SettingOverrides flags;
    flags.profile = kProfiles[seed % kProfiles.size()];
    const uint32_t atomic_bytes = 512u << prng.Below(2) * 3;
    RandomWorkloadKnobs knobs;
    knobs.init_ops = chooser.Below(6);
    knobs.run_ops = 3 + chooser.Below(6);
    knobs.effects_max = 16;
    Workload workload =
        RandomWorkload(chooser, knobs, *FindProfile(flags.profile));
    workload.backend = "simfs";
    const auto setting = ResolveSetting(workload, *backend, flags);
    ASSERT_TRUE(setting) << setting.error().message;
    const auto recording = Record(*backend, workload, *setting);
    ASSERT_TRUE(recording) << recording.error().message;
    CopiedStates states(*backend, workload, *recording, atomic_bytes, counts);
    for (const CrashKind kind : kCrashKinds) states.CheckOne(kind, prng);
    states.CheckOne(CrashKind::kPower, prng);
    if (HasFailure()) break;
  }
  PrintCounts("simfs", counts);
  EXPECT_GT(counts.copied_blocks * 10, counts.data_blocks * 5);
  EXPECT_GT(counts.copied_blocks, 0u);
  EXPECT_GT(counts.device, 0u);
  EXPECT_GT(counts.partial, 0u);
}

}  // namespace
}  // namespace powercut
