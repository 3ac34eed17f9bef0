// The judge held against tables and against itself: what each way to end says,
// in both kinds of oracle; verdicts asked for in any order are those of a model
// that walks there from the beginning; two outcomes in words; and the moments
// of crash points.

#include "harness/judge/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/chooser.h"
#include "harness/judge/crash_points.h"
#include "harness/judge/stability.h"
#include "harness/trace/acks.h"
#include "harness/trace/marks.h"
#include "harness/trace/op_history.h"
#include "model/words/content.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A recorded workload on simfs, with a judge.
struct Court {
  explicit Court(const std::string& text, Oracle oracle = {})
      : backend(MakeSimfsBackend()),
        recorded(RecordWorkload(*backend, MustParse("powercut 1\n" + text))
                     .value()) {
    recorded.setting.oracle = std::move(oracle);
  }

  RecordedRun run() const {
    return {*backend, recorded.workload, recorded.setting, recorded.recording};
  }
  size_t end() const { return recorded.recording.history.size(); }

  // Each violation of the outcome as `KIND PATH: FOUND; ADMISSIBLE`, or with
  // its cause in place of that.
  std::vector<std::string> Words(const RecoveryOutcome& outcome, size_t history,
                                 bool causes = false) const {
    OutcomeTable outcomes;
    const OutcomeId id = outcomes.Add(outcome);
    Judge judge(run(), outcomes);
    std::vector<std::string> words;
    for (const Violation& v :
         judge.Violations(id, history, CrashKind::kPower)) {
      words.push_back(causes ? v.cause
                             : fmt::format("{} {}: {}; {}",
                                           ViolationKindName(v.kind), v.path,
                                           v.found, v.admissible));
    }
    EXPECT_EQ(judge.Admits(outcome, history, CrashKind::kPower), words.empty());
    return words;
  }
  std::vector<std::string> Causes(const RecoveryOutcome& outcome) const {
    return Words(outcome, end(), true);
  }

  std::unique_ptr<Backend> backend;
  Recorded recorded;
};

constexpr const char* kFlushed =
    "init\n create /f\nrun\n write /f 0 4\n fsync /f\n";

RecoveryOutcome Sees(std::vector<ObservedEntry> entries) {
  RecoveryOutcome outcome;
  outcome.observation.entries = std::move(entries);
  return outcome;
}

ObservedEntry Unreadable(const std::string& path) {
  ObservedEntry entry;
  entry.path = path;
  entry.unreadable = "EIO";
  return entry;
}

// --- a check that judges by itself -------------------------------------------

CheckOracle Check() {
  CheckOracle check;
  check.command = "true";
  return check;
}

TEST(JudgeByItself, SaysWhatTheVolumeAndItsChecksSay) {
  const Court court(kFlushed, Check());
  EXPECT_THAT(court.Words(Sees({}), court.end()), IsEmpty());

  RecoveryOutcome all = Sees({Unreadable("/a"), Unreadable("/b")});
  all.observation.probe_failures = {"no write", "no read"};
  all.check = "exit status 3: lost: /c";
  all.fsck = "orphans";
  EXPECT_THAT(
      court.Words(all, court.end()),
      ElementsAre("unreadable : /a: EIO; files that can be read",
                  "error : no write; a volume that takes writes",
                  "error : no read; a volume that takes writes",
                  "check : exit status 3: lost: /c; exit status 0 of the check",
                  "fsck : orphans; a volume in which its own checker finds "
                  "nothing"));
  EXPECT_THAT(
      court.Causes(all),
      ElementsAre("unreadable/volume/fsync/fsync", "error/volume/fsync/fsync",
                  "error/volume/fsync/fsync",
                  "check/volume/fsync/fsync/exit-3/lost:PATH",
                  "fsck/volume/fsync/fsync"));
}

TEST(JudgeByItself, AVolumeThatDoesNotMountSaysNothingElse) {
  const Court court(kFlushed, Check());
  RecoveryOutcome outcome = Sees({Unreadable("/a")});
  outcome.observation.unreadable = "bad superblock";
  outcome.check = "exit status 1";
  EXPECT_THAT(court.Words(outcome, court.end()),
              ElementsAre("unreadable : bad superblock; a volume that mounts"));
}

