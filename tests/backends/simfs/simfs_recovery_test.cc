// The recovery of simfs finds what the live mount shows, and the volume that it
// finds can be used. Random ops are run under every profile, and random crash
// states of them are recovered.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/simfs/record_catalog.h"
#include "harness/base/prng.h"
#include "tests/backends/simfs/simfs_scene.h"

namespace powercut {
namespace {

std::string RandomOp(Prng& random) {
  const std::string f = random.OneIn(2) ? "/f" : "/d/g";
  const std::string number = std::to_string(random.Below(2600));
  const std::string size = std::to_string(1 + random.Below(1500));
  switch (random.Below(14)) {
    case 0:
    case 1:
    case 2:
      return "write " + f + " " + number + " " + size;
    case 3:
    case 4:
      return "truncate " + f + " " + number;
    case 5:
      return "set_end_of_file " + f + " " + number;
    case 6:
      return "fallocate " + f + " " + number + " " + size;
    case 7:
      return "set_times " + f + " " + number;
    case 8:
      return "fsync " + f;
    case 9:
      return "barrier_fsync " + f;
    case 10:
      return random.OneIn(2) ? "link /f /h" : "unlink /h";
    case 11:
      return random.OneIn(2) ? "rename /h /f" : "rename /f /h";
    case 12:
      return random.OneIn(2) ? "create /f" : "create /d/g";
    default:
      return random.OneIn(2) ? "syncfs" : "replace_file /f /d/g";
  }
}

Op OpOf(const std::string& line) {
  const auto workload =
      ParseWorkload("powercut 1\nrun\n" + line + "\n", "random");
  EXPECT_TRUE(workload) << workload.error().message;
  return workload->run.at(0);
}

// Applies a random op, which may fail. Returns the op if it did not.
std::optional<Op> ApplyRandom(Mount& mount, uint32_t number, Prng& random) {
  Op op = OpOf(RandomOp(random));
  op.number = number;
  const uint64_t size = op.kind == OpKind::kWrite ? op.numbers[1] : 0;
  const uint64_t offset = op.numbers.empty() ? 0 : op.numbers[0];
  const std::string content(size, static_cast<char>(number));
  if (!mount.Apply(op, offset, content).ok()) return std::nullopt;
  return op;
}

// Demands that a write brought its own bytes, and changed no other bytes that
// were there before it.
void ExpectWritten(const Op& write, const Observation& before,
                   const Observation& after) {
  for (const ObservedEntry& entry : after.entries) {
    if (entry.is_directory) continue;
    const ObservedEntry* const old = before.Find(entry.path);
    ASSERT_NE(old, nullptr) << entry.path;
    const ObservedEntry* const written = after.Find(write.names[0]);
    const bool is_target = entry.file_id == written->file_id;
    std::string expected = old->content;
    if (is_target) {
      const uint64_t end = write.numbers[0] + write.numbers[1];
      // What lies between the old end and the write is up to the profile.
      expected = entry.content.substr(0, std::max(end, expected.size()));
      expected.replace(0, old->content.size(), old->content);
      expected.replace(write.numbers[0], write.numbers[1], write.numbers[1],
                       static_cast<char>(write.number));
    }
    EXPECT_EQ(ContentInWords(entry.content), ContentInWords(expected))
        << OpText(write) << " " << entry.path;
  }
}

constexpr std::string_view kThreeNames = "mkdir /d\ncreate /f\ncreate /d/g\n";

TEST(SimfsRecovery, FindsWhatTheLiveMountShows) {
  const auto backend = MakeSimfsBackend();
  for (const std::string& profile : backend->traits().profiles) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
      Prng random(seed);
      SimfsScene scene(profile);
      scene.Run(std::string(kThreeNames));
      for (int i = 0; i < 25; ++i) {
        ApplyRandom(scene.mount(), scene.next_op++, random);
        ASSERT_EQ(scene.Live(), scene.Reopened())
            << profile << " seed " << seed;
      }
    }
  }
}

