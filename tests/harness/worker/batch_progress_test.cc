// Tests BatchProgress with simulated workers: states that die, hang and damage
// the process, and kills at random. Whatever the batch and the kills, each
// state has the outcome that it has in a process of its own.

#include "harness/worker/batch_progress.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/worker/culprit_search.h"

namespace powercut {
namespace {

enum class Deed {
  kWork,
  kDie,
  kExceedRequests,
  kKillNext,     // Works, and the next recovery of the process dies.
  kHangNext,     // Works, and the next recovery hangs.
  kChangeLater,  // Works, and all later recoveries show something else.
  kKillOne,      // Works, and the state 7 dies if it runs later.
  kKillItself,   // Dies by a signal that anyone may send.
  kOddAlone,     // As kChangeLater, and shows something else if it runs first.
  kLeave,        // Works, and the process can run no other state.
};

RecoveryOutcome Observed(const std::string& what) {
  RecoveryOutcome outcome;
  outcome.observation.device = what;
  return outcome;
}
RecoveryOutcome Died(const std::string& detail) {
  return {RecoveryOutcome::kDied, detail, {}};
}

RecoveryOutcome Expected(Deed deed, size_t state) {
  switch (deed) {
    case Deed::kDie:
      return Died("killed by SIGSEGV");
    case Deed::kExceedRequests:
      return {RecoveryOutcome::kHung, "too many device requests", {}};
    case Deed::kKillNext:
      return Died("the next recovery in the same process was killed by SIGBUS");
    case Deed::kHangNext:
      return Died("the next recovery in the same process hung: CPU");
    case Deed::kKillItself:
      return Died("killed by SIGKILL, each of 64 times");
    default:
      return Observed(std::to_string(state));
  }
}

// Runs a batch of deeds to its end, in the place of a worker pool.
class Play {
 public:
  explicit Play(std::vector<Deed> deeds) : deeds_(std::move(deeds)) {}

  // Lets `per_1000` of 1000 runs be killed from outside at their beginning,
  // until `kills` were made.
  void set_kills(uint64_t seed, uint32_t per_1000, uint64_t kills) {
    prng_ = Prng(seed);
    per_1000_ = per_1000;
    kills_left_ = kills;
  }

  // Lets each worker be killed from outside one run later than the one before.
  void kill_each_later() { kills_each_later_ = true; }

  // Lets workers skip a state if one of its group ran before in the batch.
  // States of one group must have one deed.
  void set_groups(std::vector<size_t> groups) { groups_ = std::move(groups); }

  void Run() {
    Batch batch;
    for (uint32_t i = 0; i < deeds_.size(); ++i) {
      batch.push_back({i, 0, CrashKind::kPower, CrashState::kNewest, {}});
    }
    const auto runs = groups_.empty() ? BatchRuns::kAll : BatchRuns::kUndecided;
    Finish(BatchProgress(batch, outcomes_, runs));
  }
  void RunAlone(uint32_t state) {
    Finish(BatchProgress::Alone(
        {state, 0, CrashKind::kPower, CrashState::kNewest, {}}, outcomes_));
  }

  const std::vector<RunResult>& results() const { return results_; }
  const RecoveryOutcome& outcome(size_t i) const {
    return outcomes_[results_[i].outcome];
  }
  // Requires: the result has a second outcome.
  const RecoveryOutcome& second_outcome(size_t i) const {
    return outcomes_[results_[i].second_outcome.value()];
  }
  uint64_t unexplained() const { return unexplained_; }
  uint64_t runs() const { return runs_; }
  uint64_t workers() const { return workers_; }

 private:
  struct Process {
    bool used = false;
    bool next_dies = false;
    bool next_hangs = false;
    bool changed = false;
    bool seven_dies = false;
  };

