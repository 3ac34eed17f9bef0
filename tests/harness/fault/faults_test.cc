// Tests faults at the disk, from the workload to the report, on real backends.
//
// Each of the following mistakes was made by hand, and a test here failed:
// recovery is not given the faults, or `replay` is not; the outcome forgets
// which faults fired, or crosses processes wrongly; the cache answers with
// copies of flipped bytes; an entry that cannot be read is never excused; the
// live tree is compared although the disk lost a write; a lie leaves an
// `unflushed`; faults of recovery are not in the journal's context; an error
// that the probe was told of counts, or is forgotten though no fault fell.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/draw/seen_states.h"
#include "harness/explain/replay.h"
#include "harness/fault/fault.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A file that is promised, one that is not, and a log's two promised records.
constexpr const char* kOnSimfs = R"(powercut 1
backend simfs
profile ext4-ordered
crash   power
init
  create /f
  write  /f 0 1024 fill=7
run
  write  /f 0 1024 fill=1
  fsync  /f
  create /g
  append /g 512
)";

constexpr const char* kOnNtfs = R"(powercut 1
backend ntfs-3g
disk    4M
space   prefix
init
  create /f
  write  /f 0 6000 fill=7
run
  write  /f 0 5120 fill=1
  fsync  /f
)";

// A workload after which the recovery of ntfs-3g writes.
constexpr const char* kBusyOnNtfs = R"(powercut 1
backend ntfs-3g
init
  create /f
  write  /f 0 6000 fill=7
  mkdir  /d
  create /d/g
run
  write  /f 0 5120 fill=1
  fsync  /f
  create /d/h
  unlink /d/g
  syncfs
)";

constexpr const char* kOnClfs = R"(powercut 1
backend clfs
crash   power
init
  log_open L
run
  log_append L 600
  log_append L 100
  log_flush  L
)";

// A workload with faults, given as on the command line, recorded on its
// backend.
struct Faulty {
  std::unique_ptr<Backend> backend;
  Recorded recorded;

  RecordedRun scene() const {
    return {*backend, recorded.workload, recorded.setting, recorded.recording};
  }
};

Workload WithFaults(const std::string& text,
                    const std::vector<std::string>& faults) {
  Workload workload = MustParse(text);
  for (const std::string& fault : faults) {
    workload.faults.push_back(ParseFault(fault, "").value());
  }
  return workload;
}

Faulty MustRecord(const std::string& text,
                  const std::vector<std::string>& faults) {
  Workload workload = WithFaults(text, faults);
  auto backend = MakeBackend(workload.backend);
  POWERCUT_CHECK(backend);
  Result<Recorded> recorded = RecordWorkload(**backend, std::move(workload));
  EXPECT_TRUE(recorded) << recorded.error().message;
  return {std::move(*backend), std::move(*recorded)};
}

std::string ErrorOf(const std::string& text,
                    const std::vector<std::string>& faults) {
  Workload workload = WithFaults(text, faults);
  auto backend = MakeBackend(workload.backend);
  POWERCUT_CHECK(backend);
  const auto recorded = RecordWorkload(**backend, std::move(workload));
  return recorded ? "" : recorded.error().message;
}

Exploration MustExplore(const Faulty& faulty, const ExploreOptions& options) {
  Result<Exploration> explored =
      Explore({*faulty.backend, faulty.recorded.workload,
               faulty.recorded.setting, faulty.recorded.recording},
              options);
  EXPECT_TRUE(explored) << explored.error().message;
  return std::move(*explored);
}

Exploration Explored(const std::string& text,
                     const std::vector<std::string>& faults,
                     const std::string& space = "exhaustive") {
  return MustExplore(MustRecord(text, faults), Options(space, /*jobs=*/0));
}

// Returns the kinds of the findings, and each fault with how often it fired.
std::vector<std::string> Found(const Exploration& e) {
  const std::set<std::string> kinds = KindsOf(e.findings);
  return {kinds.begin(), kinds.end()};
}

