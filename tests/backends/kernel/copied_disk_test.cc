// Recoveries of kernel file systems on a copy in memory, compared with
// recoveries that this process serves.
//
// What a recovery reads decides which other states need no mount, so that a
// read that goes unseen would be a bug that goes unseen. Two things are looked
// at, in crash states of random workloads and in random order: the copied way
// tells of the blocks that the served way is asked for, with the same
// observation; and if every other block of the disk is overwritten with
// garbage, nothing changes. The tests need what those of the kernel backend
// need; where requests cannot be traced, they are skipped.

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/kernel/disk_copy.h"
#include "backends/kernel/kernel_backend.h"
#include "fuzz/draw/chooser.h"
#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/workload_text.h"
#include "harness/base/prng.h"
#include "harness/recover/crash_disk.h"
#include "harness/recover/recovery_runner.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

using kernel::DiskCopy;
using kernel::KernelFileSystem;
using kernel::KernelFileSystemLacks;
using kernel::KernelFileSystems;
using kernel::MakeKernelBackend;

constexpr uint32_t kBlockBytes = 4096;

// Passes on what is told, except the read with this number, from 1.
class ForgetfulLentDisk : public LentDisk {
 public:
  ForgetfulLentDisk(LentDisk& disk, int forgets)
      : disk_(disk), forgets_(forgets) {}
  SparseImage& LentImage() override { return disk_.LentImage(); }
  void TellRead(SectorRange range) override {
    if (++reads != forgets_) disk_.TellRead(range);
  }
  void TellWriteBegan(SectorRange range) override {
    disk_.TellWriteBegan(range);
  }
  void TellWritten(SectorRange range) override { disk_.TellWritten(range); }
  void TellLost() override { disk_.TellLost(); }
  bool IsExhausted() const override { return disk_.IsExhausted(); }

  int reads = 0;

 private:
  LentDisk& disk_;
  const int forgets_;
};

// A disk that notes in which way a backend reaches it. With `lends` it can be
// copied, and forgets one read of the copy if `forgets` is not 0.
class WatchedDisk : public VirtualDisk {
 public:
  WatchedDisk(CrashDisk& disk, bool lends, int forgets)
      : disk_(disk), lent_(*disk.Lend(), forgets), lends_(lends) {}
  const DiskGeometry& geometry() const override { return disk_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    ++served_reads;
    return disk_.Read(first_sector, out);
  }
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    return disk_.Write(first_sector, data, layer);
  }
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    return disk_.Persist(to, scope, upto);
  }
  Status Discard(SectorRange range) override { return disk_.Discard(range); }
  void Mark(std::string_view text) override { disk_.Mark(text); }
  LentDisk* Lend() override { return lends_ ? &lent_ : nullptr; }

  int served_reads = 0;
  int copied_reads() const { return lent_.reads; }

 private:
  CrashDisk& disk_;
  ForgetfulLentDisk lent_;
  const bool lends_;
};

// What a recovery did.
struct Seen {
  Observation observation;
  // Ascending.
  std::vector<uint64_t> blocks;
  uint64_t write_count = 0;
  bool lost = false;
};

class CopiedDiskTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string lacks = KernelFileSystemLacks(FileSystem());
    if (!lacks.empty()) GTEST_SKIP() << lacks;
    const auto made = DiskCopy::Make({512, 1 << 11});
    if (!made) GTEST_SKIP() << made.error().message;
    backend_ = MakeKernelBackend(FileSystem());
  }
  void TearDown() override {
    if (backend_ != nullptr) backend_->ReleaseHelpers();
  }
  const KernelFileSystem& FileSystem() const {
    return *std::ranges::find(KernelFileSystems(), GetParam(),
                              &KernelFileSystem::name);
  }

  // Records random workloads one after the other, and calls `visit` with each.
  template <class Visit>
  void ForRandomWorkloads(size_t count, const Visit& visit) {
    const Profile& profile = *FindProfile(backend_->traits().profile);
    for (uint64_t seed = 1; count > 0 && !HasFailure(); ++seed) {
      ASSERT_LT(seed, 200u) << "the backend offers too few of the ops";
      SeededChooser chooser(seed +
                            testing::UnitTest::GetInstance()->random_seed());
      RandomWorkloadKnobs knobs;
      knobs.run_ops = 12;
      knobs.effects_max = 60;
      knobs.files = 4;
      knobs.overlap = knobs.disk = knobs.refused_ops = false;
      const Workload workload = RandomWorkload(chooser, knobs, profile);
      const auto recorded = RecordWorkload(*backend_, workload);
      // Some ops are not offered.
      if (!recorded) continue;
      SCOPED_TRACE(WorkloadText(workload));
      visit(*recorded, seed);
      --count;
    }
  }

  // Up to `count` different states of the recording, of single blocks that are
  // lost, in random order.
  static std::vector<CrashState> SomeStates(const CrashSpace& space,
                                            size_t count, Prng& prng) {
    std::vector<CrashState> states;
    std::set<std::pair<uint64_t, uint64_t>> known;
    PointCursor cursor(space, CrashKind::kPower);
    ExplorationSpace spec = ParseExplorationSpace("epoch:1").value();
    for (EventNumber n = 0; n <= space.trace().event_count(); ++n) {
      cursor.MoveTo(n);
      EnumerateStates(cursor, spec, 1,
                      [&](const CrashState& state, const Hash128& hash) {
                        if (known.insert({hash.high, hash.low}).second) {
                          states.push_back(state);
                        }
                        return true;
                      });
    }
    for (size_t i = states.size(); i > 1; --i) {
      std::swap(states[i - 1], states[prng.Below(i)]);
    }
    states.resize(std::min(states.size(), count));
    return states;
  }

  // Other tests trace at the same time, which can take a sample away. The
  // recovery then runs again.
  Seen Recover(CrashDisk& disk, bool copied, int forgets = 0) {
    constexpr int kTries = 50;
    for (int i = 0; i < kTries; ++i) {
      Seen seen = RecoverOnce(disk, copied, forgets);
      if (!seen.lost) return seen;
    }
    ADD_FAILURE() << "samples are lost each time";
    return {};
  }
  Seen RecoverOnce(CrashDisk& disk, bool copied, int forgets) {
    Seen seen;
    WatchedDisk watched(disk, copied, forgets);
    {
      const MountResult mounted = backend_->Open(watched);
      seen.observation.unreadable = mounted.failure;
      if (mounted.mount) seen.observation = mounted.mount->Observe();
    }
    seen.blocks = disk.Reads(seen.observation).blocks;
    std::ranges::sort(seen.blocks);
    seen.write_count = disk.write_count();
    seen.lost = disk.lost();
    disk.Reset();
    EXPECT_EQ(watched.served_reads == 0, copied);
    EXPECT_EQ(watched.copied_reads() > 0, copied);
    return seen;
  }

  std::unique_ptr<Backend> backend_;
};

INSTANTIATE_TEST_SUITE_P(Linux, CopiedDiskTest,
                         testing::Values("btrfs", "ext4", "xfs"),
                         [](const auto& at) { return at.param; });

std::vector<uint64_t> Without(const std::vector<uint64_t>& blocks,
                              const std::vector<uint64_t>& others) {
  std::vector<uint64_t> rest;
  std::ranges::set_difference(blocks, others, std::back_inserter(rest));
  return rest;
}

TEST_P(CopiedDiskTest, TellsWhatAServedOneIsAskedFor) {
  uint64_t written = 0;
  size_t compared = 0;
  ForRandomWorkloads(4, [&](const Recorded& recorded, uint64_t seed) {
    const CrashSpace space(recorded.recording.trace, kBlockBytes);
    CrashImage image(space, CrashKind::kPower);
    CrashDisk disk(image.bytes(), recorded.setting.geometry, kBlockBytes, 0);
    Prng prng(seed);
    for (const CrashState& state : SomeStates(space, 25, prng)) {
      image.Become(state);
      const bool copied_first = prng.Below(2) == 0;
      Seen served;
      if (!copied_first) served = Recover(disk, false);
      const Seen copied = Recover(disk, true);
      if (copied_first) served = Recover(disk, false);
      EXPECT_EQ(copied.observation, served.observation);
      EXPECT_EQ(Without(served.blocks, copied.blocks), std::vector<uint64_t>{});
      EXPECT_EQ(Without(copied.blocks, served.blocks), std::vector<uint64_t>{});
      written += copied.write_count;
      ++compared;
      if (HasFailure()) break;
    }
  });
  EXPECT_GT(written, 0u);
  EXPECT_GT(compared, 20u);
}

