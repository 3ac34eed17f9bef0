// Runs a workload through a model, with every op of `run` successful that the
// model lets succeed: only a barrier that succeeds adds rules, and none must be
// missed.

#include "model/files/whole_run.h"

#include <algorithm>

#include "model/files/model_state.h"

namespace powercut {

WholeRun::WholeRun(const Profile& profile, const Workload& workload)
    : model_(workload, profile) {
  for (const Op& op : workload.init) {
    Step(op, op.expected.kind == ExpectedResult::kOk);
  }
  model_.EndInit();
  for (ChainId id = 0; id < state().chains.size(); ++id) {
    const auto& floors = state().chains[id].floors;
    const auto least = std::ranges::min_element(floors, {}, &Floor::version);
    floors_.push_back(least->version);
  }
  for (const Op& op : workload.run) Step(op, true);
}

void WholeRun::Step(const Op& op, bool may_succeed) {
  model_.Begin(op.number);
  const bool ok = may_succeed && state().timelines[op.number].planned_ok;
  if (op.kind == OpKind::kWait) {
    const auto started = started_.find(op.numbers.at(0));
    if (started != started_.end()) model_.End(started->second, true);
    if (started != started_.end()) started_.erase(started);
  }
  if (op.start && ok) {
    started_[*op.start] = op.number;
  } else {
    model_.End(op.number, ok);
  }
}

}  // namespace powercut
