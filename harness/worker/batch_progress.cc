#include "harness/worker/batch_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

// Kills without progress after which a state is run alone.
constexpr uint32_t kKillsBeforeAlone = 8;
// Kills without progress after which the way that is taken again is halved.
constexpr uint32_t kKillsBeforeHalving = 4;

// States blamed for other outcomes, after which the rest of the batch is taken
// as it is: storage that never gives the same would be searched for ever.
constexpr uint32_t kUnsteadyMax = 16;

// How the second recovery of a process ended, if the first was fine.
RecoveryOutcome DeathOfNext(const RecoveryOutcome& next) {
  const bool hung = next.kind == RecoveryOutcome::kHung;
  const bool killed = next.detail.starts_with("killed");
  return {RecoveryOutcome::kDied,
          fmt::format("the next recovery in the same process {}{}",
                      hung     ? "hung: "
                      : killed ? "was "
                               : "",
                      next.detail),
          {}};
}

}  // namespace

BatchProgress::BatchProgress(Batch batch, OutcomeTable& outcomes)
    : batch_(std::move(batch)), outcomes_(&outcomes) {
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
      if (victim_ < end_) return {*search_->Next(), victim_ + 1, std::nullopt};
      return {*search_->Next(), end_, from_};
    default:
      POWERCUT_CHECK(phase_ == kRun);
      return {from_, end_, from_};
  }
}

void BatchProgress::Take(WorkerEnd end) {
  if (phase_ == kRun) return TakeRun(std::move(end));
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

// [begin_, end_) is decided.
void BatchProgress::EndRun() {
  const size_t next = std::min(end_ + 1, batch_.size());
  StartAt(end_ == batch_.size() ? end_ : next, batch_.size());
}

// Those before it were run in a process that it ended or damaged: whether one
// of them had damaged it already, only a canary tells.
void BatchProgress::Decide(size_t state, RunResult result) {
  results_[state] = std::move(result);
  if (state > begin_) return StartAt(begin_, state);
  end_ = state;
  EndRun();
}

void BatchProgress::TakeRun(WorkerEnd end) {
  const size_t reached = from_ + end.results.size();
  const bool canary_ran = reached > end_;
  const OutcomeId canary = canary_ran ? end.results.back().outcome : 0;
  if (canary_ran) end.results.pop_back();
  std::move(end.results.begin(), end.results.end(),
            results_.begin() + static_cast<ptrdiff_t>(from_));
  if (canary_ran && canary == results_[from_].outcome) return EndRun();
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

// From the beginning again, so that damage that was done before is done again;
// but who is killed too often to get there takes shorter and shorter ways.
void BatchProgress::TakeKilledRun() {
  const size_t way = known_ - begin_;
  const uint32_t halvings = std::min(stuck_ / kKillsBeforeHalving, 63u);
  const size_t back = std::min(way, std::max<size_t>(way >> halvings, 1));
  if (kills_ >= kKillsBeforeAlone && back <= 1 && known_ < end_) {
    // The last one that came to its end first: what it did to its process was
    // not seen.
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
  if (end.results.empty()) {
    result.outcome = outcomes_->Add(std::move(*end.death));
    result.reads = std::move(end.reads_of_death);
    return result;
  }
  result = std::move(end.results[0]);
  if (!end.death && end.results[1].outcome == result.outcome) return result;
  const RecoveryOutcome next =
      end.death ? *end.death : (*outcomes_)[end.results[1].outcome];
  if (next.kind == RecoveryOutcome::kObserved) {
    result.unsteady = true;
    return result;
  }
  result.writes.clear();
  result.outcome = outcomes_->Add(DeathOfNext(next));
  return result;
}

void BatchProgress::TakeAlone(WorkerEnd end) {
  const bool died = end.results.empty();
  RunResult alone = TwiceAlone(std::move(end));
  if (died) return Decide(victim_, std::move(alone));
  if (!died_in_batch_) {
    results_[victim_] = std::move(alone);
    if (victim_ < known_) {
      ++victim_;
      return;
    }
    if (victim_ + 1 == end_) return EndRun();
    return StartAt(victim_ + 1, end_);
  }
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
  const bool canary_changed =
      victim_ == end_ && !end.death &&
      end.results.back().outcome != results_[from_].outcome;
  search_->Tell(end.death.has_value() || canary_changed);
  if (search_->Next()) return;
  if (!search_->culprit()) return GiveUpSearch();
  suspect_ = *search_->culprit();
  phase_ = kBlame;
}

void BatchProgress::GiveUpSearch() {
  ++unexplained_;
  kills_ = 0;
  if (victim_ == end_) return EndRun();
  Decide(victim_, std::move(victim_alone_));
}

void BatchProgress::TakeBlame(WorkerEnd end) {
  if (end.results.empty()) return GiveUpSearch();
  const OutcomeId first = end.results[0].outcome;
  RunResult twice = TwiceAlone(std::move(end));
  if (twice.outcome != first) return Decide(suspect_, std::move(twice));
  if (!twice.unsteady || ++unsteady_ > kUnsteadyMax) return GiveUpSearch();
  RunResult result = std::move(results_[suspect_]);
  result.unsteady = true;
  Decide(suspect_, std::move(result));
}

}  // namespace powercut
