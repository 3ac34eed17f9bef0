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
// An ASSERT_ ends the state, and the exploration goes on with the next one. The
// numbers of states and runs become properties of the test.

#ifndef POWERCUT_GTEST_HPP_
#define POWERCUT_GTEST_HPP_

#include <gtest/gtest-matchers.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <powercut/powercut.hpp>

namespace powercut::inline v0 {

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
  using Reporter = ::testing::ScopedFakeTestPartResultReporter;

  States::Iterator First() { return states_.begin(); }
  // Assertions go to `failures_` from here on. A state that is replayed is one
  // state in this process: its assertions are those of the test.
  void Intercept() {
    if (replay_) return;
    failures_ = std::make_unique<::testing::TestPartResultArray>();
    reporter_.emplace(Reporter::INTERCEPT_ALL_THREADS, failures_.get());
  }
  void TakeFailures() {
    if (!reporter_) return;
    reporter_.reset();
    for (int i = 0; i < failures_->size(); ++i) {
      const ::testing::TestPartResult& failed = failures_->GetTestPartResult(i);
      if (!failed.failed()) continue;
      std::string file =
          failed.file_name() == nullptr ? "" : failed.file_name();
      const std::string name = file.substr(file.rfind('/') + 1);
      const auto line =
          static_cast<uint32_t>(std::max(failed.line_number(), 0));
      // The number at the end tells assertions of one file apart.
      const std::string cause =
          "assertion:" + name + ":" + std::to_string(line);
      pc_violation(states_.get(), cause.c_str(), failed.message(), file.c_str(),
                   line);
    }
    failures_.reset();
  }
  void Over() {
    TakeFailures();
    Report();
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
    if (replay_) return;
    const ::testing::TestInfo* const test =
        ::testing::UnitTest::GetInstance()->current_test_info();
    const std::string filter =
        test == nullptr ? ""
                        : std::string("  rerun     --gtest_filter=") +
                              test->test_suite_name() + "." + test->name() +
                              " with POWERCUT_AT=";
    for (const Finding& finding : states_.findings()) {
      ADD_FAILURE_AT(finding.file.empty() ? "powercut" : finding.file.c_str(),
                     static_cast<int>(finding.line))
          << finding.text
          << (finding.id.empty() || filter.empty() ? "" : filter + finding.id);
    }
    if (verdict == PC_FAILED) ADD_FAILURE() << states_.report();
  }

  States states_;
  bool replay_;
  bool over_ = false;
  std::unique_ptr<::testing::TestPartResultArray> failures_;
  std::optional<Reporter> reporter_;
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
      ::testing::TestPartResultArray failures;
      {
        const ::testing::ScopedFakeTestPartResultReporter reporter(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS,
            &failures);
        look_(state);
      }
      for (int i = 0; i < failures.size(); ++i) {
        const auto& failed = failures.GetTestPartResult(i);
        if (!failed.failed()) continue;
        state.violation("assertion:" + std::to_string(failed.line_number()),
                        failed.message());
      }
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
