// Runs the verbs `model`, `explain` and `litmus` as their users do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/pcut/op_words.h"
#include "model/words/op.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::ordered_json;

size_t LongestLine(const std::string& text) {
  size_t longest = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  return longest;
}

TEST(ExplainingVerbsTest, ModelPrintsTheTable) {
  const Ended table = RunTool({"model"});
  EXPECT_EQ(table.status, kHolds);
  EXPECT_LE(LongestLine(table.out), 100u);
  EXPECT_THAT(table.out, HasSubstr("nt_flush P file_data_only"));
  EXPECT_THAT(table.out, HasSubstr("POSIX, Linux, macOS\n"));
  EXPECT_THAT(table.out, Not(HasSubstr("*\n")));
  const Ended read = RunTool({"model", "--profile", "spec-permissive"});
  EXPECT_LE(LongestLine(read.out), 100u);
  EXPECT_THAT(read.out, HasSubstr("device cache own*\n"));
  EXPECT_THAT(read.out,
              HasSubstr("device cache: documented all; flush_covers_device"));
  EXPECT_THAT(read.out, HasSubstr("off flush_covers_device\n"));
  const Ended one = RunTool({"model", "--primitive", "Fdatasync"});
  EXPECT_THAT(one.out, HasSubstr("fdatasync(2)"));
  EXPECT_THAT(one.out, Not(HasSubstr("syncfs")));
  ExpectError(RunTool({"model", "--primitive", "x y"}), kUsage, "x y");
  ExpectError(RunTool({"model", "--profile", "x"}), kUsage, "spec-strict");
}

// The ops of a line of docs/pcut.md, section 5, such as
// "| `fsync P`, `fdatasync P` | s n k | The calls of these names. |", each with
// the letters of its second column. Empty for any other line.
std::map<std::string, std::string> OpsInRow(const std::string& line) {
  std::map<std::string, std::string> ops;
  const size_t column = line.find(" | ");
  if (!line.starts_with("| `") || column == std::string::npos) return ops;
  const size_t end = line.find(" | ", column + 3);
  if (end == std::string::npos) return ops;
  const std::string where = line.substr(column + 3, end - column - 3);
  if (where != "none" &&
      where.find_first_not_of("scnke ") != std::string::npos) {
    return ops;
  }
  const std::string spellings = line.substr(2, column - 2);
  for (size_t at = spellings.find('`'); at != std::string::npos;) {
    const size_t close = spellings.find('`', at + 1);
    const std::string spelling = spellings.substr(at + 1, close - at - 1);
    ops[spelling.substr(0, spelling.find(' '))] = where;
    at = spellings.find('`', close + 1);
  }
  return ops;
}

TEST(ExplainingVerbsTest, OpsAreThoseOfTheDocument) {
  std::map<std::string, std::string> document;
  std::ifstream file(std::string(POWERCUT_SOURCE_DIR) + "/docs/pcut.md");
  for (std::string line; std::getline(file, line);) {
    document.merge(OpsInRow(line));
  }
  const Json all = Json::parse(RunTool({"ops", "--json"}).out);
  EXPECT_EQ(all["powercut"], 1);
  std::map<std::string, std::string> printed;
  // `e` stands for both engines, of which either may not be built in.
  const std::pair<const char*, const char*> kLetters[] = {{"simfs", "s"},
                                                          {"clfs", "c"},
                                                          {"ntfs-3g", "n"},
                                                          {"ext4", "k"},
                                                          {"sqlite", "e"}};
  const auto& built_in = all["backends"];
  const bool engines =
      std::find(built_in.begin(), built_in.end(), "sqlite") != built_in.end();
  if (!engines) GTEST_SKIP() << "sqlite is not built in";
  for (const Json& op : all["ops"]) {
    EXPECT_THAT(KeysOf(op), testing::ElementsAre("name", "syntax", "backends"));
    const std::string name = op["name"];
    EXPECT_TRUE(std::string(op["syntax"]).starts_with(name)) << name;
    // These have sections of their own.
    if (name == "fault" || name == "wait") continue;
    std::string where;
    for (const auto& [backend, letter] : kLetters) {
      const auto& backends = op["backends"];
      if (std::find(backends.begin(), backends.end(), backend) ==
          backends.end()) {
        continue;
      }
      where += where.empty() ? letter : std::string(" ") + letter;
    }
    // What messages say of such an op.
    const std::optional<OpKind> kind = OpKindFromVerb(name);
    ASSERT_TRUE(kind) << name;
    EXPECT_EQ(NoBackendOffers(*kind), op["backends"].empty()) << name;
    printed[name] = where.empty() ? "none" : where;
  }
  EXPECT_GT(printed.size(), 45u);
  EXPECT_EQ(printed, document);
}

