// Printing and parsing again is how a workload that was put together in memory
// gets the numbers and lines that the parser gives: there is one rule for them,
// and it stays in the parser.

#include "fuzz/draw/workload_text.h"

#include <optional>
#include <utility>

#include "fuzz/draw/shadow_storage.h"
#include "harness/base/check.h"
#include "model/files/model.h"
#include "model/pcut/pcut.h"

namespace powercut {

std::string WorkloadText(const Workload& workload) {
  Pcut pcut;
  const auto add = [&](Statement::Kind kind) -> Statement& {
    pcut.statements.emplace_back();
    pcut.statements.back().kind = kind;
    return pcut.statements.back();
  };
  add(Statement::kVersion);
  if (!workload.backend.empty()) {
    add(Statement::kBackend).text = workload.backend;
  }
  if (!workload.profile.empty()) {
    add(Statement::kProfile).text = workload.profile;
  }
  for (const Op& op : workload.faults) add(Statement::kOp).op = op;
  if (!workload.init.empty()) add(Statement::kInit);
  for (const Op& op : workload.init) add(Statement::kOp).op = op;
  add(Statement::kRun);
  for (const Op& op : workload.run) add(Statement::kOp).op = op;
  return PrintPcut(pcut);
}

Workload PlacedWorkload(const Workload& workload) {
  auto parsed = ParseWorkload(WorkloadText(workload), "random.pcut");
  POWERCUT_CHECK(parsed);
  return std::move(*parsed);
}

std::vector<HistoryEvent> ExpectedHistory(const Workload& workload) {
  std::vector<HistoryEvent> history;
  const auto add = [&](HistoryEvent::Kind kind, const Op& op) {
    HistoryEvent event;
    event.kind = kind;
    event.op = op.number;
    if (kind == HistoryEvent::kEnd) event.error = op.expected.name;
    history.push_back(std::move(event));
  };
  // A `wait` has no begin of its own: it is the return of the op under way.
  const Op* started = nullptr;
  for (const auto* section : {&workload.init, &workload.run}) {
    for (const Op& op : *section) {
      if (op.kind == OpKind::kWait) {
        add(HistoryEvent::kEnd, *started);
        continue;
      }
      add(HistoryEvent::kBegin, op);
      if (op.start) {
        started = &op;
      } else {
        add(HistoryEvent::kEnd, op);
      }
    }
    if (section == &workload.init) {
      history.push_back({HistoryEvent::kRun, 0, 0, ""});
    }
  }
  return history;
}

namespace {

// Decides op by op what can stay of a workload, with a model that knows what
// was kept so far.
class Keeper {
 public:
  Keeper(size_t most, const Profile& profile) {
    ops_.run.resize(most);
    for (size_t i = 0; i < most; ++i) {
      ops_.run[i].number = static_cast<uint32_t>(i + 1);
    }
    model_.emplace(ops_, profile);
  }

  void EndInit() { model_->EndInit(); }

  // Returns the op with its new number. `std::nullopt` if it cannot stay, since
  // it would end otherwise than it says.
  std::optional<Op> Keep(Op op) {
    op.number = static_cast<uint32_t>(count_ + 1);
    // The op that was started before may have lost its `wait`, and only one may
    // be under way.
    if (started_ > 0) op.start.reset();
    ops_.run[count_] = op;
    if (op.kind == OpKind::kWait) {
      if (started_ == 0) return std::nullopt;
      model_->End(started_, true);
      started_ = 0;
    } else if (!Run(op)) {
      return std::nullopt;
    }
    ++count_;
    return op;
  }

 private:
  bool Run(const Op& op) {
    if (!shadow_.Named(op)) return false;
    const std::string error = model_->Plan(op).error;
    // EIO is what the storage was told to do, so that no model says it.
    const bool storage_fails = op.expected.name == "EIO" && error.empty();
    if (!storage_fails && op.expected.name != error) return false;
    if (error.empty()) {
      if (!shadow_.Fits(op)) return false;
      shadow_.Do(op);
    }
    model_->Begin(op.number);
    if (op.start) {
      started_ = op.number;
    } else {
      model_->End(op.number, op.expected.name.empty());
    }
    return true;
  }

  Workload ops_;
  std::optional<Model> model_;
  ShadowStorage shadow_;
  size_t count_ = 0;
  uint32_t started_ = 0;
};

}  // namespace

Workload WithoutOp(const Workload& workload, uint32_t number,
                   const Profile& profile) {
  Workload left = workload;
  left.init.clear();
  left.run.clear();
  Keeper keeper(workload.init.size() + workload.run.size(), profile);
  for (const Op& op : workload.init) {
    if (op.number == number) continue;
    if (const auto kept = keeper.Keep(op)) left.init.push_back(*kept);
  }
  keeper.EndInit();
  for (const Op& op : workload.run) {
    if (op.number == number) continue;
    if (const auto kept = keeper.Keep(op)) left.run.push_back(*kept);
  }
  return PlacedWorkload(left);
}

}  // namespace powercut
