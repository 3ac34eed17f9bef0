// Conditions: their grammar, canonical text, errors with columns, and whether
// they hold for an observation.

#include "model/words/condition.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/base/prng.h"
#include "model/words/content.h"
#include "model/words/workload.h"

namespace powercut {
namespace {

std::string Canonical(std::string_view text) {
  const Result<Condition> condition = ParseCondition(text);
  return condition ? ConditionText(*condition) : condition.error().message;
}

TEST(ConditionText, EveryTestOfTheGrammarRoundTrips) {
  for (const std::string_view text :
       {"/f[3] = 2", "/f[0] = old", "/f[0] = zero", "size /f = 2560",
        "valid /f = 0", "mtime /f = 9223372036854775807", "mtime /f = old",
        "exists /f", "missing /d/f", "is_dir /", "same /f /g", "log L = 1..4",
        "log L = empty", "base L = 2", "restart L = 3", "restart L = none",
        "sector 5 = 2", "log not = 1..1"}) {
    EXPECT_EQ(Canonical(text), text);
  }
}

TEST(ConditionText, BlanksAndNeedlessParenthesesVanish) {
  EXPECT_EQ(Canonical("  ( (/f [ 03 ]=2) )"), "/f[3] = 2");
  EXPECT_EQ(Canonical("(exists /a and exists /b) or exists /c"),
            "exists /a and exists /b or exists /c");
}

TEST(ConditionText, NeededParenthesesStay) {
  for (const std::string_view text :
       {"exists /a and (exists /b or exists /c)",
        "exists /a and (exists /b and exists /c)",
        "exists /a or (exists /b or exists /c)",
        "not (exists /a and exists /b)", "not not exists /a",
        "not exists /a and exists /b"}) {
    EXPECT_EQ(Canonical(text), text);
  }
}

TEST(ConditionText, EscapesWhatEndsAPath) {
  EXPECT_EQ(Canonical("exists /a\\x5B1\\x5d\\x28\\x29\\x3d"),
            "exists /a\\x5b1\\x5d\\x28\\x29\\x3d");
  EXPECT_EQ(ParseCondition("exists /a\\x5b1\\x5d")->path, "/a[1]");
}

TEST(ParseCondition, AndBindsTighterThanOrAndBothToTheLeft) {
  const Condition c =
      *ParseCondition("exists /a or exists /b and exists /c or exists /d");
  ASSERT_EQ(c.kind, Condition::kOr);
  EXPECT_EQ(c.operands[1].path, "/d");
  ASSERT_EQ(c.operands[0].kind, Condition::kOr);
  EXPECT_EQ(c.operands[0].operands[0].path, "/a");
  EXPECT_EQ(c.operands[0].operands[1].kind, Condition::kAnd);
}

TEST(ParseCondition, ErrorsBeginWithTheColumn) {
  const auto message = [](std::string_view text) { return Canonical(text); };
  EXPECT_TRUE(message("").starts_with("1: expected a test"));
  EXPECT_TRUE(message("exists").starts_with("7: `` is not a path"));
  EXPECT_TRUE(message("/f[0] 1").starts_with("7: expected `=` before `1`"));
  EXPECT_TRUE(message("/f[0] = ").starts_with("8: a number is missing"));
  EXPECT_TRUE(message("/f[0] = 1 /g").starts_with("11: `/g` is left over"));
  EXPECT_TRUE(message("(exists /a").starts_with("11: expected `)` here"));
  EXPECT_TRUE(message("log L = 4..1").starts_with("9: `4..1` runs backwards"));
  EXPECT_TRUE(
      message("size /f = old").starts_with("11: `old` is not a number"));
  EXPECT_TRUE(message("/f[99999999999999999999] = 1")
                  .starts_with("4: `99999999999999999999` is too large"));
  EXPECT_EQ(ParseCondition("x").error().code, ErrorCode::kBadInput);
}

TEST(ParseCondition, SuggestsTheNearestTest) {
  EXPECT_NE(Canonical("exist /f").find("did you mean `exists`"),
            std::string::npos);
}

TEST(ParseCondition, DeepAndLongInputIsRefusedNotFollowed) {
  EXPECT_NE(Canonical(std::string(1 << 20, '(')).find("64"), std::string::npos);
  std::string nots;
  std::string ands = "exists /a";
  for (int i = 0; i < 100000; ++i) {
    nots += "not ";
    ands += " and exists /a";
  }
  EXPECT_NE(Canonical(nots).find("64"), std::string::npos);
  EXPECT_NE(Canonical(ands).find("256 tests"), std::string::npos);
}

TEST(ParseCondition, DeepestAcceptedInputRoundTrips) {
  std::string text = "exists /a and exists /a";
  for (int i = 0; i < 64; ++i) text.insert(0, "exists /a and (").append(")");
  const Result<Condition> condition = ParseCondition(text);
  ASSERT_TRUE(condition) << condition.error().message;
  EXPECT_EQ(ConditionText(*condition), text);
}

Condition RandomTest(Prng& prng) {
  constexpr std::string_view kTests[] = {
      "/f[3] = 2",    "/a\\x20b[0] = old", "/f[1] = zero",
      "size /f = 7",  "missing /q",        "same /a /b",
      "log L = 1..4", "log L = empty",     "restart L = none",
      "sector 5 = 2", "is_dir /d",         "mtime /f = old"};
  return *ParseCondition(kTests[prng.Below(std::size(kTests))]);
}

Condition RandomTree(Prng& prng, int depth) {
  if (depth == 0 || prng.OneIn(4)) return RandomTest(prng);
  Condition condition;
  condition.kind = static_cast<Condition::Kind>(prng.Below(3));
  const int operands = condition.kind == Condition::kNot ? 1 : 2;
  for (int i = 0; i < operands; ++i) {
    condition.operands.push_back(RandomTree(prng, depth - 1));
  }
  return condition;
}

TEST(ConditionText, RandomTreesRoundTrip) {
  Prng prng(7);
  for (int i = 0; i < 5000; ++i) {
    const Condition condition = RandomTree(prng, 6);
    const std::string text = ConditionText(condition);
    const Result<Condition> again = ParseCondition(text);
    ASSERT_TRUE(again) << text << ": " << again.error().message;
    ASSERT_EQ(*again, condition) << text;
  }
}

ObservedEntry File(const std::string& path, const std::string& content,
                   uint64_t file_id = 1) {
  ObservedEntry entry;
  entry.path = path;
  entry.file_id = file_id;
  entry.size_bytes = content.size();
  entry.content = content;
  return entry;
}

// /d is a directory. /f and /g are one file: its atom 0 has fill 7, atom 1 has
// fills 7 and 8, and atom 2 is zeros. /h is an empty file.
Observation Tree() {
  const std::string content = MakeContent(1, 2, 7, {0, 768}) +
                              MakeContent(1, 3, 8, {768, 256}) +
                              std::string(512, '\0');
  ObservedEntry directory;
  directory.path = "/d";
  directory.is_directory = true;
  directory.file_id = 9;
  Observation tree;
  tree.entries = {directory, File("/f", content), File("/g", content),
                  File("/h", "", 2)};
  return tree;
}

std::optional<bool> HoldsIn(std::string_view text, const Observation& now,
                            const Observation& before,
                            const Workload& workload = {}) {
  const Result<Condition> condition = ParseCondition(text);
  EXPECT_TRUE(condition) << text;
  return Holds(*condition, now, before, workload);
}

TEST(Holds, SeesNamesSizesAndLinks) {
  const Observation tree = Tree();
  for (const std::string_view text :
       {"exists /f", "exists /", "is_dir /", "missing /x", "is_dir /d",
        "not is_dir /f", "size /f = 1536", "size /h = 0", "not size /d = 0",
        "not size /x = 0", "same /f /g", "not same /f /h", "not same /f /x",
        "exists /f and missing /x", "exists /x or exists /f"}) {
    EXPECT_EQ(HoldsIn(text, tree, {}), true) << text;
  }
}

TEST(Holds, MixedAtomEqualsNoFill) {
  const Observation tree = Tree();
  EXPECT_EQ(HoldsIn("/f[0] = 7", tree, {}), true);
  EXPECT_EQ(HoldsIn("/f[0] = 8", tree, {}), false);
  EXPECT_EQ(HoldsIn("/f[1] = 7 or /f[1] = 8 or /f[1] = zero", tree, {}), false);
  EXPECT_EQ(HoldsIn("/f[2] = zero", tree, {}), true);
  EXPECT_EQ(HoldsIn("/f[2] = 7", tree, {}), false);
}

TEST(Holds, AtomOutsideTheFileCarriesNothing) {
  const Observation tree = Tree();
  EXPECT_EQ(HoldsIn("/f[3] = zero or /f[3] = 7", tree, {}), false);
  EXPECT_EQ(HoldsIn("/h[0] = zero or /x[0] = zero", tree, {}), false);
  EXPECT_EQ(HoldsIn("/f[9223372036854775807] = zero", tree, {}), false);
}

TEST(Holds, OldIsWhatWasThereBefore) {
  const Observation before = Tree();
  Observation now = before;
  now.entries[1].content[600] = 'x';
  EXPECT_EQ(HoldsIn("/f[0] = old", now, before), true);
  EXPECT_EQ(HoldsIn("/f[1] = old", now, before), false);
  EXPECT_EQ(HoldsIn("/f[0] = old", now, {}), false);
}

Observation OneFile(const std::string& content) {
  Observation tree;
  tree.entries = {File("/f", content)};
  return tree;
}

TEST(Holds, EdgesBelongToTheOpBesideThem) {
  const std::string content =
      MakeContent(1, 2, 50, {0, 100}) + MakeContent(1, 3, 50, {100, 201});
  EXPECT_EQ(HoldsIn("/f[0] = 50", OneFile(content), {}), true);
  std::string foreign = content;
  foreign[100] = '\x84';
  EXPECT_EQ(HoldsIn("/f[0] = 50", OneFile(foreign), {}), false);
}

TEST(Holds, AtomOfEdgesAloneCarriesTheFillOfItsOpByDefault) {
  const Observation tree = OneFile(MakeContent(1, 5, 5, {0, 9}));
  EXPECT_EQ(HoldsIn("/f[0] = 5", tree, {}), true);
  EXPECT_EQ(HoldsIn("/f[0] = 6", tree, {}), false);
}

// A file may be cut at any byte. What is left of the last granule is of the op
// only as long as each byte is.
TEST(Holds, CutGranuleStillCarriesItsFill) {
  const std::string whole = MakeContent(1, 2, 7, {0, 1024});
  for (uint64_t atom = 0; atom < 2; ++atom) {
    const std::string test = fmt::format("/f[{}] = 7", atom);
    for (size_t size = 16; size <= 512; ++size) {
      const size_t end = atom * 512 + size;
      EXPECT_EQ(HoldsIn(test, OneFile(whole.substr(0, end)), {}), true)
          << test << end;
      for (size_t at = end - end % 16; at < end; ++at) {
        std::string damaged = whole.substr(0, end);
        damaged[at] ^= 0x20;
        EXPECT_EQ(HoldsIn(test, OneFile(damaged), {}), false) << test << at;
      }
    }
  }
}

TEST(Holds, UnreadableFilesSayNothingOfTheirContent) {
  Observation tree = Tree();
  tree.entries[1].unreadable = "input/output error";
  EXPECT_EQ(HoldsIn("exists /f", tree, {}), true);
  EXPECT_EQ(HoldsIn("size /f = 1536 or /f[0] = 7", tree, {}), false);
}

TEST(Holds, NothingHoldsOfAVolumeThatDidNotMount) {
  Observation tree;
  tree.unreadable = "bad superblock";
  EXPECT_EQ(HoldsIn("missing /f", tree, {}), false);
  EXPECT_EQ(HoldsIn("not exists /f", tree, {}), false);
}

TEST(Holds, UnknownPartsMakeTheWholeUnknown) {
  for (const std::string_view text :
       {"valid /f = 1", "mtime /f = old", "log L = empty", "base L = 1",
        "restart L = none", "exists /f or mtime /f = 2",
        "missing /f and log L = 1..2", "not base L = 1"}) {
    EXPECT_EQ(HoldsIn(text, Tree(), {}), std::nullopt) << text;
  }
}

TEST(Holds, SeesValidLengthsAndTimes) {
  Observation before = Tree();
  before.entries[1].mtime = 3;
  before.entries[1].valid_bytes = 512;
  Observation now = before;
  EXPECT_EQ(HoldsIn("valid /f = 512 and mtime /f = 3", now, before), true);
  EXPECT_EQ(HoldsIn("mtime /f = old", now, before), true);
  now.entries[1].mtime = 7;
  now.entries[1].valid_bytes = 1536;
  EXPECT_EQ(HoldsIn("mtime /f = old or valid /f = 512", now, before), false);
  EXPECT_EQ(HoldsIn("mtime /f = 7 and valid /f = 1536", now, before), true);
  EXPECT_EQ(HoldsIn("valid /x = 0 or mtime /x = old", now, before), false);
}

TEST(Holds, SeesSectorsOfTheRawPart) {
  Observation before;
  Observation now;
  before.device = now.device = MakeContent(1, 2, 2, {0, 512});
  now.device += MakeContent(1, 4, 4, {512, 512});
  EXPECT_EQ(HoldsIn("sector 0 = 2 and sector 1 = 4", now, before), true);
  EXPECT_EQ(HoldsIn("sector 0 = old and sector 2 = old", now, before), true);
  EXPECT_EQ(HoldsIn("sector 1 = old or sector 0 = 4", now, before), false);
  EXPECT_EQ(HoldsIn("sector 2 = zero and sector 99 = zero", now, before), true);
  EXPECT_EQ(HoldsIn("sector 2 = 0 and not sector 1 = 0", now, before), true);
  EXPECT_EQ(HoldsIn("sector 1 = zero or sector 2 = 4", now, before), false);
}

// A workload in which ops 3, 5, 6 and 8 append the records 1 to 4 of the log L.
// Record 2 is a restart record. Op 7 appends to another log, and op 4 fails.
Workload Appends() {
  Workload workload;
  const auto add = [&](uint32_t number, OpKind kind, const std::string& log,
                       ExpectedResult::Kind expected = ExpectedResult::kOk) {
    Op op;
    op.kind = kind;
    op.names = {log};
    op.number = number;
    op.expected.kind = expected;
    (number < 6 ? workload.init : workload.run).push_back(op);
  };
  add(3, OpKind::kLogAppend, "L");
  add(4, OpKind::kLogAppend, "L", ExpectedResult::kAnyError);
  add(5, OpKind::kLogRestart, "L");
  add(6, OpKind::kLogAppend, "L");
  add(7, OpKind::kLogAppend, "M");
  add(8, OpKind::kLogAppend, "L");
  return workload;
}

// The log L with the records of these ops. Each LSN is ten times the number of
// the op.
Observation LogOf(const std::vector<uint16_t>& ops, uint64_t bytes = 64) {
  ObservedLog log;
  log.name = "L";
  for (const uint16_t op : ops) {
    log.records.push_back(
        {uint64_t{10} * op, MakeContent(1, op, op, {0, bytes}), op == 5});
  }
  Observation now;
  now.logs = {log};
  return now;
}

TEST(Holds, NumbersTheRecordsOfALog) {
  const Workload workload = Appends();
  const auto holds = [&](std::string_view text, const Observation& now) {
    return HoldsIn(text, now, {}, workload);
  };
  EXPECT_EQ(holds("log L = 1..4", LogOf({3, 5, 6, 8})), true);
  EXPECT_EQ(holds("log L = 2..3", LogOf({5, 6})), true);
  EXPECT_EQ(holds("log L = 4..4", LogOf({8})), true);
  EXPECT_EQ(holds("log L = empty", LogOf({})), true);
  EXPECT_EQ(holds("log L = empty", LogOf({3})), false);
  EXPECT_EQ(holds("log L = 1..3", LogOf({3, 5, 6, 8})), false);
  EXPECT_EQ(holds("log L = 1..2", LogOf({3, 6})), false);  // one is missing
  EXPECT_EQ(holds("log L = 1..2", LogOf({5, 3})), false);  // out of order
  EXPECT_EQ(holds("log L = 3..3", LogOf({7})), false);     // another log's
  EXPECT_EQ(holds("log L = 1..1", LogOf({4})), false);     // never appended
  EXPECT_EQ(holds("log M = 1..1", LogOf({7})), std::nullopt);
  // These records are too short for a granule.
  EXPECT_EQ(holds("log L = 1..4", LogOf({3, 5, 6, 8}, 5)), true);
  EXPECT_EQ(holds("log L = 2..3", LogOf({5, 8}, 5)), false);
  Observation unreadable = LogOf({3});
  unreadable.logs[0].unreadable = "bad block";
  EXPECT_EQ(holds("log L = 1..1 or log L = empty", unreadable), false);
}

// The bytes of short records repeat every 128 ops, so that only their order
// tells them apart.
TEST(Holds, NumbersShortRecordsByTheirOrder) {
  constexpr uint16_t kRecords = 300;
  Workload workload;
  std::vector<uint16_t> ops;
  for (uint16_t number = 1; number <= kRecords; ++number) {
    Op op;
    op.kind = OpKind::kLogAppend;
    op.names = {"L"};
    op.number = number;
    workload.run.push_back(op);
    ops.push_back(number);
  }
  EXPECT_EQ(HoldsIn("log L = 1..300", LogOf(ops, 5), {}, workload), true);
  EXPECT_EQ(HoldsIn("log L = 1..299", LogOf(ops, 5), {}, workload), false);
  // Record 128 is missing, so that record 129, whose op leaves the bytes of op
  // 1, follows record 127.
  ops.erase(ops.begin() + 127);
  EXPECT_EQ(HoldsIn("log L = 1..300", LogOf(ops, 5), {}, workload), false);
  EXPECT_EQ(HoldsIn("log L = 2..3", LogOf({130, 131}, 5), {}, workload), true);
  EXPECT_EQ(HoldsIn("log L = 130..131", LogOf({130, 131}), {}, workload), true);
}

TEST(Holds, FollowsTheBaseAndTheRestartArea) {
  const Workload workload = Appends();
  Observation now = LogOf({3, 5, 6, 8});
  now.logs[0].base_lsn = 60;
  now.logs[0].restart_lsn = 50;
  EXPECT_EQ(HoldsIn("base L = 3 and restart L = 2", now, {}, workload), true);
  EXPECT_EQ(HoldsIn("base L = 1 or restart L = none", now, {}, workload),
            false);
  now.logs[0].restart_lsn = 0;
  EXPECT_EQ(HoldsIn("restart L = none", now, {}, workload), true);
  now.logs[0].restart_lsn = 77;  // leads nowhere
  EXPECT_EQ(HoldsIn("restart L = none or restart L = 2", now, {}, workload),
            false);
  EXPECT_EQ(HoldsIn("base L = 0 and log L = empty", LogOf({}), {}, workload),
            true);
}

TEST(Observation, FindsExactPathsOnly) {
  const Observation tree = Tree();
  EXPECT_EQ(tree.Find("/g")->path, "/g");
  EXPECT_EQ(tree.Find("/"), nullptr);
  EXPECT_EQ(tree.Find("/ff"), nullptr);
  EXPECT_EQ(tree.Find("/z"), nullptr);
}

}  // namespace
}  // namespace powercut
