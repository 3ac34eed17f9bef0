// The cause of a program's failure names what was lost and which sync is
// missing: planted programs that forget one sync or another, with a check that
// says the same words each time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>
#include <sstream>
#include <string>

#include "tests/subprocess.h"

namespace powercut {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class LostThingsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/dev/fuse", R_OK | W_OK) != 0) {
      GTEST_SKIP() << "/dev/fuse cannot be opened";
    }
  }

  // Runs the tool in the folder of the test.
  Ended Tool(const std::string& line) {
    return Subprocess(
               {"/bin/sh", "-c",
                "cd " + folder_.File(".") + " && " POWERCUT_TOOL " " + line})
        .Wait();
  }
  // Writes a script, and returns how a shell runs it.
  std::string Script(const std::string& name, const std::string& text) {
    return "sh " + folder_.Write(name, text);
  }
  // Records a program after whose set-up crashes begin.
  void Record(const std::string& set_up, const std::string& program) {
    const Ended recorded =
        Tool("record -o p.trace -- " +
             Script("program.sh", set_up + "\nsync\n" + kStart + program));
    ASSERT_EQ(recorded.status, 0) << recorded.err;
  }
  // Explores what was recorded. The profile is linux-man unless `flags` have
  // another one.
  Ended Explore(const std::string& flags = "") {
    const std::string profile =
        flags.find("--profile") == flags.npos ? "--profile linux-man " : "";
    const std::string jobs =
        flags.find("--jobs") == flags.npos ? "--jobs 1 " : "";
    return Tool("explore --quiet " + jobs + profile + flags + " p.trace " +
                check_);
  }
  // The check says `lost` if a line of `expected` fails, once `done` is acked.
  void Expect(const std::string& expected) {
    check_ =
        "--check '" +
        Script("check.sh", "grep -qs done $POWERCUT_ACKED || exit 0\n{ " +
                               expected + "; } || { echo lost; exit 1; }\n") +
        "'";
  }

  static constexpr const char* kStart =
      "echo powercut:start >>$POWERCUT_ACKS\n";
  static constexpr const char* kDone = "echo done >>$POWERCUT_ACKS\n";

  TemporaryFolder folder_;
  std::string check_;
};

// What follows the words of the check in the causes of an output.
std::set<std::string> LossesIn(const std::string& out) {
  const std::string head = "  cause      check/volume/start/ack/exit-1/lost/";
  std::set<std::string> losses;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(head)) continue;
    line.erase(0, head.size());
    losses.insert(line.substr(0, line.find("   in ")));
  }
  return losses;
}

// A state fails for one sector of /f without /g, and loses fewer blocks than
// the states that fail without all of /f. It is not shown in their place.
TEST_F(LostThingsTest, TheShownStateHasTheCauseThatItIsShownFor) {
  const std::string program =
      Script("program.sh", ": > g\nhead -c 2560 /dev/zero | tr '\\0' A > f\n");
  ASSERT_EQ(Tool("record -o p.trace -- " + program).status, 0);
  check_ = "--check '" +
           Script("check.sh",
                  "test -e f || exit 0\n"
                  "seen=$(tr -c A 0 <f | fold -w 512 | cut -c1 | "
                  "tr -d '\\n')\n"
                  "case $seen in\n"
                  "00000) echo bad; exit 1;;\n"
                  "0*) test -e g || { echo bad; exit 1; };;\nesac\n") +
           "'";
  const Ended explored = Explore("--space exhaustive");
  EXPECT_EQ(explored.status, 1) << explored.err;
  const std::string row = "cause      ";
  const size_t at = explored.out.find(row);
  ASSERT_NE(at, std::string::npos) << explored.out;
  const std::string cause =
      explored.out.substr(at, explored.out.find("   in ", at) - at);
  EXPECT_THAT(cause, HasSubstr("/bad/data-of-f/in-flight"));
  const std::string verb = "powercut replay ";
  const size_t begin = explored.out.find(verb, at) + verb.size();
  const Ended replayed =
      Tool("replay " +
           explored.out.substr(begin, explored.out.find('\n', begin) - begin));
  EXPECT_THAT(replayed.out, HasSubstr(cause));
}

