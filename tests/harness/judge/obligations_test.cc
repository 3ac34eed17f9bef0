// Flush obligations on recordings of simfs with planted bugs: which ops are
// `unflushed`, and which are not. Each case that is found has a twin that is
// not, and the other way round, so that neither "always" nor "never" passes.

#include "harness/judge/obligations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "tests/exploring.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointwise;

MATCHER(StartsWithText, "") {
  return std::get<0>(arg).starts_with(std::get<1>(arg));
}

// The numbers of the ops that are unflushed, in order.
std::vector<uint32_t> Unflushed(const std::string& text, SimfsBugs bugs) {
  const auto backend = MakeSimfsBackend(std::move(bugs));
  const Result<Recorded> recorded =
      RecordWorkload(*backend, MustParse("powercut 1\n" + text));
  EXPECT_TRUE(recorded) << (recorded ? "" : recorded.error().message);
  if (!recorded) return {};
  const RecordedRun run{*backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  std::vector<uint32_t> ops;
  for (const UnmetObligation& unmet : FindUnmetObligations(run, space)) {
    EXPECT_EQ(unmet.violation.kind, ViolationKind::kUnflushed);
    ops.push_back(unmet.violation.op);
  }
  return ops;
}

constexpr const char* kInit =
    "init\n create /f\n write /f 0 512\n create /g\n write /g 0 512\nrun\n";

TEST(Obligations, AnOpNeedsItsOwnFlush) {
  // syncfs flushes the device in spite of the bug; the fsync after it does not.
  const std::string ops = kInit + std::string(
                                      " write /f 0 512\n syncfs\n"
                                      " write /f 0 512\n fsync /f\n");
  EXPECT_THAT(Unflushed(ops, {SimfsBug::kFsyncSkipsDevice}), ElementsAre(8));
  EXPECT_THAT(Unflushed(ops, {}), IsEmpty());
}

// The flush of another file between the op's begin and the write that it owes
// is no flush of the op's own either.
TEST(Obligations, AFlushThatCarriedLessIsNotTheOpsOwn) {
  const std::string ops =
      kInit + std::string(
                  " write /f 0 512 dsync\n write /g 0 512\n fsync /g\n"
                  " write /g 0 512 dsync\n fsync /f\n");
  // Only the dsync writes reach the media. The fsync of /f at the end has
  // nothing left to carry but times, which it owes, too.
  EXPECT_THAT(Unflushed(ops, {SimfsBug::kFsyncSkipsDevice}), ElementsAre(7, 9));
  EXPECT_THAT(Unflushed(ops, {}), IsEmpty());
}

TEST(Obligations, AnOpThatAFaultLiedToIsExcused) {
  const std::string lie = "fault lie on flush nth=1 times=1 in=run\n";
  const std::string ops = kInit + std::string(" write /f 0 512\n syncfs\n");
  EXPECT_THAT(Unflushed(lie + ops, {}), IsEmpty());
  // The same trace is unflushed if no lie fell.
  EXPECT_THAT(Unflushed(kInit + std::string(" write /f 0 512\n fsync /f\n"),
                        {SimfsBug::kFsyncSkipsDevice}),
              ElementsAre(6));
}

TEST(Obligations, AnOpAfterALieIsNotExcused) {
  const std::string lie = "fault lie on flush nth=1 times=1 in=run\n";
  const std::string ops = kInit + std::string(
                                      " write /f 0 512\n syncfs\n"
                                      " write /f 0 512\n fsync /f\n");
  EXPECT_THAT(Unflushed(lie + ops, {SimfsBug::kFsyncSkipsDevice}),
              ElementsAre(8));
  EXPECT_THAT(Unflushed(lie + ops, {}), IsEmpty());
}

TEST(Obligations, WithNothingToCarryNoFlushIsNeeded) {
  EXPECT_THAT(Unflushed(kInit + std::string(" fsync /f\n"),
                        {SimfsBug::kFsyncSkipsDevice}),
              IsEmpty());
}

// The cause names what the op guarantees: its file, or all of the volume where
// the profile says that an fsync covers it.
TEST(Obligations, TheCauseNamesTheGuarantee) {
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsDevice});
  const Result<Recorded> recorded =
      RecordWorkload(*backend, MustParse("powercut 1\n" + std::string(kInit) +
                                         " write /f 0 512\n fsync /f\n"));
  ASSERT_TRUE(recorded);
  const auto cause_under = [&](bool covers_volume) {
    Profile profile = *recorded->setting.profile;
    profile.fsync_covers_volume = covers_volume;
    RunSetting setting = recorded->setting;
    setting.profile = &profile;
    const RecordedRun run{*backend, recorded->workload, setting,
                          recorded->recording};
    const CrashSpace space(run.trace(), run.setting.atomic_bytes);
    const auto unmet = FindUnmetObligations(run, space);
    return unmet.size() == 1 ? unmet[0].violation.cause : "";
  };
  EXPECT_EQ(cause_under(false), "unflushed/written/fsync/fsync");
  EXPECT_EQ(cause_under(true), "unflushed/written/fsync/sync");
}

