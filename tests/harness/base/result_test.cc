// Result: a value or an error, with the two macros that pass errors on.

#include "harness/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace powercut {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kBadInput, "odd"};
  return number / 2;
}

TEST(Result, HoldsAValue) {
  Result<int> result = 7;
  EXPECT_TRUE(result.has_value());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result.value(), 7);
  *result = 8;
  EXPECT_EQ(std::as_const(result).value(), 8);
  EXPECT_EQ(*std::as_const(result), 8);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = Error{ErrorCode::kIo, "no disk"};
  EXPECT_FALSE(result.has_value());
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_EQ(result.error().message, "no disk");
}

TEST(Result, ReachesMembers) {
  Result<std::string> result = std::string("abc");
  EXPECT_EQ(result->size(), 3u);
  result->push_back('d');
  EXPECT_EQ(std::as_const(result)->size(), 4u);
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  Result<std::unique_ptr<int>> moved = std::move(result);
  const std::unique_ptr<int> taken = *std::move(moved);
  EXPECT_EQ(*taken, 5);
  Result<std::unique_ptr<int>> other = std::make_unique<int>(6);
  EXPECT_EQ(*std::move(other).value(), 6);
}

TEST(Result, CanBeAssignedEitherWay) {
  Result<int> result = 1;
  result = Error{ErrorCode::kUsage, "now an error"};
  EXPECT_FALSE(result);
  result = 2;
  EXPECT_EQ(*result, 2);
  Result<int> copy = result;
  *copy = 3;
  EXPECT_EQ(*result, 2);
}

// A result is true if it has a value, whatever the value is.
TEST(Result, ABoolResultIsTrueForHavingAValue) {
  const Result<bool> result = false;
  EXPECT_TRUE(result);
  EXPECT_FALSE(*result);
}

Status CheckEven(int number, int& calls) {
  ++calls;
  POWERCUT_TRY(Half(number));
  return Ok{};
}

TEST(ResultMacros, TryPassesErrorsOnAndRunsItsExpressionOnce) {
  int calls = 0;
  EXPECT_TRUE(CheckEven(4, calls));
  const Status odd = CheckEven(3, calls);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(odd.error().message, "odd");
  EXPECT_EQ(calls, 2);
}

Result<std::string> EighthAsText(int number, int& halvings) {
  const auto halve = [&](int n) {
    ++halvings;
    return Half(n);
  };
  POWERCUT_ASSIGN(const int half, halve(number));
  POWERCUT_ASSIGN(int quarter, halve(half));
  if (number > 0) {
    POWERCUT_ASSIGN(quarter, halve(quarter));
  }
  return std::to_string(quarter);
}

TEST(ResultMacros, AssignDeclaresAndAssigns) {
  int halvings = 0;
  const Result<std::string> eighth = EighthAsText(24, halvings);
  ASSERT_TRUE(eighth);
  EXPECT_EQ(*eighth, "3");
  EXPECT_EQ(halvings, 3);
  for (const int number : {1, 2, 4, 12}) {
    EXPECT_FALSE(EighthAsText(number, halvings)) << number;
  }
  EXPECT_EQ(halvings, 3 + 1 + 2 + 3 + 3);
}

Result<std::unique_ptr<int>> Passed(Result<std::unique_ptr<int>> result) {
  POWERCUT_ASSIGN(std::unique_ptr<int> pointer, std::move(result));
  return pointer;
}

TEST(ResultMacros, AssignMoves) {
  EXPECT_EQ(**Passed(std::make_unique<int>(4)), 4);
  EXPECT_FALSE(Passed(Error{}));
}

TEST(ResultDeathTest, TakingWhatIsNotThereAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Result<int> bad = Error{ErrorCode::kIo, ""};
  const Result<int> good = 1;
  EXPECT_DEATH(bad.value(), "internal check failed: has_value\\(\\)");
  EXPECT_DEATH(*bad = 1, "internal check failed");
  EXPECT_DEATH(static_cast<void>(good.error()), "internal check failed");
}

}  // namespace
}  // namespace powercut
