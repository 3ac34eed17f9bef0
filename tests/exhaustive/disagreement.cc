// Compares two sets of observations by their texts, and shrinks a workload by
// leaving out ops, the last ones first, until no single op can go.

#include "tests/exhaustive/disagreement.h"

#include <fmt/format.h>

#include <utility>

#include "fuzz/draw/workload_text.h"
#include "harness/base/check.h"

namespace powercut {
namespace {

std::string OnlyIn(const Witness& a, const Witness& b) {
  std::string first;
  size_t count = 0;
  for (const auto& [text, observation] : a.says) {
    if (!b.says.contains(text) && count++ == 0) first = text;
  }
  if (count == 0) return {};
  return fmt::format("{} of {} only for {}, such as:\n{}", count, a.says.size(),
                     a.name, first.empty() ? "(empty)\n" : first);
}

}  // namespace

std::string Difference(const Witness& a, const Witness& b) {
  return OnlyIn(a, b) + OnlyIn(b, a);
}

std::optional<Observations> ModelObservations(const Model& model,
                                              CrashKind kind, size_t limit) {
  auto listed = AdmissibleObservations(model, kind, limit);
  if (!listed) {
    POWERCUT_CHECK(listed.error().code == ErrorCode::kUnsupported);
    return std::nullopt;
  }
  Observations observations;
  for (Observation& observation : *listed) {
    std::string text = ObservationText(observation);
    observations.emplace(std::move(text), std::move(observation));
  }
  return observations;
}

std::string Shrunk(Workload workload, const Profile& profile,
                   const Trial& trial) {
  std::string wrong = trial(workload);
  POWERCUT_CHECK(!wrong.empty());
  for (bool smaller = true; smaller;) {
    smaller = false;
    const auto ops =
        static_cast<uint32_t>(workload.init.size() + workload.run.size());
    for (uint32_t number = ops; number > 0 && !smaller; --number) {
      Workload less = WithoutOp(workload, number, profile);
      std::string still = trial(less);
      if (still.empty()) continue;
      smaller = true;
      workload = std::move(less);
      wrong = std::move(still);
    }
  }
  workload.profile = FindProfile(profile.name) == nullptr ? "" : profile.name;
  std::string text = WorkloadText(workload);
  if (workload.profile.empty()) {
    text += "# profile with:";
    for (const ProfileSwitch& s : ProfileSwitches()) {
      if (profile.*s.member) text += fmt::format(" {}", s.name);
    }
    text += '\n';
  }
  return text + wrong;
}

std::string MomentText(const Workload& workload,
                       const std::vector<HistoryEvent>& history,
                       size_t moment) {
  if (moment == 0) return "at the beginning";
  const HistoryEvent& last = history[moment - 1];
  if (last.kind == HistoryEvent::kRun) return "after init";
  if (last.kind == HistoryEvent::kUser) return "after a mark";
  if (last.kind == HistoryEvent::kFault) return "after a fault";
  return fmt::format("after op {}, {}, {}", last.op,
                     OpText(workload.OpNumber(last.op)),
                     last.kind == HistoryEvent::kBegin ? "began" : "returned");
}

}  // namespace powercut
