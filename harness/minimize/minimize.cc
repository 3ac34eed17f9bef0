// Chooses the cause, shrinks the workload with CauseCheck as the judge of each
// candidate, then explores what is left and shrinks the state
// (docs/crash_model.md 10). Candidates are judged by as few states as possible:
// first by the prefixes of one kind of crash, and by the whole space only at
// the end.
//
// Example: `create /a`, `write /a`, `fsync /a`, `create /b` on a backend whose
// fsync does nothing. The cause is a lost /a. If some prefix shows it, each
// candidate is judged by its prefixes; `create /b` goes, the write becomes
// shorter, and the last exploration of the whole space finds the state with the
// fewest lost blocks.

#include "harness/minimize/minimize.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "harness/explain/replay.h"
#include "harness/minimize/cause_check.h"
#include "harness/minimize/shrink.h"
#include "harness/minimize/state_shrinker.h"

namespace powercut {
namespace {

// Returns the workload without the lines that need not hold for a smaller one.
//
// Conditions name ops by what they wrote, which is their number unless `fill=`
// says otherwise. If the cause comes from conditions (`keep_outcomes`), these
// stay, and `fill=` keeps each op writing the number that it has now.
Pcut Prepared(Pcut pcut, bool keep_outcomes) {
  bool in_section = false;
  std::erase_if(pcut.statements, [&](const Statement& statement) {
    const Statement::Kind kind = statement.kind;
    in_section |= kind == Statement::kInit || kind == Statement::kRun;
    const bool of_outcomes =
        kind == Statement::kOutcome || kind == Statement::kCut;
    return kind == Statement::kAt || kind == Statement::kExpect ||
           (kind == Statement::kNote && in_section) ||
           (of_outcomes && !keep_outcomes);
  });
  if (!keep_outcomes) return pcut;
  for (uint32_t number = 1; number <= CountOps(pcut); ++number) {
    Op& op = pcut.statements[PlaceOfOp(pcut, number)].op;
    // `fill` is the only key of the ops that take it.
    if (SignatureOf(op.kind).keys == "fill" && op.keys.empty()) {
      op.keys = {{"fill", std::to_string(number)}};
    }
  }
  return pcut;
}

void Add(Pcut& pcut, Statement statement) {
  pcut.statements.push_back(std::move(statement));
}

// Adds the lines that make a workload a regression: its state, and what must be
// found there.
void AddEnd(Pcut& pcut, const std::string& at,
            const std::vector<Finding>& findings) {
  Statement state;
  state.kind = Statement::kAt;
  state.text = at;
  Add(pcut, std::move(state));
  // Several causes may have one kind and path, which is what a line can say.
  std::set<std::pair<std::string, std::string>> expected;
  for (const Finding& finding : findings) {
    expected.emplace(ViolationKindName(finding.violation.kind),
                     finding.violation.path);
  }
  for (const auto& [kind, path] : expected) {
    Statement expect;
    expect.kind = Statement::kExpect;
    expect.expectation.ok = false;
    expect.expectation.kind = kind;
    // A raw sector is named in words, such as `sector 8`, which the operand of
    // `expect` cannot say.
    const bool sector = !path.starts_with('/') && path.find(' ') != path.npos;
    expect.expectation.path = sector ? "" : path;
    Add(pcut, std::move(expect));
  }
}

// Returns the finding of a cause; `nullptr` if there is none.
const Finding* FindCause(const std::vector<Finding>& findings,
                         const std::string& cause) {
  const auto found = std::find_if(
      findings.begin(), findings.end(),
      [&](const Finding& f) { return f.violation.cause == cause; });
  return found == findings.end() ? nullptr : &*found;
}

// Returns the cause of the first finding that an expectation of the file names,
// or of the first finding if they name none. Requires: there is a finding.
std::string CauseOf(const std::vector<Finding>& findings,
                    const Workload& workload) {
  for (const Expectation& e : workload.expectations) {
    for (const Finding& finding : findings) {
      const Violation& violation = finding.violation;
      if (!e.ok && e.kind == ViolationKindName(violation.kind) &&
          (e.path.empty() || e.path == violation.path)) {
        return violation.cause;
      }
    }
  }
  return findings.front().violation.cause;
}

// One call of Minimize().
class Minimizer {
 public:
  Minimizer(Backend& backend, const Pcut& pcut, std::string file,
            const RunSetting& setting, const MinimizeOptions& options)
      : backend_(backend),
        given_(pcut),
        file_(std::move(file)),
        setting_(setting),
        options_(options),
        explore_(options.explore) {
    // A budget on the clock would let the answer for one workload vary, and the
    // caller's interrupt holds for the whole.
    explore_.list_states = false;
    explore_.bounds.budget_ms.reset();
    explore_.hooks = {};
  }

