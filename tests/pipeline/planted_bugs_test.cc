// Every kind of bug, planted one at a time around the real ntfs-3g
// (planted_backend.h), is found and gets the right kind of violation, while the
// same workload without the bug is clean.
//
// The rules of the model are tested the same way: each switch that ntfs-3g
// claims has a workload for which flipping the switch changes the causes that
// are reported.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/exploring.h"
#include "tests/planted_backend.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using Kinds = std::set<std::string>;

// ntfs-3g handles overwriting in place and syncing correctly: no crash state of
// this workload breaks a promise. No block of the files is written twice in
// `run`, so that no write hides an earlier one.
constexpr const char* kOverwrites = R"(powercut 1
backend ntfs-3g
disk    8M atomic=4096
init
  create /a
  write  /a 0 16384
  create /b
  write  /b 0 8192
run
  write /a 4096 4096
  fsync /a
  write /b 0 4096
  fsync /b
  write /a 8192 8192
  fsync /a
)";

std::unique_ptr<PlantedBackend> Plant(PlantedBug bug) {
  return std::make_unique<PlantedBackend>(MakeBackend("ntfs-3g").value(), bug);
}

struct PlantedRun {
  PlantedBug bug = PlantedBug::kNone;
  std::string text = kOverwrites;
  std::string space = "epoch:2";
  std::vector<CrashKind> crash_kinds = {};
  bool probe = false;
  // The switch of the profile that is flipped before judging; empty if none is.
  std::string_view flip = {};
};

Exploration MustExplore(const PlantedRun& run) {
  const std::unique_ptr<PlantedBackend> backend = Plant(run.bug);
  Result<Recorded> recorded =
      RecordWorkload(*backend, MustParse(run.text), {"", run.crash_kinds, {}});
  EXPECT_TRUE(recorded) << (recorded ? "" : recorded.error().message);
  if (!recorded) return {};
  Profile profile = *recorded->setting.profile;
  for (const ProfileSwitch& flip : ProfileSwitches()) {
    if (flip.name == run.flip) profile.*flip.member = !(profile.*flip.member);
  }
  recorded->setting.profile = &profile;
  ExploreOptions options = Options(run.space);
  options.run.probe = run.probe;
  options.run.limits.requests = 20'000;
  Result<Exploration> exploration = Explore(
      {*backend, recorded->workload, recorded->setting, recorded->recording},
      options);
  EXPECT_TRUE(exploration);
  return exploration ? std::move(*exploration) : Exploration{};
}

Kinds KindsFound(const PlantedRun& run) {
  return KindsOf(MustExplore(run).findings);
}

std::set<std::string> CausesFound(const PlantedRun& run) {
  std::set<std::string> causes;
  for (const Finding& finding : MustExplore(run).findings) {
    causes.insert(finding.violation.cause);
  }
  return causes;
}

// --- the correct twins ------------------------------------------------------

TEST(PlantedBugsTest, WithoutABugAllIsClean) {
  const Exploration e = MustExplore({});
  EXPECT_EQ(DumpOf(e).find("violation"), std::string::npos) << DumpOf(e);
  EXPECT_TRUE(e.exhausted);
  EXPECT_GT(e.states, e.crash_points);
  EXPECT_THAT(KindsFound({.probe = true}), IsEmpty());
  EXPECT_THAT(KindsFound({.crash_kinds = {CrashKind::kPower, CrashKind::kOs,
                                          CrashKind::kProcess}}),
              IsEmpty());
}

// --- storage that breaks its promise ----------------------------------------

TEST(PlantedBugsTest, SyncThatDoesNothing) {
  EXPECT_THAT(
      KindsFound({.bug = PlantedBug::kNoSync}),
      IsSubsetOf({"lost /a", "lost /b", "unflushed /a", "unflushed /b"}));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kNoSync}),
              testing::IsSupersetOf({"lost /a", "unflushed /a"}));
}

// Prefixes hold everything that was written, so that only the flush obligations
// (docs/crash_model.md 9) can show the bug.
TEST(PlantedBugsTest, SyncThatDoesNothingIsCaughtWithoutAnyLoss) {
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kNoSync, .space = "prefix"}),
              ElementsAre("unflushed /a"));
}

TEST(PlantedBugsTest, FirstSyncDoesNothing) {
  const Exploration e = MustExplore({.bug = PlantedBug::kSyncNotThisFirst});
  EXPECT_THAT(KindsOf(e.findings), ElementsAre("lost /a", "unflushed /a"));
  for (const Finding& finding : e.findings) {
    EXPECT_THAT(finding.promise, HasSubstr("op 6, fsync /a"));
  }
}

