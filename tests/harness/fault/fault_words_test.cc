// Tests what the words of a fault say of it, for each fault that is offered:
// whether the storage is told, and whether what is read may be wrong.

#include <gtest/gtest.h>

#include <iterator>
#include <string>

#include "harness/fault/fault.h"

namespace powercut {
namespace {

struct Row {
  const char* word;
  const char* target;
  bool told;
  bool spoils;
};

constexpr Row kRows[] = {
    {"error", "read", true, true},         {"error", "write", true, true},
    {"error", "flush", true, false},       {"error", "discard", true, true},
    {"full", "write", true, true},         {"lie", "flush", false, false},
    {"lose", "write", false, true},        {"lose", "discard", false, true},
    {"tear", "write", false, true},        {"tear", "discard", false, true},
    {"misdirect", "read", false, true},    {"misdirect", "write", false, true},
    {"misdirect", "discard", false, true}, {"flip", "read", false, true},
    {"flip", "write", false, true},        {"delay", "write", false, false},
};

Op FaultOf(const std::string& word, const std::string& target) {
  Op op;
  op.kind = OpKind::kFault;
  op.names = {word, target};
  return op;
}

TEST(FaultWordsTest, EachFaultIsToldOrSpoils) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(std::string(row.word) + " on " + row.target);
    const Op fault = FaultOf(row.word, row.target);
    EXPECT_EQ(IsTold(fault), row.told);
    EXPECT_EQ(SpoilsContent(fault), row.spoils);
  }
}

TEST(FaultWordsTest, NoOtherFaultIsOffered) {
  size_t offered = 0;
  for (const char* word :
       {"error", "full", "lie", "lose", "tear", "misdirect", "flip", "delay"}) {
    for (const char* target : {"read", "write", "flush", "discard"}) {
      const Status status = CheckFaultIsOffered(FaultOf(word, target));
      offered += status ? 1 : 0;
      if (status) continue;
      EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
    }
  }
  EXPECT_EQ(offered, std::size(kRows));
  for (const Row& row : kRows) {
    EXPECT_TRUE(CheckFaultIsOffered(FaultOf(row.word, row.target)));
  }
}

// How often a fault falls, by its word and its key `times`.
TEST(FaultWordsTest, AFullDiskStaysFullUnlessItIsSaid) {
  const uint64_t always = ~uint64_t{0};
  for (const Row& row : kRows) {
    Op fault = FaultOf(row.word, row.target);
    const auto times = [&] {
      return MakeFaults({&fault, 1}, FaultPhase::kRun).at(0).times;
    };
    const bool full = std::string(row.word) == "full";
    EXPECT_EQ(times(), full ? always : 1u) << row.word;
    fault.keys = {{"times", "3"}};
    EXPECT_EQ(times(), 3u) << row.word;
    fault.keys = {{"times", "always"}};
    EXPECT_EQ(times(), always) << row.word;
  }
}

}  // namespace
}  // namespace powercut
