// The backends `sqlite` and `leveldb` of the tool: the workloads of
// corpora/engines/ hold in every state, and an engine that is told not to sync
// loses commits. A test is skipped where its engine is not built in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using testing::HasSubstr;
using testing::Not;

struct EngineCase {
  std::string name;
  // The option with which it syncs nothing.
  std::string unsynced;
};

void PrintTo(const EngineCase& engine, std::ostream* out) {
  *out << engine.name;
}

class EngineBackendTest : public testing::TestWithParam<EngineCase> {
 protected:
  void SetUp() override {
    const std::string doctor = RunTool({"doctor"}).out;
    const size_t at = doctor.find("\n" + GetParam().name + " ");
    ASSERT_NE(at, std::string::npos) << doctor;
    if (doctor.substr(at, 20).find(" ready") == std::string::npos) {
      GTEST_SKIP() << GetParam().name << " is not built in";
    }
  }

  static Ended Check(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "check", "--quiet",
        std::string(POWERCUT_SOURCE_DIR) + "/corpora/engines/" +
            GetParam().name + "_commits.pcut"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTool(arguments);
  }

  // Writes a workload whose `run` is `ops`, and checks it.
  Ended CheckOps(const std::string& ops,
                 const std::vector<std::string>& more = {}) {
    const std::string file = folder_.File("w.pcut");
    folder_.Write("w.pcut", "powercut 1\nbackend " + GetParam().name +
                                "\ncrash power\nrun\n" + ops);
    std::vector<std::string> arguments = {"check", "--quiet", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTool(arguments);
  }

  TemporaryFolder folder_;
};

TEST_P(EngineBackendTest, HoldsInEveryState) {
  const Ended checked = Check({});
  EXPECT_EQ(checked.status, kHolds) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("(space exhaustive"));
}

TEST_P(EngineBackendTest, HoldsWhenItIsUsedAfterTheRecovery) {
  const Ended checked = Check({"--probe", "--space", "prefix"});
  EXPECT_EQ(checked.status, kHolds) << checked.out << checked.err;
}

TEST_P(EngineBackendTest, LosesCommitsIfItSyncsNothing) {
  const Ended checked =
      Check({"--mount", GetParam().unsynced, "--space", "epoch:1"});
  EXPECT_EQ(checked.status, kViolation) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("cause      lost/volume/commit/commit"));
  // One pasted line shows a state again.
  const std::vector<std::string> ids = IdsIn(checked.out);
  ASSERT_FALSE(ids.empty());
  const Ended replayed =
      RunTool({"replay",
               std::string(POWERCUT_SOURCE_DIR) + "/corpora/engines/" +
                   GetParam().name + "_commits.pcut",
               "--at", ids[0], "--mount", GetParam().unsynced});
  EXPECT_EQ(replayed.status, kViolation) << replayed.err;
}

TEST_P(EngineBackendTest, OtherWorkersGiveTheSameReport) {
  const std::vector<std::string> flags = {"--mount", GetParam().unsynced,
                                          "--space", "epoch:1", "--jobs"};
  const auto report = [&](const char* jobs) {
    std::vector<std::string> all = flags;
    all.emplace_back(jobs);
    return Check(all).out;
  };
  EXPECT_EQ(report("1"), report("3"));
}

// A lazy commit may be lost, with all after it, and a synced one brings those
// before it along.
TEST_P(EngineBackendTest, LazyCommitsAreAPrefix) {
  const std::string lazy = "  put a 1\n  commit nosync\n  put b 1\n";
  EXPECT_EQ(CheckOps(lazy + "  commit nosync\n").status, kHolds);
  EXPECT_EQ(CheckOps(lazy + "  commit\n").status, kHolds);
  // An empty commit that is synced makes the earlier ones durable.
  EXPECT_EQ(CheckOps(lazy + "  commit nosync\n  commit\n").status, kHolds);
}

// The engine stops at a request that fails, and promises nothing from then on.
TEST_P(EngineBackendTest, AFailedFlushPromisesNothing) {
  const Ended checked = CheckOps("  put a 1\n  commit\n  put a 2\n  commit\n",
                                 {"--fault", "error on flush nth=1"});
  EXPECT_EQ(checked.status, kHolds) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("fired in 1 request"));
}

