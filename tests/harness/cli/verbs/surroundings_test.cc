// Runs the tool where launchers, shells and full disks are unkind: with signals
// that were ignored or blocked, with standard output that takes nothing, with
// closed descriptors, under limits on resources, and with outputs that are the
// inputs under another name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/cli/tool_output.h"
#include "tests/harness/system/killer.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kTool = POWERCUT_TOOL;

// The end of the message about output that was lost. The reason stands before
// it if the last write still knows the reason.
constexpr const char* kIncomplete = ": the output is not complete\n";

// A workload that holds.
constexpr const char* kHoldsText = R"(powercut 1
backend simfs
init
  create /a
run
  write /a 0 512
  fsync /a
)";

// A workload that does not hold.
constexpr const char* kFailsText = R"(powercut 1
backend simfs
fault lie on flush times=always
init
  create /a
run
  write /a 0 512
  fsync /a
  truncate /a 0
)";

std::string QuotedWord(const std::string& word) { return "'" + word + "'"; }

// Runs the tool by a shell: what stands before it, its arguments, and what
// follows them, such as a redirection.
Ended InShell(const std::string& before,
              const std::vector<std::string>& arguments,
              const std::string& after = "") {
  std::string line = before + " exec " + kTool;
  for (const std::string& argument : arguments) {
    line += " " + QuotedWord(argument);
  }
  return Subprocess({"/bin/sh", "-c", line + " " + after}).Wait();
}

// The id of the state after all events of a file.
std::string LastIdOf(const std::string& file) {
  const std::string listing = RunTool({"show", file}).out;
  const size_t number = listing.find(": ") + 2;
  return listing.substr(number, listing.find(' ', number) - number) + "p@" +
         DigestOf(file);
}

class SurroundingsTest : public testing::Test {
 protected:
  SurroundingsTest()
      : holds_(folder_.Write("holds.pcut", kHoldsText)),
        trace_(folder_.File("holds.trace")) {
    EXPECT_EQ(RunTool({"show", holds_, "--save", trace_}).status, kHolds);
  }

  const TemporaryFolder folder_;
  const std::string holds_;
  const std::string trace_;
};

// --- signals -----------------------------------------------------------------

// The children of a process that ignores SIGCHLD cannot be waited for.
TEST_F(SurroundingsTest, InheritedSignalsChangeNothing) {
  const Ended plain = RunTool({"check", holds_});
  ASSERT_EQ(plain.status, kHolds);
  for (const std::string how :
       {"--ignore-signal=CHLD", "--ignore-signal", "--block-signal",
        "--block-signal=CHLD", "--ignore-signal=PROF"}) {
    const Ended ended = Subprocess({"/usr/bin/timeout", "60", "/usr/bin/env",
                                    how, kTool, "check", holds_})
                            .Wait();
    EXPECT_EQ(ended.status, kHolds) << how << ended.err;
    EXPECT_EQ(ended.out, plain.out) << how;
  }
}

// nohup ignores SIGHUP, and what it starts is to live on.
TEST_F(SurroundingsTest, AnIgnoredHangupStaysIgnored) {
  // The space of a workload that flushes nothing is far larger than the test
  // has time for.
  std::string text = kReplace;
  text.replace(text.find("  fsync  /a\n"), 12,
               "  write /a 0 9000\n  create /c\n  append /c 9000\n"
               "  create /d\n  append /d 9000\n");
  const std::string endless = folder_.Write("endless.pcut", text);
  const Subprocess tool({"/usr/bin/env", "--ignore-signal=HUP",
                         "--block-signal=TERM", kTool, "check", "--quiet",
                         "--space", "epoch:3", endless});
  const timespec pause = {.tv_sec = 0, .tv_nsec = 500'000'000};
  nanosleep(&pause, nullptr);
  tool.Signal(SIGHUP);
  nanosleep(&pause, nullptr);
  tool.Signal(SIGTERM);
  EXPECT_EQ(tool.Wait().status, kInterrupted);
}

