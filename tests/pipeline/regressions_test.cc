// The corpora: every committed violation is still found, every workload that
// must hold still holds, and every file is in the canonical layout. The README
// shows what the tool prints.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "harness/explain/replay.h"
#include "tests/exploring.h"
#include "tests/subprocess.h"
#include "tests/throwing_checks.h"

namespace powercut {
namespace {

std::string Name(const std::string& file) {
  return std::filesystem::relative(file, POWERCUT_SOURCE_DIR);
}

bool IsExpected(const Workload& workload, const Finding& finding) {
  return std::any_of(
      workload.expectations.begin(), workload.expectations.end(),
      [&](const Expectation& e) {
        return !e.ok && e.kind == ViolationKindName(finding.violation.kind) &&
               (e.path.empty() || e.path == finding.violation.path);
      });
}

TEST(RegressionsTest, ThereAreSome) {
  EXPECT_FALSE(PcutFiles("regressions").empty());
  EXPECT_FALSE(PcutFiles("workloads").empty());
}

// The state that a regression names still shows one of its violations. If the
// recording has changed since, the id names no state of it; such files are left
// to the test of `check` below, which explores the space.
TEST(RegressionsTest, NamedStatesStillFail) {
  size_t replayed_count = 0;
  for (const std::string& file : PcutFiles("regressions")) {
    SCOPED_TRACE(Name(file));
    const Workload workload = MustParse(ReadWholeFile(file), Name(file));
    EXPECT_TRUE(std::any_of(workload.expectations.begin(),
                            workload.expectations.end(),
                            [](const Expectation& e) { return !e.ok; }))
        << "a regression needs an `expect violation` line";
    if (workload.at.empty()) {
      ADD_FAILURE() << "there is no `at` line; take the id of one of the "
                       "states that `powercut check "
                    << Name(file)
                    << "` prints: the word behind `--at` in `replay`";
      continue;
    }
    const Result<StateId> id = ParseStateId(workload.at);
    ASSERT_TRUE(id) << id.error().message;
    Result<std::unique_ptr<Backend>> backend =
        MakeBackend(workload.backend.empty() ? "ntfs-3g" : workload.backend);
    ASSERT_TRUE(backend);
    const Result<Recorded> recorded = RecordWorkload(**backend, workload);
    ASSERT_TRUE(recorded) << recorded.error().message;
    if (id->digest != recorded->recording.trace.Digest()) continue;
    const Result<ReplayedState> replayed = Replay(
        {**backend, recorded->workload, recorded->setting, recorded->recording},
        *id, {});
    ASSERT_TRUE(replayed) << replayed.error().message;
    ++replayed_count;
    EXPECT_TRUE(
        std::any_of(replayed->findings.begin(), replayed->findings.end(),
                    [&](const Finding& f) { return IsExpected(workload, f); }))
        << workload.at << " shows nothing that is expected";
  }
  EXPECT_GT(replayed_count, 0u) << "every `at` is of another recording";
}

// `check` ends in exit status 0 if it finds exactly what the file expects.
void ExpectChecks(const std::string& folder) {
  for (const std::string& file : PcutFiles(folder)) {
    const Ended ended = RunTool({"check", "--quiet", file});
    EXPECT_EQ(ended.status, 0) << Name(file) << "\n" << ended.out << ended.err;
  }
}

TEST(RegressionsTest, CheckFindsWhatIsExpected) { ExpectChecks("regressions"); }

TEST(RegressionsTest, FaultsLoseWhatTheyLost) {
  EXPECT_GE(PcutFiles("faults").size(), 4u);
  ExpectChecks("faults");
}

TEST(RegressionsTest, WorkloadsHold) { ExpectChecks("workloads"); }

TEST(RegressionsTest, EveryFileIsCanonical) {
  for (const std::string& file : PcutFiles("")) {
    const std::string text = ReadWholeFile(file);
    const Result<Pcut> pcut = ParsePcut(text, Name(file));
    ASSERT_TRUE(pcut) << pcut.error().message;
    const std::string printed = PrintPcut(*pcut);
    // Seeds of the fuzzer may be written in any layout.
    if (Name(file).starts_with("corpora/seeds/")) {
      EXPECT_EQ(PrintPcut(ParsePcut(printed, Name(file)).value()), printed);
    } else {
      EXPECT_EQ(printed, text) << Name(file);
    }
  }
}

// The manual shows a real finding. The tool must still print that text.
TEST(ManualTest, ShowsWhatTheToolPrints) {
  const std::string readme =
      ReadWholeFile(std::string(POWERCUT_SOURCE_DIR) + "/docs/manual.md");
  const std::string file = "corpora/regressions/rename_replace.pcut";
  const std::string absolute = std::string(POWERCUT_SOURCE_DIR) + "/" + file;
  std::string printed = RunTool({"check", "--quiet", absolute}).out;
  for (size_t at = 0; (at = printed.find(absolute, at)) != std::string::npos;) {
    printed.replace(at, absolute.size(), file);
  }
  EXPECT_FALSE(printed.empty());
  EXPECT_NE(readme.find("```\n" + printed + "```"), std::string::npos)
      << printed;
}

}  // namespace
}  // namespace powercut
