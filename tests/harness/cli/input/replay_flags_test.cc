// Tests that the line which shows a state again has every flag on which the
// state depends, and how the flags of an oracle are read.

#include "harness/cli/input/replay_flags.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace powercut {
namespace {

using Change = std::function<void(InputFlags&, OracleFlags&)>;

std::string FlagsWith(const std::vector<Change>& changes) {
  InputFlags input;
  OracleFlags oracle;
  for (const Change& change : changes) change(input, oracle);
  return ReplayFlagsText(input, oracle);
}

TEST(ReplayFlagsTest, EachFlagIsInTheLine) {
  using I = InputFlags;
  using O = OracleFlags;
  const std::vector<std::pair<Change, std::string>> rows = {
      {[](I& i, O&) { i.backend = "ext4"; }, " --backend ext4"},
      {[](I& i, O&) { i.format.mkfs = "-O ^has_journal"; },
       " --mkfs '-O ^has_journal'"},
      {[](I& i, O&) { i.format.mount = "data=journal"; },
       " --mount data=journal"},
      {[](I& i, O&) { i.profile = "xfs"; }, " --profile xfs"},
      {[](I& i, O&) { i.atomic_bytes = 4096; }, " --atomic 4096"},
      {[](I& i, O&) { i.weaken = {"7", "9=fdatasync"}; },
       " --weaken 7 --weaken 9=fdatasync"},
      {[](I&, O& o) { o.probe = true; }, " --probe"},
      {[](I&, O& o) { o.check = "cat it's"; }, " --check 'cat it'\\''s'"},
      {[](I&, O& o) { o.compare = "dump a"; }, " --compare 'dump a'"},
      {[](I&, O& o) { o.check_timeout = "5s"; }, " --check-timeout 5s"},
      {[](I&, O& o) { o.fsck = true; }, " --fsck"},
      {[](I& i, O&) {
         i.faults = {"lie on flush", "flip on read in=recovery"};
       },
       " --fault 'lie on flush' --fault 'flip on read in=recovery'"},
  };
  EXPECT_EQ(FlagsWith({}), "");
  std::vector<Change> all;
  std::string line;
  for (const auto& [change, text] : rows) {
    EXPECT_EQ(FlagsWith({change}), text);
    all.push_back(change);
    line += text;
  }
  EXPECT_EQ(FlagsWith(all), line);
  // Which crashes were looked at is in the id of the state.
  EXPECT_EQ(FlagsWith({[](I& i, O&) {
              i.crash_kinds = {"os"};
              i.space = "prefix";
              i.from = "mkfs";
            }}),
            "");
}

TEST(OracleFlagsTest, AnOracleHasWhatIsAsked) {
  OracleFlags flags;
  flags.check = "c";
  flags.fsck = true;
  const auto check = CheckOracleOf(flags);
  ASSERT_TRUE(check);
  EXPECT_EQ(check->command, "c");
  EXPECT_TRUE(check->fsck);
  EXPECT_EQ(check->timeout_ms, CheckOracle().timeout_ms);
  flags.compare = "d";
  const auto both = CheckOracleOf(flags);
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().code, ErrorCode::kUsage);
  flags.check.clear();
  const auto compared = CheckOracleOf(flags);
  ASSERT_TRUE(compared);
  EXPECT_EQ(compared->command, "");
}

OracleFlags WithTimeout(const std::string& text) {
  OracleFlags flags;
  flags.check = "c";
  flags.check_timeout = text;
  return flags;
}

TEST(OracleFlagsTest, ATimeoutIsFromAMillisecondToADay) {
  for (const auto& [text, timeout_ms] :
       std::vector<std::pair<std::string, uint32_t>>{
           {"1ms", 1}, {"90s", 90'000}, {"24h", 86'400'000}}) {
    const auto check = CheckOracleOf(WithTimeout(text));
    ASSERT_TRUE(check) << text;
    EXPECT_EQ(check->timeout_ms, timeout_ms);
  }
  for (const std::string text : {"0s", "0ms", "86400001ms", "25h", "long"}) {
    const auto check = CheckOracleOf(WithTimeout(text));
    ASSERT_FALSE(check) << text;
    EXPECT_EQ(check.error().code, ErrorCode::kUsage);
    EXPECT_NE(check.error().message.find("--check-timeout"), std::string::npos);
  }
}

TEST(OracleFlagsTest, FlagsOfTracesAreKnown) {
  const auto of_traces = [](const std::function<void(OracleFlags&)>& change) {
    OracleFlags flags;
    change(flags);
    return flags.OfTraces();
  };
  EXPECT_FALSE(of_traces([](OracleFlags&) {}));
  EXPECT_TRUE(of_traces([](OracleFlags& f) { f.check = "c"; }));
  EXPECT_TRUE(of_traces([](OracleFlags& f) { f.compare = "c"; }));
  EXPECT_TRUE(of_traces([](OracleFlags& f) { f.fsck = true; }));
  EXPECT_FALSE(of_traces([](OracleFlags& f) { f.probe = true; }));
}

}  // namespace
}  // namespace powercut
