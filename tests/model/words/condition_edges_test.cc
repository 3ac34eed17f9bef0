// Conditions at the edges of what they speak of: paths at which there is
// nothing, and records that are as long as a granule.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "model/words/condition.h"
#include "model/words/content.h"
#include "model/words/workload.h"

namespace powercut {
namespace {

std::optional<bool> HoldsIn(std::string_view text, const Observation& now,
                            const Workload& workload = {}) {
  const Result<Condition> condition = ParseCondition(text);
  EXPECT_TRUE(condition) << text;
  return Holds(*condition, now, now, workload);
}

TEST(ConditionEdges, OfWhatIsMissingOnlyMissingHolds) {
  Observation now;
  ObservedEntry file;
  file.path = "/f";
  now.entries = {file};
  for (const std::string_view text :
       {"exists /x", "is_dir /x", "size /x = 0", "valid /x = 0", "mtime /x = 0",
        "mtime /x = old", "same /x /f", "same /f /x", "same /x /y",
        "/x[0] = zero", "/x[0] = old", "/x[0] = 1"}) {
    EXPECT_EQ(HoldsIn(text, now), false) << text;
  }
  EXPECT_EQ(HoldsIn("missing /x", now), true);
}

// What a storage does not show stays unknown where nothing can be read.
TEST(ConditionEdges, OfAnUnreadableVolumeNothingHolds) {
  Observation now;
  now.unreadable = "no superblock";
  for (const std::string_view text :
       {"missing /x", "not exists /x", "exists /", "is_dir /"}) {
    EXPECT_EQ(HoldsIn(text, now), false) << text;
  }
  EXPECT_EQ(HoldsIn("log L = empty", now), std::nullopt);
  EXPECT_EQ(HoldsIn("missing /x or log L = empty", now), std::nullopt);
}

// A log with one record, and a workload whose op 3 appended to it.
struct OneRecord {
  explicit OneRecord(std::string content) {
    ObservedLog log;
    log.name = "L";
    log.records.push_back({30, std::move(content), false});
    now.logs = {log};
    Op op;
    op.kind = OpKind::kLogAppend;
    op.names = {"L"};
    op.number = 3;
    workload.run = {op};
  }

  std::optional<bool> IsFirst() const {
    return HoldsIn("log L = 1..1", now, workload);
  }

  Observation now;
  Workload workload;
};

TEST(ConditionEdges, ARecordFromOneGranuleOnIsKnownByItsGranule) {
  for (uint64_t bytes = 1; bytes <= 2 * kGranuleBytes + 1; ++bytes) {
    EXPECT_EQ(OneRecord(MakeContent(1, 3, 3, {0, bytes})).IsFirst(), true)
        << bytes;
    // The bytes that stand for a granule that was cut are none from there on.
    const OneRecord edges(std::string(bytes, EdgeByte(3)));
    EXPECT_EQ(edges.IsFirst(), bytes < kGranuleBytes) << bytes;
  }
}

}  // namespace
}  // namespace powercut
