// Every word of the progress line, and when it shows the time left.

#include "harness/cli/terminal/progress_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace powercut {
namespace {

ProgressSample At(double elapsed_s, double share, uint64_t states = 0,
                  uint64_t runs = 0, uint64_t causes = 0) {
  return {elapsed_s, {runs, states, causes, share}};
}

TEST(ProgressTextTest, Line) {
  EXPECT_EQ(
      ProgressText(
          "a.pcut",
          {At(0, 0), At(15, 0.21, 6000, 150), At(30, 0.42, 12'000, 300, 2)}, 0),
      "a.pcut: 42 %, 12000 states (400/s), 300 runs (10/s), 2 causes, "
      "41 s left");
  EXPECT_EQ(ProgressText("a.pcut", {At(0, 0), At(2, 0.42, 10, 5, 1)}, 0),
            "a.pcut: 42 %, 10 states (5.0/s), 5 runs (2.5/s), 1 cause");
}

TEST(ProgressTextTest, WhatIsNotKnownIsNotSaid) {
  EXPECT_EQ(ProgressText("a", {At(0, 0), At(60, 0, 120, 60)}, 0),
            "a: 120 states (2.0/s), 60 runs (1.0/s), 0 causes");
  // One sample has no rate.
  EXPECT_EQ(ProgressText("a", {At(60, 0.5, 120, 60)}, 0),
            "a: 50 %, 120 states, 60 runs, 0 causes");
  EXPECT_EQ(ProgressText("a", {At(60, 0.5), At(60, 0.5)}, 0),
            "a: 50 %, 0 states, 0 runs, 0 causes");
}

TEST(ProgressTextTest, RatesAreThoseOfTheSamples) {
  // A fast beginning does not count once its sample is gone.
  EXPECT_EQ(ProgressText("a",
                         {At(100, 0.5, 1'000'000, 1000), At(105, 0.55),
                          At(110, 0.6, 1'000'100, 1020)},
                         0),
            "a: 60 %, 1000100 states (10/s), 1020 runs (2.0/s), 0 causes, "
            "40 s left");
}

TEST(ProgressTextTest, NotWholeBeforeTheEnd) {
  EXPECT_EQ(ProgressText("a", {At(0, 0), At(1, 0.9999)}, 0).substr(0, 7),
            "a: 99 %");
  EXPECT_EQ(ProgressText("a", {At(0, 0), At(4, 0.5), At(9, 1)}, 0),
            "a: 100 %, 0 states (0.0/s), 0 runs (0.0/s), 0 causes, 0 s left");
}

TEST(ProgressTextTest, TimeLeftOnceItMeansSomething) {
  // There is too little to tell.
  EXPECT_EQ(SecondsLeft({}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(100, 0.5)}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0), At(10, 0.5)}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0), At(2.5, 0.25), At(4.9, 0.5)}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0), At(30, 0.004), At(60, 0.009)}),
            std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0.5), At(30, 0.5), At(60, 0.5)}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0.5), At(15, 0.5 + 1e-9), At(30, 0.5 + 2e-9)}),
            std::nullopt);
  EXPECT_DOUBLE_EQ(SecondsLeft({At(0, 0), At(2.5, 0.125), At(5, 0.25)}).value(),
                   15);
  EXPECT_DOUBLE_EQ(SecondsLeft({At(0, 0), At(5, 0.5), At(10, 1)}).value(), 0);
  // The later half is extrapolated.
  EXPECT_DOUBLE_EQ(
      SecondsLeft({At(90, 0.25), At(95, 0.5), At(100, 0.625)}).value(), 15);
}

TEST(ProgressTextTest, NoTimeLeftWhileTheSpeedChanges) {
  EXPECT_EQ(SecondsLeft({At(0, 0), At(5, 0.5), At(10, 0.6)}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0), At(5, 0.1), At(10, 0.6)}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0), At(5, 0.5), At(10, 0.5)}), std::nullopt);
  EXPECT_EQ(SecondsLeft({At(0, 0), At(5, 0), At(10, 0.5)}), std::nullopt);
  // The sample in the middle decides, wherever the others are.
  EXPECT_EQ(SecondsLeft({At(0, 0), At(1, 0.4), At(5, 0.5), At(10, 0.6)}),
            std::nullopt);
  EXPECT_NE(SecondsLeft({At(0, 0), At(1, 0.05), At(5, 0.3), At(10, 0.6)}),
            std::nullopt);
}

TEST(ProgressTextTest, LongTimesInTheirUnits) {
  const auto left = [](double share) {
    const std::string text =
        ProgressText("a", {At(0, 0), At(15, share / 2), At(30, share)}, 0);
    return text.substr(text.rfind(", ") + 2);
  };
  EXPECT_EQ(left(0.5), "30 s left");
  EXPECT_EQ(left(0.25), "1 min 30 s left");
  EXPECT_EQ(left(0.0125), "39 min 30 s left");
  EXPECT_EQ(ProgressText("a", {At(0, 0), At(50, 0.005), At(100, 0.01)}, 0),
            "a: 1 %, 0 states (0.0/s), 0 runs (0.0/s), 0 causes, 2 h 45 min "
            "left");
}

TEST(ProgressTextTest, FitsIntoItsColumns) {
  const std::string file = "corpora/regressions/rename_replace.pcut";
  const std::vector<ProgressSample> samples = {At(0, 0), At(1, 0.5, 9, 9)};
  const std::string whole = ProgressText(file, samples, 0);
  EXPECT_EQ(ProgressText(file, samples, whole.size()), whole);
  for (size_t columns = 1; columns < whole.size(); ++columns) {
    EXPECT_LE(ProgressText(file, samples, columns).size(), columns);
  }
  EXPECT_EQ(ProgressText(file, samples, 70),
            "...name_replace.pcut: 50 %, 9 states (9.0/s), 9 runs (9.0/s), 0 "
            "causes");
  EXPECT_EQ(ProgressText(file, samples, 20), "50 %, 9 states (9.0/");
}

}  // namespace
}  // namespace powercut