// A crashed disk can be used: no record that recovery dropped comes back, new
// space does not show what lost ops wrote, and what is written is what is read.
TEST(SimfsRecovery, ACrashedDiskCanBeUsed) {
  const auto backend = MakeSimfsBackend();
  for (const std::string& profile : backend->traits().profiles) {
    for (uint64_t seed = 0; seed < 60; ++seed) {
      Prng random(seed);
      SimfsScene scene(profile);
      scene.Run(std::string(kThreeNames));
      for (int i = 0; i < 15; ++i) {
        ApplyRandom(scene.mount(), scene.next_op++, random);
      }
      SparseImage image = scene.RandomCrash(random);
      CrashDisk disk(image, kSimfsGeometry, 512, 0);
      const MountResult first = backend->Open(disk);
      Observation found = first.mount->Observe();
      EXPECT_EQ(found, backend->Open(disk).mount->Observe());
      for (uint32_t i = 0; i < 15; ++i) {
        SCOPED_TRACE(fmt::format("{} seed {} after {} ops", profile, seed, i));
        const auto done = ApplyRandom(*first.mount, scene.next_op++, random);
        Observation now = first.mount->Observe();
        ASSERT_EQ(now, backend->Open(disk).mount->Observe());
        if (done && done->kind == OpKind::kWrite) {
          ExpectWritten(*done, found, now);
        }
        if (HasFailure()) return;
        found = std::move(now);
      }
    }
  }
}

// Runs random ops on a disk that now and then loses a write. The next mount
// then voids what lacks that write.
void RunOnALossyDisk(SimfsScene& scene, Prng& random, int ops) {
  for (int i = 0; i < ops; ++i) {
    const bool loses = random.OneIn(8);
    if (loses) scene.LoseNext(1);
    ApplyRandom(scene.mount(), scene.next_op++, random);
    scene.LoseNext(0);
    if (random.OneIn(12)) scene.MountAgain();
  }
}

// Opens the disk after a crash with what was studied of the trace, and demands
// that it shows what a scan finds, at once and after its first op. The mount is
// told that the crash came after at most `upto` events. Returns whether it read
// less than the scan.
bool ShowsWhatAScanFinds(SimfsScene& scene, SparseImage& image,
                         EventNumber upto) {
  Backend& backend = scene.backend();
  CrashDisk scanned(image, kSimfsGeometry, 512, 0);
  const Observation found = MakeSimfsBackend()->Open(scanned).mount->Observe();
  CrashDisk disk(image, kSimfsGeometry, 512, 0);
  backend.ExpectCrashOf(scene.trace(), upto);
  const MountResult mounted = backend.Open(disk);
  EXPECT_EQ(found, mounted.mount->Observe());
  const bool less =
      disk.Reads(found).blocks.size() < scanned.Reads(found).blocks.size();
  EXPECT_TRUE(mounted.mount->Apply(OpOf("syncfs"), 0, {}).ok());
  EXPECT_EQ(found, mounted.mount->Observe());
  return less;
}

// A mount that reads records when they are asked for shows what a scan finds,
// at every crash, and so does the scan that its first op makes. Disks that lose
// writes or ignore flushes bring both to places where no honest crash leads.
TEST(SimfsRecovery, OnDemandItShowsWhatAScanFinds) {
  const auto backend = MakeSimfsBackend();
  size_t fewer = 0;
  for (const std::string& profile : backend->traits().profiles) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
      Prng random(seed);
      SimfsScene scene(profile);
      scene.Run(std::string(kThreeNames));
      const bool lossy = seed % 2 == 1;
      if (lossy) {
        RunOnALossyDisk(scene, random, 200);
      } else {
        for (int i = 0; i < 40; ++i) {
          ApplyRandom(scene.mount(), scene.next_op++, random);
        }
      }
      scene.backend().StudyTrace(scene.trace());
      for (int crash = 0; crash < 6; ++crash) {
        SCOPED_TRACE(fmt::format("{} seed {} crash {}", profile, seed, crash));
        const bool lies = lossy && crash % 2 == 1;
        const EventNumber end = scene.trace().event_count();
        SparseImage image = scene.RandomCrash(random, lies);
        fewer += ShowsWhatAScanFinds(scene, image, end) ? 1 : 0;
        // A crash in the middle, of which the mount knows more or less exactly
        // when it came.
        const auto point = static_cast<EventNumber>(random.Below(end + 1));
        const auto upto =
            point + static_cast<EventNumber>(random.Below(end - point + 1));
        SparseImage earlier = scene.RandomCrashAt(point, random, lies);
        ShowsWhatAScanFinds(scene, earlier, random.OneIn(2) ? point : upto);
        if (HasFailure()) return;
      }
      scene.backend().ForgetTrace(scene.trace());
    }
  }
  EXPECT_GT(fewer, 500u);
}

