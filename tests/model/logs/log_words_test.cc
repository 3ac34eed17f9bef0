// What LogModel says of a log that it does not admit, for each way in which the
// records can be wrong: what was found, and what would have been admissible.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/logs/log_model.h"
#include "model/pcut/pcut.h"
#include "model/words/content.h"

namespace powercut {
namespace {

constexpr uint32_t kOpen = 1;

// A log after appends of which some failed, and with a flush at the end.
class Appended {
 public:
  // One letter for each append: `a`, or `f` if it failed.
  explicit Appended(const std::string& appends) {
    std::string lines = "powercut 1\ninit\n  log_open L\nrun\n";
    for (size_t i = 0; i < appends.size(); ++i) lines += "  log_append L 64\n";
    const auto workload = ParseWorkload(lines + "  log_flush L\n", "t.pcut");
    EXPECT_TRUE(workload);
    model_.Begin(workload->init[0], 1);
    model_.End(kOpen, true, 2);
    model_.EndInit();
    uint64_t now = 2;
    for (size_t i = 0; i < appends.size(); ++i) {
      model_.Begin(workload->run[i], ++now);
      model_.End(workload->run[i].number, appends[i] == 'a', ++now);
    }
    flush_ = workload->run.back();
  }

  void Flush() {
    model_.Begin(flush_, 100);
    model_.End(flush_.number, true, 101);
  }

  // What the model says of a log with these records, by number; "" if it admits
  // them.
  std::string Found(const std::vector<uint16_t>& numbers) const {
    const auto violations = model_.Check(LogOf(numbers), CrashKind::kPower);
    return violations.empty() ? "" : violations[0].found;
  }

  std::string Admissible(const std::vector<uint16_t>& numbers) const {
    return model_.Check(LogOf(numbers), CrashKind::kPower).at(0).admissible;
  }

 private:
  static ObservedLog LogOf(const std::vector<uint16_t>& numbers) {
    ObservedLog log;
    log.name = "L";
    for (const uint16_t number : numbers) {
      const auto op = static_cast<uint16_t>(number + kOpen);
      const uint64_t lsn = 10 * (log.records.size() + 1);
      log.records.push_back(
          {lsn, MakeContent(kOpen, op, op, {0, 64}), /*restart=*/false});
    }
    if (!numbers.empty()) log.base_lsn = log.records[0].lsn;
    return log;
  }

  LogModel model_{PromisesOf(*FindProfile("spec-strict"))};
  Op flush_;
};

TEST(LogWordsTest, FailedAppendsMayBeMissingInARow) {
  for (const std::string failed : {"f", "ff", "fff"}) {
    const Appended log("a" + failed + "a");
    const auto last = static_cast<uint16_t>(failed.size() + 2);
    EXPECT_EQ(log.Found({1, last}), "") << failed;
    EXPECT_EQ(log.Found({1, 2, last}), "") << failed;
  }
  Appended log("affaa");
  log.Flush();
  EXPECT_EQ(log.Found({1, 4, 5}), "");
  EXPECT_EQ(log.Found({1, 2, 3, 4, 5}), "");
  // What is wrong at the end is no gap before it.
  EXPECT_EQ(log.Found({1, 4}), "records 1, 4: record 5 is missing");
}

TEST(LogWordsTest, AGapNamesTheFirstRecordThatIsMissing) {
  const Appended log("aaaafa");
  EXPECT_EQ(log.Found({1, 2, 4}),
            "records 1..2, 4: record 3 is missing below 4");
  EXPECT_EQ(log.Found({1, 4}), "records 1, 4: record 2 is missing below 4");
  EXPECT_EQ(log.Found({1, 2, 3, 6}),
            "records 1..3, 6: record 4 is missing below 6");
  EXPECT_EQ(log.Found({1, 2, 2}), "record 2 after record 2");
  EXPECT_EQ(log.Found({2, 1}), "record 1 after record 2");
}

TEST(LogWordsTest, TheEndsThatAreAdmissibleAreListed) {
  EXPECT_EQ(Appended("a").Admissible({1, 1}),
            "the last record is none or 1, the base none or 1, the restart "
            "record none");
  Appended log("aaa");
  EXPECT_EQ(log.Admissible({2, 1}),
            "the last record is none, 1, 2 or 3, the base none or 1, the "
            "restart record none");
  log.Flush();
  EXPECT_EQ(log.Admissible({1}),
            "the last record is 3, the base 1, the restart record none");
  EXPECT_EQ(log.Found({1}), "records 1: record 2 is missing");
  EXPECT_EQ(log.Found({}), "no records: record 1 is missing");
}

}  // namespace
}  // namespace powercut
