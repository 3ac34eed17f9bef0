// Tests crashes during recovery against brute force, and with a recovery that
// is right unless it crashes. The model knows no file that these recordings
// show, so that the tests look for `unstable` among other violations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fuzz/draw/seen_states.h"
#include "harness/explain/replay.h"
#include "harness/recover/crash_disk.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "harness/space/recovery_space.h"
#include "harness/trace/acks.h"
#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kScenes = 400 / kSlowdown;
// log2 of the most states of one crash point and of one recovery. Larger ones
// are left out.
constexpr double kOuterLog2Max = 7;

using Seen = std::set<std::tuple<CrashKind, EventNumber, Hash128>>;

struct Ran {
  Hash128 outcome;
  std::vector<RecoveryEvent> events;
};

Ran RunState(RandomScene& scene, const CrashSpace& space,
             const CrashState& state) {
  CrashImage image(space, state.kind);
  image.Become(state);
  CrashDisk disk(image.bytes(), scene.setting.geometry,
                 scene.setting.atomic_bytes, 0);
  disk.set_keep_events(true);
  OutcomeTable table;
  const OutcomeId id = table.Add(Recover(scene.backend, disk, {}));
  return {table.hash(id), disk.events()};
}

// Sees all states of the crashes during this recovery.
void SeeNested(RandomScene& scene, const CrashSpace& outer,
               const CrashState& state, uint32_t depth, EventNumber point,
               const ExplorationSpace& spec, Seen& seen) {
  const Ran ran = RunState(scene, outer, state);
  seen.emplace(state.kind, point, ran.outcome);
  if (depth == 0) return;
  const RecoverySpace inner(outer, state, ran.events);
  PointCursor cursor(inner.space(), state.kind);
  for (EventNumber p = 1; p <= inner.space().trace().event_count(); ++p) {
    cursor.MoveTo(p);
    EnumerateStates(
        cursor, spec, 1, [&](const CrashState& next, const Hash128&) {
          SeeNested(scene, inner.space(), next, depth - 1, point, spec, seen);
          return true;
        });
  }
}

Seen AllNested(RandomScene& scene, uint32_t depth,
               const ExplorationSpace& spec) {
  Seen seen;
  const CrashSpace space(scene.recording->trace, scene.setting.atomic_bytes);
  for (const CrashKind kind : scene.setting.crash_kinds) {
    PointCursor cursor(space, kind);
    for (const CrashPoint& crash_point : CrashPointsOf(*scene.recording)) {
      cursor.MoveTo(crash_point.after);
      const auto see = [&](const CrashState& state, const Hash128&) {
        SeeNested(scene, space, state, depth, crash_point.after, spec, seen);
        return true;
      };
      EnumerateStates(cursor, spec, 1, see);
    }
  }
  return seen;
}

TEST(NestedCrashesTest, VisitsWhatBruteForceSees) {
  uint64_t scenes = 0;
  uint64_t nested = 0;
  for (uint64_t seed = 1; seed <= kScenes; ++seed) {
    RandomScene scene(seed);
    if (SpaceLog2Of(scene.seen()) > kOuterLog2Max) continue;
    ++scenes;
    const uint32_t depth = seed % 4 == 0 ? 2 : 1;
    for (const ExplorationSpace& spec :
         {ExplorationSpace{ExplorationSpace::kExhaustive, 0, 0},
          ExplorationSpace{ExplorationSpace::kEpoch, 1, 0},
          ExplorationSpace{ExplorationSpace::kPrefix, 0, 0}}) {
      const Seen all = AllNested(scene, depth, spec);
      for (const CopyMode copied : {CopyMode::kAsRead, CopyMode::kFillIn}) {
        ExploreOptions options;
        options.space = spec;
        options.jobs = 0;
        options.copied = copied;
        options.nested = depth;
        const SeenExploration explored = SeenByExplore(scene.seen(), options);
        ASSERT_TRUE(explored.seen.seen == all)
            << "seed " << seed << ", " << ExplorationSpaceText(spec) << ", "
            << CopyModeName(copied) << ": " << explored.seen.seen.size()
            << " of " << all.size();
        ASSERT_TRUE(explored.exploration.exhausted);
        nested += explored.exploration.nested_states;
      }
    }
  }
  EXPECT_GT(scenes, kScenes / 8);
  EXPECT_GT(nested, scenes * 10);
}