TEST(FaultsTest, WithoutFaultsAllHold) {
  for (const char* text : {kOnSimfs, kOnClfs}) {
    EXPECT_THAT(Found(Explored(text, {})), IsEmpty());
  }
  EXPECT_THAT(Found(Explored(kOnNtfs, {}, "prefix")), IsEmpty());
}

// --- in the run -------------------------------------------------------------

// A fault that the storage was not told of excuses nothing, and the report
// names it.
TEST(FaultsTest, WhatNobodyWasToldOfIsAViolation) {
  for (const char* fault :
       {"lie on flush times=always", "lose on write", "tear on write",
        "misdirect on write", "delay on write"}) {
    const Exploration e = Explored(kOnSimfs, {fault});
    EXPECT_THAT(Found(e), Contains("lost /f")) << fault;
    ASSERT_FALSE(e.findings.empty()) << fault;
    ASSERT_FALSE(e.findings[0].faults.empty()) << fault;
    EXPECT_THAT(e.findings[0].faults[0], HasSubstr(fault));
    EXPECT_THAT(FailureBlock(e.findings[0], "F", ""), HasSubstr(fault));
    EXPECT_THAT(Explanation(e.findings[0]), HasSubstr(fault));
  }
  EXPECT_THAT(Found(Explored(kOnSimfs, {"flip on write"})),
              Contains("ghost /f"));
}

// simfs did ask for each flush, so that it broke no flush obligation.
TEST(FaultsTest, ALieIsNoMissingFlush) {
  const Exploration e = Explored(kOnSimfs, {"lie on flush times=always"});
  EXPECT_THAT(Found(e), ElementsAre("lost /f"));
}

TEST(FaultsTest, WhatWasToldIsNotPromised) {
  for (const char* fault :
       {"error on write", "error on write nth=2", "error on flush",
        "error on flush nth=2", "full on write"}) {
    const Exploration e = Explored(kOnSimfs, {fault});
    EXPECT_THAT(Found(e), IsEmpty()) << fault;
    ASSERT_EQ(e.faults.size(), 1u);
    EXPECT_GT(e.faults[0].fired, 0u);
  }
}

TEST(FaultsTest, LogsLoseWhatTheDiskLoses) {
  EXPECT_THAT(Found(Explored(kOnClfs, {"lie on flush times=always"})),
              Contains("lost L"));
  EXPECT_THAT(Found(Explored(kOnClfs, {"lose on write nth=2"})),
              Not(IsEmpty()));
  EXPECT_THAT(Found(Explored(kOnClfs, {"tear on write"})), Not(IsEmpty()));
  EXPECT_THAT(Found(Explored(kOnClfs, {"error on flush"})), IsEmpty());
  EXPECT_THAT(Found(Explored(kOnClfs, {"error on write nth=2"})), IsEmpty());
}

TEST(FaultsTest, NtfsLosesWhatTheDiskLoses) {
  EXPECT_THAT(
      Found(Explored(kOnNtfs, {"lie on flush times=always"}, "epoch:1")),
      Contains("lost /f"));
  EXPECT_THAT(Found(Explored(kOnNtfs, {"lose on write nth=1"}, "prefix")),
              Not(IsEmpty()));
  EXPECT_THAT(Found(Explored(kOnNtfs, {"flip on write nth=1"}, "prefix")),
              Not(IsEmpty()));
  EXPECT_THAT(Found(Explored(kOnNtfs, {"error on flush"}, "prefix")),
              IsEmpty());
}

TEST(FaultsTest, AFullDiskIsSaidToBeFull) {
  std::string text = kOnNtfs;
  EXPECT_THAT(
      ErrorOf(text.insert(11, "fault full on write\n"), {}),
      HasSubstr("returned ENOSPC, expected success; write `-> ENOSPC`"));
  std::string simfs = kOnSimfs;
  EXPECT_THAT(ErrorOf(simfs.insert(11, "fault full on write\n"), {}),
              HasSubstr("returned ENOSPC"));
}