// The cache of the device survives the death of the system, but not the loss of
// power.
TEST(PlantedBugsTest, SyncThatEndsInTheDeviceCache) {
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kSyncToDevice}),
              testing::IsSupersetOf({"lost /a", "unflushed /a"}));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kSyncToDevice,
                          .crash_kinds = {CrashKind::kOs}}),
              ElementsAre("unflushed /a"));
  EXPECT_THAT(
      KindsFound({.bug = PlantedBug::kNoSync, .crash_kinds = {CrashKind::kOs}}),
      testing::IsSupersetOf({"lost /a", "unflushed /a"}));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kNoSync,
                          .crash_kinds = {CrashKind::kProcess}}),
              ElementsAre("unflushed /a"));
}

TEST(PlantedBugsTest, SyncThatForgetsSomething) {
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kSyncForgetsBlock}),
              ElementsAre("lost /a", "unflushed /a"));
  // A single sector matters on a device that writes sectors, but not on one
  // that writes blocks whole.
  std::string sectors = kOverwrites;
  sectors.replace(sectors.find("atomic=4096"), 11, "atomic=512");
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kSyncForgetsSector,
                          .text = sectors,
                          .space = "epoch:1"}),
              testing::IsSupersetOf({"lost /a", "unflushed /a"}));
  // At 512 bytes ntfs-3g tears its own file records, and loses no data.
  EXPECT_THAT(KindsFound({.text = sectors, .space = "epoch:1"}),
              IsSubsetOf({"unreadable", "unreadable /a", "unreadable /b"}));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kSyncForgetsSector}), IsEmpty());
}

TEST(PlantedBugsTest, SyncThatWasIssuedTooEarly) {
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kSyncTooEarly}),
              testing::IsSupersetOf({"lost /a", "unflushed /a"}));
}

// --- recovery that gives something else -------------------------------------

TEST(PlantedBugsTest, RecoveryThatReadsSomethingElse) {
  const std::pair<PlantedBug, std::string> kCases[] = {
      {PlantedBug::kReadsOld, "lost /a"},
      {PlantedBug::kReadsOldBlock, "lost /a"},
      {PlantedBug::kReadsZeros, "lost /a"},
      {PlantedBug::kReadsGarbage, "ghost /a"},
      {PlantedBug::kReadsHalfOld, "torn /a"},
      {PlantedBug::kReadsOtherPlace, "stale /a"},
  };
  for (const auto& [bug, kind] : kCases) {
    EXPECT_THAT(KindsFound({.bug = bug}), ElementsAre(kind));
    // The prefixes show these bugs, too, since no block needs to be lost.
    EXPECT_THAT(KindsFound({.bug = bug, .space = "prefix"}), ElementsAre(kind));
  }
}

TEST(PlantedBugsTest, RecoveryThatEndsBadly) {
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kDies, .space = "prefix"}),
              ElementsAre("died"));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kHangs, .space = "prefix"}),
              ElementsAre("hang"));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kDoesNotMount}),
              ElementsAre("unreadable"));
}

TEST(PlantedBugsTest, RecoveryThatShowsAnotherTree) {
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kLosesName}),
              ElementsAre("lost /a"));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kAddsName}),
              ElementsAre("ghost /zz"));
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kShortens}),
              ElementsAre("size /a"));
}

// The probe sees what only use of the volume after recovery can show.
TEST(PlantedBugsTest, VolumeThatCannotBeUsed) {
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kCannotBeUsed}), IsEmpty());
  EXPECT_THAT(KindsFound({.bug = PlantedBug::kCannotBeUsed, .probe = true}),
              ElementsAre("error"));
}

// A violation that is not seen again is reported as `nondeterministic` and not
// under its own kind. Each cause is reported once.
TEST(PlantedBugsTest, RecoveryThatIsNotDeterministic) {
  const Exploration e = MustExplore({.bug = PlantedBug::kAlternates});
  EXPECT_THAT(KindsOf(e.findings),
              ElementsAre("nondeterministic", "nondeterministic /a"));
  EXPECT_FALSE(e.exhausted);
  std::set<std::string> causes;
  for (const Finding& finding : e.findings) {
    EXPECT_TRUE(causes.insert(finding.violation.cause).second)
        << finding.violation.cause;
  }
}

// --- a recorder that is wrong -----------------------------------------------

void ExpectSelfCheckFails(PlantedBug bug, const std::string& text) {
  const Result<Recorded> recorded =
      RecordWorkload(*Plant(bug), MustParse(text));
  ASSERT_FALSE(recorded.has_value());
  EXPECT_EQ(recorded.error().code, ErrorCode::kInternal);
  EXPECT_THAT(recorded.error().message, HasSubstr("self-check failed"));
}

TEST(PlantedBugsTest, WrongRecordingsAreOurFaultAndNoFinding) {
  ExpectSelfCheckFails(PlantedBug::kDroppedEvent, kOverwrites);
  ExpectSelfCheckFails(PlantedBug::kMisdirectedLive, kOverwrites);
}

