// The tool runs programs on simfs, as root and as nobody.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/programs/tool_by_user.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProgramsToolTest : public ToolByUserTest,
                         public testing::WithParamInterface<User> {
 protected:
  ProgramsToolTest() : ToolByUserTest(GetParam()) {}
};

// Replaces a file, with and without a sync of the new contents.
std::string Replace(const std::string& sync) {
  return "echo old > f; sync\n"
         "echo powercut:start >> $POWERCUT_ACKS\n"
         "echo new > f.tmp; " +
         sync + "mv f.tmp f\n";
}
constexpr const char* kWhole =
    "case \"$(cat f)\" in old|new) ;; *) echo damaged; exit 1;; esac\n";

// fdatasync of a directory is no weaker than fsync.
TEST_P(ProgramsToolTest, TheAuditHasNoWeakerSyncOfADirectory) {
  const std::string program =
      Script("directories.sh",
             "mkdir d; sync; echo powercut:start >> $POWERCUT_ACKS\n"
             ": > d/f; sync d; mv d e; : > e/g; sync e .\n"
             "echo done >> $POWERCUT_ACKS\n");
  const std::string check =
      Script("both.sh",
             "grep -q done $POWERCUT_ACKED || exit 0\n"
             "test -e e/f && test -e e/g || { echo lost; exit 1; }\n");
  ASSERT_EQ(Tool("record --profile linux-man -o d.trace -- " + program).status,
            0);
  const Ended audit =
      Tool("audit --quiet --jobs 1 --check '" + check + "' d.trace");
  EXPECT_THAT(audit.out, HasSubstr("d.trace: fsync /e (sync): needed\n"));
  EXPECT_THAT(audit.out, HasSubstr("d.trace: fsync / (sync): needed\n"));
  EXPECT_THAT(audit.out, testing::Not(HasSubstr("is enough")));
}

// A report names seven of many lost calls and counts the others.
TEST_P(ProgramsToolTest, LostCallsThatAreNotNamedAreCounted) {
  const std::string program =
      Script("many.sh",
             "sync; echo powercut:start >> $POWERCUT_ACKS\n"
             "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do : >f$i; done\n"
             "echo done >> $POWERCUT_ACKS\n");
  const std::string check =
      Script("none.sh",
             "grep -q done $POWERCUT_ACKED || exit 0\n"
             "ls | grep -q f || { echo nothing is left; exit 1; }\n");
  const Ended run = Tool("run --quiet --jobs 1 --profile linux-man --check '" +
                         check + "' -- " + program);
  EXPECT_EQ(run.status, 1) << run.err;
  size_t named = 0;
  for (size_t at = run.out.find("create /f"); at != std::string::npos;
       at = run.out.find("create /f", at + 1)) {
    named += run.out.substr(at).find("never synced") < 40 ? 1 : 0;
  }
  EXPECT_EQ(named, 7u) << run.out;
  EXPECT_THAT(run.out, HasSubstr(" 5 more\n"));
}

TEST_P(ProgramsToolTest, OneCommandTellsInWhichWorldsAProgramIsSafe) {
  const std::string program = Script("replace.sh", Replace(""));
  const std::string check = Script("whole.sh", kWhole);
  const Ended run =
      Tool("run --quiet --jobs 1 --check '" + check + "' -- " + program);
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.out, HasSubstr("worlds of powercut-run.trace\n"
                                 "  posix-minimal   violation  exit status 1"));
  EXPECT_THAT(run.out, HasSubstr("  linux-man       violation"));
  // There, data goes through the journal, in the order of the calls.
  EXPECT_THAT(run.out, HasSubstr("  ext4-journal    ok"));
  EXPECT_THAT(run.out, HasSubstr("  xfs             violation"));
  // What was lost is told by calls and programs, and each cause once.
  EXPECT_THAT(run.out, HasSubstr("write /f.tmp 0 4 (sh), never synced"));
  const std::string cause = "  cause      check/";
  const size_t first = run.out.find(cause);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(run.out.find(cause, first + 1), std::string::npos) << run.out;
  // The line of a row replays its state.
  const size_t line = run.out.rfind("powercut replay");
  const Ended replay =
      Tool(run.out.substr(line + 9, run.out.find('\n', line) - line - 9));
  EXPECT_EQ(replay.status, 1) << replay.out << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("damaged"));

  const std::string synced = Script("synced.sh", Replace("sync f.tmp; "));
  const Ended safe =
      Tool("run --quiet --jobs 1 --check '" + check + "' -- " + synced);
  EXPECT_EQ(safe.status, 0) << safe.out << safe.err;
  EXPECT_THAT(safe.out, Not(HasSubstr("violation")));
}