// What follows a barrier needs the data before it, which the disk lost. The
// next mount drops the new name, and its first op voids the records that it
// dropped. A trace with void records is not read on demand.
TEST(SimfsRecovery, VoidRecordsAreNotReadOnDemand) {
  SimfsScene scene("macos");
  scene.Run("create /f\nwrite /f 0 512\nsyncfs\n");
  scene.LoseNext(1).Run("write /f 0 512\n");
  scene.Run("barrier_fsync /f\ncreate /g\n");
  EXPECT_NE(simfs::RecordCatalog::Of(scene.trace()), nullptr);
  scene.MountAgain();
  EXPECT_EQ(InWords(scene.Live()), "/f [2:512]");
  EXPECT_NE(simfs::RecordCatalog::Of(scene.trace()), nullptr);
  scene.Run("write /f 0 512\n");
  EXPECT_EQ(InWords(scene.Live()), "/f [7:512]");
  EXPECT_EQ(simfs::RecordCatalog::Of(scene.trace()), nullptr);
}

// On a sound disk, such a mount reads the superblock alone until it is asked.
TEST(SimfsRecovery, OnDemandItReadsTheSuperblockFirst) {
  SimfsScene scene("spec-strict");
  scene.Run(std::string(kThreeNames));
  scene.backend().StudyTrace(scene.trace());
  SparseImage image(scene.live_disk());
  CrashDisk disk(image, kSimfsGeometry, 512, 0);
  scene.backend().ExpectCrashOf(scene.trace(), scene.trace().event_count());
  EXPECT_NE(scene.backend().Open(disk).mount, nullptr);
  EXPECT_EQ(disk.Reads({}).blocks.size(), 1u);
}

// Two users of one trace may study it, and one of them may be done first.
TEST(SimfsRecovery, ATraceIsForgottenOnceNobodyNeedsIt) {
  SimfsScene scene("spec-strict");
  scene.Run("create /f\n");
  Backend& backend = scene.backend();
  const auto blocks_of_mount = [&] {
    SparseImage image(scene.live_disk());
    CrashDisk disk(image, kSimfsGeometry, 512, 0);
    backend.ExpectCrashOf(scene.trace(), scene.trace().event_count());
    EXPECT_NE(backend.Open(disk).mount, nullptr);
    return disk.Reads({}).blocks.size();
  };
  backend.StudyTrace(scene.trace());
  backend.StudyTrace(scene.trace());
  backend.ForgetTrace(scene.trace());
  EXPECT_EQ(blocks_of_mount(), 1u);
  EXPECT_TRUE(backend.DeclaresParts(scene.trace()));
  backend.ForgetTrace(scene.trace());
  EXPECT_GT(blocks_of_mount(), 1u);
  // A mount that scans reads all for the whole observation.
  EXPECT_FALSE(backend.DeclaresParts(scene.trace()));
}

// What a newer record hides is not read, and in a total order nothing is read
// after the first record that is missing.
TEST(SimfsRecovery, OnDemandItReadsWhatDecides) {
  const auto reads_after = [](const std::string& profile,
                              const std::string& ops) {
    SimfsScene scene(profile);
    scene.Run("create /f\n" + ops);
    scene.backend().StudyTrace(scene.trace());
    SparseImage image(scene.live_disk());
    CrashDisk disk(image, kSimfsGeometry, 512, 0);
    scene.backend().ExpectCrashOf(scene.trace(), scene.trace().event_count());
    const Observation found = scene.backend().Open(disk).mount->Observe();
    return disk.Reads(found).blocks.size();
  };
  const std::string write = "write /f 0 512\n";
  const std::string three = write + write + write;
  // The superblock, the name, the times and the shape.
  EXPECT_EQ(reads_after("spec-strict", write), 4u);
  EXPECT_EQ(reads_after("spec-strict", three), 4u);
  // Data in the journal puts all records in one order.
  EXPECT_GT(reads_after("ext4-journal", three),
            reads_after("ext4-journal", write));
}

