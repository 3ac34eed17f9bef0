// `powercut audit`: a sync that is needed, one that is redundant, a group, one
// that the oracle does not see, and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;

constexpr const char* kHead =
    "powercut 1\nbackend simfs\nprofile linux-man\n"
    "init\n  create /a\n  create /b\nrun\n";

class AuditVerbTest : public testing::Test {
 protected:
  Ended Audit(const std::string& text,
              const std::vector<std::string>& more = {}) {
    folder_.Write("w.pcut", text);
    std::vector<std::string> arguments = {"audit", "--quiet", file_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTool(arguments);
  }
  // The line of the sync in line `line` of the file.
  std::string Line(int line, const std::string& text) const {
    return file_ + ":" + std::to_string(line) + ": " + text;
  }

  TemporaryFolder folder_;
  const std::string file_ = folder_.File("w.pcut");
};

TEST_F(AuditVerbTest, ANeededSyncIsShownWithAState) {
  const Ended audited = Audit(std::string(kHead) +
                              "  append /a 512 fill=1\n  fsync  /a\n"
                              "forbid  not size /a = 512\n");
  EXPECT_EQ(audited.status, kHolds) << audited.err;
  EXPECT_THAT(audited.out,
              HasSubstr(Line(9, "fsync /a: needed: fdatasync is enough\n")));
  EXPECT_THAT(audited.out, HasSubstr("forbidden: not size /a = 512"));
  EXPECT_THAT(audited.out, HasSubstr("1 sync: 1 needed\n"));
  // One pasted line shows the state again.
  const std::vector<std::string> ids = IdsIn(audited.out);
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_THAT(audited.out, HasSubstr(" --weaken 9\n"));
  EXPECT_EQ(RunTool({"replay", file_, "--at", ids[0], "--weaken", "9"}).status,
            kViolation);
  EXPECT_EQ(RunTool({"check", "--quiet", file_, "--weaken", "9"}).status,
            kViolation);
  // `explain` says why.
  EXPECT_EQ(RunTool({"explain", file_, "--at", ids[0], "--weaken", "9"}).status,
            kViolation);
}

// Two syncs back to back: either may go, and not both. The one before them is
// of no use then.
TEST_F(AuditVerbTest, ADoubledSyncIsAGroup) {
  const Ended audited =
      Audit(std::string(kHead) +
            "  append /a 512 fill=1\n  fsync  /a\n"
            "  append /a 512 fill=2\n  fsync  /a\n  fsync  /a\n"
            "forbid  not size /a = 1024\nforbid  not /a[1] = 2\n");
  EXPECT_EQ(audited.status, kHolds) << audited.err;
  EXPECT_THAT(
      audited.out,
      HasSubstr(Line(9,
                     "fsync /a: redundant: just as much is durable "
                     "without it under linux-man at the end of `run`; "
                     "put `cut` where conditions are to judge from\n")));
  EXPECT_THAT(audited.out, HasSubstr(Line(11, "fsync /a: one of a group: ")));
  EXPECT_THAT(audited.out, HasSubstr(Line(12, "fsync /a: one of a group: ")));
  EXPECT_THAT(audited.out,
              HasSubstr("3 syncs: 2 one of a group, 1 redundant\n"));
}

TEST_F(AuditVerbTest, ASyncThatNoConditionSeesIsToldApart) {
  const Ended audited = Audit(std::string(kHead) +
                              "  append /a 512 fill=1\n  fsync  /a\n"
                              "  append /b 512 fill=2\n  fsync  /b\n"
                              "forbid  not size /a = 512\n");
  EXPECT_EQ(audited.status, kViolation) << audited.err;
  EXPECT_THAT(audited.out, HasSubstr(Line(9, "fsync /a: needed")));
  EXPECT_THAT(audited.out, HasSubstr(Line(11, "fsync /b: not seen: ")));
}

// If there is no condition, what the syncs promise judges.
TEST_F(AuditVerbTest, PromisesJudgeWhereNoConditionDoes) {
  const Ended audited = Audit(
      "powercut 1\nbackend simfs\nprofile linux-man\ninit\n  mkdir /d\nrun\n"
      "  create /d/f\n  append /d/f 512\n  fsync  /d/f\n  fsync  /d/f\n"
      "  fsync  /d\n");
  EXPECT_EQ(audited.status, kHolds) << audited.err;
  EXPECT_THAT(audited.out, HasSubstr(Line(9, "fsync /d/f: needed\n")));
  // They judge at every moment.
  EXPECT_THAT(audited.out,
              HasSubstr(Line(10,
                             "fsync /d/f: redundant: just as much is durable "
                             "without it under linux-man\n")));
  EXPECT_THAT(audited.out, HasSubstr(Line(11, "fsync /d: needed\n")));
  // The same file under a profile where an fsync of a file brings its name.
  const Ended ext4 =
      RunTool({"audit", "--quiet", file_, "--profile", "ext4-ordered"});
  EXPECT_THAT(ext4.out, HasSubstr(Line(9, "fsync /d/f: needed")));
}

TEST_F(AuditVerbTest, AReportHasTheSame) {
  const Ended audited = Audit(std::string(kHead) +
                                  "  append /a 512 fill=1\n  fsync  /a\n"
                                  "forbid  not size /a = 512\n",
                              {"--json", "-"});
  EXPECT_EQ(audited.status, kHolds) << audited.err;
  const ordered_json report = ordered_json::parse(audited.out);
  EXPECT_EQ(KeysOf(report),
            (std::vector<std::string>{"powercut", "verdict", "audits"}));
  const ordered_json& audit = report["audits"][0];
  EXPECT_EQ(audit["judged_by"], "conditions");
  const ordered_json& sync = audit["syncs"][0];
  EXPECT_EQ(KeysOf(sync),
            (std::vector<std::string>{"line", "op", "need", "enough", "cause",
                                      "id", "replay_flags", "explanation"}));
  EXPECT_EQ(sync["need"], "needed");
  EXPECT_EQ(sync["enough"], "fdatasync");
}

TEST_F(AuditVerbTest, WhatIsRefusedWithAllSyncsIsNotAudited) {
  const Ended audited = Audit(std::string(kHead) +
                              "  append /a 512 fill=1\n"
                              "forbid  not size /a = 512\n");
  EXPECT_EQ(audited.status, kViolation);
  EXPECT_THAT(audited.out,
              HasSubstr("audit: none, since states are refused with all "
                        "syncs\n"));
}

TEST_F(AuditVerbTest, ABoundIsUnknown) {
  const Ended audited = Audit(std::string(kHead) +
                                  "  append /a 4096 fill=1\n  fsync  /a\n"
                                  "  append /b 4096 fill=2\n  fsync  /b\n",
                              {"--max-runs", "2"});
  EXPECT_EQ(audited.status, kUnknown) << audited.out;
  EXPECT_THAT(audited.out, HasSubstr("unknown"));
}

TEST_F(AuditVerbTest, OnlyWorkloadsAreAudited) {
  folder_.Write("w.pcut", std::string(kHead) + "  fsync /a\n");
  const auto weaken = [&](const std::string& text) {
    return RunTool({"check", "--quiet", file_, "--weaken", text});
  };
  ExpectError(weaken("3"), kUsage, "`run` has no op in that line");
  ExpectError(weaken("8=syncfs"), kUsage, "weaker than that sync are: ");
  folder_.Write("w.pcut", std::string(kHead) + "  append /a 5\n");
  ExpectError(weaken("8"), kUsage, "the op of that line is no sync");
  ExpectError(RunTool({"audit", folder_.File("none.pcut")}), kUsage,
              "none.pcut");
  ExpectError(RunTool({"audit", file_, "--resume", folder_.File("runs")}),
              kUsage, "--resume");
}

}  // namespace
}  // namespace powercut
