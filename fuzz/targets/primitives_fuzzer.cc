// Compares simfs and clfs with the model over all primitives.
//
// The bytes choose a backend, a profile and a workload. The workload is
// recorded, which already checks that every op ends as the model says. Then,
// for each crash kind and each moment from `run` on, the nearest crash states
// are recovered, and the model must admit what they show. The first state that
// is not admitted prints the workload as `.pcut` and stops the fuzzer.
//
// A moment is a place in the history (which ops have begun and returned) and a
// crash point. Several places in the history can share a crash point, and
// several crash points can lie between two places; all pairs that belong
// together are visited. An example: op 4 begins after event 7 and returns after
// event 9. With the begin as the last mark, the points 7, 8 and 9 are visited;
// with the return as the last mark, the points from 9 on.
//
// The target does not use Explore(), so that a mistake in Explore() cannot hide
// one of simfs.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "fuzz/draw/chooser.h"
#include "fuzz/draw/random_log_workload.h"
#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/workload_text.h"
#include "harness/base/check.h"
#include "harness/record/recording.h"
#include "harness/recover/crash_disk.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "harness/space/exploration_space.h"
#include "harness/trace/op_history.h"

namespace powercut {
namespace {

constexpr uint64_t kRequestsMax = 1'000'000;
// The most states of one crash point and kind. There are three kinds and a few
// dozen points, so that an input takes several thousand recoveries at most.
constexpr size_t kStatesOfPointMax = 60;

[[noreturn]] void Stop(const Workload& workload, const std::string& why) {
  std::fprintf(stderr, "%s\n%s", why.c_str(), WorkloadText(workload).c_str());
  std::abort();
}

// The crash states of one recording; Run() is called once.
class Exploration {
 public:
  Exploration(Backend& backend, const Workload& workload,
              const Profile& profile, const Recording& recording)
      : backend_(backend),
        workload_(workload),
        recording_(recording),
        space_(recording.trace, recording.trace.geometry().sector_bytes),
        models_(workload, profile, recording.history) {}

  // Visits all crashes from `run` on, after each event of the history.
  void Run() {
    for (const CrashKind kind : kCrashKinds) {
      PointCursor cursor(space_, kind);
      CrashImage image(space_, kind);
      bool running = false;
      for (size_t n = 1; n <= recording_.history.size(); ++n) {
        running |= recording_.history[n - 1].kind == HistoryEvent::kRun;
        if (!running) continue;
        models_.MoveTo(n);
        // The next mark comes after `last`, so that up to there the history is
        // the same.
        const EventNumber last = n == recording_.history.size()
                                     ? recording_.trace.event_count()
                                     : recording_.history[n].after;
        EventNumber point = recording_.history[n - 1].after;
        for (; point <= last; ++point) {
          cursor.MoveTo(point);
          Explore(cursor, image);
        }
      }
    }
  }

 private:
  // Recovers and judges the nearest states of one point.
  void Explore(const PointCursor& cursor, CrashImage& image) {
    const ExplorationSpace space{
        .mode = ExplorationSpace::kEpoch, .count = 1, .torn = 0};
    size_t states = 0;
    EnumerateStates(cursor, space, /*seed=*/1,
                    [&](const CrashState& state, const Hash128& /*hash*/) {
                      image.Become(state);
                      CrashDisk disk(image.bytes(), recording_.trace.geometry(),
                                     space_.block_bytes(), kRequestsMax);
                      Judge(Recover(backend_, disk, {}), cursor);
                      return ++states < kStatesOfPointMax;
                    });
  }

  void Judge(const RecoveryOutcome& outcome, const PointCursor& cursor) {
    if (outcome.kind != RecoveryOutcome::kObserved) {
      Stop(workload_, "recovery ended: " + outcome.detail);
    }
    const auto violations =
        models_.model().Check(outcome.observation, cursor.kind());
    if (violations.empty()) return;
    const Violation& v = violations.front();
    Stop(workload_, std::string(CrashKindName(cursor.kind())) +
                        " crash after " + std::to_string(cursor.point()) +
                        " events: " + v.path + ": admissible " + v.admissible +
                        ", found " + v.found);
  }

  Backend& backend_;
  const Workload& workload_;
  const Recording& recording_;
  CrashSpace space_;
  ModelCursor models_;
};

// A backend with one of the profiles that it can be formatted as.
struct Stage {
  std::unique_ptr<Backend> backend;
  std::string name;
  const Profile* profile = nullptr;
};

// Every profile of the two backends that leave only what the model admits, in a
// fixed order.
std::vector<Stage> Stages() {
  std::vector<Stage> stages;
  for (const std::string name : {"simfs", "clfs"}) {
    const auto backend = MakeBackend(name);
    POWERCUT_CHECK(backend);
    for (const std::string& profile : (*backend)->traits().profiles) {
      stages.push_back({*MakeBackend(name), name, FindProfile(profile)});
    }
  }
  return stages;
}

Workload FileWorkload(Chooser& chooser, const Profile& profile) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = chooser.Below(5);
  knobs.run_ops = 1 + chooser.Below(12);
  knobs.files = 3;
  knobs.effects_max = 60;
  return RandomWorkload(chooser, knobs, profile);
}

Workload LogWorkload(Chooser& chooser) {
  RandomLogKnobs knobs;
  knobs.run_ops_max = 3 + chooser.Below(12);
  knobs.remount = chooser.OneIn(4);
  return RandomLogWorkload(chooser, knobs);
}

void Fuzz(ByteSpan bytes) {
  // The list is the same for every input, so that it is made once only.
  static const std::vector<Stage> stages = Stages();
  BytesChooser chooser(bytes);
  const Stage& stage = stages[chooser.Below(stages.size())];
  Workload workload = stage.name == "clfs"
                          ? LogWorkload(chooser)
                          : FileWorkload(chooser, *stage.profile);
  workload.backend = stage.name;
  workload.profile = stage.profile->name;
  const auto setting = ResolveSetting(workload, *stage.backend, {});
  if (!setting) Stop(workload, setting.error().message);
  const auto recording = Record(*stage.backend, workload, *setting);
  if (!recording) Stop(workload, recording.error().message);
  Exploration(*stage.backend, workload, *stage.profile, *recording).Run();
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  powercut::Fuzz(std::as_bytes(std::span(data, size)));
  return 0;
}