TEST(JudgeByItself, ChecksThatHangHaveACauseOfTheirOwn) {
  const Court court(kFlushed, Check());
  const auto hung = [](const std::string& detail) {
    return RecoveryOutcome::Hung(detail);
  };
  EXPECT_THAT(court.Causes(hung("the check: 5 s")),
              ElementsAre("hang/volume/fsync/fsync/check-timeout"));
  EXPECT_THAT(court.Causes(hung("reads")),
              ElementsAre("hang/volume/fsync/fsync"));
  // The storage's own checker is no check of the user's.
  CheckOracle fsck;
  fsck.fsck = true;
  const Court own(kFlushed, fsck);
  EXPECT_THAT(own.Causes(hung("the check: 5 s")),
              ElementsAre("hang/volume/fsync/fsync"));
}

// A recorded program has no ops. The causes of its checks say whether it had
// written an ack, from the first history with an ack on.
TEST(JudgeByItself, ChecksOfAProgramSayWhetherAnAckWasWritten) {
  Court court(kFlushed, Check());
  court.recorded.workload.init.clear();
  court.recorded.workload.run.clear();
  const DiskGeometry geometry{.sector_bytes = 512, .sector_count = 8};
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  trace.AddMark("powercut:run");
  trace.AddMark(LineMark("one"));
  trace.AddMark(LineMark("two"));
  trace.AddMark(kKernelEndMark);
  Recording& recording = court.recorded.recording;
  recording.history = HistoryOf(trace, 0, kAnyFaults).value();
  recording.trace = std::move(trace);
  ASSERT_EQ(court.end(), 4u);
  RecoveryOutcome failed = Sees({});
  failed.check = "exit status 3";
  for (size_t history = 0; history <= court.end(); ++history) {
    SCOPED_TRACE(history);
    const std::string since = history < 2 ? "none" : "ack";
    EXPECT_THAT(court.Words(failed, history, /*causes=*/true),
                ElementsAre("check/volume/start/" + since + "/exit-3"));
    EXPECT_THAT(court.Words(RecoveryOutcome::Hung("the check: 5 s"), history,
                            /*causes=*/true),
                ElementsAre("hang/volume/start/" + since + "/check-timeout"));
  }
}

// --- ends of recovery
// ------------------------------------------------------------

TEST(JudgeOfEnds, OnlyWhatRanIsJudged) {
  const Court court(kFlushed);
  EXPECT_THAT(court.Words(RecoveryOutcome::NotRun("x"), court.end()),
              IsEmpty());
  EXPECT_THAT(court.Words(RecoveryOutcome::OwnBug(), court.end()), IsEmpty());
  EXPECT_THAT(court.Causes(RecoveryOutcome::Died("signal 11")),
              ElementsAre("died/volume/fsync/fsync"));
  EXPECT_THAT(court.Causes(RecoveryOutcome::Hung("the check: 5 s")),
              ElementsAre("hang/volume/fsync/fsync"));
}

// A fault of recovery lets storage say that it cannot read, and nothing else.
TEST(JudgeOfEnds, StorageMayTellOfAFault) {
  const Court court(
      "fault flip on read nth=1 in=recovery\n"
      "init\n create /f\n create /g\n unlink /g\nrun\n fsync /f\n"
      "forbid exists /g\n");
  RecoveryOutcome outcome = Sees({Unreadable("/f")});
  EXPECT_EQ(court.Causes(outcome).size(), 1u);
  outcome.faults_fired = {1};
  EXPECT_THAT(court.Causes(outcome), IsEmpty());
  // A removed file is wrong by the model in any case. The condition is asked
  // only if storage told of nothing.
  ObservedEntry removed;
  removed.path = "/g";
  removed.file_id = 1;
  outcome.observation.entries.push_back(removed);
  EXPECT_EQ(court.Causes(outcome).size(), 1u);
  outcome.faults_fired = {};
  EXPECT_EQ(court.Causes(outcome).size(), 3u);
}

TEST(JudgeOfEnds, ConditionsAreAskedFromTheCutOnAndUnderTheirProfiles) {
  const std::string run =
      "profile spec-strict\n"
      "init\n create /f\nrun\n create /g\n create /h\n";
  const Court cut(
      "profile spec-strict\ninit\n create /f\nrun\n create /g\n"
      " cut\n create /h\nforbid exists /g\n");
  ObservedEntry f;
  f.path = "/f";
  f.mtime = 1;
  f.valid_bytes = 0;
  ObservedEntry g = f;
  g.path = "/g";
  g.file_id = 1;
  g.mtime = 2;
  const auto seen = Sees({f, g});
  for (const bool named : {false, true}) {
    for (const std::string profile : {"spec-strict", "ext4-ordered"}) {
      const Court court(run + "forbid " + (named ? profile + ": " : "") +
                        "exists /g\n");
      const bool asked = !named || profile == "spec-strict";
      EXPECT_EQ(court.Causes(seen).size(), asked ? 1u : 0u) << profile;
      EXPECT_THAT(court.Words(Sees({f}), court.end()), IsEmpty());
    }
  }
  // The history has two events for each op, and `run` after the first op: the
  // op before `cut` has begun in event 4 and returned in event 5.
  EXPECT_THAT(cut.Words(seen, 4), IsEmpty());
  EXPECT_EQ(cut.Words(seen, 5).size(), 1u);
}