// Nor is what was written after the last moment at which the crash can have
// come, however long the trace went on.
TEST(SimfsRecovery, OnDemandItDoesNotLookForWhatCameLater) {
  SimfsScene scene("spec-strict");
  scene.Run("create /f\nwrite /f 0 512\nsyncfs\n");
  const EventNumber point = scene.trace().event_count();
  SparseImage image(scene.live_disk());
  std::string more;
  for (int i = 0; i < 20; ++i) more += "append /f 512\n";
  scene.Run(more);
  Backend& backend = scene.backend();
  backend.StudyTrace(scene.trace());
  const auto reads_if = [&](EventNumber upto) {
    CrashDisk disk(image, kSimfsGeometry, 512, 0);
    backend.ExpectCrashOf(scene.trace(), upto);
    const Observation found = backend.Open(disk).mount->Observe();
    EXPECT_EQ(InWords(found), "/f [2:512]");
    return disk.Reads(found).blocks.size();
  };
  // The superblock, the name, the times and the shape.
  EXPECT_EQ(reads_if(point), 4u);
  EXPECT_EQ(reads_if(scene.trace().event_count()), 44u);
}

TEST(SimfsRecovery, ANewFileDoesNotShowWhatALostOneWrote) {
  SimfsScene scene("spec-strict");
  scene.Run("create /f\nwrite /f 0 512\n");
  Prng random(1);
  for (int i = 0; i < 40; ++i) {
    SparseImage image = scene.RandomCrash(random);
    CrashDisk disk(image, kSimfsGeometry, 512, 0);
    const MountResult mounted = MakeSimfsBackend()->Open(disk);
    Op create;
    create.kind = OpKind::kCreate;
    create.names = {"/new"};
    create.number = 7;
    ASSERT_TRUE(mounted.mount->Apply(create, 0, {}).ok());
    Op write;
    write.kind = OpKind::kWrite;
    write.names = {"/new"};
    write.numbers = {512, 1};
    write.number = 8;
    ASSERT_TRUE(mounted.mount->Apply(write, 512, "\x8").ok());
    const Observation now = mounted.mount->Observe();
    EXPECT_EQ(ContentInWords(now.Find("/new")->content), "0:512 8:1");
  }
}

// The events of a recovery, up to the beginning of the observation, are a trace
// over the crash image: applied to that image they give the disk that is
// observed.
TEST(SimfsRecovery, ItsEventsAreATraceOverTheCrashImage) {
  size_t events = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Prng random(seed);
    SimfsScene scene("spec-strict");
    scene.Run(std::string(kThreeNames));
    for (int i = 0; i < 15; ++i) {
      ApplyRandom(scene.mount(), scene.next_op++, random);
    }
    SparseImage image = scene.RandomCrash(random);
    const auto base = std::make_shared<const SparseImage>(image);
    CrashDisk disk(image, kSimfsGeometry, 512, 0);
    disk.set_keep_events(true);
    const MountResult mounted = scene.backend().Open(disk);
    for (int i = 0; i < 15; ++i) {
      ApplyRandom(*mounted.mount, scene.next_op++, random);
    }
    disk.ObservationBegins();
    const SparseImage left = image;
    ApplyRandom(*mounted.mount, scene.next_op++, random);
    Trace trace(kSimfsGeometry, base);
    for (const RecoveryEvent& event : disk.events()) AddEvent(event, trace);
    EXPECT_TRUE(ApplyAll(trace).SameBytes(left)) << seed;
    events += disk.events().size();
  }
  EXPECT_GT(events, 100u);
}

}  // namespace
}  // namespace powercut
