// Tests what simfs believes of its disk: random requests, after each of which
// the crash space of the trace so far says how far every version of every
// sector has come.

#include "backends/simfs/layered_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "harness/fault/fault_disk.h"
#include "harness/space/crash_space.h"
#include "harness/trace/recording_disk.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut::simfs {
namespace {

constexpr uint64_t kSectors = 5;

class Scene {
 public:
  // Flushes fail now and then if `fails`.
  explicit Scene(bool fails) {
    std::vector<Op> faults;
    if (fails) {
      faults.push_back(ParseFault("error on flush nth=2 times=1", "").value());
      faults.push_back(ParseFault("error on flush nth=5 times=2", "").value());
    }
    faulty_ = std::make_unique<FaultDisk>(below_, faults, FaultPhase::kRun);
    faulty_->Arm();
    disk_ = std::make_unique<LayeredDisk>(*faulty_);
  }

  // One random request. Whether it fails does not matter here.
  void Request(Prng& prng) {
    const uint64_t first = prng.Below(kSectors);
    const uint64_t count = 1 + prng.Below(kSectors - first);
    switch (prng.Below(6)) {
      case 0:
      case 1:
        EXPECT_TRUE(
            disk_->Write(first, SectorsOf(Words(count, disk_->now() + 1))));
        break;
      case 2:
        EXPECT_TRUE(disk_->Discard({first, 1}));
        break;
      case 3:
        (void)disk_
            ->FlushDevice(
                static_cast<EventNumber>(prng.Below(disk_->now() + 1)))
            .has_value();
        break;
      default:
        (void)disk_->Carry(SomeVersions(prng), kTargets[prng.Below(3)])
            .has_value();
    }
  }

  const LayeredDisk& disk() const { return *disk_; }
  const Trace& trace() const { return below_.trace(); }

  // How far the trace says that the version has come: to the layer that
  // survives a crash after which the sector holds it or a newer one.
  static Layer Expected(const CrashSpace& space, uint64_t sector,
                        EventNumber event) {
    if (event == 0) return Layer::kMedia;
    Layer reached = Layer::kProcess;
    for (const CrashKind kind : kCrashKinds) {
      if (FloorOf(space, sector, kind) < event) continue;
      reached = std::max(reached, SurvivingLayer(kind));
    }
    return reached;
  }

  // The oldest event that a crash can leave in the sector.
  static EventNumber FloorOf(const CrashSpace& space, uint64_t sector,
                             CrashKind kind) {
    const auto slot = space.FindSlot(sector);
    if (!slot) return 0;
    PointCursor cursor(space, kind);
    cursor.MoveTo(space.trace().event_count());
    return space.versions(*slot)[cursor.floor(*slot)].event;
  }

  // The events that wrote the sector, and 0.
  std::vector<EventNumber> VersionsOf(uint64_t sector) const {
    std::vector<EventNumber> versions = {0};
    const Trace& trace = below_.trace();
    for (EventNumber n = 1; n <= trace.event_count(); ++n) {
      const DiskEvent& event = trace.event(n);
      if (event.kind != DiskEvent::kPersist && sector >= event.range.first &&
          sector < event.range.end()) {
        versions.push_back(n);
      }
    }
    return versions;
  }

 private:
  SectorVersions SomeVersions(Prng& prng) const {
    SectorVersions some;
    for (uint64_t sector = 0; sector < kSectors; ++sector) {
      const std::vector<EventNumber> versions = VersionsOf(sector);
      if (prng.OneIn(2)) some[sector] = versions[prng.Below(versions.size())];
    }
    return some;
  }

  static constexpr Layer kTargets[] = {Layer::kHost, Layer::kDevice,
                                       Layer::kMedia};
  RecordingDisk below_{{kSectorBytes, kSectors},
                       std::make_shared<SparseImage>(kSectors* kSectorBytes)};
  std::unique_ptr<FaultDisk> faulty_;
  std::unique_ptr<LayeredDisk> disk_;
};

TEST(LayeredDiskTest, KnowsHowFarEachVersionCame) {
  uint64_t on_media = 0;
  uint64_t in_doubt = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Scene scene(/*fails=*/seed % 2 == 1);
    Prng prng(seed);
    for (int i = 0; i < 25; ++i) {
      scene.Request(prng);
      ASSERT_EQ(scene.disk().now(), scene.trace().event_count());
      const CrashSpace space(scene.trace(), kSectorBytes);
      const SectorVersions at_device = scene.disk().AtDevice();
      for (uint64_t sector = 0; sector < kSectors; ++sector) {
        for (const EventNumber event : scene.VersionsOf(sector)) {
          const Layer reached = scene.disk().Reached(sector, event);
          ASSERT_EQ(reached, Scene::Expected(space, sector, event))
              << "seed " << seed << ", request " << i << ", sector " << sector
              << ", event " << event;
          ++(reached == Layer::kMedia ? on_media : in_doubt);
        }
        const auto found = at_device.find(sector);
        ASSERT_EQ(found == at_device.end() ? 0 : found->second,
                  Scene::FloorOf(space, sector, CrashKind::kOs));
      }
    }
  }
  EXPECT_GT(on_media, 2000u);
  EXPECT_GT(in_doubt, 2000u);
}

}  // namespace
}  // namespace powercut::simfs