// --- standard descriptors ----------------------------------------------------

TEST_F(SurroundingsTest, OutputThatIsLostIsAnError) {
  const std::string fails = folder_.Write("fails.pcut", kFailsText);
  const std::string report = folder_.File("r.json");
  ASSERT_EQ(RunTool({"check", holds_, "--json", report}).status, kHolds);
  const std::string log = folder_.File("holds.log");
  ASSERT_EQ(RunTool({"export", trace_, "-o", log}).status, kHolds);
  const std::string id = LastIdOf(holds_);
  const std::string end = IdsIn(RunTool({"check", fails}).out).at(0);
  const std::vector<std::vector<std::string>> verbs = {
      {"--help"},
      {"check", holds_},
      {"check", fails},
      {"replay", fails, "--at", end},
      {"explain", fails, "--at", end},
      {"show", holds_},
      {"show", trace_},
      {"litmus", "--backend", "simfs",
       std::string(POWERCUT_SOURCE_DIR) +
           "/corpora/litmus/l01_full_flush.pcut"},
      {"minimize", fails, "-o", folder_.File("small.pcut")},
      {"model"},
      {"merge", report},
      {"export", trace_, "-o", folder_.File("other.log")},
      {"import", log, "-o", folder_.File("other.trace"), "--origin", "kernel"},
      {"doctor"}};
  for (const std::vector<std::string>& verb : verbs) {
    const Ended full = InShell("", verb, "> /dev/full");
    EXPECT_EQ(full.status, kUsage) << verb[0];
    EXPECT_THAT(full.err, HasSubstr(kIncomplete)) << verb[0];
    const Ended closed = InShell("", verb, ">&-");
    EXPECT_EQ(closed.status, kUsage) << verb[0];
    EXPECT_THAT(closed.err, HasSubstr(kIncomplete)) << verb[0];
  }
}

TEST_F(SurroundingsTest, AReaderThatIsGoneIsAnError) {
  // The shell ends the reader before the tool begins.
  const Ended ended =
      Subprocess({"/bin/bash", "-c", "exec 9> >(:); wait $!; exec \"$@\" >&9",
                  "-", kTool, "check", holds_, "--json",
                  folder_.File("r.json")})
          .Wait();
  EXPECT_EQ(ended.status, kUsage);
  EXPECT_THAT(ended.err, HasSubstr(kIncomplete));
  // The report went elsewhere.
  EXPECT_EQ(nlohmann::json::parse(folder_.Read("r.json"))["verdict"], "ok");
}

// A file that is opened gets the lowest free number. Programs that format print
// to numbers 1 and 2.
TEST_F(SurroundingsTest, ClosedDescriptorsChangeNothing) {
  const std::string file = folder_.Write("ntfs.pcut", kReplace);
  const std::vector<std::string> check = {"check", "--quiet", file};
  const Ended plain = RunTool(check);
  EXPECT_EQ(InShell("", check, "<&- 2>&-").out, plain.out);
  EXPECT_EQ(InShell("", check, "<&- 2>&-").status, plain.status);
  const std::string saved = folder_.File("t.trace");
  EXPECT_EQ(
      InShell("", {"show", holds_, "--save", saved}, "<&- 2>&- >&-").status,
      kUsage);
  EXPECT_EQ(folder_.Read("t.trace"), folder_.Read("holds.trace"));
}

// --- limits ------------------------------------------------------------------

TEST_F(SurroundingsTest, ShortagesAreNamed) {
  const std::string ntfs = folder_.Write("ntfs.pcut", kReplace);
  ExpectError(InShell("ulimit -f 8;", {"check", ntfs}), kCannotRun,
              "run `ulimit -f unlimited` first");
  ExpectError(InShell("ulimit -v 600000;", {"check", holds_}), kCannotRun,
              "run `ulimit -v unlimited` first");
  // A file of the user's hits the limit, too.
  const Ended saved = InShell(
      "ulimit -f 8;", {"show", holds_, "--save", folder_.File("t.trace")});
  EXPECT_EQ(saved.status, kUsage);
  EXPECT_THAT(saved.err, HasSubstr("t.trace: cannot write: File too large"));
}

