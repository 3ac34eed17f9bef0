// Faults of a world together with crashes: flushes that lie, writes that damage
// what lies beside them, and torn blocks. Each is found with a log that does
// not guard against it, and none with one that does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <powercut/powercut.hpp>

namespace {

using powercut::Explore;
using powercut::Files;
using powercut::State;
using powercut::States;
using powercut::World;
using powercut::WorldOptions;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A log of slots of one size, on a file or on a raw disk.
struct SlotLog {
  uint64_t slot_bytes = 512;
  uint64_t record_bytes = 100;
  // How many syncs come after each record.
  int syncs = 1;
  // Whether a record ends in its sum.
  bool checksum = true;
  bool on_disk = false;
  uint64_t records = 3;
};

std::string RecordText(const SlotLog& log, uint64_t number) {
  std::string text(log.record_bytes - 1, static_cast<char>('a' + number));
  unsigned char sum = 0x5a;
  for (const char c : text) sum = static_cast<unsigned char>(sum * 31 + c);
  text += log.checksum ? static_cast<char>(sum) : '.';
  return text;
}

// Whether a record is one that was written, as far as the log can tell.
bool IsRecord(const SlotLog& log, const std::string& bytes) {
  if (bytes.size() < log.record_bytes || bytes[0] < 'a') return false;
  if (!log.checksum) return true;
  return bytes == RecordText(log, static_cast<uint64_t>(bytes[0] - 'a'));
}

void AppendRecords(const SlotLog& log, World& world) {
  const int file =
      log.on_disk ? 0 : world.open("/log", PC_READ | PC_WRITE | PC_CREATE);
  if (!log.on_disk) {
    world.fsync(file);
    world.sync_directory("/");
  }
  world.start();
  for (uint64_t n = 0; n < log.records; ++n) {
    world.attempt(n + 1);
    const std::string text = RecordText(log, n);
    if (log.on_disk) {
      world.disk_write(n * log.slot_bytes / 512, text);
      for (int i = 0; i < log.syncs; ++i) world.disk_flush();
    } else {
      world.write(file, text, n * log.slot_bytes);
      for (int i = 0; i < log.syncs; ++i) world.fsync(file);
    }
    world.ack(n + 1);
  }
}

// What the log recovers: the records up to the first one that is not whole.
std::string Recovered(const SlotLog& log, State& state) {
  std::string dump;
  const int file = log.on_disk ? 0 : state.open("/log", PC_READ);
  for (uint64_t n = 0; n < log.records; ++n) {
    std::string bytes(log.record_bytes, '\0');
    if (log.on_disk) {
      state.disk_read(n * log.slot_bytes / 512, bytes.data(), bytes.size());
    } else {
      bytes = state.read(file, log.record_bytes, n * log.slot_bytes);
    }
    if (!IsRecord(log, bytes)) break;
    dump += bytes;
  }
  return dump;
}

struct Found {
  pc_verdict verdict;
  std::vector<std::string> causes;
  std::string report;
};

Found Explored(const SlotLog& log, World& world, Explore options = {}) {
  if (options.profiles == "spec-strict") options.profiles = "ext4-ordered";
  options.budget_ms = 60'000;
  States states = world.explore(options);
  for (State& state : states) state.found(Recovered(log, state));
  Found found{states.verdict(), {}, states.report()};
  for (const auto& one : states.findings()) found.causes.push_back(one.cause);
  return found;
}

// --- flushes that lie --------------------------------------------------------

Found WithALie(const SlotLog& log, uint64_t passed,
               const Explore& options = {}) {
  World world({.raw_disk = log.on_disk});
  // The first sync is the set-up's, except on a raw disk.
  world.fail(PC_FAIL_SYNC_LIES, passed);
  AppendRecords(log, world);
  return Explored(log, world, options);
}

TEST(LyingFlushTest, LosesAnAckOfALogThatSyncsOnce) {
  for (const bool on_disk : {false, true}) {
    SlotLog log;
    log.on_disk = on_disk;
    if (on_disk) log.record_bytes = 512;
    const Found found = WithALie(log, on_disk ? 2 : 4);
    EXPECT_THAT(found.causes, Contains("acknowledged-is-lost")) << found.report;
    EXPECT_THAT(found.report, HasSubstr(on_disk ? "disk_flush" : "fsync /log"));
    if (!on_disk) {
      EXPECT_THAT(found.report, HasSubstr("to which the disk lied"));
    }
  }
}

TEST(LyingFlushTest, LosesNoAckOfALogThatSyncsTwice) {
  for (const bool on_disk : {false, true}) {
    SlotLog log;
    log.syncs = 2;
    log.on_disk = on_disk;
    if (on_disk) log.record_bytes = 512;
    for (uint64_t passed = 0; passed < 8; ++passed) {
      const Found found = WithALie(log, passed);
      EXPECT_EQ(found.verdict, PC_HOLDS) << passed << found.report;
    }
  }
}

// The lie is about the device: what a crash of the system alone leaves, it
// holds.
TEST(LyingFlushTest, IsNotSeenWhenTheDeviceKeepsItsPower) {
  const Found found = WithALie({}, 4, {.crash_kinds = PC_CRASH_OS});
  EXPECT_EQ(found.verdict, PC_HOLDS) << found.report;
}

// A flush that is carried out makes durable what one before it did not.
TEST(LyingFlushTest, EndsWithTheNextFlush) {
  World world;
  world.fail(PC_FAIL_SYNC_LIES, 2);
  AppendRecords({}, world);
  EXPECT_EQ(world.crash_now("none", "ext4-ordered").size("/log"),
            2 * 512 + 100);
}

TEST(LyingFlushTest, HasOneReportForAnyNumberOfWorkers) {
  std::string first;
  for (const uint32_t jobs : {1u, 2u, 5u}) {
    const Found found = WithALie({}, 4, {.jobs = jobs});
    if (first.empty()) first = found.report;
    EXPECT_EQ(found.report, first);
  }
  EXPECT_EQ(WithALie({}, 4, {.isolation = PC_IN_PROCESS}).report, first);
}

// --- damage beside a write ---------------------------------------------------

Found Damaged(const SlotLog& log, uint32_t damage,
              const Explore& options = {}) {
  World world({.raw_disk = log.on_disk, .damage = damage});
  AppendRecords(log, world);
  return Explored(log, world, options);
}

TEST(DamageTest, OfTheSameSectorIsFoundWithoutPadding) {
  SlotLog packed;
  packed.slot_bytes = 100;
  EXPECT_EQ(Damaged(packed, PC_DAMAGE_NONE).verdict, PC_HOLDS);
  const Found found = Damaged(packed, PC_DAMAGE_UNIT);
  EXPECT_THAT(found.causes, Contains("acknowledged-is-lost")) << found.report;
  EXPECT_THAT(found.report,
              HasSubstr("write /log 100 100, damaging bytes 0 to 99"));
  // Records in sectors of their own are safe from it.
  EXPECT_EQ(Damaged({}, PC_DAMAGE_UNIT).verdict, PC_HOLDS);
}

TEST(DamageTest, OfTheNextSectorIsFoundWithoutAGap) {
  for (const bool on_disk : {false, true}) {
    SlotLog log;
    log.on_disk = on_disk;
    if (on_disk) log.record_bytes = 512;
    const Found found = Damaged(log, PC_DAMAGE_NEIGHBOURS);
    EXPECT_THAT(found.causes, Contains("acknowledged-is-lost")) << found.report;
    EXPECT_THAT(found.report, HasSubstr("damaging"));
    // An unused sector between two records.
    log.slot_bytes = 1024;
    const Found apart = Damaged(log, PC_DAMAGE_NEIGHBOURS);
    EXPECT_EQ(apart.verdict, PC_HOLDS) << apart.report;
  }
}

// A write that was synced damages nothing any more: without a crash during a
// write all is well.
TEST(DamageTest, EndsWithTheSync) {
  World world({.damage = PC_DAMAGE_NEIGHBOURS});
  AppendRecords({}, world);
  World crashed = world.crash_now("none", "ext4-ordered");
  EXPECT_EQ(crashed.content("/log"), world.content("/log"));
  EXPECT_THAT(world.content("/log"), HasSubstr(RecordText({}, 0)));
}

// A unit is what the device writes whole.
TEST(DamageTest, HasUnitsOfTheDevice) {
  SlotLog log;
  World world({.atomic_bytes = 4096, .damage = PC_DAMAGE_UNIT});
  AppendRecords(log, world);
  EXPECT_THAT(Explored(log, world).causes, Contains("acknowledged-is-lost"));
  log.slot_bytes = 4096;
  World apart({.atomic_bytes = 4096, .damage = PC_DAMAGE_UNIT});
  AppendRecords(log, apart);
  EXPECT_EQ(Explored(log, apart).verdict, PC_HOLDS);
}

// Handles that append write at the end, and damage what is before it.
TEST(DamageTest, IsThereForAppends) {
  const auto verdict = [](uint32_t damage) {
    World world({.damage = damage});
    const int file =
        world.open("/f", PC_READ | PC_WRITE | PC_CREATE | PC_APPEND);
    world.write(file, std::string(100, 'a'), 0);
    world.fsync(file);
    world.start();
    world.write(file, std::string(100, 'b'), 0);
    States states = world.explore({.profiles = "ext4-ordered"});
    for (State& state : states) {
      if (!state.content("/f").starts_with("aaaa")) state.violation("damaged");
    }
    return states.verdict();
  };
  EXPECT_EQ(verdict(PC_DAMAGE_NONE), PC_HOLDS);
  EXPECT_EQ(verdict(PC_DAMAGE_UNIT), PC_VIOLATES);
}

// With `nested`, the writes of a recovery damage, too.
TEST(DamageTest, IsThereForRecoveriesThatCrash) {
  const auto causes = [](uint32_t damage) {
    World world({.damage = damage});
    const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
    world.write(file, std::string(100, 'a'), 0);
    world.fsync(file);
    world.sync_directory("/");
    world.start();
    world.mkdir("/begun");
    States states = world.explore({.profiles = "ext4-ordered", .nested = 1});
    for (State& state : states) {
      if (!state.content("/f").starts_with("aaaa")) state.violation("damaged");
      const int again = state.open("/f", PC_WRITE);
      state.write(again, "b", 100);
    }
    EXPECT_NE(states.verdict(), PC_FAILED) << states.report();
    return states.findings().size();
  };
  EXPECT_EQ(causes(PC_DAMAGE_NONE), 0u);
  EXPECT_EQ(causes(PC_DAMAGE_UNIT), 1u);
}

TEST(DamageTest, IsAboutPowerAlone) {
  const Found found = Damaged({}, PC_DAMAGE_UNIT,
                              {.crash_kinds = PC_CRASH_POWER | PC_CRASH_OS});
  EXPECT_EQ(found.verdict, PC_FAILED);
  EXPECT_THAT(found.report, HasSubstr("PC_CRASH_POWER"));
  EXPECT_THROW(World({.damage = 3}), std::system_error);
}

TEST(DamageTest, HasOneReportForAnyNumberOfWorkers) {
  SlotLog packed;
  packed.slot_bytes = 100;
  std::string first;
  for (const uint32_t jobs : {1u, 2u, 5u}) {
    const Found found = Damaged(packed, PC_DAMAGE_UNIT, {.jobs = jobs});
    if (first.empty()) first = found.report;
    EXPECT_EQ(found.report, first);
  }
  EXPECT_EQ(
      Damaged(packed, PC_DAMAGE_UNIT, {.isolation = PC_IN_PROCESS}).report,
      first);
}

// --- torn blocks -------------------------------------------------------------

// A device that writes 4,096 bytes whole tears none of its blocks, unless that
// is asked for.
TEST(TornBlockTest, IsFoundWithoutAChecksum) {
  const auto torn = [](bool checksum, const std::string& space) {
    SlotLog log;
    log.slot_bytes = log.record_bytes = 4096;
    log.checksum = checksum;
    log.on_disk = true;
    World world({.raw_disk = true, .atomic_bytes = 4096});
    AppendRecords(log, world);
    return Explored(log, world, {.space = space});
  };
  EXPECT_EQ(torn(false, "epoch:1").verdict, PC_HOLDS);
  const Found found = torn(false, "epoch:1+torn:1");
  EXPECT_THAT(found.causes, Contains("no-prefix")) << found.report;
  const Found guarded = torn(true, "epoch:1+torn:1");
  EXPECT_EQ(guarded.verdict, PC_HOLDS) << guarded.report;
}

// --- raw disks ---------------------------------------------------------------

TEST(DiskFailureTest, CallsFailAsAsked) {
  World world({.raw_disk = true});
  const std::string sector(512, 'x');
  world.fail(PC_FAIL_WRITE, 1, 1);
  EXPECT_EQ(world.disk_write(0, sector), 0);
  EXPECT_EQ(world.disk_write(1, sector), -EIO);
  world.fail(PC_FAIL_WRITE_FULL);
  EXPECT_EQ(world.disk_write(1, sector), -ENOSPC);
  EXPECT_EQ(world.disk_write(1, sector), 0);
  world.fail(PC_FAIL_SYNC);
  EXPECT_EQ(world.disk_flush(), -EIO);
  EXPECT_EQ(world.disk_flush(), 0);
  EXPECT_THROW(world.fail(PC_FAIL_WRITE_SHORT), std::system_error);
}

// A flush that failed promises nothing, not even by one that succeeds later.
TEST(DiskFailureTest, AFailedFlushIsInDoubt) {
  SlotLog log;
  log.on_disk = true;
  log.record_bytes = 512;
  World world({.raw_disk = true});
  world.fail(PC_FAIL_SYNC, 1);
  AppendRecords(log, world);
  EXPECT_EQ(Explored(log, world).verdict, PC_VIOLATES);
}

// The sync that is tried as a remedy would be counted by the plan of a failure.
TEST(FaultsTest, ARemedyBesideAPlannedFailureSaysWhichSyncFails) {
  const auto remedy = [](bool fails) {
    World world;
    const int file = world.open("/f", PC_WRITE | PC_CREATE);
    world.sync_directory("/");
    world.start();
    if (fails) world.fail(PC_FAIL_SYNC, 1);
    world.attempt(1);
    world.append(file, "x");
    world.ack(1);
    for (int n = 0; n < 2; ++n) {
      const int synced = world.fsync(file);
      EXPECT_EQ(synced, fails && n == 1 ? -EIO : 0);
    }
    States states = world.explore({.profiles = "linux-man"});
    for (State& state : states) {
      if (state.must_have(1) && state.size("/f") == 0) state.violation("lost");
    }
    const std::string report = states.report();
    const size_t at = report.find("remedy");
    return at == report.npos ? report
                             : report.substr(at, report.find('\n', at) - at);
  };
  EXPECT_THAT(remedy(true), EndsWith(" saves it, if the same sync fails as "
                                     "before"));
  EXPECT_THAT(remedy(false), EndsWith(" saves it"));
}

}  // namespace
