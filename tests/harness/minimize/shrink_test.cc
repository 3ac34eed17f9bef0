// Tests shrinking with conditions that are made up for the test.

#include "harness/minimize/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/minimize/cause_check.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Pcut MustParsePcut(const std::string& text) {
  auto pcut = ParsePcut(text, "test.pcut");
  EXPECT_TRUE(pcut) << (pcut ? "" : pcut.error().message);
  return pcut ? *pcut : Pcut{};
}

std::string CreateLines(size_t first, size_t count) {
  std::string text;
  for (size_t i = first; i < first + count; ++i) {
    text += "create /" + std::to_string(i) + "\n";
  }
  return text;
}

// `count` ops, each with a name of its own, a third of them in `init`.
Pcut ManyOps(size_t count) {
  const size_t init = count / 3;
  return MustParsePcut("powercut 1\ninit\n" + CreateLines(0, init) + "run\n" +
                       CreateLines(init, count - init));
}

std::set<std::string> NamesIn(const Pcut& pcut) {
  std::set<std::string> names;
  for (const Statement& statement : pcut.statements) {
    if (statement.kind == Statement::kOp) names.insert(statement.op.names[0]);
  }
  return names;
}

Pcut ShrinkWhile(const Pcut& pcut,
                 const std::function<bool(const Pcut&)>& holds,
                 std::vector<uint64_t> round_sizes = {512, 4096}) {
  ShrinkRules rules;
  rules.keep = [&](const Pcut& candidate) {
    return holds(candidate) ? std::optional(candidate) : std::nullopt;
  };
  rules.round_sizes = std::move(round_sizes);
  return ShrinkWorkload(pcut, rules);
}

TEST(ShrinkTest, KeepsJustWhatIsNeeded) {
  Prng prng(1);
  for (size_t count = 0; count < 60; ++count) {
    const Pcut given = ManyOps(count);
    std::set<std::string> needed;
    for (const std::string& name : NamesIn(given)) {
      if (prng.Below(4) == 0) needed.insert(name);
    }
    const auto holds = [&](const Pcut& pcut) {
      const auto names = NamesIn(pcut);
      return std::includes(names.begin(), names.end(), needed.begin(),
                           needed.end());
    };
    EXPECT_EQ(NamesIn(ShrinkWhile(given, holds)), needed);
  }
}

// The conditions hold for some sets of ops and not for others, and are not
// monotonic. Whatever is left, no single op can go.
TEST(ShrinkTest, NoSingleOpCanGo) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Pcut given = ManyOps(3 + seed % 12);
    const auto holds = [&](const Pcut& pcut) {
      const auto names = NamesIn(pcut);
      if (names.size() == NamesIn(given).size()) return true;
      uint64_t hash = seed + 1;
      for (const std::string& name : names) {
        hash = Prng(hash * 31 + std::stoull(name.substr(1))).Below(1 << 30);
      }
      return hash % 5 == 0;
    };
    const Pcut left = ShrinkWhile(given, holds);
    EXPECT_TRUE(holds(left));
    for (uint32_t number = 1; number <= CountOps(left); ++number) {
      EXPECT_FALSE(holds(WithoutStatement(left, PlaceOfOp(left, number))))
          << seed << ", op " << number << " of\n"
          << PrintPcut(left);
    }
  }
}

// An op that keep() leaves out on its own stays away.
TEST(ShrinkTest, MoreCanGoThanWasAskedFor) {
  const Pcut given = MustParsePcut(
      "powercut 1\nrun\ncreate /a\ncreate /b\nwrite /a 0 0\nwrite /a 0 1\n"
      "fsync /b\n");
  ShrinkRules rules;
  rules.keep = [](const Pcut& candidate) -> std::optional<Pcut> {
    Pcut left = WithoutOrphans(candidate);
    const auto names = NamesIn(left);
    if (!names.contains("/b")) return std::nullopt;
    // A file whose create is gone cannot be written.
    const Statement& first = left.statements[PlaceOfOp(left, 1)];
    if (first.op.names[0] != "/a") {
      std::erase_if(left.statements, [](const Statement& statement) {
        return statement.kind == Statement::kOp &&
               statement.op.names[0] == "/a";
      });
    }
    return left;
  };
  EXPECT_EQ(NamesIn(ShrinkWorkload(given, rules)), std::set<std::string>{"/b"});
}

TEST(ShrinkTest, NumbersGetSmallAndRound) {
  const Pcut given = MustParsePcut(
      "powercut 1\nrun\n  write /a 5000 12345\n  truncate /a 77\n"
      "  chmod /a 644\n  start 7 append /a 3\n  wait 7\n");
  const auto holds = [&](const Pcut& pcut) {
    if (CountOps(pcut) != 5) return false;
    const auto numbers = [&](uint32_t op) {
      return pcut.statements[PlaceOfOp(pcut, op)].op.numbers;
    };
    return numbers(1)[0] >= 4100 && numbers(1)[1] >= 700 && numbers(4)[0] >= 2;
  };
  EXPECT_EQ(PrintPcut(ShrinkWhile(given, holds)),
            "powercut 1\nrun\n  write    /a 4608 1024\n  truncate /a 0\n"
            "  chmod    /a 644\n  start    7 append /a 3\n  wait     7\n");
}