TEST_F(SurroundingsTest, NoProcessesLeft) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  // A user that nobody else is, since the limit counts all that one has.
  const std::string user = std::to_string(1'000'000'000 + getpid());
  std::filesystem::permissions(folder_.File(""), std::filesystem::perms::all);
  std::filesystem::permissions(holds_, std::filesystem::perms::all);
  const Ended ended = Subprocess({"/usr/bin/setpriv", "--reuid", user,
                                  "--clear-groups", "/bin/bash", "-c",
                                  std::string("ulimit -u 0; exec ") + kTool +
                                      " check " + holds_})
                          .Wait();
  if (ended.status == 126 || ended.status == 127) {
    GTEST_SKIP() << "the tool is in a folder of root's";
  }
  ExpectError(ended, kCannotRun, "no process can be started: ");
  EXPECT_THAT(ended.err, HasSubstr("(`ulimit -u`)"));
}

TEST_F(SurroundingsTest, MemoryThatIsNotThere) {
  // 48 MiB of text: the file itself does not fit.
  const std::string large =
      folder_.Write("large.pcut", std::string(48 << 20, '#'));
  const Ended ended = InShell("ulimit -v 90000;", {"show", large});
  EXPECT_EQ(ended.status, kCannotRun);
  EXPECT_THAT(ended.err, StartsWith("powercut: out of memory: "));
}

