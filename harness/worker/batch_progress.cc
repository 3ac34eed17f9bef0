// Decides what a batch needs next, as a machine of phases that the ends of
// workers drive. The states in [begin_, end_) are still to be decided.
//
// kRun is the phase of a batch with no trouble: a worker runs [begin_, end_),
// then the canary, and if the canary has its old outcome, all results count.
// Every other phase is an answer to an end that needs an explanation:
//
//   the user's code left in it     kAlone: run the state that it left in alone
//   a worker died at a state       kAlone: run that state alone, twice
//     and the state dies alone     the death is its outcome
//     and the state is fine        kSearch
//   the canary died or changed     kSearch
//   the search found a state       kBlame: run that state alone, twice
//     and it shows damage          the damage is its outcome
//     and it shows none            unexplained: the results stand
//   the search found no state      unexplained: the results stand
//
// An example: state 2 of 0 to 4 damages memory that the next recovery needs.
//
//   kRun     0 1 2 3 4, then 0     dies at 3, after results for 0, 1 and 2
//   kAlone   3, then 3             both fine: state 3 did not do it
//   kSearch  2 3                   dies: the trial that begins at 2 fails
//   kBlame   2, then 2             the second run dies: state 2 does damage
//   kRun     0 1, then 0           the canary is fine: 0 and 1 are decided
//   kRun     3 4, then 3           done
//
// Each decision moves begin_ up, or leaves it and moves end_ down, so that
// every batch comes to an end.

#include "harness/worker/batch_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/check.h"
#include "harness/recover/check_result.h"

