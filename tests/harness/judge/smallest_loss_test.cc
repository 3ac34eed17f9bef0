// The smallest loss of a state: which part of what it lost is chosen, which
// parts are asked about, and the words of the cause.

#include "harness/judge/smallest_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/judge/check_cause.h"

namespace powercut {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

LossSet DataOf(const std::vector<std::string>& paths) {
  LossSet set;
  for (const std::string& path : paths)
    set[{"data", path}] = {"data", "fdatasync"};
  return set;
}

// The smallest part of `all` for a check that fails without each of `needed`;
// `asked` gets the parts that were asked about, in words.
LossSet SmallestThatTakes(const LossSet& needed, const LossSet& all,
                          std::vector<std::string>& asked) {
  const auto smallest = SmallestLoss(all, [&](const LossSet& part) {
    asked.push_back(LossInWords(part));
    return Result<bool>(IsPartOf(needed, part));
  });
  EXPECT_TRUE(smallest);
  return *smallest;
}

TEST(SmallestLossTest, TheFirstPartThatFailsIsChosen) {
  std::vector<std::string> asked;
  EXPECT_EQ(SmallestThatTakes(DataOf({"b"}), DataOf({"a", "b", "c"}), asked),
            DataOf({"b"}));
  EXPECT_THAT(asked, ElementsAre("nothing/none", "data-of-a/fdatasync",
                                 "data-of-b/fdatasync"));
  asked.clear();
  EXPECT_EQ(SmallestThatTakes({}, DataOf({"a"}), asked), LossSet());
  EXPECT_THAT(asked, SizeIs(1));
  asked.clear();
  // The whole is known to fail, and is not asked about.
  EXPECT_EQ(SmallestThatTakes(DataOf({"a", "b"}), DataOf({"a", "b"}), asked),
            DataOf({"a", "b"}));
  EXPECT_THAT(asked, SizeIs(3));
}

TEST(SmallestLossTest, OfManyThingsOneAfterTheOtherGoes) {
  std::vector<std::string> asked;
  const LossSet all = DataOf({"a", "b", "c", "d", "e", "f", "g"});
  EXPECT_EQ(SmallestThatTakes(DataOf({"c", "f"}), all, asked),
            DataOf({"c", "f"}));
  EXPECT_LE(asked.size(), all.size() * all.size());
}

// Whether a thing can go depends on what else went: here it can go only once
// the thing behind it, or before it, is gone.
TEST(SmallestLossTest, OfManyThingsNoneCanGoAtTheEnd) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f", "g"};
  for (const bool ascending : {true, false}) {
    const auto fails = [&](const LossSet& part) {
      // What is left is a row without holes from one end on.
      std::string left;
      for (const std::string& name : names) {
        if (IsPartOf(DataOf({name}), part)) left += name;
      }
      const std::string whole = "abcdefg";
      const bool row =
          ascending ? whole.ends_with(left) : whole.starts_with(left);
      return Result<bool>(row && left.size() >= 2);
    };
    const auto smallest = SmallestLoss(DataOf(names), fails);
    ASSERT_TRUE(smallest);
    EXPECT_EQ(*smallest, ascending ? DataOf({"f", "g"}) : DataOf({"a", "b"}));
  }
}

TEST(SmallestLossTest, PartsAreOrderedBySizeAndThenByThings) {
  EXPECT_TRUE(ComesBefore(DataOf({"z"}), DataOf({"a", "b"})));
  EXPECT_TRUE(ComesBefore(DataOf({"a"}), DataOf({"b"})));
  EXPECT_FALSE(ComesBefore(DataOf({"b"}), DataOf({"a"})));
  EXPECT_TRUE(IsPartOf({}, DataOf({"a"})));
  EXPECT_FALSE(IsPartOf(DataOf({"a", "b"}), DataOf({"a"})));
  // Which sync was missing is no part of the thing.
  EXPECT_TRUE(IsPartOf({{{"data", "a"}, {"data", "none"}}}, DataOf({"a"})));
}

TEST(SmallestLossTest, CausesNameThingsAndSyncsOnce) {
  const LossSet loss = {{{"data", "a"}, {"data", "fdatasync"}},
                        {{"name", "a"}, {"name", "fsync-directory"}},
                        {{"name", "b"}, {"removal", "fsync-directory"}},
                        {{"size", "c"}, {"size", "none"}}};
  EXPECT_EQ(LossInWords(loss),
            "data-of-a+name-of-a+removal-of-b+size-of-c/"
            "fdatasync+fsync-directory");
  EXPECT_EQ(LossInWords({{{"data", "a"}, {"data", "none"}}}), "data-of-a/none");
  EXPECT_EQ(LossInWords(LossOfRecovery()), "crash-of-recovery/none");
}

TEST(SmallestLossTest, TheLossCanBeTakenOffACause) {
  for (const std::string cause : {"check/volume/start/none/exit-1",
                                  "check/volume/start/ack/exit-1/lost"}) {
    const std::string named = CauseWithLoss(cause, LossInWords(DataOf({"a"})));
    EXPECT_EQ(named, cause + "/data-of-a/fdatasync");
    EXPECT_EQ(CauseWithoutLoss(named), cause);
    EXPECT_EQ(CauseWithoutLoss(cause), cause);
  }
  EXPECT_EQ(CauseWithoutLoss("lost/written/append/sync"),
            "lost/written/append/sync");
}

}  // namespace
}  // namespace powercut
