// Tests the texts of ids: an accepted text prints as it was written, and any
// other text is refused with the column at which it goes wrong.

#include "harness/space/state_id.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

TEST(StateId, EveryPartIsUnderstood) {
  const Result<StateId> id = ParseStateId(
      "412.3k-w405,d407:2~7,w9:0/17o+w3:5/0p-#AZaz09-_/4294967295p@00c0ffee");
  ASSERT_TRUE(id) << id.error().message;
  const StateId expected = {
      {{412,
        3,
        CrashKind::kProcess,
        '-',
        {{false, 405, {}},
         {true, 407, std::pair{2u, 7u}},
         {false, 9, std::pair{0u, 0u}}},
        ""},
       {17, 0, CrashKind::kOs, '+', {{false, 3, std::pair{5u, 5u}}}, ""},
       {0, 0, CrashKind::kPower, '-', {}, "AZaz09-_"},
       {4294967295, 0, CrashKind::kPower, 0, {}, ""}},
      0x00c0ffee};
  EXPECT_EQ(*id, expected);
  EXPECT_EQ(StateIdText(expected),
            "412.3k-w405,d407:2~7,w9:0/17o+w3:5/0p-#AZaz09-_/4294967295p"
            "@00c0ffee");
  EXPECT_EQ(CrashStepText(expected.steps[0]), "412.3k-w405,d407:2~7,w9:0");
}

TEST(StateId, AcceptedTextsPrintAsTheyWere) {
  for (const std::string text :
       {"0p@00000000", "412p@3f9a01c2", "412p-w405,w407:2~7@3f9a01c2",
        "412p+w405@ffffffff", "1.1k@deadbeef", "5o-d2@00000001",
        "9p+#A@12345678", "9p-#__--@12345678", "1p-w1,w1,w1@00000000",
        "1p-w0@00000000", "4294967295.4294967295p@00000000",
        "1p-w4294967295:0~4294967295@00000000", "1p/1p/1p/1k@00000000"}) {
    const Result<StateId> id = ParseStateId(text);
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_EQ(StateIdText(*id), text);
  }
}

struct Refused {
  std::string text;
  int column;
  std::string expected;  // The beginning of what was expected there.
};

TEST(StateId, RefusedTextsSayWhereAndWhy) {
  const std::vector<Refused> refused = {
      {"", 1, "the number of a crash point"},
      {"p@00000000", 1, "the number"},
      {"-1p@00000000", 1, "the number"},
      {"+1p@00000000", 1, "the number"},
      {" 1p@00000000", 1, "the number"},
      {"01p@00000000", 1, "the number"},
      {"00p@00000000", 1, "the number"},
      {"4294967296p@00000000", 1, "the number"},
      {"99999999999999999999p@00000000", 1, "the number"},
      {"12@00000000", 3, "a crash kind"},
      {"12x@00000000", 3, "a crash kind"},
      {"12P@00000000", 3, "a crash kind"},
      {"12", 3, "a crash kind"},
      {"12.p@00000000", 4, "a number of marks"},
      {"12.02p@00000000", 4, "a number of marks"},
      {"12.0p@00000000", 5, "a number of marks above 0"},
      {"12p-@00000000", 5, "an item"},
      {"12p+@00000000", 5, "an item"},
      {"12p-x3@00000000", 5, "an item"},
      {"12p-3@00000000", 5, "an item"},
      {"12p-w3,@00000000", 8, "an item"},
      {"12p-w3,,w4@00000000", 8, "an item"},
      {"12p-w3, w4@00000000", 8, "an item"},
      {"12p-w@00000000", 6, "an event number"},
      {"12p-w03@00000000", 6, "an event number"},
      {"12p-w3:@00000000", 8, "a sector"},
      {"12p-w3:x@00000000", 8, "a sector"},
      {"12p-w3:1~@00000000", 10, "a sector"},
      {"12p-w3:1~01@00000000", 10, "a sector"},
      {"12p-w3:2~1@00000000", 11, "a last sector above"},
      {"12p-w3:2~2@00000000", 11, "a last sector above"},
      {"12p-#@00000000", 6, "a bitmap"},
      {"12p-#+@00000000", 6, "a bitmap"},
      {"12p-#AA=@00000000", 8, "'@'"},
      {"12p-#AA,w1@00000000", 8, "'@'"},
      {"12p-w1,#AA@00000000", 8, "an item"},
      {"12p-w1+w2@00000000", 7, "'@'"},
      {"12p", 4, "'@'"},
      {"12pp@00000000", 4, "'@'"},
      {"12p/@00000000", 5, "the number"},
      {"12p//1p@00000000", 5, "the number"},
      {"12p@", 5, "a digest of 8"},
      {"12p@0000000", 5, "a digest of 8"},
      {"12p@000000000", 5, "a digest of 8"},
      {"12p@0000000g", 12, "a hex digit"},
      {"12p@A0000000", 5, "a hex digit"},
      {"12p@00000000 ", 5, "a digest of 8"},
      {"12p@00000000/1p", 5, "a digest of 8"},
      {"12p@0000/1p@", 9, "a hex digit"},
  };
  for (const auto& [text, column, expected] : refused) {
    const Result<StateId> id = ParseStateId(text);
    ASSERT_FALSE(id) << "'" << text << "'";
    EXPECT_EQ(id.error().code, ErrorCode::kUsage);
    std::string beginning = "crash-state id '" + text + "': column ";
    beginning += std::to_string(column) + ": expected ";
    beginning += expected;
    EXPECT_EQ(id.error().message.substr(0, beginning.size()), beginning)
        << id.error().message;
  }
}

