// Tests that what a user said of a state makes the way through the text of an
// outcome: random causes, places and words, in any language.

#include "library/states/said_result.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

RecoveryOutcome OutcomeOf(const std::string& check) {
  RecoveryOutcome outcome;
  outcome.check = check;
  return outcome;
}

SaidViolation Said(const std::string& cause) {
  SaidViolation said;
  said.cause = cause;
  return said;
}

std::string Draw(Prng& prng) {
  const char* const parts[] = {"a", " ",  "\n", ":", "17", "0",
                               "é", "日", "-",  ";", "\"", "a.cc"};
  std::string text;
  for (uint64_t n = prng.Below(6); n > 0; --n) {
    text += parts[prng.Below(std::size(parts))];
  }
  return text;
}

TEST(SaidResultTest, ACauseIsOneLineInAnyLanguage) {
  for (int c = 1; c < 256; ++c) {
    const std::string cause = std::string("a") + static_cast<char>(c) + "b";
    const std::string shown = c < ' ' ? "a b" : cause;
    const RecoveryOutcome outcome =
        OutcomeOf(ViolationResult({Said(cause)}, false));
    EXPECT_EQ(WrongIn(outcome), shown) << c;
    EXPECT_TRUE(ViolationsIn(outcome).empty());
  }
}

// The harness ignores numbers in what a check says, and not its exit status.
TEST(SaidResultTest, ANumberAtTheEndIsTheStatus) {
  for (const auto& [cause, begin] :
       std::vector<std::pair<std::string, std::string>>{
           {"assertion:a.cc:88", "exit status 88: "},
           {"lost 7 records", "exit status 1: "},
           {"12", "exit status 12: "},
           {"a0", "exit status 0: "},
           {"x", "exit status 1: "}}) {
    EXPECT_EQ(ViolationResult({Said(cause)}, false), begin + cause);
  }
}

TEST(SaidResultTest, WordsMakeTheWay) {
  Prng prng(3);
  for (int scene = 0; scene < 500; ++scene) {
    SCOPED_TRACE(scene);
    std::vector<SaidViolation> said;
    for (uint64_t n = 1 + prng.Below(4); n > 0; --n) {
      SaidViolation one = Said("cause" + std::to_string(prng.Below(9)));
      one.file = Draw(prng);
      one.line = static_cast<int>(prng.Below(100'000));
      one.text = Draw(prng);
      said.push_back(one);
    }
    const RecoveryOutcome outcome = OutcomeOf(ViolationResult(said, true));
    EXPECT_EQ(WrongIn(outcome), said[0].cause);
    const std::vector<SaidViolation> heard = ViolationsIn(outcome);
    ASSERT_EQ(heard.size(), said.size());
    for (size_t i = 0; i < said.size(); ++i) {
      EXPECT_EQ(heard[i].cause, i == 0 ? said[0].cause : "");
      EXPECT_EQ(heard[i].file, said[i].file);
      EXPECT_EQ(heard[i].line, said[i].line);
      EXPECT_EQ(heard[i].text, said[i].text);
    }
  }
}

TEST(SaidResultTest, DumpsMakeTheWay) {
  Prng prng(4);
  EXPECT_FALSE(DumpIn(DumpResult(std::nullopt)));
  EXPECT_EQ(WrongIn(OutcomeOf(DumpResult(std::nullopt))), "");
  for (int i = 0; i < 100; ++i) {
    const Hash128 hash = {prng.Next(), i % 2 == 0 ? prng.Next() : 5};
    const std::string text = DumpResult(hash);
    EXPECT_TRUE(DumpIn(text) == hash);
    EXPECT_EQ(WrongIn(OutcomeOf(text)), "");
    EXPECT_FALSE(DumpIn(text.substr(1)));
    EXPECT_FALSE(DumpIn(text + "0"));
    EXPECT_FALSE(DumpIn("x" + text.substr(1)));
    EXPECT_FALSE(DumpIn(text.substr(0, 31) + "x"));
  }
}

}  // namespace
}  // namespace powercut
