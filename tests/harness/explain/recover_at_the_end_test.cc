// Tests that the recovery at the end of a recording, with no crash, runs
// without what makes other recoveries differ: faults, the probe, names that are
// looked up, and the storage's own checker. A mistake of the check is then seen
// alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "harness/explain/replay.h"
#include "harness/trace/acks.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

// Shows an entry for each name that it is asked for, and has room for no op.
class TellingMount : public Mount {
 public:
  OpResult Apply(const Op&, uint64_t, std::string_view) override {
    return {"EIO"};
  }
  OpResult Shutdown() override { return {}; }
  Observation Observe() override { return {}; }
  void AddUnlistedPaths(const std::vector<std::string>& paths,
                        Observation& observation) override {
    for (const std::string& path : paths) {
      observation.entries.emplace_back().path = path;
    }
  }
  Result<CommandEnd> RunCommand(const Command& command) override {
    return CommandEnd{CommandEnd::kEnded,
                      "acks: " + std::string(command.acked)};
  }
};

// Needs to read the disk, of which it knows the newest state, and has a checker
// that always complains.
class TellingBackend : public Backend {
 public:
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    Bytes bytes(disk.geometry().size_bytes());
    if (!disk.Read(0, bytes)) return {nullptr, "mount: EIO"};
    const bool newest = std::ranges::max(WordsOf(bytes)) == 3;
    if (!newest) return {nullptr, "mount: something is lost"};
    return {std::make_unique<TellingMount>(), ""};
  }
  Status HasChecker() const override { return Ok{}; }
  Result<CommandEnd> RunChecker(VirtualDisk&, uint32_t) override {
    return CommandEnd{CommandEnd::kEnded, "orphans"};
  }

 private:
  BackendTraits traits_;
};

TEST(RecoverAtTheEndTest, NothingButTheCheckIsRun) {
  Trace trace = EmptyTrace(4);
  trace.AddMark(kRunMark);
  for (uint64_t word = 1; word <= 3; ++word) {
    Write(trace, word, Words(1, word), Layer::kProcess);
    trace.AddMark(LineMark(std::to_string(word)));
  }
  const auto workload = ParseWorkload(
      "powercut 1\nfault error on read in=recovery\nrun\n  create /f\n",
      "t.pcut");
  ASSERT_TRUE(workload) << workload.error().message;
  TellingBackend backend;
  RunSetting setting;
  setting.profile = FindProfile("posix-minimal");
  setting.geometry = trace.geometry();
  setting.atomic_bytes = kSectorBytes;
  setting.crash_kinds = {CrashKind::kPower};
  const Recording recording{trace, {}, {}, {}};
  const RunOptions options{.probe = true, .limits = {}};
  for (const bool command : {false, true}) {
    for (const bool fsck : {false, true}) {
      SCOPED_TRACE(command ? "command" : "no command");
      setting.oracle = ModelOracle{};
      if (command || fsck) {
        setting.oracle =
            CheckOracle{.command = command ? "c" : "", .fsck = fsck};
      }
      const RecordedRun run{backend, *workload, setting, recording};
      const auto outcome = RecoverAtTheEnd(run, options);
      ASSERT_TRUE(outcome) << outcome.error().message;
      RecoveryOutcome expected;
      if (command) expected.check = "acks: 1\n2\n3\n";
      EXPECT_TRUE(*outcome == expected)
          << outcome->detail << outcome->observation.unreadable
          << outcome->check << outcome->fsck;
    }
  }
}

}  // namespace
}  // namespace powercut