// Two programs whose check says the same, and one that has both mistakes. The
// check looks at other files, too, so that their losses are explored beside the
// one that matters.
TEST_F(LostThingsTest, TheSyncThatIsMissingTellsFailuresApart) {
  const std::string others = "for i in 1 2; do echo x >other$i; done\n";
  const std::string no_file_sync = others + "echo text >a; sync .\n" + kDone;
  const std::string no_name_sync = others + "echo text >b; sync b\n" + kDone;
  Expect("cat other* >all 2>&1; test \"$(cat a)\" = text");
  Record("", no_file_sync);
  Ended explored = Explore("--space exhaustive");
  EXPECT_EQ(explored.status, 1) << explored.err;
  EXPECT_THAT(LossesIn(explored.out), ElementsAre("data-of-a/fdatasync"));
  EXPECT_THAT(explored.out,
              HasSubstr("  missing    fdatasync /a, which would have kept the "
                        "data of /a\n"));
  Expect("cat other* >all 2>&1; test \"$(cat b)\" = text");
  Record("", no_name_sync);
  explored = Explore("--space exhaustive");
  EXPECT_THAT(LossesIn(explored.out), ElementsAre("name-of-b/fsync-directory"));
  EXPECT_THAT(explored.out, HasSubstr("  missing    fsync /, which would have "
                                      "kept the name of /b\n"));
  Expect(
      "cat other* >all 2>&1; test \"$(cat d/a)\" = text && test \"$(cat b)\" = "
      "text");
  Record("mkdir d",
         others + "echo text >d/a; sync d; echo text >b; sync b\n" + kDone);
  explored = Explore("--space exhaustive");
  EXPECT_THAT(LossesIn(explored.out),
              ElementsAre("data-of-d:a/fdatasync", "name-of-b/fsync-directory"))
      << explored.out;
}

// Numbers are masked, and a file that is renamed has its last name, so that
// another process number is no other cause. Of a size that was cut, and of a
// name that was removed, the cause says so.
TEST_F(LostThingsTest, FilesHaveTheNamesOfTheCrash) {
  Expect("test \"$(cat log.*.txt)\" = text");
  Record("", std::string("echo text >tmp.$$; mv tmp.$$ log.$$.txt; sync .\n") +
                 kDone);
  EXPECT_THAT(LossesIn(Explore().out),
              ElementsAre("data-of-log.N.txt/fdatasync"));
  Expect("test ! -s cut");
  Record("echo old >cut", std::string("truncate -s 0 cut\n") + kDone);
  EXPECT_THAT(LossesIn(Explore().out), ElementsAre("size-of-cut/fdatasync"));
  Expect("test ! -e gone");
  Record("echo old >gone", std::string("rm gone\n") + kDone);
  EXPECT_THAT(LossesIn(Explore().out),
              ElementsAre("removal-of-gone/fsync-directory"));
  Expect("test -x tool");
  Record("echo old >tool; chmod 600 tool",
         std::string("chmod 700 tool; sync -d tool\n") + kDone);
  EXPECT_THAT(LossesIn(Explore().out), ElementsAre("attributes-of-tool/fsync"));
}

// Where only losses together break the check, both are named. What fails with
// nothing lost says so.
TEST_F(LostThingsTest, TheSmallestLossIsNamed) {
  Expect("test -e a || test -e b");
  Record("", std::string(": >a; : >b\n") + kDone);
  EXPECT_THAT(LossesIn(Explore().out),
              ElementsAre("name-of-a+name-of-b/fsync-directory"));
  // The program acknowledges too early.
  Expect("test -e a");
  Record("", std::string(kDone) + ": >b; : >a; sync . \n");
  const Ended early = Explore();
  EXPECT_THAT(LossesIn(early.out),
              ElementsAre("name-of-a/in-flight", "nothing/none"))
      << early.out;
  EXPECT_THAT(early.out, HasSubstr("  missing    no sync: it fails with "
                                   "everything kept that was issued\n"));
}