TEST(ExplainingVerbsTest, OpsAsText) {
  const Ended ops = RunTool({"ops"});
  EXPECT_EQ(ops.status, kHolds);
  EXPECT_LE(LongestLine(ops.out), 100u);
  EXPECT_THAT(ops.out, HasSubstr("\nclfs simfs                 remount "
                                 "[read_only]\n"));
  EXPECT_THAT(ops.out, HasSubstr("\nsimfs kernel               fallocate PATH "
                                 "OFFSET LENGTH\n"));
  EXPECT_THAT(ops.out, HasSubstr("\nnone                       symlink "));
}

// An id with a crash during recovery: both crashes are shown.
TEST(ExplainingVerbsTest, ExplainNamesEachCrash) {
  const std::string file = std::string(POWERCUT_SOURCE_DIR) +
                           "/corpora/regressions/rename_replace.pcut";
  const Ended once = RunTool({"explain", file, "--at", "78p@188b34b1"});
  EXPECT_EQ(once.status, kViolation) << once.err;
  EXPECT_THAT(once.out, Not(HasSubstr("\n  then ")));
  const Ended twice = RunTool({"explain", file, "--at", "78p/0p@188b34b1"});
  EXPECT_EQ(twice.status, kViolation) << twice.err;
  EXPECT_THAT(twice.out, HasSubstr("\n  then       0p: a power crash, after 0 "
                                   "disk events of the recovery\n"));
}

TEST(ExplainingVerbsTest, ModelAsData) {
  const Json all = Json::parse(RunTool({"model", "--json"}).out);
  EXPECT_EQ(all["powercut"], 1);
  EXPECT_TRUE(all["profile"].is_null());
  EXPECT_GT(all["primitives"].size(), 40u);
  EXPECT_THAT(KeysOf(all["primitives"][0]),
              testing::ElementsAre(
                  "name", "family", "pcut", "reaches", "changed", "promised",
                  "completes", "invalid", "errors", "file_systems", "source"));
  const Json read =
      Json::parse(RunTool({"model", "--json", "--profile", "btrfs",
                           "--primitive", "sync_file_range"})
                      .out);
  const Json& row = read["primitives"][0];
  EXPECT_EQ(row["reaches"]["data"], "none");
  EXPECT_EQ(row["changed"][0]["documented"], "device (placed)");
  EXPECT_EQ(row["promised"]["os"], Json::array());
  EXPECT_EQ(read["profile"]["name"], "btrfs");
}

TEST(ExplainingVerbsTest, ExplainSaysWhyAStateIsWrong) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("replace.pcut", kReplace);
  const Ended checked = RunTool({"check", file, "--space", "prefix"});
  const std::vector<std::string> ids = IdsIn(checked.out);
  ASSERT_THAT(ids, Not(IsEmpty()));
  const Ended why = RunTool({"explain", file, "--at", ids[0]});
  EXPECT_EQ(why.status, kViolation) << why.err;
  EXPECT_LE(LongestLine(why.out), 100u);
  for (const char* part :
       {"state ", "  crash      power, after ", "  in flight  op ",
        "in force for a power crash\n", "lost: 0 of ",
        "verdict under ntfs-3g: violation", "what would excuse it\n"}) {
    EXPECT_THAT(why.out, HasSubstr(part));
  }
  const Ended right =
      RunTool({"explain", file, "--at", "1p@" + DigestOf(file)});
  ExpectError(right, kUsage, "`init`");
  ExpectError(RunTool({"explain", file}), kUsage, "--at");
  ExpectError(RunTool({"explain", file, "--at", "1p@00000000"}), kUnknown,
              "the id belongs to recording 00000000");
}