// Shows that the test above can fail.
TEST_P(CopiedDiskTest, AForgottenReadIsADifference) {
  ForRandomWorkloads(1, [&](const Recorded& recorded, uint64_t seed) {
    const CrashSpace space(recorded.recording.trace, kBlockBytes);
    CrashImage image(space, CrashKind::kPower);
    CrashDisk disk(image.bytes(), recorded.setting.geometry, kBlockBytes, 0);
    Prng prng(seed);
    image.Become(SomeStates(space, 1, prng).at(0));
    const Seen served = Recover(disk, false);
    int noticed = 0;
    for (int forgets = 1; forgets <= 10; ++forgets) {
      const Seen copied = Recover(disk, true, forgets);
      noticed += Without(served.blocks, copied.blocks).empty() ? 0 : 1;
    }
    // Some blocks are read twice.
    EXPECT_GT(noticed, 3);
  });
}

// The blocks that are not told must not matter, whatever they hold.
TEST_P(CopiedDiskTest, WhatItDoesNotTellDoesNotMatter) {
  ForRandomWorkloads(3, [&](const Recorded& recorded, uint64_t seed) {
    const CrashSpace space(recorded.recording.trace, kBlockBytes);
    const DiskGeometry& geometry = recorded.setting.geometry;
    Prng prng(seed);
    for (const CrashState& state : SomeStates(space, 6, prng)) {
      CrashImage image(space, CrashKind::kPower);
      image.Become(state);
      CrashDisk disk(image.bytes(), geometry, kBlockBytes, 0);
      const Seen before = Recover(disk, true);
      // All blocks with content, and some without.
      std::set<uint64_t> others;
      image.bytes().ForEachPage([&](uint64_t offset, ByteSpan) {
        others.insert(offset / kBlockBytes);
      });
      for (int i = 0; i < 2000; ++i) {
        others.insert(prng.Below(geometry.size_bytes() / kBlockBytes));
      }
      for (const uint64_t block : before.blocks) others.erase(block);
      EXPECT_GT(others.size(), 1000u);
      SparseImage garbled(image.bytes());
      Bytes garbage(kBlockBytes);
      for (const uint64_t block : others) {
        for (std::byte& byte : garbage) {
          byte = static_cast<std::byte>(prng.Below(256));
        }
        garbled.Write(block * kBlockBytes, garbage);
      }
      CrashDisk garbled_disk(garbled, geometry, kBlockBytes, 0);
      const Seen after = Recover(garbled_disk, true);
      EXPECT_EQ(after.observation, before.observation);
      EXPECT_EQ(after.blocks, before.blocks);
      if (HasFailure()) break;
    }
  });
}

// On a copied disk the bound is noticed later, and ends in the same way.
TEST_P(CopiedDiskTest, TooManyRequestsAreAHang) {
  const auto recorded = RecordWorkload(
      *backend_, MustParse("powercut 1\nrun\n  create /f\n  fsync /f\n"));
  ASSERT_TRUE(recorded);
  const CrashSpace space(recorded->recording.trace, kBlockBytes);
  WorkerOptions options;
  options.limits.requests = 500;
  options.recovery.check =
      CheckOracle{.command = "while echo x > g && sync g; do :; done",
                  .timeout_ms = 60'000};
  for (const bool copied : {true, false}) {
    RecoveryRunner runner(*backend_, space, options);
    if (!copied) runner.TellReads([](uint64_t) {});
    int again = 0;
    RunAccess access;
    const RecoveryOutcome outcome =
        runner.Run({recorded->recording.trace.event_count(),
                    0,
                    CrashKind::kPower,
                    CrashState::kNewest,
                    {}},
                   access, [&] { ++again; });
    EXPECT_EQ(outcome.kind, RecoveryOutcome::kHung);
    EXPECT_EQ(outcome.detail, "too many device requests");
    EXPECT_EQ(again > 0, copied);
  }
}

}  // namespace
}  // namespace powercut