// A handle of a file that a rename replaced syncs that file, which has the name
// no more.
TEST_F(LostThingsTest, ASyncIsOfTheFileThatIsOpen) {
  Expect("test \"$(cat f)\" = new");
  const std::string set_up = "echo old >f; exec 3<f";
  Record(set_up, std::string("echo new >f.new; mv f.new f\n"
                             "sync /proc/self/fd/3\n") +
                     kDone);
  for (const char* const world : {"linux-man", "ext4-ordered", "btrfs"}) {
    const Ended explored = Explore(std::string("--profile ") + world);
    EXPECT_THAT(LossesIn(explored.out), Contains("data-of-f/fdatasync"))
        << world << explored.out;
    EXPECT_THAT(explored.out,
                HasSubstr("  missing    fdatasync /f.new before `rename /f.new "
                          "/f`, which would have kept the data of /f\n"));
    EXPECT_THAT(explored.out, Not(HasSubstr("although")));
  }
  Record(set_up, std::string("echo new >f.new; mv f.new f\n"
                             "sync f; sync .\n") +
                     kDone);
  EXPECT_EQ(Explore("--profile ext4-ordered").status, 0);
}

// The file has another name at the crash than it had when a sync could still
// come. The sync that is named, at the place that is named, keeps it.
TEST_F(LostThingsTest, TheMissingSyncIsNamedWithItsPlace) {
  Expect("test -e new/f || test -e cur/f");
  const std::string set_up = "mkdir tmp new cur; echo mail >tmp/f";
  const auto mail = [](const std::string& sync) {
    return "mv tmp/f new/f\n" + sync + kDone + "mv new/f cur/f; sync cur\n";
  };
  for (const char* const world : {"ext4-ordered", "btrfs"}) {
    const std::string profile = std::string("--profile ") + world;
    Record(set_up, mail(""));
    const Ended lost = Explore(profile);
    EXPECT_EQ(lost.status, 1) << lost.err;
    EXPECT_THAT(lost.out,
                HasSubstr("fsync /new before `rename /new/f /cur/f`, which "
                          "would have kept the name of /cur/f\n"))
        << world;
    EXPECT_THAT(lost.out, Not(HasSubstr("fsync /cur, which")));
    Record(set_up, mail("sync new\n"));
    const Ended kept = Explore(profile);
    EXPECT_EQ(kept.status, 0) << kept.out;
  }
}

// A name that was given by a link, after which the first name went. Nobody
// wants the first one; a crash that takes it takes the link with it.
TEST_F(LostThingsTest, ANameThatIsGoneIsNotNamed) {
  Expect("test -e o");
  Record("", std::string("echo text >t; ln t o; rm t\n") + kDone);
  for (const char* const world : {"linux-man", "ext4-ordered", "btrfs"}) {
    for (const char* const space : {"exhaustive", "epoch:1"}) {
      const Ended lost =
          Explore(std::string("--profile ") + world + " --space " + space);
      EXPECT_THAT(LossesIn(lost.out), ElementsAre("name-of-o/fsync-directory"))
          << world << space << lost.out;
    }
  }
}

// The program makes the sync that is named, after it has acknowledged.
TEST_F(LostThingsTest, ASyncAfterTheAckComesTooLate) {
  Expect("test \"$(cat log)\" = text");
  Record(": >log", std::string("echo text >log\n") + kDone + "sync -d log\n");
  EXPECT_THAT(Explore().out,
              HasSubstr("  missing    fdatasync /log before `ack: done`, which "
                        "would have kept the data of /log\n"));
  // A later sync that is of another kind, or of another file, is none of it.
  Record(": >log", std::string("echo text >log\n") + kDone + "sync .\n");
  EXPECT_THAT(Explore().out, HasSubstr("  missing    fdatasync /log, which"));
}

// Two changes of one file, the first of which was synced but for its times. If
// all changes come in one order, losing the times takes the second one, too.
TEST_F(LostThingsTest, OfTwoChangesTheLastIsNamed) {
  Expect("test \"$(dd if=f bs=1 skip=1024 count=1 2>/dev/null)\" = b");
  const std::string set_up = "truncate -s 4096 f other";
  const auto put = [](const char* file, const char* what, int at) {
    return "printf " + std::string(what) + " | dd of=" + file +
           " bs=1 conv=notrunc seek=" + std::to_string(at) + " 2>/dev/null\n";
  };
  const std::string program = put("other", "q", 0) + "sync -d other\n" +
                              put("f", "a", 0) + "sync -d f\n" +
                              put("f", "b", 1024);
  Record(set_up, program + kDone);
  for (const char* const space : {"exhaustive", "epoch:1", "sample:8"}) {
    const Ended lost =
        Explore(std::string("--profile ext4-journal --space ") + space);
    EXPECT_THAT(LossesIn(lost.out), ElementsAre("data-of-f/fdatasync"))
        << space << lost.out;
    EXPECT_THAT(lost.out, HasSubstr("  missing    fdatasync /f, which"));
  }
  Record(set_up, program + "sync -d f\n" + kDone);
  EXPECT_EQ(Explore("--profile ext4-journal").status, 0);
}