// SQLite rolls its journal back, and LevelDB writes a new manifest.
TEST_P(EngineBackendTest, RecoveriesAreCrashedToo) {
  const std::string commits = "  put a 1\n  commit\n  put a 2\n  commit\n";
  std::vector<std::string> flags = {"--nested", "1", "--space", "prefix"};
  if (GetParam().name == "sqlite") {
    flags.insert(flags.end(),
                 {"--mount", "journal_mode=DELETE,synchronous=EXTRA"});
  }
  const Ended checked = CheckOps(commits, flags);
  EXPECT_EQ(checked.status, kHolds) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("states of crashes during recovery"));
  EXPECT_THAT(checked.out, Not(HasSubstr("; 0 states of crashes")));
}

TEST_P(EngineBackendTest, OtherOpsAndOptionsAreRefused) {
  const Ended created = CheckOps("  create /f\n");
  EXPECT_EQ(created.status, kCannotRun) << created.out;
  EXPECT_THAT(created.err, HasSubstr("create"));
  const Ended mounted = CheckOps("  commit\n", {"--mount", "noatime"});
  EXPECT_EQ(mounted.status, kUsage);
  EXPECT_THAT(mounted.err, HasSubstr("has no option `noatime`"));
  const Ended formatted = CheckOps("  commit\n", {"--mkfs", "-q"});
  EXPECT_EQ(formatted.status, kUsage);
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineBackendTest,
                         testing::Values(EngineCase{"sqlite",
                                                    "synchronous=OFF"},
                                         EngineCase{"leveldb", "sync=off"}),
                         [](const auto& tested) { return tested.param.name; });

// What SQLite documents: in journal mode DELETE a commit is durable with EXTRA
// and may be lost with FULL (docs/engines.md section 1).
TEST(SqliteBackendTest, DeleteNeedsExtra) {
  if (RunTool({"doctor"}).out.find("\nsqlite     ready") == std::string::npos) {
    GTEST_SKIP() << "sqlite is not built in";
  }
  TemporaryFolder folder;
  const std::string file = folder.File("w.pcut");
  folder.Write("w.pcut",
               "powercut 1\nbackend sqlite\ncrash power\nrun\n"
               "  put a 1\n  commit\n");
  const auto check = [&](const std::string& options) {
    return RunTool({"check", "--quiet", file, "--mount", options});
  };
  const Ended full = check("journal_mode=DELETE");
  EXPECT_EQ(full.status, kViolation);
  EXPECT_THAT(full.out, HasSubstr("lost"));
  EXPECT_THAT(full.out, Not(HasSubstr("unreadable")));
  const Ended extra = check("journal_mode=delete,synchronous=extra");
  EXPECT_EQ(extra.status, kHolds) << extra.out;
  // A rollback journal has no checkpoint.
  folder.Write("w.pcut",
               "powercut 1\nbackend sqlite\nrun\n  put a 1\n  commit\n"
               "  checkpoint\n");
  EXPECT_EQ(check("journal_mode=DELETE").status, kCannotRun);
}

// LevelDB's issue 195: nothing is synced between the rename of CURRENT and the
// removal of the manifest that it named (docs/engines.md section 2).
TEST(LevelDbBackendTest, ARecoveryRemovesWhatAnUnsyncedRenameNeeds) {
  if (RunTool({"doctor"}).out.find("\nleveldb    ready") == std::string::npos) {
    GTEST_SKIP() << "leveldb is not built in";
  }
  const std::string file =
      POWERCUT_SOURCE_DIR "/corpora/engines/leveldb_one_commit.pcut";
  EXPECT_EQ(RunTool({"check", "--quiet", file}).status, kHolds);
  const Ended found = RunTool({"check", "--quiet", file, "--nested", "1"});
  EXPECT_EQ(found.status, kViolation) << found.err;
  EXPECT_THAT(found.out,
              HasSubstr("Corruption: CURRENT points to a non-existent file"));
  EXPECT_THAT(found.out, HasSubstr("cause      lost/volume/commit/"));
  // A file system that keeps the order of names does not show it.
  const Ended ordered = RunTool(
      {"check", "--quiet", file, "--nested", "1", "--profile", "ext4-ordered"});
  EXPECT_EQ(ordered.status, kHolds) << ordered.out;
  // The ids of such states are run and explained again.
  for (const std::string& id : IdsIn(found.out)) {
    for (const char* const verb : {"replay", "explain"}) {
      const Ended again = RunTool({verb, file, "--at", id});
      EXPECT_EQ(again.status, kViolation) << verb << id << again.err;
    }
  }
}

}  // namespace
}  // namespace powercut
