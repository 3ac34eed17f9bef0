// Tests that what a process tells of its part of an exploration arrives whole:
// every field of a random summary, each with a number of its own, although the
// two processes number outcomes differently.

#include "harness/explore/subwalk_summary.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "harness/base/prng.h"
#include "tests/harness/cache/content_backend.h"

namespace powercut {
namespace {

// Draws values that are hardly ever equal.
class Draw {
 public:
  explicit Draw(uint64_t seed) : prng_(seed) {}

  uint32_t Number() { return static_cast<uint32_t>(prng_.Below(1u << 30)) + 1; }
  bool Coin() { return prng_.OneIn(2); }
  std::string Text() {
    // Some texts are empty, and some hold any byte.
    std::string text(prng_.Below(5), '\0');
    for (char& c : text) c = static_cast<char>(prng_.Below(256));
    return text;
  }
  CrashKind Kind() { return kCrashKinds[prng_.Below(kCrashKinds.size())]; }
  CrashState State() {
    CrashState state{Number(),
                     Number(),
                     Kind(),
                     Coin() ? CrashState::kNewest : CrashState::kFloor,
                     {}};
    Slot slot = 0;
    for (uint64_t n = prng_.Below(3); n > 0; --n) {
      slot += Number() % 1000 + 1;
      state.choices.push_back({slot, Number(), {}, 0});
      if (Coin()) continue;
      state.choices.back().torn = {Number(), Number()};
      state.choices.back().under = Number();
    }
    return state;
  }
  OutcomeId Outcome(OutcomeTable& outcomes) {
    RecoveryOutcome outcome;
    outcome.observation.device = std::to_string(Number());
    return outcomes.Add(std::move(outcome));
  }
  CauseSummary Cause(OutcomeTable& outcomes) {
    CauseSummary cause;
    cause.count = Number();
    for (uint64_t n = prng_.Below(3); n > 0; --n) {
      cause.states.push_back({Kind(), Number(), Number(), Text(), Text()});
    }
    cause.shown.state = State();
    cause.shown.history = Number();
    cause.shown.outcome = Outcome(outcomes);
    cause.lost_blocks = Number();
    Violation& violation = cause.violation;
    violation.kind = Coin() ? ViolationKind::kCheck : ViolationKind::kGhost;
    violation.cause = Text();
    violation.path = Text();
    violation.op = Number();
    violation.op_returned = Coin();
    violation.promise.effect_op = Number();
    if (Coin()) violation.promise.flush_op = Number();
    violation.admissible = Text();
    violation.found = Text();
    return cause;
  }
  SubwalkSummary Summary(OutcomeTable& outcomes) {
    SubwalkSummary summary;
    summary.states = Number();
    for (uint64_t n = prng_.Below(3); n > 0; --n) {
      summary.faults_fired.push_back(Number());
    }
    RunCounts& counts = summary.counts;
    counts.recoveries = {Number(), Number(), Number(), Number(), 0};
    counts.reordered_runs = Number();
    counts.evicted = Number();
    for (uint64_t n = prng_.Below(3); n > 0; --n) {
      counts.run_keys.push_back({Number(), Number()});
    }
    if (Coin()) {
      counts.contradiction = {State(), Outcome(outcomes), Outcome(outcomes)};
    }
    summary.unexplained_deaths = Number();
    for (uint64_t n = prng_.Below(3); n > 0; --n) {
      summary.causes.push_back(Cause(outcomes));
    }
    summary.finished = Coin();
    summary.bound = Text();
    if (Coin()) summary.not_run = Outcome(outcomes);
    return summary;
  }

 private:
  Prng prng_;
};

// Compares what two processes know, with the outcomes that they mean.
class Same {
 public:
  Same(const OutcomeTable& a, const OutcomeTable& b) : a_(a), b_(b) {}