TEST_P(ProgramsToolTest, AProfileThatIsNoneIsRefused) {
  const Ended none = Tool("run --profile nope --check true -- true");
  EXPECT_EQ(none.status, 129);
  EXPECT_THAT(
      none.err,
      HasSubstr("--profile: no profile `nope`; there are spec-strict, "));
  EXPECT_THAT(none.err, HasSubstr(" and macos; or linux; or all\n"));
  const Ended twice = Tool("run --profile xfs,xfs --check true -- true");
  EXPECT_EQ(twice.status, 129);
  EXPECT_THAT(twice.err, HasSubstr("xfs comes twice"));
  const Ended kernel = Tool("record --fs ext4 --profile xfs -o t -- true");
  EXPECT_EQ(kernel.status, 129);
  EXPECT_THAT(kernel.err, HasSubstr("--profile is of --fs simfs"));
}

// The kernel tells FUSE nothing of sync(2) and syncfs(2).
TEST_P(ProgramsToolTest, SyncsOfTheWholeVolumeCount) {
  const std::string program =
      Script("syncs.sh",
             "for f in a b c; do\n"
             "  echo text > $f\n"
             "  case $f in a) sync;; b) sync -f $f;; esac\n"
             "  echo $f >> $POWERCUT_ACKS\n"
             "done\n");
  const std::string check =
      Script("kept.sh",
             "for f in $(cat $POWERCUT_ACKED); do\n"
             "  test \"$(cat $f)\" = text || { echo lost $f; exit 1; }\n"
             "done\n");
  const Ended run = Tool("run --quiet --jobs 1 --profile linux-man --check '" +
                         check + "' -- " + program);
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_THAT(run.out, HasSubstr("exit status 1: lost c"));
  EXPECT_THAT(run.out, Not(HasSubstr("1: lost a")));
  EXPECT_THAT(run.out, Not(HasSubstr("1: lost b")));
}

// The kernel tells of a call the thread that made it, and no process.
TEST_P(ProgramsToolTest, TheSyncfsOfAThreadCounts) {
  const std::string program = folder_.Write(
      "thread.py",
      "import ctypes, os, threading\n"
      "fd = os.open('f', os.O_CREAT | os.O_RDWR)\n"
      "os.write(fd, b'text')\n"
      "sync = threading.Thread(target=ctypes.CDLL(None).syncfs, args=(fd,))\n"
      "sync.start()\n"
      "sync.join()\n"
      "open(os.environ['POWERCUT_ACKS'], 'w').write('synced\\n')\n");
  const Ended recorded =
      Tool("record -o t.trace -- /usr/bin/python3 " + program);
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  const Ended explored = Tool(
      "explore t.trace --jobs 1 --check '[ ! -s "
      "$POWERCUT_ACKED ] || [ \"$(cat f)\" = text ]'");
  EXPECT_EQ(explored.status, 0) << explored.out << explored.err;
}

TEST_P(ProgramsToolTest, AWrongCheckIsToldOnce) {
  const Ended run = Tool("run --check ./missing.sh -- sh -c 'echo a >f'");
  EXPECT_EQ(run.status, 129) << run.out << run.err;
  const std::string said = "the check fails with no crash at all";
  const size_t first = run.err.find(said);
  ASSERT_NE(first, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find(said, first + 1), std::string::npos) << run.err;
}