  void Finish(BatchProgress progress) {
    while (!progress.done()) {
      ASSERT_LT(++workers_, 200'000u) << "never done";
      progress.Take(Work(progress.Next(), progress.batch()));
    }
    results_ = std::move(progress.results());
    unexplained_ = progress.unexplained();
  }

  WorkerEnd Work(const BatchPart& part, const Batch& batch) {
    WorkerEnd end;
    Process process;
    std::set<size_t> ran;
    for (size_t n = 0; n < part.size(); ++n) {
      const bool may_skip =
          part.runs == BatchRuns::kUndecided && n < part.to - part.from;
      if (may_skip && ran.contains(groups_[part[n]])) {
        end.results.emplace_back().skipped = true;
        continue;
      }
      ++runs_;
      RecoveryOutcome outcome;
      const uint32_t state = batch[part[n]].point;
      const Deed deed = deeds_[state];
      bool killed = kills_left_ > 0 && prng_.Below(1000) < per_1000_;
      if (killed) --kills_left_;
      killed |= kills_each_later_ && n == workers_;
      if (killed || deed == Deed::kKillItself) {
        end.death = Died("killed by SIGKILL");
        end.from_outside = true;
        return end;
      }
      end.death = DeathOf(process, deed, state);
      if (end.death) return end;
      RunResult result;
      result.outcome = outcomes_.Add(OutcomeOf(process, deed, state));
      result.writes.resize(1);
      end.results.push_back(result);
      if (may_skip && deed != Deed::kExceedRequests) {
        ran.insert(groups_[part[n]]);
      }
      process.next_dies = deed == Deed::kKillNext;
      process.next_hangs = deed == Deed::kHangNext;
      process.changed |= deed == Deed::kChangeLater || deed == Deed::kOddAlone;
      process.used = true;
      process.seven_dies |= deed == Deed::kKillOne;
      end.left = deed == Deed::kLeave && n + 1 < part.size();
      if (end.left) return end;
    }
    return end;
  }

  static std::optional<RecoveryOutcome> DeathOf(const Process& process,
                                                Deed deed, uint32_t state) {
    if (process.next_dies) return Died("killed by SIGBUS");
    if (process.next_hangs) {
      return RecoveryOutcome{RecoveryOutcome::kHung, "CPU", {}};
    }
    if (process.seven_dies && state == 7) return Died("killed by SIGILL");
    if (deed == Deed::kDie) return Died("killed by SIGSEGV");
    return std::nullopt;
  }

  static RecoveryOutcome OutcomeOf(const Process& process, Deed deed,
                                   uint32_t state) {
    const bool odd = deed == Deed::kOddAlone;
    if (odd && !process.used) return Observed(std::to_string(state) + "?");
    if (process.changed && !odd) return Observed(std::to_string(state) + "!");
    return Expected(deed == Deed::kExceedRequests ? deed : Deed::kWork, state);
  }

  std::vector<Deed> deeds_;
  std::vector<size_t> groups_;
  OutcomeTable outcomes_;
  Prng prng_{1};
  uint32_t per_1000_ = 0;
  uint64_t kills_left_ = 0;
  bool kills_each_later_ = false;
  std::vector<RunResult> results_;
  uint64_t unexplained_ = 0;
  uint64_t runs_ = 0;
  uint64_t workers_ = 0;
};

std::string TextOf(const std::vector<Deed>& deeds) {
  std::string text;
  for (const Deed deed : deeds) text += "wdxnhcokfl"[static_cast<int>(deed)];
  return text;
}

// Result `i` of the play is that of `state`.
void ExpectSecondRight(Deed deed, uint32_t state, const Play& play, size_t i) {
  const bool two = play.results()[i].second_outcome.has_value();
  EXPECT_EQ(two, deed == Deed::kChangeLater) << i;
  if (!two) return;
  EXPECT_TRUE(play.second_outcome(i) == Observed(std::to_string(state) + "!"))
      << i;
}

void ExpectAllRight(const std::vector<Deed>& deeds, const Play& play) {
  ASSERT_EQ(play.results().size(), deeds.size());
  for (uint32_t i = 0; i < deeds.size(); ++i) {
    EXPECT_EQ(play.outcome(i).detail, Expected(deeds[i], i).detail) << i;
    EXPECT_TRUE(play.outcome(i) == Expected(deeds[i], i)) << i;
    const bool died = play.outcome(i).kind == RecoveryOutcome::kDied;
    EXPECT_EQ(play.results()[i].writes.empty(), died) << i;
    ExpectSecondRight(deeds[i], i, play, i);
  }
}

std::vector<Deed> RandomDeeds(Prng& prng, bool change_later) {
  constexpr Deed kRare[] = {Deed::kDie,        Deed::kExceedRequests,
                            Deed::kKillNext,   Deed::kHangNext,
                            Deed::kKillItself, Deed::kLeave};
  const uint64_t rarity = 1 + prng.Below(20);
  std::vector<Deed> deeds(1 + prng.Below(40), Deed::kWork);
  for (Deed& deed : deeds) {
    if (prng.OneIn(rarity)) deed = kRare[prng.Below(std::size(kRare))];
  }
  for (int i = 0; i < 3 && change_later; ++i) {
    if (prng.OneIn(3)) deeds[prng.Below(deeds.size())] = Deed::kChangeLater;
  }
  return deeds;
}

TEST(BatchProgressTest, AWorkingBatchCostsOneRunMore) {
  Play play(std::vector<Deed>(100, Deed::kWork));
  play.Run();
  EXPECT_EQ(play.runs(), 101u);
  EXPECT_EQ(play.workers(), 1u);
}

TEST(BatchProgressTest, AnEmptyBatchIsDone) {
  OutcomeTable outcomes;
  EXPECT_TRUE(BatchProgress({}, outcomes).done());
}

// A state in which the user's code leaves runs alone, and those before it run
// again, with a canary.
TEST(BatchProgressTest, WhereTheUserCodeLeavesAnotherWorkerGoesOn) {
  std::vector<Deed> deeds(10, Deed::kWork);
  deeds[3] = deeds[4] = deeds[9] = Deed::kLeave;
  Play play(deeds);
  play.Run();
  ExpectAllRight(deeds, play);
  // 0 to 3 | 3 | 0 to 2, 0 | 4 | 5 to 9 | 9 | 5 to 8, 5
  EXPECT_EQ(play.runs(), 4u + 1 + 4 + 1 + 5 + 1 + 5);
  EXPECT_EQ(play.workers(), 7u);
  EXPECT_EQ(play.unexplained(), 0u);
  Play alone({Deed::kLeave});
  alone.RunAlone(0);
  ExpectAllRight({Deed::kLeave}, alone);
}

TEST(BatchProgressTest, EachStateComesToWhatItIs) {
  Prng prng(5);
  for (int i = 0; i < 3000; ++i) {
    const std::vector<Deed> deeds = RandomDeeds(prng, true);
    SCOPED_TRACE(TextOf(deeds));
    Play play(deeds);
    play.Run();
    ExpectAllRight(deeds, play);
    EXPECT_EQ(play.unexplained(), 0u);
    if (testing::Test::HasFailure()) return;
  }
}

// A state that was skipped has no outcome, and one of its group that stands
// before it has the outcome of both.
void ExpectRightOrSkipped(const std::vector<Deed>& deeds,
                          const std::vector<size_t>& groups, const Play& play) {
  ASSERT_EQ(play.results().size(), deeds.size());
  std::set<size_t> known;
  for (size_t i = 0; i < deeds.size(); ++i) {
    if (play.results()[i].skipped) {
      EXPECT_TRUE(known.contains(groups[i])) << i;
      continue;
    }
    known.insert(groups[i]);
    EXPECT_EQ(play.outcome(i).detail, Expected(deeds[i], i).detail) << i;
    EXPECT_TRUE(play.outcome(i) == Expected(deeds[i], i)) << i;
  }
}

// If runs are killed from outside, the deeds leave out damage that may show
// only at a canary, as below: where all states after a state are skipped, the
// canary is the next run. Few states change later outcomes, since only few are
// blamed for that in a batch.
TEST(BatchProgressTest, SkippedStatesChangeNoOutcome) {
  Prng prng(7);
  uint64_t skipped = 0;
  for (uint64_t i = 0; i < 3000; ++i) {
    const bool kills = i % 2 == 1;
    std::vector<Deed> of_group = RandomDeeds(prng, !kills);
    for (Deed& deed : of_group) {
      const bool late = deed == Deed::kKillNext || deed == Deed::kHangNext;
      if (kills && late) deed = Deed::kDie;
    }
    std::vector<Deed> deeds;
    std::vector<size_t> groups;
    size_t changes = 0;
    for (size_t n = 1 + prng.Below(60); n > 0; --n) {
      const size_t group = prng.Below(of_group.size());
      const Deed deed = of_group[group];
      if (deed == Deed::kChangeLater && ++changes > 3) continue;
      groups.push_back(group);
      deeds.push_back(deed);
    }
    SCOPED_TRACE(TextOf(deeds));
    Play play(deeds);
    play.set_groups(groups);
    if (kills) {
      play.set_kills(i, 1 + static_cast<uint32_t>(prng.Below(400)), 1000);
    }
    play.Run();
    ExpectRightOrSkipped(deeds, groups, play);
    for (const RunResult& result : play.results()) skipped += result.skipped;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(skipped, 10'000u);
}

// The deeds leave out damage that only a canary shows, since a worker that is
// killed all the time never comes to its canary.
TEST(BatchProgressTest, KillsChangeNothing) {
  Prng prng(6);
  for (uint64_t i = 0; i < 3000; ++i) {
    const std::vector<Deed> deeds = RandomDeeds(prng, false);
    SCOPED_TRACE(TextOf(deeds));
    Play play(deeds);
    // Between 1 and 400 of 1000 runs are killed.
    play.set_kills(i, 1 + static_cast<uint32_t>(prng.Below(400)), 1000);
    play.Run();
    ExpectAllRight(deeds, play);
    if (testing::Test::HasFailure()) return;
  }
}

// After few kills the batch runs from its beginning again, so that damage that
// shows late shows again.
TEST(BatchProgressTest, FewKillsLoseNoDamageThatShowsLate) {
  std::vector<Deed> deeds(20, Deed::kWork);
  deeds[3] = Deed::kChangeLater;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Play play(deeds);
    play.set_kills(seed, 50, 3);
    play.Run();
    ExpectAllRight(deeds, play);
  }
}

// Kills count only while they keep the batch where it is. However many there
// are, none that let it go on is blamed on a state or left unexplained.
TEST(BatchProgressTest, KillsThatLetABatchGoOnAreNeverBelieved) {
  const std::vector<Deed> deeds(3 * kKillsBelieved, Deed::kWork);
  Play play(deeds);
  play.kill_each_later();
  play.Run();
  ExpectAllRight(deeds, play);
  EXPECT_EQ(play.unexplained(), 0u);
  EXPECT_EQ(play.workers(), deeds.size() + 1);
}

TEST(BatchProgressTest, AStateThatCanBeRunIsNeverBelievedToKill) {
  Play play({Deed::kWork});
  play.set_kills(1, 1000, kKillsBelieved - 1 + 8);
  play.Run();
  EXPECT_TRUE(play.outcome(0) == Observed("0"));
  Play alone({Deed::kWork});
  alone.set_kills(1, 1000, kKillsBelieved - 1);
  alone.RunAlone(0);
  EXPECT_TRUE(alone.outcome(0) == Observed("0"));
  alone.set_kills(1, 1000, kKillsBelieved);
  alone.RunAlone(0);
  EXPECT_TRUE(alone.outcome(0) == Expected(Deed::kKillItself, 0));
}

TEST(BatchProgressTest, AloneIsTheSameAsInABatch) {
  const std::vector<Deed> deeds = {
      Deed::kWork,     Deed::kDie,         Deed::kExceedRequests,
      Deed::kKillNext, Deed::kHangNext,    Deed::kKillItself,
      Deed::kKillOne,  Deed::kChangeLater,
  };
  for (uint32_t i = 0; i < deeds.size(); ++i) {
    Play play(deeds);
    play.RunAlone(i);
    EXPECT_TRUE(play.outcome(0) == Expected(deeds[i], i)) << i;
    ExpectSecondRight(deeds[i], i, play, 0);
  }
}

// Which of the two runs of a suspect differs from its run in the batch does not
// matter: both outcomes are told.
TEST(BatchProgressTest, TheOddRunMayBeTheFirst) {
  std::vector<Deed> deeds(10, Deed::kWork);
  deeds[4] = Deed::kOddAlone;
  Play play(deeds);
  play.Run();
  ASSERT_TRUE(play.results()[4].second_outcome);
  EXPECT_TRUE(play.outcome(4) == Observed("4"));
  EXPECT_TRUE(play.second_outcome(4) == Observed("4?"));
  EXPECT_EQ(play.unexplained(), 0u);
}

// Damage that does not show when its state runs alone is blamed on no state,
// but counted.
TEST(BatchProgressTest, WhatCannotBeBlamedIsCounted) {
  std::vector<Deed> deeds(10, Deed::kWork);
  deeds[2] = Deed::kKillOne;
  Play play(deeds);
  play.Run();
  ExpectAllRight(deeds, play);
  EXPECT_EQ(play.unexplained(), 1u);
}

// A batch ends even if every state damages the process.
TEST(BatchProgressTest, NothingButDamageEnds) {
  for (const Deed deed : {Deed::kChangeLater, Deed::kKillNext, Deed::kDie}) {
    Play play(std::vector<Deed>(500, deed));
    play.Run();
    EXPECT_EQ(play.results().size(), 500u);
    EXPECT_LT(play.runs(), 40'000u);
  }
}

TEST(CulpritSearchTest, FindsTheLastAndAsksFew) {
  for (size_t end = 1; end < 70; ++end) {
    for (size_t from = 0; from < end; ++from) {
      for (size_t culprit = from; culprit < end; ++culprit) {
        CulpritSearch search(from, end);
        size_t asked = 0;
        size_t states = 0;
        while (const auto next = search.Next()) {
          ASSERT_TRUE(from <= *next && *next < end);
          search.Tell(*next <= culprit);
          ++asked;
          states += end - *next;
        }
        EXPECT_EQ(search.culprit(), culprit);
        EXPECT_LE(asked, 14u);
        EXPECT_LE(states, 10 * (end - culprit));
      }
      CulpritSearch search(from, end);
      while (search.Next()) search.Tell(false);
      EXPECT_EQ(search.culprit(), std::nullopt);
    }
  }
}

}  // namespace
}  // namespace powercut