// Runs the tool and returns its status and the most memory that it, or one of
// its children, had at once.
std::pair<int, uint64_t> StatusAndMemory(std::vector<std::string> words) {
  words.insert(words.begin(), kTool);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t tool = fork();
  if (tool == 0) {
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(tool, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          static_cast<uint64_t>(usage.ru_maxrss) << 10};
}

TEST_F(SurroundingsTest, LargeDisksTakeTheMemoryOfWhatIsWritten) {
  for (const std::string size : {"64G", "1024G"}) {
    for (const std::string profile : {"spec-strict", "ext4-writeback"}) {
      std::string text = kHoldsText;
      text.insert(text.find("init"),
                  "disk " + size + "\nprofile " + profile + "\n");
      const std::string file = folder_.Write("large.pcut", text);
      const auto [status, bytes] =
          StatusAndMemory({"check", "--quiet", "--jobs", "1", file});
      EXPECT_EQ(status, kHolds) << size << profile;
      EXPECT_LT(bytes, uint64_t{100} << 20) << size << profile;
    }
  }
}

// --- processes that are stopped ----------------------------------------------

// Whether a process waits in the kernel and takes no signal: so it does between
// the vfork of a program and the start of it.
bool WaitsInTheKernel(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  // The file has one line. An iterator over the stream would throw if the
  // process ended.
  std::string text;
  std::getline(in, text);
  // The state comes after the name, which is in brackets.
  const size_t name_end = text.rfind(')');
  return name_end != text.npos && text.compare(name_end, 3, ") D") == 0;
}

TEST_F(SurroundingsTest, StoppedWorkersGoOn) {
  const std::string file = folder_.Write("replace.pcut", kReplace);
  const std::vector<std::string> words = {
      kTool,    "check", "--quiet",    "--space", "epoch:2",
      "--jobs", "2",     "--max-runs", "3000",    file};
  const Ended left_alone = Subprocess(words).Wait();
  const Subprocess tool(words);
  int stopped = 0;
  const timespec pause = {.tv_sec = 0, .tv_nsec = 5'000'000};
  for (int i = 0; i < 100 && stopped < 6; ++i) {
    nanosleep(&pause, nullptr);
    const pid_t parent = ChildrenOf(getpid()).at(0);
    for (const pid_t child : ChildrenOf(parent)) {
      stopped += kill(child, SIGSTOP) == 0 ? 1 : 0;
    }
    // A program that is stopped before it starts holds up the tool itself, so
    // that only somebody else can let it go on.
    nanosleep(&pause, nullptr);
    if (!WaitsInTheKernel(parent)) continue;
    for (const pid_t child : ChildrenOf(parent)) kill(child, SIGCONT);
  }
  const Ended ended = tool.Wait();
  EXPECT_GT(stopped, 0);
  EXPECT_EQ(ended.status, left_alone.status);
  EXPECT_EQ(ended.out, left_alone.out);
}

// --- outputs that are inputs -------------------------------------------------

TEST_F(SurroundingsTest, NoOutputReplacesAnInput) {
  const std::string log = folder_.File("holds.log");
  ASSERT_EQ(RunTool({"export", trace_, "-o", log}).status, kHolds);
  const std::string report = folder_.File("r.json");
  ASSERT_EQ(RunTool({"check", holds_, "--json", report}).status, kHolds);
  const std::string soft = folder_.File("soft");
  const std::string hard = folder_.File("hard");
  const std::string id = LastIdOf(holds_);
  for (const auto& [input, words] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{
           {holds_, {"check", holds_, "--json"}},
           {report, {"check", holds_, "--baseline", report, "--json"}},
           {trace_, {"explore", trace_, "--json"}},
           {trace_, {"show", trace_, "--save"}},
           {holds_, {"show", holds_, "--save"}},
           {trace_, {"export", trace_, "-o"}},
           {log, {"import", log, "--origin", "kernel", "-o"}},
           {holds_, {"replay", holds_, "--at", id, "--image"}},
           {holds_, {"replay", holds_, "--at", id, "--save"}},
           {holds_, {"minimize", holds_, "-o"}},
           {holds_, {"litmus", holds_, "--json"}},
           {report, {"merge", report, "--json"}}}) {
    std::filesystem::create_symlink(input, soft);
    std::filesystem::create_hard_link(input, hard);
    const std::string name = std::filesystem::path(input).filename();
    const std::string before = folder_.Read(name);
    for (const std::string& output :
         {input, soft, hard,
          folder_.File("../" +
                       std::filesystem::path(folder_.File(""))
                           .parent_path()
                           .filename()
                           .string() +
                       "/" + name)}) {
      std::vector<std::string> all = words;
      all.push_back(output);
      ExpectError(RunTool(all), kUsage, "would replace the input");
      EXPECT_EQ(folder_.Read(name), before) << words[0];
    }
    std::filesystem::remove(soft);
    std::filesystem::remove(hard);
  }
}

// A new file may be called PATH.incomplete for a moment.
TEST_F(SurroundingsTest, NoInputIsInTheWayOfAnOutput) {
  const std::string input = folder_.Write("out.incomplete", kHoldsText);
  ExpectError(RunTool({"show", input, "--save", folder_.File("out")}), kUsage,
              "would replace the input");
  EXPECT_EQ(folder_.Read("out.incomplete"), kHoldsText);
}

TEST_F(SurroundingsTest, NoFileIsWrittenTwice) {
  const std::string out = folder_.File("out");
  ExpectError(
      RunTool({"replay", holds_, "--at", LastIdOf(holds_), "--image", out,
               "--save", folder_.File("./out")}),
      kUsage,
      "--save " + folder_.File("./out") + ": is the file of --image, too");
}

// --- `-` ---------------------------------------------------------------------

TEST_F(SurroundingsTest, ADashIsStandardInputOrOutput) {
  const Ended plain = RunTool({"show", holds_});
  const Ended from_input = InShell("", {"show", "-"}, "< " + holds_);
  EXPECT_EQ(from_input.status, kHolds) << from_input.err;
  EXPECT_EQ(from_input.out, plain.out);
  // What is printed goes to standard error, so that the file is whole.
  const Ended saved = RunTool({"show", holds_, "--save", "-"});
  EXPECT_EQ(saved.status, kHolds);
  EXPECT_EQ(saved.out, folder_.Read("holds.trace"));
  EXPECT_EQ(saved.err, plain.out);
  const Ended exported = InShell("", {"export", "-", "-o", "-"}, "< " + trace_);
  EXPECT_EQ(exported.status, kHolds) << exported.err;
  ASSERT_EQ(RunTool({"export", trace_, "-o", folder_.File("holds.log")}).status,
            kHolds);
  EXPECT_EQ(exported.out, folder_.Read("holds.log"));
  const Ended checked = RunTool({"check", holds_, "--json", "-"});
  EXPECT_EQ(checked.status, kHolds);
  EXPECT_EQ(nlohmann::json::parse(checked.out)["verdict"], "ok");
  EXPECT_EQ(InShell("", {"check", holds_, "--json", "-"}, "> /dev/full").status,
            kUsage);
  ExpectError(
      RunTool({"replay", holds_, "--at", LastIdOf(holds_), "--image", "-"}),
      kUsage, "name a file");
  EXPECT_FALSE(std::filesystem::exists("-"));
}

// --- nonsense ----------------------------------------------------------------

TEST_F(SurroundingsTest, NonsenseIsRefusedWithItsPlace) {
  const auto with = [&](const std::string& line, const std::string& before) {
    std::string text = kHoldsText;
    text.insert(text.find(before), line + "\n");
    return RunTool({"check", folder_.Write("w.pcut", text)});
  };
  ExpectError(with("at hello", "init"), kUsage, "w.pcut:3: ");
  const Ended long_id = with("at " + std::string(1 << 20, 'w'), "init");
  EXPECT_EQ(long_id.status, kUsage);
  EXPECT_LT(long_id.err.size(), 2000u);
  EXPECT_THAT(long_id.err, HasSubstr("w.pcut:3: "));
  ExpectError(with("space nope", "init"), kUsage, "w.pcut:3: space 'nope'");
  ExpectError(with("disk 8M discard=weak", "init"), kCannotRun,
              "w.pcut:3: discard=weak is not offered yet");
  ExpectError(with("fault lie on flush", "  write"), kUsage,
              "w.pcut:6:1: a `fault` stands among the ops");
  ExpectError(with("\xef\xbb\xbf", "powercut"), kUsage,
              "w.pcut:1:1: the file begins with a byte order mark");
  const auto check = [&](const std::string& flag, const std::string& value) {
    return RunTool({"check", holds_, flag, value});
  };
  for (const std::string value : {"nan", "-nan", "inf", "1.1", "-1", "x"}) {
    ExpectError(
        check("--doublecheck", value), kUsage,
        "--doublecheck: '" + value + "': expected a number from 0 to 1");
  }
  ExpectError(check("--max-runs", "-1"), kUsage,
              "--max-runs: '-1': expected a whole number from 0 to "
              "18446744073709551615 (");
  ExpectError(RunTool({"show", holds_, "--op", "x"}), kUsage,
              "--op: 'x': expected a whole number from 0 to 4294967295 (");
  ExpectError(
      RunTool({"minimize", holds_, "-o", folder_.File("o"), "--shard", "1/2"}),
      kUsage, "--shard");
  const Ended long_path = RunTool({"check", "/" + std::string(100'000, 'p')});
  EXPECT_EQ(long_path.status, kUsage);
  EXPECT_LT(long_path.err.size(), 2000u);
  EXPECT_THAT(long_path.err, HasSubstr("File name too long\n"));
}

TEST_F(SurroundingsTest, BytesAfterATraceAreNoted) {
  const std::string longer =
      folder_.Write("longer.trace", folder_.Read("holds.trace") + "more");
  const Ended shown = RunTool({"show", longer});
  EXPECT_EQ(shown.status, kHolds);
  EXPECT_EQ(shown.out, RunTool({"show", trace_}).out);
  EXPECT_THAT(shown.err, HasSubstr("longer.trace: note: "));
  EXPECT_THAT(shown.err, HasSubstr("4 bytes after the last entry"));
  EXPECT_THAT(RunTool({"show", trace_}).err, IsEmpty());
}

}  // namespace
}  // namespace powercut
