// Tests Explore() on storage that dies, hangs, eats memory or damages its
// process on one content of the disk: there is one finding of the right kind,
// at a state that holds the content, and it replays; all other states are
// covered as usual. Another test kills the workers of an exploration all the
// time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/sanitizer.h"
#include "harness/explain/replay.h"
#include "harness/space/crash_image.h"
#include "tests/exploring.h"
#include "tests/harness/system/killer.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kWorkload = R"(powercut 1
backend simfs
init
  create /a
  write  /a 0 4096
run
  write /a 0 1024
  fsync /a
  write /a 1024 512
  append /a 512
  create /b
  write /b 0 512
  fsync /b
)";

enum class Deed {
  kLoop,
  kLoopOnDevice,
  kSleep,
  kEatMemory,
  kSegfault,
  kExitZero,
  kDamage,  // Works, and the next recovery of the process dies.
};

// The content, and its place, at which the deed is done.
struct Trigger {
  uint64_t first_sector = 0;
  Bytes content;

  bool HeldBy(const SparseImage& image, uint32_t sector_bytes) const {
    Bytes held(content.size());
    image.Read(first_sector * sector_bytes, held);
    return held == content;
  }
};

// A simfs that does its deed once it is armed.
class HardBackend : public Backend {
 public:
  const BackendTraits& traits() const override { return simfs_->traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return simfs_->Format(spec);
  }

  MountResult Open(VirtualDisk& disk) override {
    if (damaged_) raise(SIGSEGV);
    if (pause_us_ > 0) {
      const timespec pause = {.tv_sec = 0, .tv_nsec = 1000 * pause_us_};
      nanosleep(&pause, nullptr);
    }
    if (armed_ && Holds(disk)) Do(disk);
    return simfs_->Open(disk);
  }

  void Arm(Deed deed, Trigger trigger) {
    deed_ = deed;
    trigger_ = std::move(trigger);
    armed_ = true;
    signal(SIGSEGV, SIG_DFL);  // a sanitizer would catch it
  }
  void set_pause_us(long pause_us) { pause_us_ = pause_us; }

 private:
  bool Holds(VirtualDisk& disk) const {
    Bytes held(trigger_.content.size());
    return disk.Read(trigger_.first_sector, held) && held == trigger_.content;
  }

  void Do(VirtualDisk& disk) {
    Bytes sector(disk.geometry().sector_bytes);
    std::vector<Bytes> eaten;
    switch (deed_) {
      case Deed::kLoop:
        while (!never_) {
        }
        break;
      case Deed::kLoopOnDevice:
        while (disk.Read(0, sector)) {
        }
        break;
      case Deed::kSleep:
        for (;;) pause();
      case Deed::kEatMemory:
        for (;;) eaten.emplace_back(16 << 20, std::byte{1});
      case Deed::kSegfault:
        raise(SIGSEGV);
        break;
      case Deed::kExitZero:
        _exit(0);
      case Deed::kDamage:
        damaged_ = true;
        break;
    }
  }

  std::unique_ptr<Backend> simfs_ = std::move(MakeBackend("simfs").value());
  bool armed_ = false;
  bool damaged_ = false;
  Deed deed_ = Deed::kLoop;
  Trigger trigger_;
  long pause_us_ = 0;
  const volatile bool never_ = false;
};

// Returns the last write whose content the disk never held in that place
// before.
Trigger LastWriteOf(const Trace& trace) {
  for (EventNumber number = trace.event_count(); number > 0; --number) {
    const DiskEvent& event = trace.event(number);
    if (event.kind != DiskEvent::kWrite) continue;
    const ByteSpan data =
        trace.data(event).first(trace.geometry().sector_bytes);
    const Trigger trigger = {event.range.first, {data.begin(), data.end()}};
    if (trigger.HeldBy(trace.base(), trace.geometry().sector_bytes)) continue;
    return trigger;
  }
  ADD_FAILURE() << "nothing was written";
  return {};
}

ExploreOptions HardOptions(const std::string& space) {
  ExploreOptions options = Options(space);
  options.run.limits.requests = 20'000;
  options.run.limits.cpu_ms = kSanitized ? 2000 : 200;
  options.run.limits.wall_ms = 60'000;
  options.run.limits.memory_bytes = uint64_t{256} << 20;
  options.list_states = true;
  return options;
}

Exploration MustExplore(HardBackend& backend, const Recorded& recorded,
                        const ExploreOptions& options) {
  Result<Exploration> exploration = Explore(
      {backend, recorded.workload, recorded.setting, recorded.recording},
      options);
  EXPECT_TRUE(exploration);
  return exploration ? std::move(*exploration) : Exploration{};
}

struct HardCase {
  Deed deed;
  std::string kind;
  std::string found;  // A part of what the finding says.
};

