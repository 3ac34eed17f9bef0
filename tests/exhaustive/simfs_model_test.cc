// simfs against the model, as sets: at every moment of random tiny workloads,
// what the crashes of simfs leave is exactly what the model admits, nothing
// less and nothing more.
//
// All states are built: every block at every version that a crash of the kind
// could leave, at every point of the moment.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "backends/registry.h"
#include "fuzz/random_workload.h"
#include "fuzz/workload_text.h"
#include "harness/base/sanitizer.h"
#include "harness/history.h"
#include "harness/recording.h"
#include "tests/exhaustive/crash_states.h"
#include "tests/exhaustive/disagreement.h"

namespace powercut {
namespace {

constexpr size_t kStatesMax = 1 << 14;  // of one crash point
constexpr size_t kObservationsMax = 20000;
constexpr std::array kProfiles = {
    "spec-strict",  "spec-permissive", "linux-man", "posix-minimal",
    "ext4-ordered", "ext4-writeback",  "ntfs"};

struct Counts {
  size_t moments = 0;
  size_t too_large = 0;
  size_t states = 0;
  size_t recovered = 0;
  size_t observations = 0;
};

class Comparison {
 public:
  Comparison(Backend& backend, const Profile& profile, Counts& counts)
      : backend_(backend), profile_(profile), counts_(counts) {}

  // What is wrong with a workload; empty if nothing is.
  std::string Judge(const Workload& workload) {
    SettingFlags flags;
    flags.profile = profile_.name;
    const auto setting = MakeSetting(workload, backend_, flags);
    if (!setting) return "not offered: " + setting.error().message;
    const auto recording = Record(backend_, workload, *setting);
    if (!recording) return "not recorded: " + recording.error().message;
    CrashStates states(backend_, *recording);
    ModelCursor cursor(workload, profile_, recording->history);
    bool running = false;
    std::string wrong;
    for (size_t moment = 0; moment <= recording->history.size(); ++moment) {
      if (moment > 0) {
        const auto kind = recording->history[moment - 1].kind;
        running = running || kind == HistoryEvent::kRun;
      }
      if (!running) continue;
      cursor.MoveTo(moment);
      for (const CrashKind kind : kCrashKinds) {
        wrong = JudgeMoment(cursor.model(), kind, states,
                            PointsAt(*recording, moment));
        if (wrong.empty()) continue;
        return std::string(CrashKindName(kind)) + " crash " +
               MomentText(workload, recording->history, moment) + ":\n" + wrong;
      }
    }
    counts_.recovered += states.recovered();
    return {};
  }

 private:
  std::string JudgeMoment(const Model& model, CrashKind kind,
                          CrashStates& states, const PointRange& points) {
    ++counts_.moments;
    const auto listed = AdmissibleObservations(model, kind, kObservationsMax);
    if (!listed) {
      ++counts_.too_large;
      return {};
    }
    Observations admissible;
    for (const Observation& observation : *listed) {
      Observation normal = Normalized(model, kind, observation);
      std::string text = ObservationText(normal);
      admissible.emplace(std::move(text), std::move(normal));
    }
    Observations seen;
    for (EventNumber point = points.first; point <= points.last; ++point) {
      const bool all =
          states.ForAll(kind, point, kStatesMax,
                        [&](const CrashState& state, const Hash128& hash) {
                          ++counts_.states;
                          Observation normal = Normalized(
                              model, kind, states.Recovered(state, hash));
                          std::string text = ObservationText(normal);
                          seen.emplace(std::move(text), std::move(normal));
                        });
      if (!all) {
        ++counts_.too_large;
        return {};
      }
    }
    counts_.observations += seen.size();
    return Difference({"the model", admissible}, {"simfs", seen});
  }

  Backend& backend_;
  const Profile& profile_;
  Counts& counts_;
};

int WorkloadCount(int usual) {
  const char* text = std::getenv("POWERCUT_WORKLOADS");
  if (text != nullptr) return std::atoi(text);
  return kSanitized ? usual / 10 : usual;
}

class SimfsModelTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SimfsModelTest, LeavesWhatTheModelAdmits) {
  auto backend = MakeBackend("simfs");
  ASSERT_TRUE(backend) << backend.error().message;
  const Profile& profile = *FindProfile(GetParam());
  Counts counts;
  Counts none;
  for (int i = 0; i < WorkloadCount(400); ++i) {
    SeededChooser chooser(static_cast<uint64_t>(i));
    RandomWorkloadKnobs knobs;
    knobs.init_ops = chooser.Below(4);
    knobs.run_ops = 1 + chooser.Below(6);
    knobs.effects_max = 8;
    knobs.flush_percent = static_cast<unsigned>(20 + chooser.Below(40));
    Workload workload = RandomWorkload(chooser, knobs, profile);
    workload.backend = "simfs";
    if (Comparison(**backend, profile, counts).Judge(workload).empty())
      continue;
    FAIL() << "workload " << i << '\n'
           << Shrunk(workload, profile, [&](const Workload& less) {
                return Comparison(**backend, profile, none).Judge(less);
              });
  }
  std::printf(
      "%zu moments, %zu too large; %zu states, %zu recovered; %zu "
      "observations\n",
      counts.moments, counts.too_large, counts.states, counts.recovered,
      counts.observations);
  EXPECT_LT(counts.too_large * 4, counts.moments);
}

std::string ProfileName(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Profiles, SimfsModelTest,
                         ::testing::ValuesIn(kProfiles), ProfileName);

}  // namespace
}  // namespace powercut
