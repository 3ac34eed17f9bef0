// Crashes during a recovery that is right unless it crashes. The model knows no
// file that these recordings show, so that the tests look for `unstable` among
// other violations.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/explain/replay.h"
#include "harness/explore/explore.h"
#include "harness/minimize/state_shrinker.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A redo log of one sector: sector 0 says whether sector 1 is to be copied to
// sector 2.
class RedoBackend : public Backend {
 public:
  explicit RedoBackend(bool forgets_first) : forgets_first_(forgets_first) {
    traits_.crash_kinds = {CrashKind::kPower};
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

// Returns the id of the simplest state with the first finding of this kind, or
// with the first one of any other kind. Fails the test if there is none.
std::string SimplestId(const RecordedRun& run, const std::string& id,
                       bool unstable) {
  const auto replayed = Replay(run, ParseStateId(id).value(), {});
  EXPECT_TRUE(replayed) << replayed.error().message;
  if (!replayed) return "";
  for (const Finding& found : replayed->findings) {
    if ((found.violation.kind == ViolationKind::kUnstable) != unstable)
      continue;
    const auto simplest = ShrinkState(run, {}, found);
    EXPECT_TRUE(simplest) << simplest.error().message;
    return simplest ? simplest->id : "";
  }
  ADD_FAILURE() << "no such finding at " << id;
  return "";
}

// The simpler state keeps the block that the first crash lost, and the second
// crash only if nothing is wrong without it.
TEST(NestedCrashesTest, SimplerStatesKeepTheCrashThatTheyNeed) {
  RedoScene scene;
  Write(scene.recording->trace, 3, {9}, Layer::kDevice);
  const std::string digest =
      fmt::format("@{:08x}", scene.recording->trace.Digest());
  RedoBackend wrong(true);
  const RecordedRun forgets{wrong, scene.workload, scene.setting,
                            *scene.recording};
  EXPECT_EQ(SimplestId(forgets, "5p-w5/1p" + digest, true), "5p/1p" + digest);
  RedoBackend right(false);
  const RecordedRun redoes{right, scene.workload, scene.setting,
                           *scene.recording};
  EXPECT_EQ(SimplestId(redoes, "5p/4p" + digest, false), "5p" + digest);
  EXPECT_EQ(SimplestId(redoes, "5p-w5/4p" + digest, false), "5p" + digest);
}

}  // namespace
}  // namespace powercut
