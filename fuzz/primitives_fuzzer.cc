// simfs against the model over all primitives of files: bytes choose a profile
// and a workload, and every crash state of the neighbourhood epoch:1 must be
// one that the model admits. The first that is not prints the workload as
// `.pcut` and stops the fuzzer.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "fuzz/chooser.h"
#include "fuzz/random_workload.h"
#include "fuzz/workload_text.h"
#include "harness/base/check.h"
#include "harness/crash_disk.h"
#include "harness/crash_image.h"
#include "harness/enumerate.h"
#include "harness/history.h"
#include "harness/recording.h"
#include "harness/recovery.h"
#include "harness/space_spec.h"

namespace powercut {
namespace {

constexpr uint64_t kRequestsMax = 1'000'000;
// Of one crash point; there are three kinds and some dozen points.
constexpr size_t kStatesOfPointMax = 60;

[[noreturn]] void Stop(const Workload& workload, const std::string& why) {
  std::fprintf(stderr, "%s\n%s", why.c_str(), WorkloadText(workload).c_str());
  std::abort();
}

class Exploration {
 public:
  Exploration(Backend& backend, const Workload& workload,
              const Profile& profile, const Recording& recording)
      : backend_(backend),
        workload_(workload),
        recording_(recording),
        space_(recording.trace, recording.trace.geometry().sector_bytes),
        models_(workload, profile, recording.history) {}

  // All crashes from `run` on, after each event of the history.
  void Run() {
    for (const CrashKind kind : kCrashKinds) {
      PointCursor cursor(space_, kind);
      CrashImage image(space_, kind);
      bool running = false;
      for (size_t n = 1; n <= recording_.history.size(); ++n) {
        running |= recording_.history[n - 1].kind == HistoryEvent::kRun;
        if (!running) continue;
        models_.MoveTo(n);
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
  void Explore(const PointCursor& cursor, CrashImage& image) {
    const SpaceSpec space{.mode = SpaceSpec::kEpoch, .count = 1, .torn = 0};
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

void Fuzz(ByteSpan bytes) {
  static const auto backend = MakeBackend("simfs");
  CHECK(backend);
  BytesChooser chooser(bytes);
  const std::vector<std::string>& names = (*backend)->traits().profiles;
  const Profile& profile = *FindProfile(names[chooser.Below(names.size())]);
  RandomWorkloadKnobs knobs;
  knobs.init_ops = chooser.Below(5);
  knobs.run_ops = 1 + chooser.Below(12);
  knobs.files = 3;
  knobs.effects_max = 60;
  Workload workload = RandomWorkload(chooser, knobs, profile);
  workload.backend = "simfs";
  workload.profile = profile.name;
  const auto setting = MakeSetting(workload, **backend, {});
  if (!setting) Stop(workload, setting.error().message);
  const auto recording = Record(**backend, workload, *setting);
  if (!recording) Stop(workload, recording.error().message);
  Exploration(**backend, workload, profile, *recording).Run();
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  powercut::Fuzz(std::as_bytes(std::span(data, size)));
  return 0;
}