  Result<Minimized> Run() {
    if (!backend_.traits().repeatable) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("{}: {} does not record the same twice; only "
                               "what does can be minimized",
                               file_, backend_.traits().name)};
    }
    result_.ops_before = CountOps(given_);
    POWERCUT_ASSIGN(cause_, ChooseCause());
    result_.pcut = Prepared(given_, cause_.starts_with("check/"));
    POWERCUT_TRY(ShrinkByNarrowLook());
    // A smaller workload that the narrow look refused may still show the cause
    // in the whole space.
    if (!Interrupted() && narrow_) {
      CauseCheck whole(backend_, setting_, explore_, cause_,
                       options_.interrupted);
      ShrinkWith(whole);
    }
    result_.ops = CountOps(result_.pcut);
    result_.tried = tried_;
    result_.interrupted = Interrupted();
    POWERCUT_TRY(result_.interrupted ? EndEarly() : End());
    return std::move(result_);
  }

 private:
  bool Interrupted() const {
    return options_.interrupted && options_.interrupted();
  }

  // Returns the cause to keep. The workload is recorded first in any case, so
  // that one which cannot be recorded is an error of its own.
  Result<std::string> ChooseCause() {
    POWERCUT_ASSIGN(const Workload workload, BuildWorkload(given_, file_));
    POWERCUT_ASSIGN(const Recording recording,
                    Record(backend_, workload, setting_));
    if (!options_.cause.empty()) return options_.cause;
    const auto at = ParseStateId(workload.at);
    if (at && at->digest == recording.trace.Digest()) {
      const auto replayed =
          Replay({backend_, workload, setting_, recording}, *at, explore_.run);
      if (replayed && !replayed->findings.empty()) {
        return CauseOf(replayed->findings, workload);
      }
    }
    POWERCUT_ASSIGN(const Exploration all, ExploreGiven(workload, recording));
    if (!all.findings.empty()) return CauseOf(all.findings, workload);
    if (!all.bound.empty()) {
      return Error{ErrorCode::kStale,
                   fmt::format("{}: no violation found so far: {}; there is "
                               "nothing to keep yet",
                               file_, all.bound)};
    }
    return Error{ErrorCode::kBadInput,
                 fmt::format("{}: no violation in {}: there is nothing to "
                             "minimize; try a larger --space",
                             file_, ExplorationSpaceText(all.space))};
  }

  // Looks for all causes of the workload that was given.
  Result<Exploration> ExploreGiven(const Workload& workload,
                                   const Recording& recording) {
    ExploreOptions options = explore_;
    options.hooks.progress = options_.explore.hooks.progress;
    options.hooks.interrupted = options_.interrupted;
    return Explore({backend_, workload, setting_, recording}, options);
  }

  // Shrinks with the narrowest look that shows the cause: the prefixes of one
  // kind of crash if they do, otherwise the whole space of one kind. Prefixes
  // are few, so that most of the work takes little time.
  Status ShrinkByNarrowLook() {
    for (const bool prefix : {true, false}) {
      for (const CrashKind kind : setting_.crash_kinds) {
        RunSetting setting = setting_;
        setting.crash_kinds = {kind};
        ExploreOptions explore = explore_;
        if (prefix) {
          explore.space =
              ExplorationSpace{ExplorationSpace::kPrefix, /*count=*/1,
                               /*torn=*/0};
        }
        CauseCheck check(backend_, setting, explore, cause_,
                         options_.interrupted);
        std::optional<Pcut> kept = check.ReduceIfShown(result_.pcut);
        tried_ += check.tried();
        if (!kept) continue;
        narrow_ = explore.space != explore_.space ||
                  setting.crash_kinds != setting_.crash_kinds;
        result_.pcut = std::move(*kept);
        ShrinkWith(check);
        return Ok{};
      }
    }
    return NotShown();
  }

