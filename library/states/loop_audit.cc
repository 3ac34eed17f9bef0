// The audit of syncs: each sync is left out in turn, and the crashes are
// explored again. If something is refused then, the sync is needed. If not, it
// is one of three:
//
// * Without it, just as much is durable at each ack: it is redundant.
// * It can be left out alone, but not together with others that can: it is one
//   of a group. The syncs are left out one after the other as long as the test
//   still holds; those that must stay then are the ones of a group.
// * Less is durable at some ack, and the test does not notice: it does not see
//   this sync.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "library/states/loop_runner.h"
#include "library/states/lost_calls.h"

namespace powercut {
namespace {

Calls WithoutCalls(const Calls& calls, const std::vector<size_t>& left_out) {
  Calls rest;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (std::ranges::find(left_out, i) == left_out.end()) {
      rest.push_back(calls[i]);
    }
  }
  return rest;
}

// How many blocks are open at each ack, in order: what a crash may take then.
std::vector<size_t> OpenAtAcks(ProfileRun& run) {
  const RecordedRun recorded = run.run();
  const CrashSpace space(run.trace(), recorded.setting.atomic_bytes);
  PointCursor cursor(space, CrashKind::kPower);
  std::vector<size_t> open;
  for (size_t i = 0; i < run.calls().size(); ++i) {
    if (run.calls()[i].kind != Call::kAck) continue;
    cursor.MoveTo(run.recorded().events_after[i]);
    open.push_back(cursor.open().size());
  }
  return open;
}

}  // namespace

LoopRunner::Without LoopRunner::ExploreWithout(const Calls& calls,
                                               const std::string& profile) {
  auto run = RecordAs(calls, profile);
  if (!run) return {};
  ExploreOptions options = OptionsOfExploration();
  // One cause is enough.
  bool seen = false;
  options.hooks.cause_seen = [&](const std::string&) { seen = true; };
  options.hooks.interrupted = [&] { return seen || loop_.stopping_; };
  const RecordedRun recorded = (*run)->run();
  auto explored = powercut::Explore(recorded, options);
  if (!explored || loop_.stopping_) return {};
  if (!explored->findings.empty()) {
    const Finding& finding = explored->findings.front();
    return {true, finding.violation.found, finding.id};
  }
  return {explored->exhausted, "", ""};
}

void LoopRunner::Audit(ProfileRun& run, const std::string& profile) {
  const Calls& calls = run.calls();
  const std::vector<size_t> open = OpenAtAcks(run);
  // By audited sync: the call; and which can be left out alone.
  std::vector<std::pair<size_t, AuditedSync>> syncs;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!IsSync(calls[i])) continue;
    AuditedSync sync;
    sync.profile = profile;
    sync.call = CallText(calls[i]);
    sync.place = PlaceText(calls[i].place);
    const Calls rest = WithoutCalls(calls, {i});
    const Without without = ExploreWithout(rest, profile);
    if (loop_.stopping_) return;
    if (!without.cause.empty()) {
      sync.need = AuditedSync::kNeeded;
      sync.cause = without.cause;
      sync.id = without.id;
    } else if (without.known) {
      auto recorded = RecordAs(rest, profile);
      const bool same = recorded && OpenAtAcks(**recorded) == open;
      sync.need = same ? AuditedSync::kRedundant : AuditedSync::kUnseen;
    }
    syncs.emplace_back(i, std::move(sync));
  }
  std::vector<size_t> left_out;
  std::vector<size_t> must_stay;
  for (auto& [call, sync] : syncs) {
    if (sync.need != AuditedSync::kRedundant) continue;
    std::vector<size_t> more = left_out;
    more.push_back(call);
    const Without without = ExploreWithout(WithoutCalls(calls, more), profile);
    if (without.known && without.cause.empty()) {
      left_out = std::move(more);
    } else {
      must_stay.push_back(call);
    }
  }
  // A sync that was left out is in one group with one that must stay if putting
  // it back lets that one be left out.
  const auto mark = [&](size_t call) {
    for (auto& [at, sync] : syncs) {
      if (at == call) sync.need = AuditedSync::kGroup;
    }
  };
  for (const size_t stays : must_stay) {
    mark(stays);
    for (const size_t back : left_out) {
      std::vector<size_t> others = left_out;
      std::erase(others, back);
      others.push_back(stays);
      const Without without =
          ExploreWithout(WithoutCalls(calls, others), profile);
      if (without.known && without.cause.empty()) mark(back);
    }
  }
  for (auto& [call, sync] : syncs) {
    loop_.report_.audit.push_back(std::move(sync));
  }
}

}  // namespace powercut
