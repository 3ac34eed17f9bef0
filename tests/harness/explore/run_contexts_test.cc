// Tests how the points of a trace are cut into contexts.

#include "harness/explore/run_contexts.h"

#include <gtest/gtest.h>

#include <memory>

#include "harness/trace/acks.h"

namespace powercut {
namespace {

constexpr DiskGeometry kGeometry{512, 64};

// A backend that says whether bounds help it, and nothing else.
class TraitsBackend : public Backend {
 public:
  explicit TraitsBackend(bool bounded) {
    traits_.reads_less_if_bounded = bounded;
  }
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec&) override {
    return Error{ErrorCode::kUnsupported, "no disk"};
  }
  MountResult Open(VirtualDisk&) override { return {nullptr, "no disk"}; }

 private:
  BackendTraits traits_;
};

struct Scene {
  Scene()
      : recording{Trace(kGeometry,
                        std::make_shared<SparseImage>(kGeometry.size_bytes())),
                  {},
                  {},
                  {}} {}

  // Adds `count` pairs of a write and a flush.
  void Flushes(int count) {
    const Bytes sector(512, std::byte{1});
    for (int i = 0; i < count; ++i) {
      recording.trace.AddWrite(3, sector, Layer::kDevice);
      recording.trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
    }
  }

  RunContexts Contexts(bool bounded, bool command) {
    backend = std::make_unique<TraitsBackend>(bounded);
    if (command) {
      CheckOracle check;
      check.command = "true";
      setting.oracle = check;
    }
    return RunContexts(RecordedRun{*backend, workload, setting, recording});
  }

  std::unique_ptr<Backend> backend;
  Workload workload;
  RunSetting setting;
  Recording recording;
};

uint64_t At(const RunContexts& contexts, EventNumber point) {
  CrashState state;
  state.point = point;
  return contexts.context_of()(state);
}

TEST(RunContexts, WhereTheModelJudgesThereIsOne) {
  Scene scene;
  scene.Flushes(1000);
  const RunContexts contexts = scene.Contexts(true, false);
  EXPECT_FALSE(contexts.context_of());
  EXPECT_EQ(contexts.last_points(), nullptr);
}

TEST(RunContexts, EachAckBeginsOne) {
  Scene scene;
  scene.Flushes(2);
  scene.recording.trace.AddMark(LineMark("first"));
  scene.Flushes(1);
  const RunContexts contexts = scene.Contexts(false, true);
  EXPECT_EQ(At(contexts, 0), 1u);
  EXPECT_EQ(At(contexts, 3), 1u);
  EXPECT_EQ(At(contexts, 4), 2u);
  EXPECT_EQ(At(contexts, 6), 2u);
  const auto& last = *contexts.last_points();
  EXPECT_EQ(last[0], 3u);
  EXPECT_EQ(last[3], 3u);
  EXPECT_EQ(last[4], 6u);
}

// A window has its least size, and ends with the first flush after it.
TEST(RunContexts, ALongTraceIsCutAtFlushesIfThatHelps) {
  Scene scene;
  scene.Flushes(300);
  const RunContexts one = scene.Contexts(false, true);
  EXPECT_EQ(At(one, 600), 1u);
  EXPECT_EQ((*one.last_points())[0], 600u);
  const RunContexts cut = scene.Contexts(true, true);
  constexpr EventNumber kEnd = RunContexts::kWindowEvents;
  EXPECT_EQ(At(cut, kEnd - 1), 1u);
  EXPECT_EQ(At(cut, kEnd), 2u);
  EXPECT_EQ((*cut.last_points())[0], kEnd - 1);
  EXPECT_EQ((*cut.last_points())[kEnd], 2 * kEnd - 1);
  EXPECT_EQ(At(cut, 600), 3u);
}

TEST(RunContexts, WithoutFlushesThereIsNoCut) {
  Scene scene;
  const Bytes sector(512, std::byte{1});
  for (int i = 0; i < 1000; ++i) {
    scene.recording.trace.AddWrite(3, sector, Layer::kDevice);
  }
  EXPECT_EQ(At(scene.Contexts(true, true), 1000), 1u);
}

}  // namespace
}  // namespace powercut