TEST(FaultsTest, WhatNeverFiredInTheRunIsAnError) {
  EXPECT_EQ(ErrorOf(kOnSimfs, {"lose on write nth=99"}),
            "test.pcut: --fault: `fault lose on write nth=99` never fired: "
            "`run` makes fewer such requests");
  std::string text = kOnSimfs;
  EXPECT_THAT(
      ErrorOf(text.insert(11, "fault lose on discard\n"), {}),
      testing::StartsWith("test.pcut:2: `fault lose on discard` never"));
}

// A file cannot know of faults of the command line, so that its ops may fail;
// the failures from its own faults must be expected.
TEST(FaultsTest, OpsFailAsExpectedForFaultsOfTheFile) {
  EXPECT_EQ(ErrorOf(kOnSimfs, {"error on write"}), "");
  std::string text = kOnSimfs;
  EXPECT_THAT(ErrorOf(text.insert(11, "fault error on write\n"), {}),
              HasSubstr("returned EIO, expected success; write `-> EIO`"));
  EXPECT_EQ(ErrorOf(kOnSimfs, {"lie on flush"}), "");
}

TEST(FaultsTest, MarksSayWhereEachFell) {
  const Faulty faulty = MustRecord(kOnSimfs, {"lie on flush nth=2"});
  const auto& history = faulty.recorded.recording.history;
  const auto fell = std::find_if(
      history.begin(), history.end(),
      [](const HistoryEvent& e) { return e.kind == HistoryEvent::kFault; });
  ASSERT_NE(fell, history.end());
  EXPECT_EQ(fell->fault, 1u);
  EXPECT_EQ(fell->fault_text, "lie on flush nth=2: nothing is carried");
  EXPECT_EQ(std::prev(fell)->kind, HistoryEvent::kBegin);
  EXPECT_EQ(OpText(faulty.recorded.workload.OpNumber(std::prev(fell)->op)),
            "fsync /f");
}

// --- in recovery ------------------------------------------------------------

const std::vector<std::string>& RecoveryFaults() {
  static const std::vector<std::string> kFaults = {
      "error on read nth=2 in=recovery",
      "error on read nth=4 times=always in=recovery",
      "error on write in=recovery",
      "flip on read nth=3 in=recovery",
      "flip on read nth=5 in=recovery",
      "misdirect on read nth=4 in=recovery",
      "lose on write times=always in=recovery",
      "flip on write in=recovery",
      "lie on flush times=always in=recovery",
      "delay on write times=always in=recovery"};
  return kFaults;
}

// States that read the same must have the same outcome under faults, too.
TEST(FaultsTest, ExhaustiveSeesWhatBruteForceSees) {
  size_t fired = 0;
  size_t different = 0;
  for (const char* text : {kOnSimfs, kOnClfs}) {
    const Faulty plain = MustRecord(text, {});
    const ExplorationSpace space = ParseExplorationSpace("exhaustive").value();
    for (const bool probe : {false, true}) {
      const SeenStates unharmed = SeenByBruteForce(plain.scene(), space, probe);
      for (const std::string& fault : RecoveryFaults()) {
        const Faulty faulty = MustRecord(text, {fault});
        const SeenStates all = SeenByBruteForce(faulty.scene(), space, probe);
        for (const CopyMode copied : {CopyMode::kFillIn, CopyMode::kAsRead}) {
          ExploreOptions options = Options("exhaustive", /*jobs=*/0);
          options.copied = copied;
          options.run.probe = probe;
          const SeenExploration seen = SeenByExplore(faulty.scene(), options);
          EXPECT_TRUE(seen.exploration.exhausted) << fault;
          EXPECT_TRUE(seen.seen.seen == all.seen) << fault << " " << probe;
          fired += seen.exploration.faults[0].fired > 0 ? 1 : 0;
        }
        different += all.seen == unharmed.seen ? 0 : 1;
      }
    }
  }
  // The test shows something only if the faults changed outcomes.
  EXPECT_GT(fired, 30u);
  EXPECT_GT(different, 15u);
}

