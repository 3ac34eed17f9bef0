// powercut with GoogleTest: in the body of the loop, EXPECT_ and ASSERT_ say
// what is wrong with a state.
//
//     TEST(MyLog, SurvivesCrashes) {
//       powercut::World world;
//       ...
//       for (powercut::State& state : powercut::ExpectAll(world)) {
//         Log log(state);
//         if (state.must_have(1)) EXPECT_EQ(log.record(1), "first");
//       }
//     }
//
// Each assertion that fails in some state is one failure of the test, with the
// simplest such state: what was lost, and a line that replays this state alone.
// An ASSERT_ ends the state, and the exploration goes on with the next one; in
// this process (PC_IN_PROCESS) it ends the exploration. The numbers of states
// and runs become properties of the test.

#ifndef POWERCUT_GTEST_HPP_
#define POWERCUT_GTEST_HPP_

#include <gtest/gtest-matchers.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <powercut/powercut.hpp>

namespace powercut::inline v0 {

// Says of the state that an assertion failed there. The number at the end of
// the cause tells assertions of one file apart.
inline void SayPart(pc_states* states, const ::testing::TestPartResult& part) {
  if (!part.failed()) return;
  const std::string file = part.file_name() == nullptr ? "" : part.file_name();
  const auto line = static_cast<uint32_t>(std::max(part.line_number(), 0));
  const std::string cause = "assertion:" + file.substr(file.rfind('/') + 1) +
                            ":" + std::to_string(line);
  pc_violation(states, cause.c_str(), part.message(), file.c_str(), line);
}

// Takes the failures of assertions while it lives, of this thread and of all
// others, in the place of GoogleTest.
class TakenFailures {
 public:
  TakenFailures()
      : all_(Reporter::INTERCEPT_ALL_THREADS, &of_others_),
        own_(Reporter::INTERCEPT_ONLY_CURRENT_THREAD, &of_this_) {}
  TakenFailures(const TakenFailures&) = delete;
  TakenFailures& operator=(const TakenFailures&) = delete;

  // Says of the state that each of them is wrong there.
  void SayOf(pc_states* states) const {
    for (const auto* results : {&of_this_, &of_others_}) {
      for (int i = 0; i < results->size(); ++i) {
        SayPart(states, results->GetTestPartResult(i));
      }
    }
  }

 private:
  using Reporter = ::testing::ScopedFakeTestPartResultReporter;
  ::testing::TestPartResultArray of_this_;
  ::testing::TestPartResultArray of_others_;
  Reporter all_;
  Reporter own_;
};

// What ExpectAll() returns: a range of State, to be walked once.
class ExpectedStates {
 public:
  ExpectedStates(States states, bool replay)
      : states_(std::move(states)), replay_(replay) {}
  ExpectedStates(const ExpectedStates&) = delete;
  ExpectedStates& operator=(const ExpectedStates&) = delete;
  // The loop was left early, or is over.
  ~ExpectedStates() {
    TakeFailures();
    // In a worker this does not return.
    states_.stop();
    if (!over_) Report();
  }

  class Iterator {
   public:
    explicit Iterator(ExpectedStates& all) : all_(all), at_(all.First()) {
      all_.Intercept();
    }
    Iterator(const Iterator&) = delete;
    Iterator& operator=(const Iterator&) = delete;
    // The iterator of the states, which is destroyed after this, ends the
    // state.
    ~Iterator() { all_.TakeFailures(); }
    State& operator*() const { return *at_; }
    Iterator& operator++() {
      all_.TakeFailures();
      ++at_;
      all_.Intercept();
      return *this;
    }
    bool operator!=(States::End end) {
      if (at_ != end) return true;
      all_.Over();
      return false;
    }

   private:
    ExpectedStates& all_;
    States::Iterator at_;
  };
  Iterator begin() { return Iterator(*this); }
  States::End end() const { return {}; }