// Writes a file without a name (O_TMPFILE), links it to the path that the first
// argument is, and makes the syncs that the others name.
constexpr const char* kUnnamed =
    "import ctypes, os, sys\n"
    "os.mkdir('d'); os.sync()\n"
    "open(os.environ['POWERCUT_ACKS'], 'a').write('powercut:start\\n')\n"
    "file = os.open('.', os.O_TMPFILE | os.O_WRONLY, 0o644)\n"
    "os.write(file, b'whole' * 1000)\n"
    "if 'data' in sys.argv: os.fsync(file)\n"
    "path = b'/proc/self/fd/%d' % file\n"
    "name = sys.argv[1].encode()\n"
    "assert ctypes.CDLL(None).linkat(-100, path, -100, name, 0x400) == 0\n"
    "if 'root' in sys.argv: os.fsync(os.open('.', os.O_RDONLY))\n"
    "if 'd' in sys.argv: os.fsync(os.open('d', os.O_RDONLY))\n"
    "open(os.environ['POWERCUT_ACKS'], 'a').write('done\\n')\n";
// The folder has the file, if at all, and no other name is there.
constexpr const char* kUnnamedWhole =
    "set -- $(find . -type f)\n"
    "[ $# -lt 2 ] || { echo more than one file; exit 3; }\n"
    "if [ $# = 0 ]; then [ ! -s \"$POWERCUT_ACKED\" ] || { echo lost; exit 1; "
    "}\n"
    "else [ $(wc -c <$1) = 5000 ] || { echo damaged; exit 2; }; fi\n";

TEST_P(ProgramsToolTest, FilesWithoutANameCanBeLinked) {
  const std::string program =
      "/usr/bin/python3 " + folder_.Write("unnamed.py", kUnnamed);
  const std::string run = "run --quiet --jobs 1 --check '" +
                          Script("whole.sh", kUnnamedWhole) + "' -- " + program;
  for (const char* const synced : {" f data root", " d/f data d"}) {
    const Ended safe = Tool(run + synced);
    EXPECT_EQ(safe.status, 0) << safe.out << safe.err;
  }
  // A sync of another directory does not bring the name.
  for (const char* const unsynced :
       {" f data", " f data d", " d/f data root"}) {
    const Ended lost = Tool(run + unsynced);
    EXPECT_EQ(lost.status, 1) << lost.err;
    EXPECT_THAT(lost.out, HasSubstr("  linux-man       violation  exit status "
                                    "1: lost"))
        << unsynced;
    EXPECT_THAT(lost.out, Not(HasSubstr("damaged")));
  }
  const Ended damaged = Tool(run + " f root");
  EXPECT_EQ(damaged.status, 1) << damaged.err;
  EXPECT_THAT(damaged.out, HasSubstr("  ext4-ordered    violation  exit status "
                                     "2: damaged"));
  EXPECT_THAT(damaged.out, HasSubstr("  ext4-journal    ok"));
}

TEST_P(ProgramsToolTest, FilesComeBackAsTheyWere) {
  const std::string program = Script(
      "files.sh",
      "mkdir d; echo 'echo ran' > d/tool; chmod 755 d/tool; ln -s d/tool link\n"
      "ln d/tool d/second; sync\n"
      "echo done >> $POWERCUT_ACKS\n");
  const std::string check =
      Script("look.sh",
             "test -s $POWERCUT_ACKED || exit 0\n"
             "test \"$(./link)\" = ran && test d/tool -ef d/second &&\n"
             "test \"$(readlink link)\" = d/tool &&\n"
             "test \"$(stat -c %a d/tool)\" = 755\n");
  const Ended run =
      Tool("run --quiet --jobs 1 --check '" + check + "' -- " + program);
  EXPECT_EQ(run.status, 0) << run.out << run.err;
}

TEST_P(ProgramsToolTest, WithoutADeviceTheRemedyIsNamed) {
  if (!CanBecomeNobody()) GTEST_SKIP() << "only root can hide a device";
  const Ended run =
      Subprocess({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                  "mount -t tmpfs none /dev && " POWERCUT_TOOL " record -o " +
                      folder_.File("t.trace") + " -- true"})
          .Wait();
  EXPECT_EQ(run.status, 125) << run.err;
  EXPECT_THAT(run.err, HasSubstr("/dev/fuse: No such file or directory"));
  EXPECT_THAT(run.err, HasSubstr("chmod 666 /dev/fuse"));
  EXPECT_THAT(run.err, HasSubstr("--fs ext4"));
}