TEST(FaultsTest, StorageMaySayThatItCannotRead) {
  size_t unreadable = 0;
  for (const char* text : {kOnSimfs, kOnClfs, kOnNtfs}) {
    for (uint64_t nth = 1; nth <= 24; ++nth) {
      const std::string fault =
          fmt::format("error on read nth={} in=recovery", nth);
      const Faulty faulty = MustRecord(text, {fault});
      // Recoveries run in workers, since libntfs-3g leaks memory on a bad read.
      ExploreOptions options = Options("prefix", /*jobs=*/1);
      options.hooks.visited = [&](const VisitedState& visited) {
        const Observation& seen = visited.result.observation;
        const bool some = std::any_of(
            seen.entries.begin(), seen.entries.end(),
            [](const ObservedEntry& e) { return !e.unreadable.empty(); });
        unreadable += some || !seen.unreadable.empty() ? 1 : 0;
      };
      const Exploration e = MustExplore(faulty, options);
      const std::set<std::string> kinds = KindsOf(e.findings);
      for (const std::string& kind : kinds) {
        EXPECT_THAT(kind, Not(HasSubstr("unreadable"))) << fault;
      }
    }
  }
  EXPECT_GT(unreadable, 20u);
}

// An operation of the probe may fail if a fault fell on it, but what the probe
// wrote must not come back changed.
TEST(FaultsTest, AProbeMayFailButNotSilently) {
  const auto probed = [](const std::string& text, const std::string& fault) {
    const Faulty faulty = MustRecord(text, {fault});
    ExploreOptions options = Options("prefix", /*jobs=*/0);
    options.run.probe = true;
    const Exploration e = MustExplore(faulty, options);
    EXPECT_GT(e.faults[0].fired, 0u) << fault;
    return Found(e);
  };
  for (const char* text : {kOnSimfs, kOnClfs, kOnNtfs}) {
    EXPECT_THAT(probed(text, "error on write times=always in=recovery"),
                IsEmpty());
    EXPECT_THAT(probed(text, "error on flush in=recovery"), IsEmpty());
  }
  EXPECT_THAT(probed(kOnSimfs, "flip on write in=recovery"),
              Contains(HasSubstr("error")));
  EXPECT_THAT(probed(kOnSimfs, "lose on write times=always in=recovery"),
              Contains(HasSubstr("error")));
}

// If a fault changes bytes and nobody reports an error, the wrong bytes are a
// violation.
TEST(FaultsTest, SilenceIsAViolation) {
  bool ghost = false;
  for (uint64_t nth = 1; nth <= 8; ++nth) {
    const std::string fault =
        fmt::format("flip on read nth={} in=recovery", nth);
    const Exploration e = Explored(kOnSimfs, {fault});
    if (!KindsOf(e.findings).contains("ghost /f")) continue;
    ghost = true;
    EXPECT_THAT(e.findings[0].faults, ElementsAre(fault.substr(0)));
  }
  EXPECT_TRUE(ghost);
}

// What a fault of the run broke stays broken, and recovery does not excuse it.
TEST(FaultsTest, WhatTheRunLostIsNotExcusedByRecovery) {
  const Exploration e = Explored(kOnNtfs, {"flip on write nth=2"}, "prefix");
  EXPECT_THAT(Found(e), Not(IsEmpty()));
}

TEST(FaultsTest, WhatNeverFiresInRecoveryIsCounted) {
  const Exploration e =
      Explored(kOnSimfs, {"error on read nth=9999 in=recovery",
                          "error on read in=recovery", "lose on write"});
  ASSERT_EQ(e.faults.size(), 3u);
  EXPECT_EQ(e.faults[0].fired, 0u);
  EXPECT_TRUE(e.faults[0].recovery);
  EXPECT_EQ(e.faults[1].fired, e.states);
  EXPECT_EQ(e.faults[2].fired, 1u);
  EXPECT_FALSE(e.faults[2].recovery);
}