// Under a journal, what is lost takes with it all that came later. What the
// check needs is named, and not what happened to be lost before it.
TEST_F(LostThingsTest, WhatTheCheckNeedsIsNamedInOrderedWorlds) {
  Expect("test \"$(cat data/f)\" = new");
  const std::string set_up =
      "mkdir a_log data; echo old >data/f; echo new >data/f.tmp";
  Record(set_up,
         std::string("echo hello >a_log/today; mv data/f.tmp data/f\n") +
             kDone + "echo more >z\n");
  for (const char* const world : {"ext4-ordered", "xfs", "ext4-journal"}) {
    for (const char* const space : {"exhaustive", "epoch:1", "sample:5"}) {
      const Ended explored =
          Explore(std::string("--profile ") + world + " --space " + space);
      EXPECT_THAT(LossesIn(explored.out),
                  ElementsAre("name-of-data:f/fsync-directory"))
          << world << " " << space << explored.out;
      EXPECT_THAT(explored.out,
                  HasSubstr("  missing    fsync /data, which would "
                            "have kept the name of /data/f\n"));
    }
  }
  // The sync that is named keeps it, and a sync of the log does not.
  for (const bool right : {false, true}) {
    const std::string log = "echo hello >a_log/today; sync a_log\n";
    Record(set_up, log + "mv data/f.tmp data/f\n" +
                       (right ? "sync data\n" : "") + kDone);
    EXPECT_EQ(Explore("--profile xfs").status, right ? 0 : 1);
  }
}

// A name is that of the directory in which it was given or taken, also where
// another path of the call ends in the same name.
TEST_F(LostThingsTest, NamesAreThoseOfTheirDirectory) {
  Expect("test -e new/m");
  for (const char* const call : {"ln tmp/m new/m", "mv tmp/m new/m"}) {
    Record("mkdir tmp new; echo mail >tmp/m", std::string(call) + "\n" + kDone);
    const Ended explored = Explore("--space exhaustive");
    EXPECT_THAT(LossesIn(explored.out),
                ElementsAre("name-of-new:m/fsync-directory"))
        << call << explored.out;
  }
}

// A file that is removed and made again under the same name, as a journal is:
// without both, the old one is there. What was not kept first is that it went.
TEST_F(LostThingsTest, OfANameTheFirstChangeIsNamed) {
  Expect("test ! -s journal");
  Record("echo old >journal",
         "rm journal\n" + std::string(kDone) + ": >journal; rm journal\n");
  EXPECT_THAT(LossesIn(Explore().out),
              ElementsAre("removal-of-journal/fsync-directory"));
}

// Checks that write before they look. A crash while they do so is named where
// it breaks the file, and not where the file is broken without.
TEST_F(LostThingsTest, ACrashOfTheRecoveryIsNamedWhereItIsNeeded) {
  Expect(": >log; grep -qx new f");
  Record("echo old >f", std::string("echo new >f\n") + kDone);
  const Ended explored = Explore("--space exhaustive --nested 1");
  EXPECT_THAT(LossesIn(explored.out), ElementsAre("data-of-f/fdatasync"))
      << explored.out << explored.err;
  Expect("if [ -s copy ]; then cp copy f; rm copy; fi; grep -qx new f");
  Record("echo new >copy", kDone);
  const Ended nested = Explore("--space exhaustive --nested 1");
  EXPECT_THAT(LossesIn(nested.out), ElementsAre("crash-of-recovery/none"))
      << nested.out << nested.err;
}

