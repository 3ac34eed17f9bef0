// Every planted bug that breaks a promise is found by the space `exhaustive`,
// with one crash state that shows it. tests/golden/planted_states.md lists
// these states, and also what the prefixes alone show of the same workload. If
// the list differs, the new one is written to the temporary folder of the
// tests; look at it and copy it to that place.
//
// Method. A bug is tried on several stages (a workload, a space, with or
// without the probe): on the scene that was written for it, and on litmus
// tests. A finding counts only if the backend without the bug does not show it
// as well. The stage is preferred at which the prefixes show nothing, since it
// needs a lost block to see the bug there.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/clfs/clfs_backend.h"
#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/simfs_bug_scenes.h"
#include "harness/litmus/litmus.h"
#include "tests/exploring.h"
#include "tests/model/litmus_files.h"
#include "tests/planted_backend.h"
#include "tests/throwing_checks.h"

namespace powercut {
namespace {

// Where to look for a bug.
struct Stage {
  std::string name;
  Workload workload;
  std::string space = "exhaustive";
  bool probe = false;
  std::optional<uint32_t> atomic_bytes = {};
};

struct Row {
  std::string bug;
  std::string stage;
  // The kinds and paths that the prefixes show.
  std::set<std::string> by_prefix;
  // The id of a state that shows the bug; empty if there is none.
  std::string state;
  // What is wrong in that state, in words.
  std::string wrong;
};

Result<Exploration> ExploreStage(Backend& backend, const Stage& stage,
                                 const std::string& space) {
  POWERCUT_ASSIGN(
      const Recorded recorded,
      RecordWorkload(backend, stage.workload, {"", {}, stage.atomic_bytes}));
  ExploreOptions options = Options(space, /*jobs=*/0);
  options.run.probe = stage.probe;
  return Explore(
      {backend, recorded.workload, recorded.setting, recorded.recording},
      options);
}

bool Shows(const std::vector<Finding>& findings, const Finding& one) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) {
                       return finding.violation.cause == one.violation.cause;
                     });
}