constexpr const char* kLitmus = R"(powercut 1
name    an overwrite that was not flushed is there or not
backend ntfs-3g
disk    2M atomic=4096
init
  create /f
  write  /f 0 4096 fill=7
run
  write  /f 0 4096 fill=1
)";

TEST(ExplainingVerbsTest, LitmusPrintsTheMatrix) {
  const TemporaryFolder folder;
  folder.Write("good.pcut", std::string(kLitmus) +
                                "allow  /f[0] = 1\nallow  /f[0] = 7\n"
                                "forbid not (/f[0] = 1 or /f[0] = old)\n");
  const std::string json = folder.File("report.json");
  const Ended good = RunTool({"litmus", folder.File(""), "--json", json});
  EXPECT_EQ(good.status, kHolds) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("  ntfs-3g  ntfs-3g         ok "));
  EXPECT_THAT(good.out, HasSubstr("litmus: 1 test, 1 runs: 1 ok, 0 "));
  const Json test = Json::parse(folder.Read("report.json"))["tests"][0];
  EXPECT_THAT(KeysOf(test),
              testing::ElementsAre("file", "name", "backend", "profile",
                                   "verdict", "outcomes"));
  EXPECT_EQ(test["outcomes"][2]["class"], "forbid");
  EXPECT_EQ(test["outcomes"][2]["observed"], 0);
  EXPECT_EQ(test["outcomes"][3]["class"], "other");

  const std::string bad =
      folder.Write("bad.pcut", std::string(kLitmus) + "forbid /f[0] = 1\n");
  folder.Write("broken.pcut", "powercut 1\n");
  const Ended both =
      RunTool({"litmus", folder.File(""), "--backend", "ntfs-3g,model",
               "--profile", "ntfs-3g", "--jobs", "1"});
  EXPECT_EQ(both.status, kUsage);  // since one of the files is no test
  EXPECT_THAT(both.err, HasSubstr("broken.pcut:1"));
  EXPECT_THAT(both.out, HasSubstr("bad.pcut:9: violation: check\n"));
  EXPECT_THAT(both.out, HasSubstr("forbid /f[0] = 1: the model admits it"));
  EXPECT_THAT(both.out, HasSubstr("2 tests, 4 runs: 2 ok, 2 violation"));
  EXPECT_EQ(both.out,
            RunTool({"litmus", folder.File(""), "--backend", "ntfs-3g,model",
                     "--profile", "ntfs-3g", "--jobs", "3"})
                .out);
  const Ended alone = RunTool({"litmus", bad, "--quiet"});
  EXPECT_EQ(alone.status, kViolation);
  const std::vector<std::string> ids = IdsIn(alone.out);
  ASSERT_THAT(ids, testing::SizeIs(1));
  EXPECT_EQ(RunTool({"replay", bad, "--at", ids[0]}).status, kViolation);
}

TEST(ExplainingVerbsTest, LitmusMissesWhatMustBeSeen) {
  const TemporaryFolder folder;
  const std::string file =
      folder.Write("unseen.pcut", std::string(kLitmus) + "allow  /f[0] = 3\n");
  EXPECT_EQ(RunTool({"litmus", file}).status, kHolds);
  const Ended model =
      RunTool({"litmus", file, "--backend", "model", "--profile", "ntfs-3g"});
  EXPECT_EQ(model.status, kViolation);
  EXPECT_THAT(model.out, HasSubstr("unseen.pcut:10: unseen: allow /f[0] = 3"));
  const Ended none =
      RunTool({"litmus", file, "--backend", "simfs", "--profile", "f2fs"});
  EXPECT_EQ(none.status, kCannotRun);
  EXPECT_THAT(none.out, HasSubstr("0 runs"));
  ExpectError(RunTool({"litmus", file, "--backend", "x"}), kUsage, "named x");
  ExpectError(RunTool({"litmus", file, "--profile", "x"}), kUsage, "`x`");
}

}  // namespace
}  // namespace powercut
