// What follows from a loss, beside what recovery makes of the disk: the records
// that are whole and do not count, in random states of random workloads under
// each profile.

#include "backends/simfs/record_followers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "backends/simfs/layout.h"
#include "backends/simfs/record_scan.h"
#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/random_workload.h"
#include "harness/base/prng.h"
#include "harness/record/recording.h"
#include "harness/recover/crash_disk.h"
#include "harness/space/crash_image.h"

namespace powercut::simfs {
namespace {

// The numbers of records by their first sectors.
std::map<WrittenSector, RecordNumber> RecordsOf(const Trace& trace) {
  std::map<WrittenSector, RecordNumber> records;
  for (EventNumber n = 1; n <= trace.event_count(); ++n) {
    const DiskEvent& event = trace.event(n);
    if (event.kind != DiskEvent::kWrite) continue;
    for (uint64_t s = event.range.first; s < event.range.end();) {
      const auto stored = DecodeRecord(
          trace.data(event).subspan((s - event.range.first) * 512), 0, s,
          /*checked=*/false);
      if (stored) records[{n, s}] = stored->record.number;
      s += stored ? stored->sectors : 1;
    }
  }
  return records;
}

// A random state of what is open at the cursor.
CrashState RandomState(const PointCursor& cursor, Prng& prng) {
  CrashState state{cursor.point(), 0, cursor.kind(), CrashState::kNewest, {}};
  const uint64_t lost_percent = 10 + prng.Below(60);
  for (const Slot slot : cursor.open()) {
    if (prng.Below(100) >= lost_percent) continue;
    const VersionIndex floor = cursor.floor(slot);
    const auto below = cursor.newest(slot) - floor;
    const auto held = floor + static_cast<VersionIndex>(prng.Below(below));
    // A block that holds the same as before lost nothing.
    const auto versions = cursor.space().versions(slot);
    const bool same = versions[held].hash == versions[cursor.newest(slot)].hash;
    if (!same) state.choices.push_back({slot, held, {}, 0});
  }
  return state;
}

// The records that recovery drops in a state.
std::set<RecordNumber> DroppedIn(const CrashState& state, CrashImage& image,
                                 const DiskGeometry& geometry) {
  image.Become(state);
  CrashDisk disk(image.bytes(), geometry, 512, 0);
  const auto layout = ReadSimfsLayout(disk);
  EXPECT_TRUE(layout);
  const auto scan = ScanRecords(disk, *layout, {});
  EXPECT_TRUE(scan);
  return {scan->dropped.begin(), scan->dropped.end()};
}

class RecordFollowersTest : public testing::TestWithParam<std::string> {
 protected:
  // Compares some states of a workload. Returns how many records followed.
  uint64_t Compare(uint64_t seed) {
    const Profile& profile = *FindProfile(GetParam());
    SeededChooser chooser(seed);
    RandomWorkloadKnobs knobs;
    knobs.run_ops = 8;
    knobs.disk = false;
    const Workload workload = RandomWorkload(chooser, knobs, profile);
    const auto backend = MakeSimfsBackend();
    SettingOverrides flags;
    flags.profile = profile.name;
    const auto setting = ResolveSetting(workload, *backend, flags);
    if (!setting) return 0;
    const auto recording = powercut::Record(*backend, workload, *setting);
    if (!recording) return 0;
    const Trace& trace = recording->trace;
    const auto records = RecordsOf(trace);
    const RecordFollowers followers(trace);
    const CrashSpace space(trace, 512);
    Prng prng(seed);
    uint64_t followed = 0;
    for (const CrashKind kind : {CrashKind::kPower, CrashKind::kOs}) {
      CrashImage image(space, kind);
      PointCursor cursor(space, kind);
      for (EventNumber point = 0; point <= trace.event_count(); ++point) {
        cursor.MoveTo(point);
        const CrashState state = RandomState(cursor, prng);
        const std::set<RecordNumber> without_loss = DroppedIn(
            {point, 0, kind, CrashState::kNewest, {}}, image, trace.geometry());
        std::set<RecordNumber> expected =
            DroppedIn(state, image, trace.geometry());
        std::set<RecordNumber> found;
        for (const WrittenSector& follower :
             followers.Of(SectorsNotHeld(state, cursor), point)) {
          const auto record = records.find(follower);
          if (record != records.end()) found.insert(record->second);
        }
        // What waits for data that was not issued yet follows from no loss.
        for (const RecordNumber waits : without_loss) {
          expected.erase(waits);
          found.erase(waits);
        }
        EXPECT_EQ(found, expected)
            << GetParam() << " seed " << seed << " point " << point;
        followed += found.size();
        if (found != expected) return followed;
      }
    }
    return followed;
  }
};

TEST_P(RecordFollowersTest, AreTheRecordsThatRecoveryDrops) {
  uint64_t followed = 0;
  for (uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
    followed += Compare(seed);
  }
  const std::string world = GetParam();
  const bool ordered =
      world.starts_with("ext4") || world == "xfs" || world == "btrfs";
  if (ordered) {
    EXPECT_GT(followed, 100u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, RecordFollowersTest,
    testing::ValuesIn(MakeSimfsBackend()->traits().profiles),
    [](const auto& param) {
      std::string name = param.param;
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

}  // namespace
}  // namespace powercut::simfs
