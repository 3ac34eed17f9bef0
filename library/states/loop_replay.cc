// One state alone, which an id of a report names.

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/space/crash_state.h"
#include "library/states/loop_runner.h"
#include "library/states/lost_calls.h"
#include "library/states/said_result.h"

namespace powercut {

// The digest of the id says which profile it belongs to.
void LoopRunner::RunOneState() {
  LoopPart part;
  part.verdict = LoopVerdict::kError;
  const auto id = ParseStateId(loop_.options_.at);
  if (!id) {
    part.why = id.error().message;
    return loop_.report_.Add(std::move(part));
  }
  const std::unique_ptr<ProfileRun> run = RunOf(*id, part);
  if (run == nullptr) {
    part.why = fmt::format(
        "no recording has this id: the calls, the profiles, the "
        "device or powercut changed since{}",
        loop_.options_.audit
            ? ""
            : ", or it is one of an audit, which is not asked for");
  } else {
    RunOneState(*run, *id, part);
  }
  loop_.report_.Add(std::move(part));
}

// An id of an audit is one of a recording without one of the syncs.
std::unique_ptr<ProfileRun> LoopRunner::RunOf(const StateId& id,
                                              LoopPart& part) {
  for (const std::string& profile : loop_.options_.profiles) {
    part.profile = profile;
    auto run = RecordAs(loop_.calls_, profile);
    if (!run || (*run)->trace().Digest() != id.digest) continue;
    part.why = "one state, which the id names";
    return std::move(*run);
  }
  if (loop_.options_.audit) {
    for (const std::string& profile : loop_.options_.profiles) {
      part.profile = profile;
      auto run = RunWithoutASync(profile, id.digest, part);
      if (run != nullptr) return run;
    }
  }
  part.profile.clear();
  return nullptr;
}

// A state of one crash runs in this process, for a debugger. A crash during a
// recovery needs that recovery first, so that workers run both.
void LoopRunner::RunOneState(ProfileRun& run, const StateId& id,
                             LoopPart& part) {
  const RecordedRun recorded = run.run();
  const CrashSpace space(run.trace(), recorded.setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  const auto state = ResolveStep(id.steps[0], cursor);
  if (!state) {
    part.why = state.error().message;
    return;
  }
  // A state that lost nothing may be one that fails with no crash at all: then
  // this run of it is the only one.
  const bool lost_nothing =
      id.steps.size() == 1 && id.steps[0].sign == 0 && id.steps[0].marks == 0;
  PrefixDumps dumps;
  if (!MakeDumps(run, dumps, part, lost_nothing)) return;
  loop_.dumps_ = &dumps;
  LoopFinding finding;
  bool wrong = false;
  std::vector<SaidViolation> violations;
  if (id.steps.size() > 1) {
    const auto replayed = RunAlone(run, id);
    if (!replayed) {
      loop_.dumps_ = nullptr;
      part.why = replayed.error().message;
      return;
    }
    wrong = !replayed->findings.empty();
    if (wrong) {
      finding.cause = replayed->findings.front().violation.cause;
      finding.text = replayed->findings.front().violation.found;
    }
    violations = ViolationsIn(replayed->outcome);
  } else {
    loop_.tell_ = StateLoop::kText;
    ExploreOptions options = OptionsOfExploration();
    options.jobs = 0;
    RunStates(run, options, {*state},
              [&](size_t, const RecoveryOutcome& outcome) {
                finding.cause = WrongIn(outcome);
                wrong = !finding.cause.empty();
                violations = ViolationsIn(outcome);
              });
  }
  loop_.dumps_ = nullptr;
  part.states = part.runs = 1;
  part.verdict = wrong ? LoopVerdict::kViolation : LoopVerdict::kHolds;
  if (!wrong) return;
  if (!violations.empty()) Tell(violations, finding);
  finding.profile = part.profile;
  finding.id = loop_.options_.at;
  finding.states = 1;
  finding.crash = CrashText(run.issued(), *state, id.steps.size());
  finding.lost = LostCalls(run.issued(), *state, cursor);
  finding.sources = SourceCommands(NamedPlaces(run.issued(), *state, cursor));
  loop_.report_.findings.push_back(std::move(finding));
}

}  // namespace powercut