// Several ops of two causes: each finding lists what was found at every one of
// its states, and shows the first.
TEST(Obligations, EachOpOfACauseIsListed) {
  std::string text = kInit;
  for (int i = 0; i < 3; ++i) {
    text += " write /f 0 512\n fsync /f\n write /g 0 512\n fdatasync /g\n";
  }
  const auto backend = MakeSimfsBackend({SimfsBug::kFsyncSkipsDevice});
  const Result<Recorded> recorded =
      RecordWorkload(*backend, MustParse("powercut 1\n" + text));
  ASSERT_TRUE(recorded);
  const RecordedRun run{*backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  const auto unmet = FindUnmetObligations(run, space);
  const std::vector<Finding> findings = FindingsOfObligations(run, space);
  std::vector<std::string> causes;
  for (const UnmetObligation& one : unmet) {
    if (std::ranges::find(causes, one.violation.cause) == causes.end()) {
      causes.push_back(one.violation.cause);
    }
  }
  ASSERT_EQ(unmet.size(), 6u);
  ASSERT_EQ(findings.size(), causes.size());
  ASSERT_EQ(findings.size(), 2u);
  for (size_t i = 0; i < findings.size(); ++i) {
    const Finding& finding = findings[i];
    EXPECT_EQ(finding.violation.cause, causes[i]);
    EXPECT_EQ(finding.count, 3u);
    EXPECT_EQ(finding.id, finding.states.at(0));
    std::vector<std::string> points;
    std::vector<std::string> found;
    for (const UnmetObligation& one : unmet) {
      if (one.violation.cause != causes[i]) continue;
      points.push_back(fmt::format("{}.{}p", one.point, one.marks));
      found.push_back(one.violation.found);
    }
    EXPECT_THAT(finding.states, Pointwise(StartsWithText(), points));
    EXPECT_EQ(finding.found_at, found);
  }
}

// Storage of which only the traits are asked for.
class NoStorage : public Backend {
 public:
  explicit NoStorage(bool sync_covers_disk) {
    traits_.sync_covers_disk = sync_covers_disk;
  }
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk&) override { return {nullptr, "no storage"}; }

 private:
  BackendTraits traits_;
};

// Whether a power loss at this moment can take back a write of the first
// `began` events: some block may be found older than these left it.
bool CanLoseWriteOf(const CrashSpace& space, EventNumber began,
                    EventNumber returned) {
  PointCursor then(space, CrashKind::kPower);
  then.MoveTo(began);
  PointCursor now(space, CrashKind::kPower);
  now.MoveTo(returned);
  for (Slot slot = 0; slot < space.slot_count(); ++slot) {
    if (now.floor(slot) < then.newest(slot)) return true;
  }
  return false;
}

// An fsync begins and returns at random moments of random traces, in which
// blocks are written several times: before the op, during it, and both.
TEST(Obligations, EachBlockOwesWhatItHeldWhenTheOpBegan) {
  const Workload workload =
      MustParse("powercut 1\nrun\n create /f\n write /f 0 512\n fsync /f\n");
  constexpr uint32_t kOps = 3;
  uint64_t unmet = 0;
  uint64_t met = 0;
  for (uint64_t seed = 1; seed <= 2000 / kSlowdown; ++seed) {
    Prng prng(seed);
    Trace trace = RandomTrace(
        prng, {.sectors_max = 4, .events_max = 10, .persist_percent = 20});
    const EventNumber events = trace.event_count();
    const EventNumber began = prng.Below(events + 1);
    const EventNumber returned = began + prng.Below(events - began + 1);
    std::vector<HistoryEvent> history = {{HistoryEvent::kRun, 0, 0, ""}};
    for (uint32_t op = 1; op <= kOps; ++op) {
      const EventNumber end = op == kOps ? returned : 0;
      history.push_back({HistoryEvent::kBegin, op == kOps ? began : 0, op, ""});
      history.push_back({HistoryEvent::kEnd, end, op, ""});
    }
    NoStorage backend(prng.OneIn(2));
    RunSetting setting;
    setting.profile = FindProfile("spec-strict");
    setting.geometry = trace.geometry();
    const Recording recording{std::move(trace), std::move(history), {}};
    const CrashSpace space(recording.trace, kSectorBytes);
    bool flushed = false;
    for (EventNumber n = began + 1; n <= returned; ++n) {
      const DiskEvent& event = recording.trace.event(n);
      flushed |=
          event.kind == DiskEvent::kPersist && event.layer == Layer::kMedia;
    }
    const bool owes = CanLoseWriteOf(space, began, returned) &&
                      (!flushed || backend.traits().sync_covers_disk);
    const auto found =
        FindUnmetObligations({backend, workload, setting, recording}, space);
    ASSERT_EQ(found.size(), owes ? 1u : 0u) << "seed " << seed;
    ++(owes ? unmet : met);
  }
  EXPECT_GT(unmet, 400 / kSlowdown);
  EXPECT_GT(met, 400 / kSlowdown);
}

}  // namespace
}  // namespace powercut