void ExpectFound(const HardCase& hard, ExploreOptions options) {
  SCOPED_TRACE(hard.found);
  HardBackend backend;
  Result<Recorded> recorded = RecordWorkload(backend, MustParse(kWorkload));
  ASSERT_TRUE(recorded) << recorded.error().message;
  const Trigger trigger = LastWriteOf(recorded->recording.trace);
  const uint32_t sector_bytes =
      recorded->recording.trace.geometry().sector_bytes;
  const auto holds = [&](const std::string& text) {
    const StateId id = ParseStateId(text).value();
    const auto image = ImageOf(
        {backend, recorded->workload, recorded->setting, recorded->recording},
        id, options.run);
    return image && trigger.HeldBy(*image, sector_bytes);
  };
  const Exploration twin = MustExplore(backend, *recorded, options);
  EXPECT_TRUE(twin.findings.empty()) << DumpOf(twin);

  backend.Arm(hard.deed, trigger);
  uint64_t holding = 0;
  const CrashSpace space(recorded->recording.trace,
                         recorded->setting.atomic_bytes);
  options.hooks.visited = [&](const VisitedState& visited) {
    CrashImage image(space, visited.state.kind);
    image.Become(visited.state);
    const bool holds_it = trigger.HeldBy(image.bytes(), sector_bytes);
    holding += holds_it ? 1 : 0;
    EXPECT_EQ(visited.result.kind != RecoveryOutcome::kObserved, holds_it);
  };
  const Exploration e = MustExplore(backend, *recorded, options);
  EXPECT_EQ(e.states, twin.states);
  // The cache does not keep runs that died, so that each such state runs.
  EXPECT_GE(e.runs, twin.runs);
  EXPECT_TRUE(e.exhausted);
  EXPECT_GT(holding, 0u);
  EXPECT_LT(holding, e.states);
  ASSERT_THAT(KindsOf(e.findings), ElementsAre(hard.kind)) << DumpOf(e);
  uint64_t count = 0;
  for (const Finding& finding : e.findings) {
    EXPECT_THAT(finding.violation.found, HasSubstr(hard.found));
    for (const std::string& id : finding.states) EXPECT_TRUE(holds(id)) << id;
    count += finding.count;
    const Result<ReplayedState> again = Replay(
        {backend, recorded->workload, recorded->setting, recorded->recording},
        ParseStateId(finding.id).value(), options.run);
    ASSERT_TRUE(again);
    EXPECT_TRUE(holds(finding.id));
    ASSERT_EQ(again->findings.size(), 1u);
    EXPECT_EQ(again->findings[0].violation.cause, finding.violation.cause);
    EXPECT_EQ(again->findings[0].violation.found, finding.violation.found);
  }
  // A state with two moments may count for two causes.
  EXPECT_GE(count, holding);
}

TEST(HardToKillTest, EveryWayToEndBadlyIsFoundWhereItIs) {
  const HardCase kCases[] = {
      {Deed::kLoopOnDevice, "hang", "too many device requests"},
      {Deed::kSegfault, "died", "killed by SIGSEGV"},
      {Deed::kExitZero, "died", "ended with exit status 0"},
      {Deed::kDamage, "died",
       "the next recovery in the same process was killed by SIGSEGV"},
  };
  for (const HardCase& hard : kCases) ExpectFound(hard, HardOptions("epoch:1"));
}

TEST(HardToKillTest, LoopAndSleep) {
  ExploreOptions options = HardOptions("prefix");
  ExpectFound({Deed::kLoop, "hang", "more CPU time"}, options);
  options.run.limits.wall_ms = 500;
  ExpectFound({Deed::kSleep, "hang", "no progress by the wall clock"}, options);
}

TEST(HardToKillTest, EatenMemory) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers reserve terabytes of address space, so that "
                    "it cannot be bounded under them";
  }
  ExploreOptions options = HardOptions("prefix");
  options.run.limits.cpu_ms = 10'000;
  ExpectFound({Deed::kEatMemory, "died", "killed by SIGABRT"}, options);
}

// Each recovery is slow enough to be hit by a kill.
TEST(HardToKillTest, AThousandKillsChangeNothing) {
  HardBackend backend;
  std::string text = kWorkload;
  for (const char* at : {"0", "512", "1024", "1536"}) {
    text += std::string("  write /a ") + at + " 512\n  write /b " + at +
            " 512\n  create /c" + at + "\n  fsync /a\n";
  }
  Result<Recorded> recorded = RecordWorkload(backend, MustParse(text));
  ASSERT_TRUE(recorded) << recorded.error().message;
  backend.Arm(Deed::kDamage, LastWriteOf(recorded->recording.trace));
  ExploreOptions options = HardOptions("epoch:2");
  if (kSanitized) options.space = ParseExplorationSpace("epoch:1").value();
  const Exploration calm = MustExplore(backend, *recorded, options);
  EXPECT_THAT(KindsOf(calm.findings), ElementsAre("died"));
  backend.set_pause_us(1000);
  const Killer killer(9, kSanitized ? 20'000 : 2500);
  const Exploration killed = MustExplore(backend, *recorded, options);
  EXPECT_EQ(DumpOf(killed), DumpOf(calm));
  EXPECT_GE(killer.kills(), kSanitized ? 20u : 1000u) << calm.runs;
}

}  // namespace
}  // namespace powercut