 private:
  States::Iterator First() { return states_.begin(); }
  // Assertions are about the state from here on. A state that is replayed in
  // this process fails the test where it fails, so that a debugger can stop
  // there, and is said to be wrong, too.
  void Intercept() {
    if (replay_ && getpid() == pid_) {
      parts_before_ = PartsOfTest();
    } else {
      failures_ = std::make_unique<TakenFailures>();
    }
  }
  void TakeFailures() {
    if (failures_ == nullptr) return SayOfNewParts();
    failures_->SayOf(states_.get());
    failures_.reset();
  }
  static const ::testing::TestResult* ResultOfTest() {
    const ::testing::TestInfo* const test =
        ::testing::UnitTest::GetInstance()->current_test_info();
    return test == nullptr ? nullptr : test->result();
  }
  static int PartsOfTest() {
    const ::testing::TestResult* const result = ResultOfTest();
    return result == nullptr ? 0 : result->total_part_count();
  }
  void SayOfNewParts() {
    for (int i = parts_before_; i < PartsOfTest(); ++i) {
      SayPart(states_.get(), ResultOfTest()->GetTestPartResult(i));
    }
    parts_before_ = PartsOfTest();
  }
  void Over() {
    TakeFailures();
    Report();
  }
  struct Place {
    const char* file;
    int line;
  };
  // Where a finding was said; the test itself if nobody said it, as when the
  // recovery died.
  static Place PlaceOf(const Finding& finding,
                       const ::testing::TestInfo* test) {
    if (!finding.file.empty()) {
      return {finding.file.c_str(), static_cast<int>(finding.line)};
    }
    if (test == nullptr) return {"powercut", 0};
    return {test->file(), test->line()};
  }
  void Report() {
    over_ = true;
    const pc_counts counts = states_.counts();
    ::testing::Test::RecordProperty("powercut_states",
                                    std::to_string(counts.states));
    ::testing::Test::RecordProperty("powercut_runs",
                                    std::to_string(counts.runs));
    ::testing::Test::RecordProperty("powercut_space_log2",
                                    std::to_string(counts.space_log2));
    const pc_verdict verdict = states_.verdict();
    const char* const words[] = {"holds", "violation", "unknown", "error"};
    ::testing::Test::RecordProperty("powercut_verdict", words[verdict]);
    // A test that ends too early to tell does not fail, and does not keep it to
    // itself.
    if (verdict == PC_UNKNOWN) {
      std::fprintf(stderr, "powercut: %s", states_.report().c_str());
    }
    if (replay_) {
      const bool wrong = verdict == PC_VIOLATES || verdict == PC_FAILED;
      if (wrong) ADD_FAILURE() << states_.report();
      return;
    }
    const ::testing::TestInfo* const test =
        ::testing::UnitTest::GetInstance()->current_test_info();
    const std::string filter =
        test == nullptr ? ""
                        : std::string("  rerun     --gtest_filter=") +
                              test->test_suite_name() + "." + test->name() +
                              " with POWERCUT_AT=";
    const std::vector<Finding> findings = states_.findings();
    for (const Finding& finding : findings) {
      const Place place = PlaceOf(finding, test);
      ADD_FAILURE_AT(place.file, place.line)
          << finding.text
          << (finding.id.empty() || filter.empty() ? "" : filter + finding.id);
    }
    const bool untold = verdict == PC_VIOLATES && findings.empty();
    if (untold || verdict == PC_FAILED) ADD_FAILURE() << states_.report();
  }

  States states_;
  bool replay_;
  bool over_ = false;
  // Replays of crashes during a recovery run in workers.
  pid_t pid_ = getpid();
  // How many failures and successes the test had before the state.
  int parts_before_ = 0;
  std::unique_ptr<TakenFailures> failures_;
};

// Explores the crashes of a world; assertions in the loop's body are about the
// state.
inline ExpectedStates ExpectAll(World& world, const Explore& options = {}) {
  const bool replay =
      !options.at.empty() || std::getenv("POWERCUT_AT") != nullptr;
  return ExpectedStates(world.explore(options), replay);
}

// What a body for HoldsAndAudited() is.
using LookAtState = std::function<void(State&)>;

// Matches a world whose every crash `look` accepts, and every sync of which is
// needed, redundant or one of a group: a sync that the test cannot see is a
// failure. Assertions in `look` count.
//
//     EXPECT_THAT(world, powercut::HoldsAndAudited([](powercut::State& state) {
//       EXPECT_TRUE(Recovers(state));
//     }));
class HoldsAndAudited {
 public:
  using is_gtest_matcher = void;

  explicit HoldsAndAudited(LookAtState look, Explore options = {})
      : look_(std::move(look)), options_(std::move(options)) {
    options_.audit = true;
  }

  bool MatchAndExplain(const World& world, std::ostream* listener) const {
    States states = world.explore(options_);
    for (State& state : states) {
      const TakenFailures failures;
      look_(state);
      failures.SayOf(states.get());
    }
    if (listener != nullptr) *listener << "\n" << states.report();
    bool seen = true;
    for (const Audited& sync : states.audit()) {
      seen = seen && sync.need != PC_UNSEEN;
    }
    return states.holds() && seen;
  }
  void DescribeTo(std::ostream* out) const {
    *out << "holds in every crash state, with no sync that the test cannot see";
  }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "does not hold, or has a sync that the test cannot see";
  }

 private:
  LookAtState look_;
  Explore options_;
};

}  // namespace powercut::inline v0

#endif  // POWERCUT_GTEST_HPP_
