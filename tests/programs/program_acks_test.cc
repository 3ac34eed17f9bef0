// The lines that programs write to say what they promised and what they
// attempted: acks and attempts, from a file or from standard output, and checks
// that compare by them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/programs/tool_by_user.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using testing::HasSubstr;

class ProgramAcksTest : public ToolByUserTest,
                        public testing::WithParamInterface<User> {
 protected:
  ProgramAcksTest() : ToolByUserTest(GetParam()) {}
};

// Appends lines to a log, with a sync of the data after each.
std::string Log(const std::string& sync) {
  return "sync .\nfor i in 1 2 3; do echo $i >>log; " + sync +
         "echo $i >>$POWERCUT_ACKS; done\n";
}

// Beside a flush that comes later stand the acks of that moment, which are more
// than those of the crash.
TEST_P(ProgramAcksTest, ALaterFlushIsToldWithItsOwnAcks) {
  const std::string program =
      Script("acks.sh",
             "sync; echo powercut:start >> $POWERCUT_ACKS\n"
             "for n in 1 2; do echo x >f$n; echo $n >>$POWERCUT_ACKS; done\n"
             "sync; echo 3 >>$POWERCUT_ACKS; echo x >f3; sync\n");
  const std::string check = Script("first.sh",
                                   "grep -q 1 $POWERCUT_ACKED || exit 0\n"
                                   "test -s f1 || { echo lost; exit 1; }\n");
  ASSERT_EQ(Tool("record --profile linux-man -o k.trace -- " + program).status,
            0);
  const std::string flags = " --check '" + check + "'";
  const Ended explored = Tool("explore --quiet --jobs 1 k.trace" + flags);
  const size_t at = explored.out.find("--at ");
  ASSERT_NE(at, std::string::npos) << explored.out << explored.err;
  const std::string id =
      explored.out.substr(at, explored.out.find(' ', at + 5) - at);
  const Ended explained = Tool("explain k.trace " + id + flags);
  EXPECT_THAT(explained.out, HasSubstr("  acks       1 in force"));
  EXPECT_THAT(explained.out, HasSubstr("the state after it, with 3 acks in "
                                       "force, is"));
}

TEST_P(ProgramAcksTest, ADumpIsComparedWithTheMomentsOfTheRun) {
  // Under the others, an append may show old contents of the disk.
  const std::string synced = Script("synced.sh", Log("sync log .; "));
  const Ended holds = Tool(
      "run --quiet --jobs 1 --profile ext4-ordered,xfs,btrfs "
      "--compare 'tr -d \\\\0 <log' -- " +
      synced);
  EXPECT_EQ(holds.status, 0) << holds.out << holds.err;
  const std::string unsynced = Script("unsynced.sh", Log(""));
  const Ended lost = Tool(
      "run --quiet --jobs 1 --profile linux-man --compare 'tr -d \\\\0 <log' "
      "-- " +
      unsynced);
  EXPECT_EQ(lost.status, 1) << lost.err;
  EXPECT_THAT(lost.out, HasSubstr("acknowledged-is-lost: the dump is that of a "
                                  "moment before the last ack in force"));
  // The line that ends set-up is no ack: the only ack is the one that is lost.
  const std::string started =
      Script("started.sh",
             "echo >f; sync f .; echo powercut:start >>$POWERCUT_ACKS\n"
             "echo new >>f; echo written >>$POWERCUT_ACKS\n");
  const Ended lost_one = Tool(
      "run --quiet --jobs 1 --profile linux-man --compare 'tr -d \\\\0 <f' "
      "-- " +
      started);
  EXPECT_EQ(lost_one.status, 1) << lost_one.out << lost_one.err;
  EXPECT_THAT(lost_one.out, HasSubstr("acknowledged-is-lost"));
  // A write of two sectors may be there in part.
  const std::string torn =
      Script("torn.sh",
             "echo >f; sync f .; echo powercut:start >>$POWERCUT_ACKS\n"
             "yes x | head -c 1500 >>f\n");
  const Ended damaged = Tool(
      "run --quiet --jobs 1 --profile linux-man --compare 'cat f' -- " + torn);
  EXPECT_EQ(damaged.status, 1) << damaged.err;
  EXPECT_THAT(damaged.out, HasSubstr("no-prefix: the dump is that of no moment "
                                     "of the recorded run"));
  // The replay line asks the same.
  const size_t line = damaged.out.find("powercut replay");
  const Ended replay = Tool(
      damaged.out.substr(line + 9, damaged.out.find('\n', line) - line - 9));
  EXPECT_EQ(replay.status, 1) << replay.out << replay.err;
}