// Each state of `sample` lost many things. The parts of its loss are run.
TEST_F(LostThingsTest, TheLossIsTheSameInEverySpaceAndForAllJobs) {
  Expect("test \"$(cat a)\" = text && test -e b");
  Record("", "echo x >c; echo x >d; echo text >a; sync . ; : >b\n" +
                 std::string(kDone));
  const Ended all = Explore();
  EXPECT_THAT(LossesIn(all.out),
              ElementsAre("data-of-a/fdatasync", "name-of-b/fsync-directory"));
  const Ended sampled = Explore("--space sample:30");
  EXPECT_THAT(LossesIn(sampled.out), Not(IsEmpty()));
  for (const std::string& loss : LossesIn(sampled.out)) {
    EXPECT_TRUE(LossesIn(all.out).contains(loss)) << sampled.out;
  }
  EXPECT_EQ(Explore("--jobs 3").out, all.out);
  const std::string report = " --space sample:30 --json s.json --shard ";
  Explore(report + "1/2");
  ASSERT_EQ(Tool("explore --quiet --profile linux-man p.trace " + check_ +
                 " --space sample:30 --json s2.json --shard 2/2")
                .status,
            1);
  const Ended merged = Tool("merge s.json s2.json");
  EXPECT_EQ(LossesIn(merged.out), LossesIn(sampled.out)) << merged.out;
}

// Every verb names the same loss, and a baseline tells the two apart.
TEST_F(LostThingsTest, BaselinesReplaysAndMinimizedTracesKnowTheLoss) {
  Expect("test \"$(cat a)\" = text && test -e b");
  Record("", "echo x >c; echo text >a; sync . ; : >b\n" + std::string(kDone));
  const Ended all =
      Explore("--json all.json --junit all.xml --sarif all.sarif");
  ASSERT_EQ(LossesIn(all.out).size(), 2u) << all.out << all.err;
  const std::string words = "check/volume/start/ack/exit-1/lost";
  folder_.Write("one.txt", words + "/data-of-a/fdatasync\n");
  const Ended other = Explore("--baseline one.txt");
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(LossesIn(other.out), ElementsAre("name-of-b/fsync-directory"));
  EXPECT_EQ(Explore("--baseline all.json").status, 0);
  // A list that an earlier version wrote stands for all losses.
  folder_.Write("old.txt", words + "\n");
  EXPECT_EQ(Explore("--baseline old.txt").status, 0);
  for (const char* const report : {"all.json", "all.xml", "all.sarif"}) {
    EXPECT_THAT(folder_.Read(report), HasSubstr("/name-of-b/fsync-directory"))
        << report;
  }
  const std::string id =
      all.out.substr(all.out.find("--at "),
                     all.out.find(" --profile") - all.out.find("--at "));
  const std::string state = "p.trace --profile linux-man " + id + " " + check_;
  EXPECT_THAT(LossesIn(Tool("replay " + state).out),
              ElementsAre("data-of-a/fdatasync"));
  const Ended explained = Tool("explain " + state);
  EXPECT_THAT(explained.out,
              HasSubstr("(cause " + words + "/data-of-a/fdatasync)"));
  EXPECT_THAT(explained.out,
              HasSubstr("which sync is missing\n  fdatasync /a"));
  const Ended minimized = Tool(
      "minimize --quiet --jobs 1 --profile linux-man p.trace -o m.trace "
      "--cause " +
      words + "/name-of-b/fsync-directory " + check_);
  EXPECT_EQ(minimized.status, 0) << minimized.err;
  EXPECT_THAT(LossesIn(minimized.out),
              ElementsAre("name-of-b/fsync-directory"));
  // The file that nobody looks at is not made any more.
  EXPECT_THAT(Tool("show m.trace").out, Not(HasSubstr("create /c")));
}

// SQLite without syncs damages its database in more than one way.
TEST_F(LostThingsTest, SqliteWithoutSyncsLosesItsDatabaseAndItsJournal) {
  const Ended run = Tool(
      "run --quiet --jobs 1 --profile linux-man --max-runs 500 --check 'sh " +
      std::string(POWERCUT_SOURCE_DIR "/corpora/programs/sqlite_holds.sh") +
      "' -- sh " POWERCUT_SOURCE_DIR
      "/corpora/programs/sqlite_commits.sh DELETE OFF 2");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.out, HasSubstr("/data-of-db/fdatasync   in "));
}

}  // namespace
}  // namespace powercut