// --- the same each time -----------------------------------------------------

std::string Dump(const Exploration& e) {
  std::string text = DumpOf(e);
  for (const FaultCount& fault : e.faults) {
    text += fmt::format("{} {}\n", fault.text, fault.fired);
  }
  return text;
}

TEST(FaultsTest, TheSameForAnyNumberOfJobs) {
  size_t findings = 0;
  for (const char* text : {kOnSimfs, kOnClfs, kOnNtfs}) {
    const Faulty faulty = MustRecord(
        text, {"lose on write nth=2", "misdirect on read nth=6 in=recovery"});
    const std::string space = text == kOnNtfs ? "epoch:1" : "exhaustive";
    const Exploration one = MustExplore(faulty, Options(space, 1));
    findings += one.findings.size();
    EXPECT_GT(one.faults[1].fired, 0u);
    for (const uint32_t jobs : {0, 2, 5}) {
      const Exploration many = MustExplore(faulty, Options(space, jobs));
      EXPECT_EQ(Dump(many), Dump(one)) << jobs;
    }
    const Faulty again = MustRecord(
        text, {"lose on write nth=2", "misdirect on read nth=6 in=recovery"});
    EXPECT_EQ(Dump(MustExplore(again, Options(space, 2))), Dump(one));
  }
  EXPECT_GT(findings, 1u);
}

TEST(FaultsTest, AnIdReplaysUnderItsFaults) {
  for (const std::string fault :
       {"lose on write", "flip on read nth=3 in=recovery",
        "flip on read nth=5 in=recovery"}) {
    const Faulty faulty = MustRecord(kOnSimfs, {fault});
    const ExploreOptions options = Options("exhaustive", 2);
    const Exploration e = MustExplore(faulty, options);
    for (const Finding& finding : e.findings) {
      const auto& [workload, setting, recording] = faulty.recorded;
      const auto replayed =
          Replay({*faulty.backend, workload, setting, recording},
                 ParseStateId(finding.id).value(), options.run);
      ASSERT_TRUE(replayed) << replayed.error().message;
      const auto same =
          std::find_if(replayed->findings.begin(), replayed->findings.end(),
                       [&](const Finding& f) {
                         return f.violation.cause == finding.violation.cause;
                       });
      ASSERT_NE(same, replayed->findings.end()) << finding.id;
      EXPECT_EQ(same->faults, finding.faults);
    }
  }
}

// Each recovery counts requests from its own start.
TEST(FaultsTest, RecoveriesFromNestedCrashesHaveTheFaultsToo) {
  const Faulty faulty =
      MustRecord(kBusyOnNtfs, {"error on read nth=5 in=recovery"});
  ExploreOptions options = Options("prefix", 0);
  options.nested = 1;
  uint64_t fired = 0;
  options.hooks.visited = [&](const VisitedState& visited) {
    if (visited.nested) fired += visited.result.faults_fired.size();
  };
  const Exploration e = MustExplore(faulty, options);
  EXPECT_GT(e.nested_states, 0u);
  EXPECT_EQ(fired, e.nested_states);
}

TEST(FaultsTest, AJournalIsOfItsFaults) {
  const std::string folder = testing::TempDir() + "powercut-faults-journal";
  std::filesystem::remove_all(folder);
  ExploreOptions options = Options("exhaustive", 0);
  options.resume = folder;
  const auto explore = [&](const std::vector<std::string>& faults) {
    const Faulty f = MustRecord(kOnSimfs, faults);
    return Explore({*f.backend, f.recorded.workload, f.recorded.setting,
                    f.recorded.recording},
                   options);
  };
  ASSERT_TRUE(explore({"error on read nth=2 in=recovery"}));
  ASSERT_TRUE(explore({"error on read nth=2 in=recovery"}));
  const auto other = explore({"error on read nth=3 in=recovery"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kStale);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace powercut