// --- moments
// ---------------------------------------------------------------------

// Far more events than a milestone takes, so that models are kept and dropped.
TEST(JudgeOfMoments, TheOrderOfQuestionsDoesNotMatter) {
  std::string text = "init\n create /f\nrun\n";
  for (int i = 0; i < 200; ++i) text += " write /f 0 4\n fsync /f\n";
  const Court court(text);
  const RecordedRun run = court.run();
  OutcomeTable outcomes;
  std::vector<OutcomeId> ids;
  SeededChooser chooser(7);
  for (int i = 0; i < 4; ++i) {
    ObservedEntry entry;
    entry.path = "/f";
    entry.size_bytes = 4;
    entry.mtime = 2 + 2 * chooser.Below(200);
    const Op& op = run.workload.OpNumber(static_cast<uint32_t>(*entry.mtime));
    entry.content = MakeContent(1, static_cast<uint16_t>(op.number),
                                static_cast<uint32_t>(op.Fill()), {0, 4});
    ids.push_back(outcomes.Add(Sees({entry})));
  }
  Judge judge(run, outcomes);
  std::vector<size_t> recent = {3};
  for (int i = 0; i < 1500; ++i) {
    // Many questions go back to a recent history.
    const size_t history = chooser.OneIn(2)
                               ? recent[chooser.Below(recent.size())]
                               : 3 + chooser.Below(court.end() - 2);
    recent.push_back(history);
    const OutcomeId id = ids[chooser.Below(ids.size())];
    const CrashKind kind = kCrashKinds[chooser.Below(kCrashKinds.size())];
    const auto plain =
        judge.ViolationsUnder(run.profile(), outcomes[id], history, kind);
    const auto& seen = judge.Violations(id, history, kind);
    ASSERT_EQ(seen.size(), plain.size()) << history;
    for (size_t v = 0; v < seen.size(); ++v) {
      ASSERT_EQ(seen[v].cause, plain[v].cause) << history;
      ASSERT_EQ(seen[v].op, plain[v].op) << history;
      ASSERT_EQ(seen[v].found, plain[v].found) << history;
      ASSERT_EQ(seen[v].admissible, plain[v].admissible) << history;
    }
    ASSERT_TRUE(judge.Knows(id, history, kind));
  }
}

TEST(JudgeOfMoments, CrashPointsHaveTheMarksThatLieThere) {
  const Court court(kFlushed);
  const Recording& recording = court.recorded.recording;
  for (const bool strictest : {false, true}) {
    size_t run_at = 0;
    EventNumber begin = 0;
    for (size_t i = 0; i < recording.history.size(); ++i) {
      if (recording.history[i].kind != HistoryEvent::kRun) continue;
      run_at = i + 1;
      begin = recording.history[i].after;
    }
    EventNumber after = begin;
    for (const CrashPoint& point : CrashPointsOf(recording, strictest)) {
      EXPECT_EQ(point.after, after);
      size_t before = 0;
      size_t upto = 0;
      for (const HistoryEvent& event : recording.history) {
        before += event.after < after ? 1 : 0;
        upto += event.after <= after ? 1 : 0;
      }
      EXPECT_EQ(point.history_base, before);
      EXPECT_EQ(point.history_max, upto);
      EXPECT_EQ(point.history_min, strictest ? upto : std::max(before, run_at));
      ++after;
    }
    EXPECT_EQ(after, recording.trace.event_count() + 1);
  }
}

TEST(JudgeOfMoments, TheFirstAckIsTheFirstLineOfTheProgram) {
  const DiskGeometry geometry{.sector_bytes = 512, .sector_count = 8};
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  EXPECT_EQ(HistoryOfFirstAck(trace), std::numeric_limits<size_t>::max());
  trace.AddMark(kKernelEndMark);
  EXPECT_EQ(HistoryOfFirstAck(trace), std::numeric_limits<size_t>::max());
  trace.AddMark(LineMark("one"));
  trace.AddMark(LineMark("two"));
  EXPECT_EQ(HistoryOfFirstAck(trace), 2u);
}