// The finding with the fewest lost blocks. Causes that the prefixes do not show
// come before those that they do.
const Finding& Simplest(const std::vector<Finding>& all,
                        const std::vector<Finding>& prefixes) {
  const auto rank = [&](const Finding& f) {
    return std::tuple(Shows(prefixes, f), f.lost_blocks, f.id);
  };
  return *std::min_element(
      all.begin(), all.end(),
      [&](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
}

// What a space shows of the backend with a bug, and not of its twin without the
// bug.
std::vector<Finding> FindingsOf(Backend& backend, Backend& twin,
                                const Stage& stage, const std::string& space) {
  auto all = ExploreStage(backend, stage, space);
  // There is no recording if the bug makes an op end otherwise than its line
  // says.
  if (!all || all->findings.empty()) return {};
  EXPECT_TRUE(all->exhausted) << all->bound;
  const auto without = ExploreStage(twin, stage, space);
  POWERCUT_CHECK(without);
  std::erase_if(all->findings, [&](const Finding& finding) {
    return Shows(without->findings, finding);
  });
  return std::move(all->findings);
}

// The row of the first stage at which the whole space shows the bug and the
// prefixes do not. If there is none, that of the first stage at which the whole
// space shows the bug.
Row Find(const std::string& bug, Backend& backend, Backend& twin,
         const std::vector<Stage>& stages) {
  Row row;
  row.bug = bug;
  for (const Stage& stage : stages) {
    const auto all = FindingsOf(backend, twin, stage, stage.space);
    if (all.empty()) continue;
    const auto prefixes = FindingsOf(backend, twin, stage, "prefix");
    if (!row.state.empty() && !prefixes.empty()) continue;
    const Finding& finding = Simplest(all, prefixes);
    row.stage = fmt::format("{}, {}{}", stage.name, stage.space,
                            stage.probe ? ", probe" : "");
    row.by_prefix = KindsOf(prefixes);
    row.state = finding.id;
    row.wrong = fmt::format("{} `{}`", finding.violation.found,
                            finding.violation.cause);
    if (row.by_prefix.empty()) break;
  }
  return row;
}

std::string TextOf(const Row& row) {
  const std::string nothing = "nothing";
  return fmt::format(
      "| {} | {} | {} | {} | {} |\n", row.bug,
      row.stage.empty() ? "all" : row.stage,
      row.by_prefix.empty() ? nothing
                            : fmt::format("{}", fmt::join(row.by_prefix, ", ")),
      row.state.empty() ? nothing : fmt::format("`{}`", row.state),
      row.wrong.empty() ? nothing : row.wrong);
}

void AddLitmus(const std::string& backend, const BackendTraits& traits,
               bool probe, std::vector<Stage>& stages) {
  static const std::vector<LitmusFile> files = LitmusFiles();
  for (const LitmusFile& file : files) {
    if (file.workload.backend != backend) continue;
    for (const std::string& profile :
         LitmusProfiles(file.workload, OfferedProfiles(traits), {})) {
      Stage stage = {file.stem + " " + profile, file.workload};
      stage.workload.profile = profile;
      // The model alone judges here, not the conditions of the litmus test.
      stage.workload.outcomes.clear();
      stage.probe = probe;
      stages.push_back(std::move(stage));
    }
  }
}

// --- simfs ------------------------------------------------------------------

// In the order of SimfsBug.
constexpr std::array<std::string_view, kSimfsBugCount> kSimfsBugNames = {
    "FsyncSkipsData",
    "FsyncSkipsShape",
    "FsyncSkipsTimes",
    "FsyncSkipsDevice",
    "FdatasyncSkipsSize",
    "DataOnlyIsFull",
    "FullIsDataOnly",
    "NoSyncFlushesDevice",
    "DataSyncWritesTimes",
    "DataSyncSkipsSize",
    "DirectorySkipsNames",
    "SyncfsMissesOneFile",
    "ViewIgnoresPages",
    "ViewZeroIsNothing",
    "ViewReachesMedia",
    "MsyncAsyncIsSync",
    "MsyncSkipsDevice",
    "RangeIgnored",
    "DsyncSkipsFua",
    "SyncWriteSkipsTimes",
    "WriteThroughIgnored",
    "PreflushIgnored",
    "FuaIgnored",
    "RenameInTwoRecords",
    "ReplaceForgetsData",
    "SizeBeforeData",
    "JournalOrderIgnored",
    "TruncateKeepsBytes",
    "TornRecordAccepted",
    "BarrierIgnored",
    "FailedFlushForgotten",
    "VolumeFlagsAccepted",
    "ReadOnlyFlushes",
    "HandleFlushesOwn",
    "TruncateTrustsZeros",
    "DirectorySkipsOwnName",
    "DirectoryKeepsRemovedNames",
    "DirectoryFlushCleansFiles",
    "FsyncKeepsRemovedNames",
    "FsyncForgetsRename",
    "FsyncAfterLinkSkipsSize",
    "FallocateSizeForgotten",
    "SecondMsyncSkips",
    "RenameLosesFile",
    "ReplaceRemovesTargetFirst",
    "ReusedNameForgetsRename",
    "LinkResetsSize",
};

// The bugs that no crash state can show, for one of these reasons:
// * simfs promises more than it has to, and leaves fewer states, which are all
//   admissible.
// * simfs accepts what it must refuse, and returns the wrong status.
// * Old bytes come back, and are there without any crash.
// * The bug shows only on a device that fails.
const std::set<SimfsBug> kNotOfStates = {
    SimfsBug::kDataSyncWritesTimes, SimfsBug::kViewReachesMedia,
    SimfsBug::kMsyncAsyncIsSync,    SimfsBug::kDataOnlyIsFull,
    SimfsBug::kNoSyncFlushesDevice, SimfsBug::kFailedFlushForgotten,
    SimfsBug::kVolumeFlagsAccepted, SimfsBug::kReadOnlyFlushes,
    SimfsBug::kTruncateKeepsBytes,
};

Stage StageOf(const SimfsBugScene& scene) {
  return {.name = "scene",
          .workload =
              MustParse(fmt::format("powercut 1\nbackend simfs\nprofile {}\n"
                                    "crash process,os,power\ninit\n{}run\n{}\n",
                                    scene.profile, scene.init, scene.run))};
}

std::string SimfsRows() {
  std::string text;
  std::vector<Stage> litmus;
  const auto twin = MakeSimfsBackend();
  AddLitmus("simfs", twin->traits(), false, litmus);
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    const std::string name(kSimfsBugNames[static_cast<size_t>(scene.bug)]);
    const auto backend = MakeSimfsBackend({scene.bug});
    std::vector<Stage> stages = {StageOf(scene)};
    stages.insert(stages.end(), litmus.begin(), litmus.end());
    const Row row = Find("simfs " + name, *backend, *twin, stages);
    EXPECT_EQ(row.state.empty(), kNotOfStates.contains(scene.bug)) << name;
    text += TextOf(row);
  }
  return text;
}

// --- clfs -------------------------------------------------------------------

std::string ClfsRows() {
  std::string text;
  std::vector<Stage> stages;
  const auto twin = MakeClfsBackend();
  for (const bool probe : {false, true}) {
    AddLitmus("clfs", twin->traits(), probe, stages);
  }
  for (const ClfsBug bug : kClfsBugs) {
    const auto backend = MakeClfsBackend(bug);
    const std::string name(ClfsBugName(bug));
    const Row row = Find("clfs: " + name, *backend, *twin, stages);
    EXPECT_NE(row.state, "") << name;
    text += TextOf(row);
  }
  return text;
}

// --- tearing -----------------------------------------------------------------

// On a device that is said to write blocks of 4096 bytes whole, the bugs of
// tearing show only if a block is torn all the same.
Row FindTorn(const std::string& bug, Backend& backend, Backend& twin,
             Stage stage) {
  stage.name += ", 4096-byte blocks";
  stage.atomic_bytes = 4096;
  EXPECT_TRUE(FindingsOf(backend, twin, stage, "exhaustive").empty()) << bug;
  stage.space = "exhaustive+torn:1";
  Row row = Find(bug, backend, twin, {stage});
  EXPECT_NE(row.state, "") << bug;
  return row;
}

std::string TornRows() {
  const SimfsBug torn = SimfsBug::kTornRecordAccepted;
  const auto simfs = MakeSimfsBackend({torn});
  const auto clfs = MakeClfsBackend(ClfsBug::kAcceptTorn);
  const auto is_torn = [](const SimfsBugScene& s) { return s.bug == torn; };
  const Stage scene = StageOf(
      *std::find_if(SimfsBugScenes().begin(), SimfsBugScenes().end(), is_torn));
  std::vector<Stage> logs;
  AddLitmus("clfs", clfs->traits(), false, logs);
  const auto log = std::find_if(logs.begin(), logs.end(), [](const Stage& s) {
    return s.name.starts_with("l62");
  });
  return TextOf(FindTorn("simfs TornRecordAccepted", *simfs,
                         *MakeSimfsBackend(), scene)) +
         TextOf(FindTorn("clfs: torn block accepted", *clfs, *MakeClfsBackend(),
                         *log));
}

// --- around ntfs-3g ---------------------------------------------------------

std::string Ntfs3gRows() {
  const std::string overwrites =
      "powercut 1\nbackend ntfs-3g\ndisk 8M atomic={}\n"
      "init\n  create /a\n  write /a 0 16384\n  create /b\n"
      "  write /b 0 8192\nrun\n  write /a 4096 4096\n  fsync /a\n"
      "  write /b 0 4096\n  fsync /b\n  write /a 8192 8192\n  fsync /a\n";
  const std::pair<PlantedBug, std::string> kBugs[] = {
      {PlantedBug::kNoSync, "sync does nothing"},
      {PlantedBug::kSyncToDevice, "sync ends at the device"},
      {PlantedBug::kSyncForgetsBlock, "sync forgets a block"},
      {PlantedBug::kSyncForgetsSector, "sync forgets a sector"},
      {PlantedBug::kSyncTooEarly, "sync issued too early"},
      {PlantedBug::kSyncNotThisFirst, "first sync does nothing"},
  };
  std::string text;
  const auto twin = MakeBackend("ntfs-3g").value();
  for (const auto& [bug, name] : kBugs) {
    PlantedBackend backend(MakeBackend("ntfs-3g").value(), bug);
    const bool sector = bug == PlantedBug::kSyncForgetsSector;
    const Stage stage = {
        "overwrites",
        MustParse(fmt::format(fmt::runtime(overwrites), sector ? 512 : 4096))};
    const Row row = Find("ntfs-3g: " + name, backend, *twin, {stage});
    EXPECT_NE(row.state, "") << name;
    text += TextOf(row);
  }
  return text;
}

TEST(PlantedStatesTest, EachHasAStateThatShowsIt) {
  const std::string path = "tests/golden/planted_states.md";
  const std::string text =
      "| planted | workload and space | by prefix | state | wrong |\n"
      "|---|---|---|---|---|\n" +
      SimfsRows() + ClfsRows() + TornRows() + Ntfs3gRows();
  const std::string all =
      ReadWholeFile(std::string(POWERCUT_SOURCE_DIR) + "/" + path);
  const size_t table = all.find("| planted |");
  const std::string known = table == std::string::npos ? "" : all.substr(table);
  if (known == text) return;
  const std::string fresh = ::testing::TempDir() + "planted_states.md";
  std::ofstream(fresh, std::ios::binary) << all.substr(0, table) << text;
  FAIL() << path << " is out of date: see " << fresh;
}

}  // namespace
}  // namespace powercut