namespace powercut {
namespace {

// After so many kills without progress a state is run alone.
constexpr uint32_t kKillsBeforeAlone = 8;
// After so many kills without progress, the number of states that are run again
// is halved.
constexpr uint32_t kKillsBeforeHalving = 4;

// After so many states of a batch were blamed for changed outcomes, no more are
// blamed. Storage that never gives the same outcome twice would otherwise cost
// a search for each state of each batch.
constexpr uint32_t kUnsteadyMax = 16;

// The outcome of a state whose first run was fine and whose second run in the
// same process ended in `next`.
RecoveryOutcome DeathOfNext(const RecoveryOutcome& next) {
  // The words make one sentence with the detail of a death or a hang.
  const bool hung = next.kind == RecoveryOutcome::kHung;
  const bool killed = next.detail.starts_with("killed");
  return RecoveryOutcome::Died(
      fmt::format("the next recovery in the same process {}{}",
                  hung     ? "hung: "
                  : killed ? "was "
                           : "",
                  next.detail));
}

// Whether a canary shows that nothing damaged its process. A check that fails
// in the same way and makes up other words each time shows no damage.
bool IsUnchanged(const OutcomeTable& outcomes, OutcomeId before,
                 OutcomeId canary) {
  return before == canary ||
         SameButForTheLine(outcomes[before], outcomes[canary]);
}

}  // namespace

BatchProgress::BatchProgress(Batch batch, OutcomeTable& outcomes,
                             BatchRuns runs)
    : batch_(std::move(batch)), runs_(runs), outcomes_(&outcomes) {
  results_.resize(batch_.size());
  StartAt(0, batch_.size());
}

BatchProgress BatchProgress::Alone(const CrashState& state,
                                   OutcomeTable& outcomes) {
  BatchProgress progress({state}, outcomes);
  progress.phase_ = kAlone;
  return progress;
}

BatchPart BatchProgress::Next() const {
  switch (phase_) {
    case kAlone:
      return {victim_, victim_ + 1, victim_};
    case kBlame:
      return {suspect_, suspect_ + 1, suspect_};
    case kSearch:
      // A trial fails if the victim fails again: the state at which a worker
      // died, or the canary, which is always the state at `from_`.
      if (victim_ < end_) return {*search_->Next(), victim_ + 1, std::nullopt};
      return {*search_->Next(), end_, from_};
    default:
      POWERCUT_CHECK(phase_ == kRun);
      return {from_, end_, from_, runs_};
  }
}

void BatchProgress::Take(WorkerEnd end) {
  if (phase_ == kRun) return TakeRun(std::move(end));
  // The phase stays as it is, so that Next() asks for the same part again.
  if (end.from_outside) {
    if (++kills_ < kKillsBelieved) return;
    if (phase_ == kSearch) return GiveUpSearch();
    end.death->detail += fmt::format(", each of {} times", kKillsBelieved);
  }
  kills_ = 0;
  if (phase_ == kAlone) return TakeAlone(std::move(end));
  if (phase_ == kSearch) return TakeSearch(end);
  TakeBlame(std::move(end));
}

// --- a row of states --------------------------------------------------------

void BatchProgress::StartAt(size_t begin, size_t end) {
  begin_ = from_ = known_ = begin;
  end_ = end;
  stuck_ = kills_ = 0;
  phase_ = begin == end ? kDone : kRun;
}

void BatchProgress::EndRun() {
  // The state at `end_` is decided as well, if the batch has one there.
  const size_t next = std::min(end_ + 1, batch_.size());
  StartAt(end_ == batch_.size() ? end_ : next, batch_.size());
}

// The states before `state` were run in a process that `state` ended or
// damaged. Only a canary could tell whether one of them had damaged the process
// already, and no canary was run: they are run again.
void BatchProgress::Decide(size_t state, RunResult result) {
  results_[state] = std::move(result);
  if (state > begin_) return StartAt(begin_, state);
  end_ = state;
  EndRun();
}

void BatchProgress::TakeRun(WorkerEnd end) {
  const size_t reached = from_ + end.results.size();
  // The canary is the last run of the part, so its result is no result of a
  // state.
  const bool canary_ran = reached > end_;
  const OutcomeId canary = canary_ran ? end.results.back().outcome : 0;
  if (canary_ran) end.results.pop_back();
  std::move(end.results.begin(), end.results.end(),
            results_.begin() + static_cast<ptrdiff_t>(from_));
  if (canary_ran && IsUnchanged(*outcomes_, results_[from_].outcome, canary)) {
    return EndRun();
  }
  if (end.left) return TakeLeft(reached - 1);
  // The worker died, or its canary changed.
  victim_ = std::min(reached, end_);
  if (end.from_outside) {
    const bool progress = reached > known_;
    kills_ = progress ? 1 : kills_ + 1;
    if (!progress) ++stuck_;
    known_ = std::max(known_, victim_);
    if (kills_ < kKillsBelieved) return TakeKilledRun();
  }
  kills_ = 0;
  died_in_batch_ = true;
  if (victim_ == end_) return Search();
  phase_ = kAlone;
}

// No canary can run in a worker whose user code left. So a state that left
// counts only as the first one of its worker, and the states before it run
// again with a canary of their own.
void BatchProgress::TakeLeft(size_t state) {
  if (state == from_) return Decide(state, std::move(results_[state]));
  victim_ = state;
  left_in_batch_ = true;
  phase_ = kAlone;
}

// The part begins at `begin_` again, so that a state that damages the process
// does so again and the canary shows it. If workers are killed too often to
// come that far, the part begins closer and closer to `known_`.
void BatchProgress::TakeKilledRun() {
  const size_t way = known_ - begin_;
  const uint32_t halvings = std::min(stuck_ / kKillsBeforeHalving, 63u);
  const size_t back = std::min(way, std::max<size_t>(way >> halvings, 1));
  if (kills_ >= kKillsBeforeAlone && back <= 1 && known_ < end_) {
    // The state before `known_` goes first: it came to its end, but its worker
    // was killed before a canary could show what it did to the process.
    victim_ = known_ - back;
    died_in_batch_ = false;
    kills_ = 0;
    phase_ = kAlone;
    return;
  }
  from_ = known_ - back;
}

// --- one state alone --------------------------------------------------------

RunResult BatchProgress::TwiceAlone(WorkerEnd end) {
  RunResult result;
  // The first run died, so there is no second one.
  if (end.results.empty()) {
    result.outcome = outcomes_->Add(std::move(*end.death));
    result.reads = std::move(end.reads_of_death);
    return result;
  }
  result = std::move(end.results[0]);
  if (end.left && end.results.size() == 1) return result;
  if (!end.death && outcomes_->Same(end.results[1].outcome, result.outcome)) {
    return result;
  }
  const RecoveryOutcome next =
      end.death ? *end.death : (*outcomes_)[end.results[1].outcome];
  // Two observations that differ are no damage to the process: the recovery may
  // depend on something else than the disk.
  if (next.kind == RecoveryOutcome::kObserved) {
    result.second_outcome = end.results[1].outcome;
    return result;
  }
  result.writes.clear();
  result.outcome = outcomes_->Add(DeathOfNext(next));
  return result;
}

void BatchProgress::TakeAlone(WorkerEnd end) {
  const bool died = end.results.empty();
  RunResult alone = TwiceAlone(std::move(end));
  if (std::exchange(left_in_batch_, false)) {
    return Decide(victim_, std::move(alone));
  }
  if (died) return Decide(victim_, std::move(alone));
  // Kills from outside led here. After the state before `known_`, the state at
  // `known_` itself runs alone, so that the batch makes progress.
  if (!died_in_batch_) {
    results_[victim_] = std::move(alone);
    if (victim_ < known_) {
      ++victim_;
      return;
    }
    if (victim_ + 1 == end_) return EndRun();
    return StartAt(victim_ + 1, end_);
  }
  // Only a state that ran in the same process before can have done it.
  victim_alone_ = std::move(alone);
  if (victim_ > from_) return Search();
  GiveUpSearch();
}

// --- who did it -------------------------------------------------------------

void BatchProgress::Search() {
  search_.emplace(from_, victim_);
  phase_ = kSearch;
}

void BatchProgress::TakeSearch(const WorkerEnd& end) {
  const bool canary_changed = victim_ == end_ && !end.death &&
                              !IsUnchanged(*outcomes_, results_[from_].outcome,
                                           end.results.back().outcome);
  // A death at another state than the victim is damage as well.
  search_->Tell(end.death.has_value() || canary_changed);
  if (search_->Next()) return;
  if (!search_->culprit()) return GiveUpSearch();
  suspect_ = *search_->culprit();
  phase_ = kBlame;
}

void BatchProgress::GiveUpSearch() {
  ++unexplained_;
  // With a changed canary, every state of the part has a result. Otherwise the
  // victim gets the outcome that it showed alone.
  if (victim_ == end_) return EndRun();
  Decide(victim_, std::move(victim_alone_));
}

void BatchProgress::TakeBlame(WorkerEnd end) {
  // The suspect came to its end in the batch, so that a death of its first run
  // here explains nothing.
  if (end.results.empty()) return GiveUpSearch();
  const OutcomeId first = end.results[0].outcome;
  RunResult twice = TwiceAlone(std::move(end));
  if (twice.outcome != first) return Decide(suspect_, std::move(twice));
  if (!twice.second_outcome || ++unsteady_ > kUnsteadyMax) {
    return GiveUpSearch();
  }
  // The suspect keeps the outcome of the batch: its first run here may be the
  // one that differs.
  RunResult result = std::move(results_[suspect_]);
  // A suspect that the batch skipped has only what it showed alone.
  if (result.skipped) return Decide(suspect_, std::move(twice));
  result.second_outcome =
      outcomes_->Same(first, result.outcome) ? *twice.second_outcome : first;
  Decide(suspect_, std::move(result));
}

}  // namespace powercut