TEST(ShrinkTest, SmallerNumbersAreSmallerAndAscend) {
  EXPECT_THAT(SmallerNumbers(0, {512}), IsEmpty());
  EXPECT_THAT(SmallerNumbers(1, {512}), ElementsAre(0));
  EXPECT_THAT(SmallerNumbers(17, {512}), ElementsAre(0, 1, 8, 16));
  EXPECT_THAT(SmallerNumbers(5000, {512, 4096}),
              ElementsAre(0, 1, 16, 512, 2500, 4096, 4608, 4992));
}

TEST(ShrinkTest, OutcomesGoAsOpsDo) {
  const Pcut given = MustParsePcut(
      "powercut 1\nrun\n  create /a\nforbid  exists /a\nforbid  missing /a\n"
      "allow   exists /a\n");
  const auto holds = [](const Pcut& pcut) {
    return PrintPcut(pcut).find("forbid  missing") != std::string::npos;
  };
  EXPECT_EQ(PrintPcut(ShrinkWhile(given, holds)),
            "powercut 1\nrun\nforbid  missing /a\n");
}

TEST(ShrinkTest, StopsWithTheSmallestSoFar) {
  const Pcut given = ManyOps(40);
  size_t tries = 0;
  bool last_answer = true;
  ShrinkRules rules;
  Pcut smallest = given;
  rules.keep = [&](const Pcut& candidate) -> std::optional<Pcut> {
    EXPECT_LE(++tries, 9u);
    last_answer = CountOps(candidate) >= 5;
    if (!last_answer) return std::nullopt;
    smallest = candidate;
    return candidate;
  };
  rules.stop = [&] { return tries == 9; };
  EXPECT_EQ(ShrinkWorkload(given, rules), smallest);
  EXPECT_LT(CountOps(smallest), 40u);
}

// With a number, the op itself and those behind it may go.
TEST(ShrinkTest, OpsMayGoWithANumberOfTheirs) {
  for (const size_t left : {0u, 1u, 2u}) {
    const Pcut pcut = MustParsePcut(
        "powercut 1\nrun\n  create /a\n  create /b\n  write /a 0 100\n");
    ShrinkRules rules;
    rules.keep = [&](const Pcut& candidate) -> std::optional<Pcut> {
      if (CountOps(candidate) < 3) return std::nullopt;
      const Op& write = candidate.statements[PlaceOfOp(candidate, 3)].op;
      if (write.numbers[1] == 100) return std::nullopt;
      Pcut kept = candidate;
      while (CountOps(kept) > left) {
        kept = WithoutStatement(kept, PlaceOfOp(kept, 1));
      }
      return kept;
    };
    EXPECT_EQ(CountOps(ShrinkWorkload(pcut, rules)), left);
  }
}

TEST(ShrinkTest, FaultsInFrontAreNoOps) {
  const Pcut pcut = MustParsePcut(
      "powercut 1\nfault error on write nth=1\ninit\n  create /a\nrun\n"
      "  fsync /a\n");
  EXPECT_EQ(CountOps(pcut), 2u);
  EXPECT_EQ(pcut.statements[PlaceOfOp(pcut, 1)].op.kind, OpKind::kCreate);
  EXPECT_EQ(pcut.statements[PlaceOfOp(pcut, 2)].op.kind, OpKind::kFsync);
  EXPECT_EQ(PrintPcut(WithoutStatement(pcut, PlaceOfOp(pcut, 1))),
            "powercut 1\nfault   error on write nth=1\nrun\n  fsync /a\n");
}

TEST(WithoutOrphansTest, WhatNamesNothingGoes) {
  const Pcut pcut = MustParsePcut(
      "powercut 1\nrun\n  create /a\n  write h 0 1\n  close h\n  wait 1\n"
      "  start 2 fsync /a\n  start 2 fsync /a\n  wait 2\n  wait 2\n"
      "  open h /a\n  map v h 0 512\n  store w 0 1\n  store v 0 1\n"
      "  unmap v\n  unmap v\n  close h\n");
  const Pcut left = WithoutOrphans(pcut);
  EXPECT_EQ(PrintPcut(left),
            "powercut 1\nrun\n  create /a\n  start  2 fsync /a\n  wait   2\n"
            "  open   h /a\n  map    v h 0 512\n  store  v 0 1\n"
            "  unmap  v\n  close  h\n");
  EXPECT_EQ(WithoutOrphans(left), left);
  EXPECT_TRUE(BuildWorkload(left, "left.pcut"));
}

}  // namespace
}  // namespace powercut
