// A condition of the workload, a check, a probe and a second crash can look at
// several parts at once, so that only the model's own verdict is taken apart. A
// fault of recovery can fall on a request for any part.

#include "harness/explore/parts_apart.h"

#include "harness/fault/fault.h"

namespace powercut {

std::shared_ptr<const IndependentParts> PartsApart(
    const RecordedRun& run, const ExploreOptions& options) {
  const bool model_judges =
      CheckOf(run.setting.oracle) == nullptr && run.workload.outcomes.empty();
  // The default space may come to be `exhaustive`.
  const bool whole_space =
      options.space.mode == ExplorationSpace::kExhaustive ||
      options.space.mode == ExplorationSpace::kDefault;
  const bool faulty =
      !FaultsIn(run.workload.faults, FaultPhase::kRecovery).empty();
  if (!options.parts_apart || !model_judges || !whole_space || faulty ||
      options.run.probe || options.nested > 0 ||
      !run.backend.DeclaresParts(run.trace())) {
    return nullptr;
  }
  auto parts =
      std::make_shared<const IndependentParts>(run.profile(), run.workload);
  if (parts->count() < 2) return nullptr;
  return parts;
}

}  // namespace powercut
