// ObservePaths() shows of some paths what Observe() shows of the whole volume,
// after a scan and on demand, in crash states that lost any one block.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "backends/simfs/simfs_mount.h"
#include "harness/recover/crash_disk.h"
#include "harness/space/crash_image.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

constexpr const char* kText = R"(powercut 1
backend simfs
init
  mkdir /d
run
  create /d/a
  write /d/a 0 700
  create /b
  write /b 0 512
  rename /b /d/b
  unlink /d/a
  create /d/a
)";

// The last two lead to nothing in every state.
const std::vector<std::string>& Paths() {
  static const std::vector<std::string> paths = {"/d/b", "/d", "/b",
                                                 "/d/a", "/c", "/b/a"};
  return paths;
}

Observation PathsShown(Backend& backend, CrashDisk& disk) {
  MountResult opened = backend.Open(disk);
  EXPECT_NE(opened.mount, nullptr);
  auto& mount = static_cast<simfs::SimfsMount&>(*opened.mount);
  return mount.ObservePaths(Paths());
}

// The entries of Paths() among those of the whole volume, in their order.
std::vector<ObservedEntry> EntriesOfPaths(const Observation& whole) {
  std::vector<ObservedEntry> entries;
  for (const std::string& path : Paths()) {
    const auto found =
        std::ranges::find(whole.entries, path, &ObservedEntry::path);
    if (found != whole.entries.end()) entries.push_back(*found);
  }
  return entries;
}

TEST(SimfsPathsTest, PathsShowWhatTheWholeVolumeShows) {
  const auto backend = MakeSimfsBackend();
  auto recorded = RecordWorkload(*backend, MustParse(kText));
  ASSERT_TRUE(recorded) << recorded.error().message;
  const Trace& trace = recorded->recording.trace;
  const CrashSpace space(trace, 512);
  CrashImage image(space, CrashKind::kPower);
  CrashDisk disk(image.bytes(), trace.geometry(), space.block_bytes(), 0);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(trace.event_count());
  size_t shown = 0;
  size_t least = Paths().size();
  for (const Slot slot : cursor.open()) {
    CrashState state;
    state.point = trace.event_count();
    state.choices = {{slot, cursor.floor(slot), {}, 0}};
    image.Become(state);
    const Observation whole = backend->Open(disk).mount->Observe();
    disk.Reset();
    const Observation scanned = PathsShown(*backend, disk);
    disk.Reset();
    backend->StudyTrace(trace);
    backend->ExpectCrashOf(trace, trace.event_count());
    const Observation demanded = PathsShown(*backend, disk);
    backend->ForgetTrace(trace);
    disk.Reset();
    EXPECT_EQ(scanned.entries, EntriesOfPaths(whole));
    EXPECT_EQ(demanded.entries, EntriesOfPaths(whole));
    shown = std::max(shown, scanned.entries.size());
    least = std::min(least, scanned.entries.size());
  }
  // The states differ in what they show.
  EXPECT_LT(least, shown);
}

}  // namespace
}  // namespace powercut