// Returns small numbers, large ones and those at the limits.
uint32_t RandomNumber(Prng& prng) {
  constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();
  if (prng.OneIn(8)) return prng.OneIn(2) ? 0 : kMax;
  return static_cast<uint32_t>(prng.Next() >> (32 + prng.Below(32)));
}

StateItem RandomItem(Prng& prng) {
  StateItem item{prng.OneIn(3), RandomNumber(prng), {}};
  if (!prng.OneIn(2)) return item;
  item.sectors = std::minmax({RandomNumber(prng), RandomNumber(prng)});
  return item;
}

CrashStep RandomStep(Prng& prng) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  CrashStep step{RandomNumber(prng), 0, RandomKind(prng), 0, {}, {}};
  if (prng.OneIn(3)) step.marks = RandomNumber(prng);
  if (prng.OneIn(3)) return step;
  step.sign = prng.OneIn(2) ? '-' : '+';
  const uint64_t length = 1 + prng.Below(6);
  if (prng.OneIn(4)) {
    for (uint64_t i = 0; i < length; ++i) {
      step.bitmap += kDigits[prng.Below(kDigits.size())];
    }
  } else {
    for (uint64_t i = 0; i < length; ++i) {
      step.items.push_back(RandomItem(prng));
    }
  }
  return step;
}

StateId RandomId(Prng& prng) {
  StateId id{{}, RandomNumber(prng)};
  const uint64_t steps = 1 + prng.Below(3);
  for (uint64_t i = 0; i < steps; ++i) id.steps.push_back(RandomStep(prng));
  return id;
}

TEST(StateId, RandomIdsGoToTheirTextAndBack) {
  for (uint64_t seed = 0; seed < 20'000 / kSlowdown; ++seed) {
    Prng prng(seed);
    const StateId id = RandomId(prng);
    const std::string text = StateIdText(id);
    const Result<StateId> parsed = ParseStateId(text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    ASSERT_EQ(*parsed, id) << text;
    ASSERT_EQ(StateIdText(*parsed), text);
  }
}

// Few damaged ids are still ids, and these print as they are.
TEST(StateId, WhateverIsAcceptedPrintsAsItWas) {
  constexpr std::string_view kLetters = "0123456789kop-+wd:~,/@#.aAf _";
  uint32_t accepted = 0;
  for (uint64_t seed = 0; seed < 50'000 / kSlowdown; ++seed) {
    Prng prng(seed + 1'000'000);
    std::string text = StateIdText(RandomId(prng));
    for (uint64_t edits = 1 + prng.Below(3); edits > 0; --edits) {
      const size_t at = prng.Below(text.size() + 1);
      const char letter = kLetters[prng.Below(kLetters.size())];
      if (prng.OneIn(3)) {
        text.insert(at, 1, letter);
      } else if (at < text.size() && prng.OneIn(2)) {
        text.erase(at, 1);
      } else if (at < text.size()) {
        text[at] = letter;
      }
    }
    const Result<StateId> parsed = ParseStateId(text);
    if (!parsed) {
      ASSERT_NE(parsed.error().message.find(": column "), std::string::npos);
      continue;
    }
    ++accepted;
    ASSERT_EQ(StateIdText(*parsed), text);
  }
  EXPECT_GT(accepted, 1000 / kSlowdown);
}

TEST(StateId, ShortRandomTextsAreSafe) {
  constexpr std::string_view kLetters = "01kp-+w:~,/@#.";
  for (uint64_t seed = 0; seed < 50'000 / kSlowdown; ++seed) {
    Prng prng(seed + 2'000'000);
    std::string text;
    for (uint64_t length = prng.Below(12); length > 0; --length) {
      text += kLetters[prng.Below(kLetters.size())];
    }
    if (prng.OneIn(2)) text += "@00000000";
    const Result<StateId> parsed = ParseStateId(text);
    if (parsed) {
      ASSERT_EQ(StateIdText(*parsed), text);
    }
  }
}

}  // namespace
}  // namespace powercut
