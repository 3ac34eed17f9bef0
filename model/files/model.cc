// Model: how ops begin and return. The other files of the model are listed in
// model/files/model_state.h.
//
// Method. Begin() plans the op (plan.cc), appends the versions that it makes
// (effects.cc) and fixes what its return will promise (promises.cc). The
// promise is fixed that early because a flush covers what had returned when it
// was called. End() then raises the floors of that plan, or taints what the
// plan would have covered if the op is a flush that failed. Logs and stores
// have models of their own, which hear of the same begins and returns.
//
// Example, for one atom of /f:
//   write /f 0 512          begins: version 1; returns: a dying process keeps
//   it start 1 write /f 0 512  begins: version 2 fsync /f begins: covers
//   version 1; returns: the floor is 1 wait 1                  version 2
//   survives the process, not power loss

#include "model/files/model.h"

#include <algorithm>
#include <utility>

#include "harness/base/check.h"
#include "model/files/model_state.h"
#include "model/table/primitive_of.h"
#include "model/words/flush_ops.h"

namespace powercut {

bool IsLogOp(OpKind kind) {
  return kind >= OpKind::kLogOpen && kind <= OpKind::kLogReset;
}

bool IsStoreOp(OpKind kind) {
  return kind >= OpKind::kPut && kind <= OpKind::kCheckpoint;
}

bool Handle::Has(std::string_view flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

Model::State::State(const Workload& w, const Profile& p,
                    const PromiseTable& table)
    : workload(&w),
      profile(&p),
      promises(table),
      tree(chains),
      store(table, p.failed_flush_keeps_dirty),
      timelines(w.init.size() + w.run.size() + 1) {
  if (p.metadata_committed) commits.emplace(chains);
}

const Handle* Model::State::HandleOf(const Op& op) const {
  if (op.names.empty()) return nullptr;
  const auto found = handles.find(op.names[0]);
  return found == handles.end() ? nullptr : &found->second;
}

FileId Model::State::TargetOf(const Op& op) const {
  if (op.names.empty()) return kNoFile;
  if (const Handle* handle = HandleOf(op)) return handle->file;
  return op.names[0].starts_with('/') ? tree.Lookup(op.names[0]) : kNoFile;
}

Primitive Model::State::PrimitiveFor(const Op& op) const {
  const Handle* handle = HandleOf(op);
  const FileId target = TargetOf(op);
  return PrimitiveOf(
      op, handle == nullptr ? std::span<const std::string>() : handle->flags,
      target != kNoFile && tree.files[target].is_directory);
}

bool Model::State::Returned(uint32_t op) const {
  // Op 0 is the start, which every version 0 belongs to.
  return op == 0 || (timelines[op].returned > 0 && timelines[op].ok);
}

uint32_t Model::State::SuspectOp() const {
  uint32_t suspect = last_begun;
  for (uint32_t n = last_begun; n > 0; --n) {
    if (timelines[n].began == 0 || timelines[n].returned > 0) continue;
    suspect = n;
    break;
  }
  if (suspect == 0 || timelines[suspect].returned > 0) return suspect;
  // A flush in flight may have begun to write out an earlier change, and that
  // change is what the reader should look at.
  for (uint32_t n = suspect; n > 0; --n) {
    if (!IsFlush(OpOf(n).kind)) return n;
  }
  return suspect;
}

Model::Model(const Workload& workload, const Profile& profile)
    : Model(workload, profile, PromisesOf(profile)) {}
Model::Model(const Workload& workload, const Profile& profile,
             const PromiseTable& promises)
    : state_(std::make_unique<State>(workload, profile, promises)) {}
Model::Model(const Model& other)
    : state_(std::make_unique<State>(*other.state_)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

OpPlan Model::Plan(const Op& op) const { return state_->PlanOf(op); }

void Model::Begin(uint32_t number) {
  State& s = *state_;
  POWERCUT_CHECK(number < s.timelines.size() && number > s.last_begun);
  const Op& op = s.OpOf(number);
  s.last_begun = number;
  OpTimeline& timeline = s.timelines[number];
  timeline.began = ++s.now;
  const OpPlan plan = s.PlanOf(op);
  // An op that must fail changes nothing and promises nothing.
  if (!plan.error.empty()) return;
  timeline.planned_ok = true;
  // Apply() reads the row, since a raw write with a preflush adds implications.
  timeline.primitive = s.PrimitiveFor(op);
  s.Apply(op, plan);
  s.BeginInOrder(op);
  // The plan is made after that, since it covers the op's own versions, too.
  timeline.plan = s.PlanPromises(op);
  s.BeginElsewhere(op);
}

void Model::State::BeginInOrder(const Op& op) {
  if (!commits) return;
  const Coverage& row = promises[timelines[op.number].primitive];
  // A flush that asks for less than a sync may be one all the same: Linux does
  // an fsync for NO_SYNC and an msync for FlushViewOfFile.
  const bool of_one = row.scope == Scope::kFile ||
                      row.scope == Scope::kDirectory ||
                      (row.scope == Scope::kView && row.views != Reach::kNone);
  if (row.device != DeviceFlush::kNone || of_one) {
    switch (row.scope) {
      case Scope::kOwn:
      case Scope::kSyncedWrite:
      case Scope::kRange:
      case Scope::kFile:
      case Scope::kDirectory:
        if (const FileId file = TargetOf(op); file != kNoFile) {
          commits->BeginSync(op.number, file);
        }
        break;
      case Scope::kView:
        if (const auto view = views.find(op.names[0]); view != views.end()) {
          commits->BeginSync(op.number, view->second.file);
        }
        break;
      case Scope::kVolume:
      case Scope::kLog:
      case Scope::kDevice:
        break;
    }
  }
  // Effects of an op that begins while a sync is under way may be logged, too.
  const std::set<ChainVersion> logged = commits->Lift(chains);
  for (Name& name : tree.names) {
    for (auto& [version, left] : name.left) {
      left.logged |= logged.contains({name.chain, version});
    }
  }
}

void Model::State::EndInOrder(const Op& op, bool ok) {
  if (!commits) return;
  commits->EndSync(op.number);
  const OpTimeline& own = timelines[op.number];
  const Coverage& row = promises[own.primitive];
  if (!ok || !own.planned_ok || row.scope != Scope::kVolume ||
      row.device == DeviceFlush::kNone) {
    return;
  }
  commits->Commit([&](uint32_t number) {
    const uint64_t returned = timelines[number].returned;
    return returned > 0 && returned < own.began;
  });
}

void Model::State::BeginElsewhere(const Op& op) {
  if (op.kind == OpKind::kLogOpen) {
    logs.try_emplace(op.names[0],
                     LogModel(promises, profile->failed_flush_keeps_dirty));
  }
  const bool everywhere =
      op.kind == OpKind::kSyncfs || op.kind == OpKind::kRemount;
  for (auto& [name, log] : logs) {
    if (everywhere || (IsLogOp(op.kind) && op.names[0] == name)) {
      log.Begin(op, now);
    }
  }
  // A workload has a store from its first op on the store. Before that there
  // are no commits that another op could concern.
  if (IsStoreOp(op.kind)) has_store = true;
  if (has_store) store.Begin(op, now);
}

bool Model::State::EndElsewhere(const Op& op, bool ok) {
  bool new_for_power = false;
  const bool everywhere =
      op.kind == OpKind::kSyncfs || op.kind == OpKind::kRemount;
  for (auto& [name, log] : logs) {
    if (everywhere || (IsLogOp(op.kind) && op.names[0] == name)) {
      new_for_power = log.End(op.number, ok, now) || new_for_power;
    }
  }
  if (has_store) new_for_power = store.End(op.number, ok, now) || new_for_power;
  return new_for_power;
}

bool Model::End(uint32_t number, bool ok) {
  State& s = *state_;
  OpTimeline& timeline = s.timelines[number];
  POWERCUT_CHECK(timeline.began > 0 && timeline.returned == 0);
  timeline.returned = ++s.now;
  timeline.ok = ok;
  const Op& op = s.OpOf(number);
  s.EndInOrder(op, ok);
  // Logs and stores did not hear of the begin of an op that had to fail.
  const bool elsewhere = timeline.planned_ok && s.EndElsewhere(op, ok);
  if (!ok) {
    if (IsFlush(op.kind)) s.Taint(number);
    return false;
  }
  // A flush that reaches no media makes no volume durable.
  const bool to_media =
      s.promises[timeline.primitive].device != DeviceFlush::kNone;
  if (IsFlush(op.kind) && to_media) s.last_flush = number;
  return s.Promise(number) || elsewhere;
}

void Model::EndInit() {
  State& s = *state_;
  for (ChainId id = 0; id < s.chains.size(); ++id) {
    // What was committed follows from the changes.
    if (s.chains[id].kind == ChainKind::kCommit) continue;
    uint32_t version = s.chains[id].newest();
    // The sync carries what any flush can carry: neither a store that no view
    // flush handed on, nor what an earlier failed flush lost.
    const auto covered = [&](const Version& v) {
      return (v.view == 0 || v.carried) && !v.tainted && s.Returned(v.op);
    };
    while (version > 0 && !covered(s.chains[id].versions[version])) --version;
    for (const CrashKind crash : kCrashKinds) {
      s.chains.Raise({id, version}, crash, 0);
    }
  }
  s.chains.CloseFloors(0);
  for (Name& name : s.tree.names) name.left.clear();
  if (s.commits) {
    s.commits->Commit(
        [&](uint32_t number) { return s.timelines[number].returned > 0; });
  }
  for (auto& [name, log] : s.logs) log.EndInit();
  s.store.EndInit();
  s.last_flush = 0;
}

std::string Model::CompareLive(const Observation& observation) const {
  // With the floor of each object at its newest version, judging a crash is the
  // same as comparing with what is there. The floors rise in a copy.
  Model done(*this);
  State& s = *done.state_;
  for (ChainId id = 0; id < s.chains.size(); ++id) {
    uint32_t version = s.chains[id].newest();
    // Nobody knows what an op that failed has left, so that its versions stay
    // above the floor.
    while (version > 0 && !s.Returned(s.chains[id].versions[version].op)) {
      --version;
    }
    for (const CrashKind crash : kCrashKinds) {
      s.chains.Raise({id, version}, crash, 0);
    }
  }
  for (Name& name : s.tree.names) name.left.clear();
  for (auto& [name, log] : s.logs) log.EndInit();
  s.store.EndInit();
  const auto violations = done.Check(observation, CrashKind::kPower);
  if (violations.empty()) return {};
  const Violation& first = violations.front();
  return (first.path.empty() ? "the volume" : first.path) + ": expected " +
         first.admissible + ", found " + first.found;
}

}  // namespace powercut