  Error NotShown() const {
    if (Interrupted()) {
      return {ErrorCode::kStale,
              fmt::format("{}: interrupted before {} was seen", file_, cause_)};
    }
    const std::string remedy = options_.explore.bounds.max_runs
                                   ? "raise --max-runs"
                                   : "`powercut check` lists the causes of "
                                     "this file; a larger --space shows more";
    return {ErrorCode::kUsage,
            fmt::format("{}: {} does not show the cause {}; {}", file_,
                        ExplorationSpaceText(explore_.space), cause_, remedy)};
  }

  // Shrinks the workload as long as `check` still sees the cause.
  void ShrinkWith(CauseCheck& check) {
    // `check` counts on from its earlier calls, which `tried_` has already.
    const uint64_t before = tried_ - check.tried();
    size_t ops = CountOps(result_.pcut);
    ShrinkRules rules;
    rules.keep = [&](const Pcut& candidate) {
      if (options_.progress) options_.progress({ops, tried_});
      std::optional<Pcut> kept = check.ReduceIfShown(candidate);
      tried_ = before + check.tried();
      if (kept) ops = CountOps(*kept);
      return kept;
    };
    rules.stop = options_.interrupted;
    rules.round_sizes = {512, 4096, setting_.geometry.sector_bytes,
                         setting_.atomic_bytes};
    result_.pcut = ShrinkWorkload(std::move(result_.pcut), rules);
    if (check.last_finding()) result_.finding = *check.last_finding();
  }

  // Ends an interrupted call: there is no time to look for the simplest state,
  // so that the one in which the cause was seen is taken.
  Status EndEarly() {
    AddEnd(result_.pcut, result_.finding.id, {result_.finding});
    return Ok{};
  }

  // Explores the whole space of what is left, since it may show other causes,
  // which the file must expect, too. Only the whole gives the simplest state.
  Status End() {
    POWERCUT_ASSIGN(const Workload workload,
                    ParseWorkload(PrintPcut(result_.pcut), file_));
    POWERCUT_ASSIGN(const Recording recording,
                    Record(backend_, workload, setting_));
    ExploreOptions explore = explore_;
    explore.bounds.max_runs.reset();
    explore.hooks.progress = options_.explore.hooks.progress;
    explore.hooks.interrupted = options_.interrupted;
    POWERCUT_ASSIGN(
        const Exploration all,
        Explore({backend_, workload, setting_, recording}, explore));
    if (all.interrupted) {
      result_.interrupted = true;
      return EndEarly();
    }
    const Finding* finding = FindCause(all.findings, cause_);
    if (finding == nullptr) {
      return Error{ErrorCode::kInternal,
                   fmt::format("{}: {} was seen, and then no more: the storage "
                               "does not do the same twice",
                               file_, cause_)};
    }
    POWERCUT_ASSIGN(result_.finding,
                    ShrinkState({backend_, workload, setting_, recording},
                                explore_.run, *finding, options_.interrupted));
    result_.interrupted = Interrupted();
    AddEnd(result_.pcut, result_.finding.id, all.findings);
    return Ok{};
  }

  Backend& backend_;
  const Pcut& given_;
  std::string file_;
  const RunSetting& setting_;
  const MinimizeOptions& options_;
  ExploreOptions explore_;
  std::string cause_;
  // Whether the first shrinking looked at less than the whole space.
  bool narrow_ = false;
  uint64_t tried_ = 0;
  Minimized result_;
};

}  // namespace

Result<Minimized> Minimize(Backend& backend, const Pcut& pcut,
                           const std::string& file, const RunSetting& setting,
                           const MinimizeOptions& options) {
  return Minimizer(backend, pcut, file, setting, options).Run();
}

}  // namespace powercut