// --- rules of the model -----------------------------------------------------

// A workload that shows that one switch matters. The flip takes a rule away
// from the profile ntfs-3g, or adds one to it.
struct RuleWitness {
  std::string_view flip;
  PlantedBug bug;
  std::string space;
  std::string body;
  // A cause that is reported only before the flip, if `before`, or only after
  // it.
  std::string cause;
  bool before;
};

// The append to /a gets clusters that held the data of /b.
constexpr const char* kReuse =
    "init\n  create /a\n  write /a 0 4096\n  create /b\n  write /b 0 20000\n"
    "run\n  unlink /b\n  append /a 20000\n  fsync /a\n";
constexpr const char* kReplace =
    "init\n  create /a\n  write /a 0 4096\n  create /b\n  write /b 0 4096\n"
    "run\n  rename /b /a\n  append /a 20000\n  fsync /a\n";
constexpr const char* kMove =
    "init\n  create /a\n  mkdir /d\nrun\n  rename /a /d/c\n  fsync /d\n";

const RuleWitness kRuleWitnesses[] = {
    {"fsync_covers_volume", PlantedBug::kSyncForgetsBlock, "epoch:1",
     "init\n  create /a\n  write /a 0 4096\n  create /b\n"
     "run\n  write /a 0 4096\n  fsync /b\n",
     "lost/bystander/fsync/sync", true},
    {"rename_leaves_both", PlantedBug::kNone, "epoch:1", kMove,
     "name/source/rename/sync", false},
    {"rename_leaves_neither", PlantedBug::kNone, "epoch:1", kMove,
     "name/target/rename/none", true},
    {"rename_leaves_temporary", PlantedBug::kNone, "epoch:1", kReplace,
     "ghost/stranger/append/none", false},
    {"partial_extend", PlantedBug::kNone, "epoch:1", kReuse,
     "size/written/append/sync", false},
    {"stale_data", PlantedBug::kNone, "epoch:1", kReuse,
     "stale/written/append/none", false},
};

TEST(PlantedBugsTest, EveryRuleMatters) {
  std::set<std::string_view> flips = {"fsync_directory_covers_names"};
  for (const RuleWitness& witness : kRuleWitnesses) {
    SCOPED_TRACE(witness.flip);
    flips.insert(witness.flip);
    PlantedRun run = {
        .bug = witness.bug,
        .text = "powercut 1\ndisk 8M atomic=4096\n" + witness.body,
        .space = witness.space};
    const auto as_it_is = CausesFound(run);
    run.flip = witness.flip;
    const auto flipped = CausesFound(run);
    const auto& with = witness.before ? as_it_is : flipped;
    const auto& without = witness.before ? flipped : as_it_is;
    EXPECT_THAT(with, testing::Contains(witness.cause));
    EXPECT_THAT(without, testing::Not(testing::Contains(witness.cause)));
  }
  // Every switch that ntfs-3g has on must have a witness.
  // fsync_directory_covers_names matters only where fsync does not cover the
  // volume, and has the test below. The switches in `elsewhere` have litmus
  // tests.
  const Profile& claim = *FindProfile("ntfs-3g");
  const std::set<std::string_view> elsewhere = {
      "flush_sees_views", "flush_covers_device", "data_sync_covers_size"};
  for (const ProfileSwitch& one : ProfileSwitches()) {
    if (claim.*one.member && !elsewhere.contains(one.name)) {
      EXPECT_TRUE(flips.contains(one.name)) << one.name;
    }
  }
}

// If fsync does not cover the volume, the switch decides whether an fsync of
// the directory promises the name. Prefixes hold everything that was written,
// so that only the flush obligation can be unmet.
TEST(PlantedBugsTest, DirectoryRuleMatters) {
  const std::unique_ptr<PlantedBackend> backend = Plant(PlantedBug::kNoSync);
  Result<Recorded> recorded = RecordWorkload(
      *backend, MustParse("powercut 1\ninit\n  create /a\n  mkdir /d\n"
                          "  write /a 0 4096\n"
                          "run\n  write /a 0 4096\n  rename /a /d/c\n"
                          "  fsync /d\n"));
  ASSERT_TRUE(recorded);
  Profile profile = *recorded->setting.profile;
  profile.fsync_covers_volume = false;
  recorded->setting.profile = &profile;
  for (const bool covers : {true, false}) {
    profile.fsync_directory_covers_names = covers;
    const Result<Exploration> e = Explore(
        {*backend, recorded->workload, recorded->setting, recorded->recording},
        Options("prefix"));
    ASSERT_TRUE(e);
    EXPECT_EQ(KindsOf(e->findings).contains("unflushed /d"), covers);
  }
}

}  // namespace
}  // namespace powercut
