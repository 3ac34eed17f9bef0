// Tests what a batch keeps of a state that is blamed for the changed outcome of
// the canary: the state runs alone, twice, and what comes of that is held
// against what the batch saw of it.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "harness/worker/batch_progress.h"

namespace powercut {
namespace {

RecoveryOutcome Observed(const std::string& what) {
  RecoveryOutcome outcome;
  outcome.observation.device = what;
  return outcome;
}

// What a worker showed of state 1, which stands between 0 and 2: in the batch
// (empty if the worker skipped it), and in the two runs of it alone.
struct Case {
  std::string in_batch;
  std::string first;
  std::string second;
  // What the result is to hold; `also` is empty if there is one outcome only.
  std::string outcome;
  std::string also;
  uint64_t unexplained = 0;
};

class Play {
 public:
  explicit Play(const Case& shown) : shown_(shown) {}

  // Every process in which state 1 ran shows another canary.
  BatchProgress Run() {
    Batch batch;
    for (uint32_t i = 0; i < 3; ++i) {
      batch.push_back({i, 0, CrashKind::kPower, CrashState::kNewest, {}});
    }
    BatchProgress progress(batch, outcomes, BatchRuns::kUndecided);
    while (!progress.done()) progress.Take(EndOf(progress.Next()));
    return progress;
  }

  OutcomeTable outcomes;

 private:
  WorkerEnd EndOf(const BatchPart& part) {
    WorkerEnd end;
    bool changed = false;
    for (size_t n = 0; n < part.size(); ++n) {
      RunResult& result = end.results.emplace_back();
      std::string shows = std::to_string(part[n]) + (changed ? "!" : "");
      if (part[n] == 1) {
        const bool alone = part.size() == 2 && part.from == 1;
        shows = !alone   ? shown_.in_batch
                : n == 0 ? shown_.first
                         : shown_.second;
        result.skipped = shows.empty() && part.runs == BatchRuns::kUndecided;
        changed = true;
      }
      if (!result.skipped) result.outcome = outcomes.Add(Observed(shows));
    }
    return end;
  }

  const Case& shown_;
};

TEST(BatchBlameTest, ABlamedStateKeepsWhatItShowed) {
  const Case cases[] = {
      // The outcome of the batch stays the first one.
      {"a", "a", "b", "a", "b"},
      {"a", "b", "a", "a", "b"},
      {"a", "b", "c", "a", "b"},
      // Alone the state is steady, so that nothing explains the canary.
      {"a", "a", "a", "a", "", 1},
      // A state that was skipped has what it showed alone.
      {"", "a", "b", "a", "b"},
  };
  for (const Case& shown : cases) {
    SCOPED_TRACE(shown.in_batch + "/" + shown.first + "/" + shown.second);
    Play play(shown);
    BatchProgress progress = play.Run();
    const RunResult& result = progress.results()[1];
    EXPECT_FALSE(result.skipped);
    EXPECT_TRUE(play.outcomes[result.outcome] == Observed(shown.outcome));
    ASSERT_EQ(result.second_outcome.has_value(), !shown.also.empty());
    if (result.second_outcome) {
      EXPECT_TRUE(play.outcomes[*result.second_outcome] ==
                  Observed(shown.also));
    }
    EXPECT_EQ(progress.unexplained(), shown.unexplained);
    // The others have what they show where state 1 did not run before.
    EXPECT_TRUE(play.outcomes[progress.results()[0].outcome] == Observed("0"));
    if (shown.also.empty()) continue;
    EXPECT_TRUE(play.outcomes[progress.results()[2].outcome] == Observed("2"));
  }
}

}  // namespace
}  // namespace powercut
