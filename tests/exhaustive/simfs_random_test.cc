// simfs held against the model by number: the model admits every one of a
// million crash states of larger random workloads. Only some states of each
// crash point are built, so that the workloads may be far too large for
// simfs_model_test.cc.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "backends/registry.h"
#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/workload_text.h"
#include "harness/record/recording.h"
#include "harness/space/exploration_space.h"
#include "harness/trace/op_history.h"
#include "tests/exhaustive/crash_states.h"
#include "tests/exhaustive/disagreement.h"
#include "tests/exhaustive/seeds.h"

namespace powercut {
namespace {

constexpr size_t kStatesOfPointMax = 400;
constexpr std::array kProfiles = {
    "spec-strict",   "spec-permissive", "linux-man",
    "posix-minimal", "ext4-ordered",    "ext4-writeback",
    "xfs",           "btrfs",           "ntfs"};

struct Counts {
  size_t workloads = 0;
  size_t states = 0;
  size_t recovered = 0;
  size_t judged = 0;
};

// Says what is wrong with a workload; empty if the model admits every state.
std::string Judge(Backend& backend, const Workload& workload,
                  const Profile& profile, const ExplorationSpace& space,
                  Counts& counts) {
  SettingOverrides flags;
  flags.profile = profile.name;
  const auto setting = ResolveSetting(workload, backend, flags);
  if (!setting) return "not offered: " + setting.error().message;
  const auto recording = Record(backend, workload, *setting);
  if (!recording) return "not recorded: " + recording.error().message;
  CrashStates states(backend, *recording);
  ModelCursor cursor(workload, profile, recording->history);
  std::string wrong;
  bool running = false;
  for (size_t moment = 0; moment <= recording->history.size(); ++moment) {
    if (moment > 0) {
      const auto kind = recording->history[moment - 1].kind;
      running = running || kind == HistoryEvent::kRun;
    }
    if (!running) continue;
    cursor.MoveTo(moment);
    const PointRange points = PointsAt(*recording, moment);
    for (const CrashKind kind : kCrashKinds) {
      std::set<const Observation*> judged;
      for (EventNumber point = points.first; point <= points.last; ++point) {
        states.ForSome(
            kind, point, space, /*seed=*/point, kStatesOfPointMax,
            [&](const CrashState& state, const Hash128& hash) {
              ++counts.states;
              const Observation& seen = states.Recovered(state, hash);
              if (!wrong.empty() || !judged.insert(&seen).second) return;
              const auto violations = cursor.model().Check(seen, kind);
              if (violations.empty()) return;
              const Violation& v = violations[0];
              wrong = std::string(CrashKindName(kind)) + " crash " +
                      MomentText(workload, recording->history, moment) + ": " +
                      v.path + ": admissible " + v.admissible + ", found " +
                      v.found + '\n' + ObservationText(seen);
            });
        if (!wrong.empty()) return wrong;
      }
      counts.judged += judged.size();
    }
  }
  counts.recovered += states.recovered();
  return {};
}

TEST(SimfsRandomTest, TheModelAdmitsEveryState) {
  auto backend = MakeBackend("simfs");
  ASSERT_TRUE(backend) << backend.error().message;
  const auto epoch = ParseExplorationSpace("epoch:2");
  const auto sample = ParseExplorationSpace("sample:100");
  ASSERT_TRUE(epoch && sample);
  Counts counts;
  Counts none;
  const size_t wanted = WorkOf(1'000'000);
  for (uint64_t seed = 0; counts.states < wanted; ++seed) {
    SeededChooser chooser(Seed(seed));
    const Profile& profile = *FindProfile(kProfiles[seed % kProfiles.size()]);
    const ExplorationSpace& space = chooser.OneIn(2) ? *epoch : *sample;
    RandomWorkloadKnobs knobs;
    knobs.init_ops = chooser.Below(6);
    knobs.run_ops = 12 + chooser.Below(14);
    knobs.files = 4;
    knobs.effects_max = 200;
    Workload workload = RandomWorkload(chooser, knobs, profile);
    workload.backend = "simfs";
    ++counts.workloads;
    if (Judge(**backend, workload, profile, space, counts).empty()) continue;
    FAIL() << "workload " << seed << '\n'
           << Shrunk(workload, profile, [&](const Workload& less) {
                return Judge(**backend, less, profile, space, none);
              });
  }
  std::printf(
      "%zu workloads, %zu crash states, %zu recoveries, %zu judged: none "
      "inadmissible\n",
      counts.workloads, counts.states, counts.recovered, counts.judged);
}

}  // namespace
}  // namespace powercut