// A redo log of one sector: sector 0 says whether sector 1 is to be copied to
// sector 2.
class RedoBackend : public Backend {
 public:
  explicit RedoBackend(bool forgets_first) : forgets_first_(forgets_first) {
    traits_.recovery_idempotent = true;
  }

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    Bytes header(kSectorBytes);
    if (!disk.Read(0, header)) return {nullptr, "EIO"};
    if (header[0] != std::byte{0}) Redo(disk);
    return {std::make_unique<RedoMount>(disk), ""};
  }

 private:
  class RedoMount : public Mount {
   public:
    explicit RedoMount(VirtualDisk& disk) : disk_(disk) {}
    OpResult Apply(const Op&, uint64_t, std::string_view) override {
      return {};
    }
    OpResult Shutdown() override { return {}; }
    Observation Observe() override {
      Bytes home(kSectorBytes);
      Observation observation;
      if (!disk_.Read(2, home)) return observation;
      ObservedEntry entry;
      entry.path = "/home";
      entry.file_id = 1;
      entry.size_bytes = home.size();
      entry.content = std::string(AsText(home));
      observation.entries = {entry};
      return observation;
    }

   private:
    VirtualDisk& disk_;
  };

  void Redo(VirtualDisk& disk) {
    Bytes data(kSectorBytes);
    if (!disk.Read(1, data)) return;
    const Bytes nothing(kSectorBytes);
    const auto home = [&] {
      (void)disk.Write(2, data, Layer::kDevice).has_value();
      (void)disk.Persist(Layer::kMedia).has_value();
    };
    if (!forgets_first_) home();
    (void)disk.Write(0, nothing, Layer::kDevice).has_value();
    (void)disk.Persist(Layer::kMedia).has_value();
    if (forgets_first_) home();
  }

  BackendTraits traits_;
  bool forgets_first_;
};

struct RedoScene {
  RedoScene() {
    Trace trace = EmptyTrace(8);
    Write(trace, 1, {77}, Layer::kDevice);
    trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
    Write(trace, 0, {1}, Layer::kDevice);
    trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
    recording = std::make_unique<Recording>(
        Recording{std::move(trace), {{HistoryEvent::kRun, 4, 0, ""}}, {}});
    auto parsed = ParseWorkload("powercut 1\nrun\n  create /home\n", "redo");
    POWERCUT_CHECK(parsed);
    workload = std::move(*parsed);
    setting.profile = FindProfile("spec-strict");
    setting.geometry = recording->trace.geometry();
    setting.atomic_bytes = kSectorBytes;
    setting.crash_kinds = {CrashKind::kPower};
  }

  std::vector<Finding> Unstable(Backend& backend, uint32_t nested) {
    ExploreOptions options;
    options.space.mode = ExplorationSpace::kExhaustive;
    options.nested = nested;
    auto exploration =
        Explore({backend, workload, setting, *recording}, options);
    POWERCUT_CHECK(exploration);
    std::vector<Finding> unstable;
    for (Finding& finding : exploration->findings) {
      if (finding.violation.kind != ViolationKind::kUnstable) continue;
      unstable.push_back(std::move(finding));
    }
    return unstable;
  }

  std::unique_ptr<Recording> recording;
  Workload workload;
  RunSetting setting;
};

TEST(NestedCrashesTest, RecoveryThatForgetsFirstIsUnstable) {
  RedoScene scene;
  RedoBackend right(false);
  RedoBackend wrong(true);
  EXPECT_THAT(scene.Unstable(right, 1), IsEmpty());
  EXPECT_THAT(scene.Unstable(wrong, 0), IsEmpty());
  const std::vector<Finding> found = scene.Unstable(wrong, 1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].id, HasSubstr("/1p"));
  EXPECT_THAT(found[0].crash, HasSubstr("of its recovery"));
  const StateId id = ParseStateId(found[0].id).value();
  const auto again =
      Replay({wrong, scene.workload, scene.setting, *scene.recording}, id, {});
  ASSERT_TRUE(again) << again.error().message;
  const auto unstable = std::find_if(
      again->findings.begin(), again->findings.end(), [](const Finding& f) {
        return f.violation.kind == ViolationKind::kUnstable;
      });
  ASSERT_NE(unstable, again->findings.end());
  EXPECT_EQ(unstable->id, found[0].id);
  const auto image =
      ImageOf({wrong, scene.workload, scene.setting, *scene.recording}, id, {});
  ASSERT_TRUE(image);
  Bytes header(kSectorBytes);
  image->Read(0, header);
  EXPECT_TRUE(AllZero(header));
}

// A check that judges a second crash is told what was in force at the first.
TEST(NestedCrashesTest, AcksStayInForce) {
  Trace trace = EmptyTrace(4);
  trace.AddMark(AckMark("one"));
  Write(trace, 0, {1}, Layer::kDevice);
  trace.AddMark(AckMark("two"));
  Write(trace, 1, {2}, Layer::kDevice);
  const CrashSpace outer(trace, kSectorBytes);
  CrashState state;
  state.kind = CrashKind::kPower;
  std::vector<RecoveryEvent> events(1);
  events[0].layer = Layer::kDevice;
  events[0].range = {2, 1};
  events[0].data = Bytes(kSectorBytes);
  for (const EventNumber point : {0, 1, 2}) {
    state.point = point;
    const RecoverySpace first(outer, state, events);
    EXPECT_EQ(AcksUpTo(first.space().trace(), 1), AcksUpTo(trace, point));
    CrashState again;
    again.kind = CrashKind::kPower;
    again.point = 1;
    const RecoverySpace second(first.space(), again, events);
    EXPECT_EQ(AcksUpTo(second.space().trace(), 1), AcksUpTo(trace, point));
  }
}

}  // namespace
}  // namespace powercut