TEST_P(ProgramsToolTest, AProgramThatFailsIsRecordedAllTheSame) {
  const Ended failed = Tool("record -o t.trace -- sh -c 'echo x > f; exit 7'");
  EXPECT_EQ(failed.status, 3);
  EXPECT_THAT(failed.err, HasSubstr("exit status 7"));
  const Ended shown = Tool("show t.trace");
  EXPECT_EQ(shown.status, 0) << shown.err;
  const Ended late = Tool("record -o l.trace --timeout 300ms -- sleep 100");
  EXPECT_EQ(late.status, 3);
  EXPECT_THAT(late.err, HasSubstr("--timeout"));
  const Ended none = Tool("record -o n.trace -- /no/such/program");
  EXPECT_EQ(none.status, 125);
  EXPECT_THAT(none.err, HasSubstr("/no/such/program cannot be started"));
  const Ended eager = Tool("record --writeback eager -o e.trace -- true");
  EXPECT_EQ(eager.status, 129) << eager.err;
}

TEST_P(ProgramsToolTest, AnAuditTellsWhichSyncsOfAProgramAreNeeded) {
  const std::string program =
      Script("audit.sh",
             "echo old >f; sync f .; echo powercut:start "
             ">>$POWERCUT_ACKS\n"
             "echo new >f.tmp; sync f.tmp; mv f.tmp f; sync f\n");
  const std::string check = Script("whole.sh", kWhole);
  ASSERT_EQ(
      Tool("record --profile ext4-ordered -o a.trace -- " + program).status, 0);
  const Ended audit =
      Tool("audit --quiet --jobs 1 --check '" + check + "' a.trace");
  EXPECT_THAT(audit.out, HasSubstr("a.trace: fsync /f.tmp (sync): needed"));
  EXPECT_THAT(audit.out, HasSubstr("a.trace: audit: simfs under profile "
                                   "ext4-ordered: "));
  // The line replays the state that shows it.
  const size_t line = audit.out.find("powercut replay");
  ASSERT_NE(line, std::string::npos) << audit.out << audit.err;
  const Ended replay =
      Tool(audit.out.substr(line + 9, audit.out.find('\n', line) - line - 9));
  EXPECT_EQ(replay.status, 1) << replay.out << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("damaged"));
  const Ended none =
      Tool("replay a.trace --at 1p@00000000 --weaken 'fsync /g (sync)'");
  EXPECT_EQ(none.status, 129);
  EXPECT_THAT(none.err, HasSubstr("the program made no such sync; it made: "));
}

// A recovery that removes its journal before it has put the old contents back
// is wrong only if it is interrupted.
TEST_P(ProgramsToolTest, RecoveriesCanBeCrashedToo) {
  const std::string program =
      Script("journal.sh",
             "echo old >f; echo old >journal; sync f journal .\n"
             "echo powercut:start >>$POWERCUT_ACKS; echo torn >f\n");
  const std::string check =
      Script("recover.sh",
             "if test -e journal; then rm journal; sync .; echo old >f; "
             "sync f; fi\ngrep -q old f\n");
  const std::string explore =
      "explore --quiet --jobs 1 --check '" + check + "' j.trace";
  ASSERT_EQ(Tool("record -o j.trace -- " + program).status, 0);
  EXPECT_EQ(Tool(explore).status, 0);
  const Ended nested = Tool(explore + " --nested 1 --space prefix");
  EXPECT_EQ(nested.status, 1) << nested.out << nested.err;
  const std::string verb = "powercut replay ";
  const size_t at = nested.out.find(verb);
  ASSERT_NE(at, std::string::npos) << nested.out;
  const size_t begin = at + verb.size();
  const std::string state =
      nested.out.substr(begin, nested.out.find('\n', begin) - begin);
  EXPECT_EQ(Tool("replay " + state).status, 1);
  const Ended explained = Tool("explain " + state);
  EXPECT_EQ(explained.status, 1) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("once more during the recovery"));
}

