// The audit of syncs: each sync is left out in turn, or made a weaker one, and
// the crashes are explored again. harness/explore/sync_audit.h says what
// follows from that; what is durable is compared at each ack.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/explore/sync_audit.h"
#include "library/states/loop_runner.h"
#include "library/states/lost_calls.h"
#include "library/states/said_result.h"

namespace powercut {
namespace {

// What the user said of a state that was not run again: the harness puts an
// exit status before it.
std::string CauseIn(const Finding& shown) {
  if (shown.violation.kind != ViolationKind::kCheck) {
    return shown.violation.found;
  }
  RecoveryOutcome outcome;
  outcome.check = shown.violation.found;
  return WrongIn(outcome);
}

Calls WithoutCalls(const Calls& calls, const std::vector<size_t>& left_out) {
  Calls rest;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (std::ranges::find(left_out, i) == left_out.end()) {
      rest.push_back(calls[i]);
    }
  }
  return rest;
}

std::vector<size_t> SyncsOf(const Calls& calls) {
  std::vector<size_t> syncs;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (IsSync(calls[i])) syncs.push_back(i);
  }
  return syncs;
}

// How many blocks are open at each ack, in order.
std::vector<size_t> OpenAtAcks(ProfileRun& run) {
  std::vector<EventNumber> acks;
  for (size_t i = 0; i < run.calls().size(); ++i) {
    if (run.calls()[i].kind == Call::kAck) {
      acks.push_back(run.recorded().events_after[i]);
    }
  }
  return OpenBlocksAfter(run.run(), acks);
}

// The calls without syncs, and without flags that make writes durable.
Calls WithoutDurability(const Calls& calls) {
  Calls rest = WithoutCalls(calls, SyncsOf(calls));
  for (Call& call : rest) {
    std::erase_if(call.op.flags, [](const std::string& flag) {
      return flag == "sync" || flag == "dsync" || flag == "fua" ||
             flag == "force_flush";
    });
  }
  return rest;
}

AuditedSync::Need NeedOf(SyncNeed need) {
  switch (need) {
    case SyncNeed::kNeeded:
      return AuditedSync::kNeeded;
    case SyncNeed::kGroup:
      return AuditedSync::kGroup;
    case SyncNeed::kRedundant:
      return AuditedSync::kRedundant;
    case SyncNeed::kUnseen:
      return AuditedSync::kUnseen;
    case SyncNeed::kUnknown:
      break;
  }
  return AuditedSync::kUnknown;
}

}  // namespace

SyncTrial LoopRunner::TryCalls(const Calls& calls, const std::string& profile) {
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
    return {true, std::move(explored->findings.front())};
  }
  return {explored->exhausted, std::nullopt};
}

std::unique_ptr<ProfileRun> LoopRunner::RunWithoutASync(
    const std::string& profile, uint32_t digest, LoopPart& part) {
  const Calls& calls = loop_.calls_;
  for (const size_t sync : SyncsOf(calls)) {
    auto run = RecordAs(WithoutCalls(calls, {sync}), profile);
    if (!run || (*run)->trace().Digest() != digest) continue;
    part.why = fmt::format("one state, which the id names, without `{}`{}",
                           CallText(calls[sync]), PlaceInWords(calls[sync]));
    return std::move(*run);
  }
  return nullptr;
}

void LoopRunner::Audit(ProfileRun& run, const std::string& profile) {
  const Calls& calls = run.calls();
  const std::vector<size_t> open = OpenAtAcks(run);
  const std::vector<size_t> syncs = SyncsOf(calls);
  SyncTrials trials;
  trials.syncs = syncs.size();
  trials.without = [&](const std::vector<size_t>& left_out) {
    std::vector<size_t> gone;
    for (const size_t sync : left_out) gone.push_back(syncs[sync]);
    return TryCalls(WithoutCalls(calls, gone), profile);
  };
  trials.as_durable_without = [&](size_t sync) {
    auto recorded = RecordAs(WithoutCalls(calls, {syncs[sync]}), profile);
    return recorded && OpenAtAcks(**recorded) == open;
  };
  trials.with_weaker = [&](size_t sync) -> std::optional<SyncTrial> {
    Calls weaker = calls;
    Call& call = weaker[syncs[sync]];
    if (call.op.kind != OpKind::kFsync || IsOfDirectory(calls, call)) {
      return std::nullopt;
    }
    call.op.kind = OpKind::kFdatasync;
    return TryCalls(weaker, profile);
  };
  trials.stopping = [&] { return loop_.stopping_; };
  const std::vector<AuditedNeed> needs = AuditSyncs(trials);
  for (size_t i = 0; i < needs.size(); ++i) {
    AuditedSync sync;
    sync.profile = profile;
    sync.need = NeedOf(needs[i].need);
    sync.call = CallText(calls[syncs[i]]);
    sync.place = PlaceText(calls[syncs[i]].place);
    if (needs[i].shown) {
      sync.cause = CauseIn(*needs[i].shown);
      sync.id = needs[i].shown->id;
    }
    if (needs[i].weaker_is_enough) sync.enough = VerbOf(OpKind::kFdatasync);
    loop_.report_.audit.push_back(std::move(sync));
  }
  const bool shown = std::ranges::any_of(needs, [](const AuditedNeed& need) {
    return need.need != SyncNeed::kRedundant;
  });
  if (!shown && !loop_.stopping_) AuditAll(calls, profile);
}

// Where no sync was found to be needed, the test may see nothing at all. A test
// that still holds with nothing made durable, although the code acknowledged
// something, cannot fail.
void LoopRunner::AuditAll(const Calls& calls, const std::string& profile) {
  const auto acks = std::ranges::count_if(
      calls, [](const Call& call) { return call.kind == Call::kAck; });
  if (acks == 0 || !TryCalls(WithoutDurability(calls), profile).Holds()) return;
  AuditedSync all;
  all.profile = profile;
  all.need = AuditedSync::kUnseen;
  all.call =
      fmt::format("all that makes {} durable",
                  acks == 1 ? "the ack" : fmt::format("the {} acks", acks));
  loop_.report_.audit.push_back(std::move(all));
}

}  // namespace powercut