// All dumps that fail are equal, so that one that is misspelt would find that
// all is well.
TEST_P(ProgramAcksTest, ADumpThatSeesNothingIsRefused) {
  const std::string program = Script("log.sh", Log(""));
  struct Row {
    const char* dump;
    const char* why;
  };
  for (const Row& row :
       {Row{"nosuchcommand log", "with no crash: exit status 127: "},
        Row{"cat lgo", "with no crash: exit status 1: cat: lgo: No such file"},
        Row{"exit 7", "with no crash: exit status 7"},
        Row{"cat log; date +%N", "prints something else when it runs twice"}}) {
    const Ended run = Tool("run --quiet --jobs 1 --profile xfs --compare '" +
                           std::string(row.dump) + "' -- " + program);
    EXPECT_EQ(run.status, 129) << row.dump << run.out;
    EXPECT_THAT(run.err, HasSubstr(row.why));
  }
  // One that fails while there is no file yet is a dump like another.
  EXPECT_EQ(Tool("run --quiet --jobs 1 --profile xfs --compare 'cat log' -- " +
                 program)
                .status,
            1);
}

TEST_P(ProgramAcksTest, WhatAProgramPrintsCanBeItsAcks) {
  const std::string program = Script(
      "print.sh", "sync .\nfor i in 1 2; do echo $i >>log; echo $i; done");
  const Ended run = Tool(
      "run --quiet --jobs 1 --profile linux-man --acks-from-stdout --check "
      "'test $(wc -l <$POWERCUT_ACKED) -le $(grep -c . log)' -- " +
      program);
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.out, HasSubstr("1\n2\npowercut-run.trace: simfs, "));
  EXPECT_THAT(run.out, HasSubstr(" 2 acks"));
}

TEST_P(ProgramAcksTest, CallsAreShownInTheirOrderWithTheAcks) {
  const std::string program =
      Script("calls.sh",
             "echo text >f; sync f; echo done >>$POWERCUT_ACKS\n"
             "mv f g\n");
  ASSERT_EQ(Tool("record -o c.trace -- " + program).status, 0);
  const std::string out = Tool("show c.trace").out;
  size_t at = 0;
  for (const char* text :
       {"< create /f (sh)", "< write /f 0 5 (sh)", "< fsync /f (sync)",
        "! powercut:ack done", "< rename /f /g (mv)"}) {
    const size_t found = out.find(text, at);
    EXPECT_NE(found, std::string::npos) << text << "\n" << out;
    at = found == std::string::npos ? at : found;
  }
}

// What was attempted may be there after a crash, and nothing else.
TEST_P(ProgramAcksTest, AttemptsStandBesideAcks) {
  const auto program = [&](const char* name, const char* body) {
    return Script(name, fmt::format("echo powercut:start >>$POWERCUT_ACKS\n"
                                    "for i in 1 2 3; do\n{}\n"
                                    "echo $i >>$POWERCUT_ACKS\ndone\n",
                                    body));
  };
  const char* const kAttempt =
      "echo powercut:attempt $i >>$POWERCUT_ACKS\necho $i >>log; sync log .";
  const char* const kLate =
      "echo $i >>log; sync log .\necho powercut:attempt $i >>$POWERCUT_ACKS";
  const std::string check = Script(
      "between.sh",
      "n=$(cat log 2>/dev/null | grep -c .)\n"
      "[ $n -ge $(wc -l <$POWERCUT_ACKED) ] || { echo lost; exit 1; }\n"
      "[ $n -le $(wc -l <$POWERCUT_ATTEMPTED) ] || { echo ahead; exit 1; "
      "}\n");
  const std::string flags =
      "run --quiet --jobs 1 --profile linux-man --check '" + check + "' -- ";
  const Ended holds = Tool(flags + program("attempt.sh", kAttempt));
  EXPECT_EQ(holds.status, 0) << holds.out << holds.err;
  EXPECT_THAT(holds.out, HasSubstr(" 3 acks, 3 attempts"));
  const Ended ahead = Tool(flags + program("late.sh", kLate));
  EXPECT_EQ(ahead.status, 1) << ahead.err;
  EXPECT_THAT(ahead.out, HasSubstr("exit status 1: ahead"));
  // An attempt is no promise, and counts for no ack in a comparison.
  const Ended compared = Tool(
      "run --quiet --jobs 1 --profile linux-man --compare 'cat log "
      "2>/dev/null | wc -l' -- " +
      program("attempt.sh", kAttempt));
  EXPECT_EQ(compared.status, 0) << compared.out << compared.err;
  // One ack is one ack, whatever was attempted before it.
  const std::string once = Script("once.sh",
                                  "echo powercut:start >>$POWERCUT_ACKS\n"
                                  "echo powercut:attempt 1 >>$POWERCUT_ACKS\n"
                                  "echo 1 >>log; echo 1 >>$POWERCUT_ACKS\n");
  const Ended unsynced = Tool(
      "run --quiet --jobs 1 --profile linux-man --compare 'cat log "
      "2>/dev/null | wc -l' -- " +
      once);
  EXPECT_THAT(unsynced.out, HasSubstr("acknowledged-is-lost"));
}

INSTANTIATE_TEST_SUITE_P(Users, ProgramAcksTest,
                         testing::Values(User::kOwn, User::kNobody),
                         [](const auto& param) { return NameOf(param.param); });

}  // namespace
}  // namespace powercut