// The check fails where it finds what it has to repair. A second crash may come
// after it has: that it holds then is no violation of its own.
TEST_P(ProgramsToolTest, ARecoveryThatRepairsIsNotUnstable) {
  const std::string program =
      Script("new.sh",
             "echo old >f; sync f .; echo powercut:start >>$POWERCUT_ACKS\n"
             "echo new >f.new; sync f.new; mv f.new f; sync .\n");
  const std::string check =
      Script("repair.sh", "test ! -e f.new || { rm f.new; sync .; exit 1; }\n");
  ASSERT_EQ(Tool("record -o r.trace -- " + program).status, 0);
  const Ended nested = Tool(
      "explore --quiet --jobs 1 --nested 1 --space prefix "
      "--check '" +
      check + "' r.trace");
  EXPECT_EQ(nested.status, 1) << nested.err;
  EXPECT_THAT(nested.out, HasSubstr("cause      check/volume/start"));
  EXPECT_THAT(nested.out, Not(HasSubstr("unstable")));
  EXPECT_THAT(nested.out, Not(HasSubstr("excuse")));
}

TEST_P(ProgramsToolTest, ARecordingIsShrunkToTheCallsThatFail) {
  const std::string program =
      Script("long.sh",
             "for i in 1 2 3 4 5 6 7 8; do echo $i >a$i; mkdir d$i; done\n" +
                 Replace("") + "for i in 1 2 3; do rm a$i; done\n");
  const std::string check = Script("whole.sh", kWhole);
  ASSERT_EQ(Tool("record -o l.trace -- " + program).status, 0);
  const Ended made = Tool("minimize --quiet --jobs 1 -o s.trace --check '" +
                          check + "' l.trace");
  EXPECT_EQ(made.status, 0) << made.out << made.err;
  EXPECT_THAT(made.out, HasSubstr("write /f.tmp 0 4 (sh), never synced"));
  const size_t left = made.out.find("s.trace: ");
  EXPECT_THAT(made.out,
              testing::ContainsRegex("s.trace: [0-9]+ of [0-9]+ calls left"))
      << made.out.substr(left);
  const std::string shown = Tool("show s.trace").out;
  EXPECT_THAT(shown, HasSubstr("< rename /f.tmp /f (mv)"));
  EXPECT_THAT(shown, Not(HasSubstr("mkdir")));
  EXPECT_THAT(shown, Not(HasSubstr("unlink")));
  const size_t line = made.out.find("powercut replay");
  const Ended replay =
      Tool(made.out.substr(line + 9, made.out.find('\n', line) - line - 9));
  EXPECT_EQ(replay.status, 1) << replay.out << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("damaged"));
}

TEST_P(ProgramsToolTest, ShardsOfSeveralWorldsComeToOneReport) {
  const std::string program = Script("replace.sh", Replace(""));
  const std::string check = Script("whole.sh", kWhole);
  ASSERT_EQ(Tool("record -o m.trace -- " + program).status, 0);
  const std::string explore =
      "explore --quiet --jobs 1 --profile xfs,btrfs "
      "--check '" +
      check + "' m.trace ";
  const Ended one = Tool(explore);
  EXPECT_LE(Tool(explore + "--shard 1/2 --json s1.json").status, 1);
  EXPECT_LE(Tool(explore + "--shard 2/2 --json s2.json").status, 1);
  const Ended merged = Tool("merge s1.json s2.json");
  EXPECT_EQ(merged.status, 1) << merged.err;
  EXPECT_EQ(merged.out, one.out);
}

// A program that names its files by absolute paths is not in the volume at all.
TEST_P(ProgramsToolTest, AProgramThatChangesNothingIsNoted) {
  for (const char* program :
       {"sh -c :", "sh -c 'cat /etc/passwd >/dev/null'"}) {
    const Ended run =
        Tool("run --quiet --check true -- " + std::string(program));
    EXPECT_EQ(run.status, 3) << run.out << run.err;
    EXPECT_THAT(run.err, HasSubstr("the program changed nothing in the "
                                   "volume"));
    EXPECT_THAT(run.out, HasSubstr("  xfs             ok "));
  }
  EXPECT_EQ(Tool("run --quiet --check true -- mkdir d").status, 0);
}

