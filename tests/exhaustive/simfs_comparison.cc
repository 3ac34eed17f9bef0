// Records a workload on simfs and compares two sets at each moment and for each
// kind of crash: the observations that the model lists, and the observations of
// every crash state of every crash point of the moment.

#include "tests/exhaustive/simfs_comparison.h"

#include <utility>
#include <vector>

#include "fuzz/draw/random_workload.h"
#include "harness/record/recording.h"
#include "harness/trace/op_history.h"
#include "tests/exhaustive/disagreement.h"

namespace powercut {
namespace {

constexpr size_t kStatesMax = 1 << 14;  // The bound for one crash point.
constexpr size_t kObservationsMax = 20000;
// Groups of ops that seldom come together by chance.
const std::vector<std::vector<OpKind>>& Foci() {
  static const std::vector<std::vector<OpKind>> foci = {
      {},
      {OpKind::kMap, OpKind::kMap, OpKind::kStore, OpKind::kStore,
       OpKind::kStore, OpKind::kFlushView, OpKind::kFlushView, OpKind::kMsync,
       OpKind::kFlushFileBuffers, OpKind::kDiskFlush},
      {OpKind::kWrite, OpKind::kWrite, OpKind::kSyncFileRange},
      {OpKind::kWrite, OpKind::kRename, OpKind::kRename, OpKind::kCreate,
       OpKind::kBarrierFsync, OpKind::kSetTimes},
      {OpKind::kOpen, OpKind::kNtFlush, OpKind::kFlushFileBuffers,
       OpKind::kWrite},
  };
  return foci;
}

Workload SimfsWorkload(Chooser& chooser, const RandomWorkloadKnobs& knobs,
                       const Profile& profile) {
  Workload workload = RandomWorkload(chooser, knobs, profile);
  workload.backend = "simfs";
  return workload;
}

}  // namespace

Workload CutsToCompare(Chooser& chooser, const Profile& profile) {
  RandomWorkloadKnobs knobs;
  knobs.focus = {OpKind::kWrite, OpKind::kTruncate, OpKind::kTruncate};
  knobs.files = 1 + chooser.Below(2);
  if (knobs.files > 1) knobs.focus.push_back(OpKind::kRename);
  knobs.focus_percent = 90;
  knobs.init_ops = 2 + chooser.Below(3);
  knobs.run_ops = 3 + chooser.Below(3);
  knobs.effects_max = 9;
  knobs.flush_percent = static_cast<unsigned>(chooser.Below(30));
  knobs.directories = false;
  knobs.disk = false;
  return SimfsWorkload(chooser, knobs, profile);
}

Workload ExchangesToCompare(Chooser& chooser, const Profile& profile) {
  RandomWorkloadKnobs knobs;
  knobs.focus = {OpKind::kExchange, OpKind::kExchange, OpKind::kCreate,
                 OpKind::kRename, OpKind::kFsync};
  knobs.files = 2;
  knobs.focus_percent = 80;
  knobs.init_ops = 2 + chooser.Below(3);
  knobs.run_ops = 3 + chooser.Below(3);
  knobs.effects_max = 9;
  knobs.flush_percent = static_cast<unsigned>(chooser.Below(30));
  knobs.disk = false;
  return SimfsWorkload(chooser, knobs, profile);
}

Workload NamesToCompare(Chooser& chooser, const Profile& profile) {
  RandomWorkloadKnobs knobs;
  knobs.focus = {OpKind::kMkdir,  OpKind::kCreate,   OpKind::kRename,
                 OpKind::kRename, OpKind::kLink,     OpKind::kUnlink,
                 OpKind::kFsync,  OpKind::kTruncate, OpKind::kSyncfs};
  knobs.focus_percent = 90;
  knobs.files = 3;
  knobs.init_ops = 5;
  knobs.run_ops = 4 + chooser.Below(3);
  knobs.effects_max = 8;
  knobs.flush_percent = 30;
  knobs.views = false;
  knobs.disk = false;
  return SimfsWorkload(chooser, knobs, profile);
}

Workload WorkloadToCompare(Chooser& chooser, const Profile& profile) {
  RandomWorkloadKnobs knobs;
  knobs.focus = Foci()[chooser.Below(Foci().size())];
  knobs.focus_percent = 90;
  knobs.files = 1 + chooser.Below(2);
  knobs.init_ops = chooser.Below(6);
  knobs.run_ops = 3 + chooser.Below(6);
  knobs.effects_max = 8;
  knobs.flush_percent = static_cast<unsigned>(20 + chooser.Below(40));
  return SimfsWorkload(chooser, knobs, profile);
}

std::string SimfsComparison::Judge(const Workload& workload) {
  SettingOverrides flags;
  flags.profile = profile_.name;
  const auto setting = ResolveSetting(workload, backend_, flags);
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

std::string SimfsComparison::JudgeMoment(const Model& model, CrashKind kind,
                                         CrashStates& states,
                                         const PointRange& points) {
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

}  // namespace powercut