// --- two outcomes
// ----------------------------------------------------------------

ObservedEntry Small(const std::string& path, const std::string& content) {
  ObservedEntry entry;
  entry.path = path;
  entry.content = content;
  entry.size_bytes = content.size();
  return entry;
}

TEST(Stability, TwoOutcomesInWords) {
  const RecoveryOutcome none = Sees({});
  RecoveryOutcome closed;
  closed.observation.unreadable = "bad";
  RecoveryOutcome failed;
  failed.check = "exit status 1";
  RecoveryOutcome orphans;
  orphans.fsck = "orphans";
  ObservedEntry directory = Small("/a", "");
  directory.is_directory = true;
  ObservedEntry later = Small("/a", "xy");
  later.mtime = 7;
  RecoveryOutcome raw;
  raw.observation.device = "x";
  RecoveryOutcome logs;
  logs.observation.logs.emplace_back();
  RecoveryOutcome probed;
  probed.observation.probe_failures = {"x"};
  std::string all;
  for (const auto& [a, b] :
       std::vector<std::pair<RecoveryOutcome, RecoveryOutcome>>{
           {none, RecoveryOutcome::Died("signal 9")},
           {none, RecoveryOutcome::Hung("reads")},
           {none, RecoveryOutcome::NotRun("no loop")},
           {none, closed},
           {none, failed},
           {none, orphans},
           {none, Sees({Small("/a", "xy")})},
           {Sees({Small("/a", "xy")}), none},
           {Sees({Small("/a", "xy")}), Sees({Small("/a", "xyz")})},
           {Sees({Small("/a", "xy")}), Sees({Small("/a", "xz")})},
           {Sees({Small("/a", "xy")}), Sees({later})},
           {Sees({Small("/a", "")}), Sees({directory})},
           {Sees({Unreadable("/a")}), Sees({Small("/a", "")})},
           {Sees({Small("/a", ""), Small("/b", "")}),
            Sees({Small("/a", ""), Small("/b", "x")})},
           {none, raw},
           {none, logs},
           {none, probed}}) {
    all += DifferenceInWords(a, b, "one", "two") + "\n";
  }
  EXPECT_EQ(
      all,
      R"(one: the volume opens and no check failed; two: recovery died: signal 9
one: the volume opens and no check failed; two: recovery hung: reads
one: the volume opens and no check failed; two: recovery did not run: no loop
one: the volume opens and no check failed; two: the volume does not open: bad
one: the volume opens and no check failed; two: the check failed: exit status 1
one: the volume opens and no check failed; two: the checker found: orphans
/a one: missing; two: 2 bytes
/a one: 2 bytes; two: missing
/a one: 2 bytes; two: 3 bytes
/a: content from byte 1 on: one way one, another way two
/a: times, valid length or file: one way one, another way two
/a one: 0 bytes; two: a directory
/a one: unreadable: EIO; two: 0 bytes
/b one: 0 bytes; two: 1 bytes
the raw sectors: one way one, another way two
the records of logs: one way one, another way two
the keys, the probe or the faults: one way one, another way two
)");
}

TEST(Stability, IsADifferenceThatIsNotReportedAlready) {
  const Court court(kFlushed);
  OutcomeTable outcomes;
  // The flushed file is there, as it was, or not at all, or is a ghost.
  ObservedEntry f = Small("/f", MakeContent(1, 2, 2, {0, 4}));
  f.mtime = 2;
  const OutcomeId good = outcomes.Add(Sees({f}));
  const OutcomeId lost = outcomes.Add(Sees({}));
  const OutcomeId ghost = outcomes.Add(Sees({f, Small("/x", "")}));
  Judge judge(court.run(), outcomes);
  const auto unstable = [&](OutcomeId once, OutcomeId twice) {
    const CrashKind kind = CrashKind::kPower;
    const auto violations = judge.Violations(twice, court.end(), kind);
    return UnstableViolation(judge, once, twice, court.end(), kind, violations)
        .has_value();
  };
  ASSERT_TRUE(judge.Violations(good, court.end(), CrashKind::kPower).empty());
  EXPECT_FALSE(unstable(good, good));
  EXPECT_FALSE(unstable(good, lost));
  EXPECT_TRUE(unstable(lost, good));
  EXPECT_TRUE(unstable(lost, ghost));
  EXPECT_FALSE(unstable(lost, lost));
}

}  // namespace
}  // namespace powercut