  void Summaries(const SubwalkSummary& a, const SubwalkSummary& b) const {
    EXPECT_EQ(a.states, b.states);
    EXPECT_EQ(a.faults_fired, b.faults_fired);
    const RecoveryCounts& of_a = a.counts.recoveries;
    const RecoveryCounts& of_b = b.counts.recoveries;
    EXPECT_EQ(of_a.needed, of_b.needed);
    EXPECT_EQ(of_a.repeated, of_b.repeated);
    EXPECT_EQ(of_a.canaries, of_b.canaries);
    EXPECT_EQ(of_a.doublechecks, of_b.doublechecks);
    EXPECT_EQ(a.counts.reordered_runs, b.counts.reordered_runs);
    EXPECT_EQ(a.counts.evicted, b.counts.evicted);
    EXPECT_TRUE(a.counts.run_keys == b.counts.run_keys);
    const auto& one = a.counts.contradiction;
    const auto& other = b.counts.contradiction;
    ASSERT_EQ(one.has_value(), other.has_value());
    if (one) {
      EXPECT_EQ(one->state, other->state);
      Outcomes(one->earlier, other->earlier);
      Outcomes(one->later, other->later);
    }
    EXPECT_EQ(a.unexplained_deaths, b.unexplained_deaths);
    ASSERT_EQ(a.causes.size(), b.causes.size());
    for (size_t i = 0; i < a.causes.size(); ++i)
      Causes(a.causes[i], b.causes[i]);
    EXPECT_EQ(a.finished, b.finished);
    EXPECT_EQ(a.bound, b.bound);
    ASSERT_EQ(a.not_run.has_value(), b.not_run.has_value());
    if (a.not_run) Outcomes(*a.not_run, *b.not_run);
  }

 private:
  void Outcomes(OutcomeId a, OutcomeId b) const { EXPECT_TRUE(a_[a] == b_[b]); }
  void Causes(const CauseSummary& a, const CauseSummary& b) const {
    EXPECT_EQ(a.count, b.count);
    EXPECT_TRUE(a.states == b.states);
    EXPECT_EQ(a.shown.state, b.shown.state);
    EXPECT_EQ(a.shown.history, b.shown.history);
    Outcomes(a.shown.outcome, b.shown.outcome);
    EXPECT_EQ(a.lost_blocks, b.lost_blocks);
    EXPECT_EQ(a.violation, b.violation);
    EXPECT_EQ(a.violation.op_returned, b.violation.op_returned);
    EXPECT_EQ(a.violation.promise.effect_op, b.violation.promise.effect_op);
    EXPECT_EQ(a.violation.promise.flush_op, b.violation.promise.flush_op);
  }

  const OutcomeTable& a_;
  const OutcomeTable& b_;
};

class SubwalkSummaryTest : public testing::Test {
 protected:
  SubwalkSummaryTest()
      : trace_(kContentGeometry, std::make_shared<const SparseImage>(
                                     kContentGeometry.size_bytes())),
        space_(trace_, kContentGeometry.sector_bytes),
        pool_(backend_, space_, {}) {}

  ContentBackend backend_;
  Trace trace_;
  CrashSpace space_;
  WorkerPool pool_;
};

TEST_F(SubwalkSummaryTest, EveryFieldArrives) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    OutcomeTable outcomes;
    const SubwalkSummary told = Draw(seed).Summary(outcomes);
    const std::string bytes = EncodeSubwalkSummary(told, outcomes);
    const auto heard = DecodeSubwalkSummary(bytes, pool_);
    ASSERT_TRUE(heard);
    Same(outcomes, pool_.outcomes()).Summaries(told, *heard);
  }
}

TEST_F(SubwalkSummaryTest, DamagedBytesAreRefused) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    OutcomeTable outcomes;
    const std::string bytes =
        EncodeSubwalkSummary(Draw(seed).Summary(outcomes), outcomes);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(DecodeSubwalkSummary(bytes.substr(0, size), pool_)) << size;
    }
    EXPECT_FALSE(DecodeSubwalkSummary(bytes + '\0', pool_));
  }
}

}  // namespace
}  // namespace powercut