// simfs has no op for these calls; a reader knows them by the names that the
// program used.
TEST_P(ProgramsToolTest, CallsHaveTheNamesThatTheProgramUsed) {
  const std::string program = Script(
      "calls.py",
      "exec /usr/bin/python3 - <<'E'\n"
      "import os\n"
      "open('f', 'w').close(); os.chmod('f', 0o640)\n"
      "os.setxattr('f', 'user.a', b'1'); os.setxattr('f', 'user.b', b'2')\n"
      "os.setxattr('f', 'user.a', b'3'); os.removexattr('f', 'user.b')\n"
      "os.chown('f', os.getuid(), os.getgid())\n"
      "os.utime('f', (1, 1))\n"
      "os.symlink('f', 's'); os.mkfifo('p'); os.mkdir('d')\n"
      "os.chmod('d', 0o700)\nE\n");
  ASSERT_EQ(Tool("record -o n.trace -- " + program).status, 0);
  const std::string out = Tool("show n.trace").out;
  size_t at = 0;
  for (const char* text :
       {"< create /f ", "< chmod 640 /f ", "< setxattr /f user.a ",
        "< setxattr /f user.b ", "< setxattr /f user.a ",
        "< removexattr /f user.b ", "< set_times /f ", "< symlink f /s ",
        "< mknod /p ", "< mkdir /d ", "< chmod 700 /d "}) {
    const size_t found = out.find(text, at);
    ASSERT_NE(found, std::string::npos) << text << "\n" << out;
    at = found + 1;
  }
}

// A check that looks at nothing holds with no sync at all. One row says so.
TEST_P(ProgramsToolTest, AnAuditNoticesACheckThatCannotFail) {
  const std::string start = "sync; echo powercut:start >>$POWERCUT_ACKS\n";
  const std::string work = "echo new >f; echo new >>$POWERCUT_ACKS\n";
  ASSERT_EQ(
      Tool("record -o n.trace -- " + Script("none.sh", start + work)).status,
      0);
  const Ended none = Tool("audit --quiet --jobs 1 n.trace --check true");
  EXPECT_EQ(none.status, 1) << none.out << none.err;
  EXPECT_THAT(none.out,
              HasSubstr("n.trace: all that makes acks durable: not seen: the "
                        "check holds with nothing made durable"));
  EXPECT_THAT(none.out, HasSubstr("audit: simfs under profile linux-man: 1 "
                                  "sync: 1 redundant, 1 not seen"))
      << none.out;
  // A program that acknowledges nothing promises nothing.
  ASSERT_EQ(Tool("record -o q.trace -- " + Script("quiet.sh", "echo new >f\n"))
                .status,
            0);
  EXPECT_EQ(Tool("audit --quiet --jobs 1 q.trace --check true").status, 0);
}

// The findings of an audit say what those of `explore` say.
TEST_P(ProgramsToolTest, AnAuditSaysWhatWasLost) {
  const std::string program =
      Script("audit.sh",
             "echo old >f; mkdir other; sync; "
             "echo powercut:start >>$POWERCUT_ACKS\n"
             "echo x >other/a; echo new >f.tmp; sync f.tmp; mv f.tmp f\n"
             "echo y >other/b; sync .; echo new >>$POWERCUT_ACKS\n");
  ASSERT_EQ(Tool("record -o l.trace -- " + program).status, 0);
  const std::string check =
      Script("new.sh",
             "grep -qx -e old -e new f || { echo bad; exit 1; }\n"
             "! grep -q new $POWERCUT_ACKED || grep -q new f\n");
  const Ended audit =
      Tool("audit --quiet --jobs 1 --profile ext4-ordered --check '" + check +
           "' l.trace");
  EXPECT_THAT(audit.out,
              HasSubstr("  missing    fdatasync /f.tmp before `rename /f.tmp "
                        "/f`, which would have kept the data of /f\n"))
      << audit.err;
  EXPECT_THAT(audit.out, HasSubstr("/bad/data-of-f/fdatasync   in 1 state\n"));
  EXPECT_THAT(audit.out, HasSubstr("  program    after `"));
}

INSTANTIATE_TEST_SUITE_P(Users, ProgramsToolTest,
                         testing::Values(User::kOwn, User::kNobody),
                         [](const auto& param) { return NameOf(param.param); });

}  // namespace
}  // namespace powercut
