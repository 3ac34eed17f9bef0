// Random workloads: one seed gives one workload, which prints as text that
// parses back; every primitive occurs in some workload; whatever a crash may
// leave, a crash that takes more may leave, too.

#include "fuzz/draw/random_workload.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "fuzz/draw/workload_text.h"
#include "model/pcut/pcut.h"
#include "tests/exhaustive/definition.h"

namespace powercut {
namespace {

constexpr int kWorkloads = 3000;

const Profile& Strict() { return *FindProfile("spec-strict"); }

TEST(RandomWorkloadTest, TheSameSeedGivesTheSameWorkload) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SeededChooser first(seed);
    SeededChooser second(seed);
    EXPECT_EQ(WorkloadText(RandomWorkload(first, {}, Strict())),
              WorkloadText(RandomWorkload(second, {}, Strict())));
  }
}

TEST(RandomWorkloadTest, PrintsAsTextThatParsesBack) {
  SeededChooser prng(1);
  for (int i = 0; i < kWorkloads; ++i) {
    const Workload workload = RandomWorkload(prng, {}, Strict());
    const auto parsed = ParseWorkload(WorkloadText(workload), "random.pcut");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->init, workload.init);
    EXPECT_EQ(parsed->run, workload.run);
  }
}

TEST(RandomWorkloadTest, EveryPrimitiveOccurs) {
  SeededChooser prng(2);
  std::set<std::string> seen;
  RandomWorkloadKnobs knobs;
  knobs.failed_flushes = true;
  for (int i = 0; i < kWorkloads; ++i) {
    for (const Op& op : RandomWorkload(prng, knobs, Strict()).run) {
      seen.insert(std::string(VerbOf(op.kind)));
      for (const std::string& flag : op.flags) seen.insert(flag);
      if (op.start) seen.insert("start");
      if (op.expected.name == "EIO") seen.insert("EIO");
    }
  }
  for (const char* word : {"create",
                           "mkdir",
                           "write",
                           "append",
                           "truncate",
                           "fallocate",
                           "rename",
                           "replace_file",
                           "link",
                           "unlink",
                           "rmdir",
                           "set_times",
                           "open",
                           "close",
                           "fsync",
                           "fdatasync",
                           "sync_file_range",
                           "syncfs",
                           "full_fsync",
                           "barrier_fsync",
                           "nt_flush",
                           "file_data_only",
                           "no_sync",
                           "file_data_sync_only",
                           "flush_file_buffers",
                           "set_end_of_file",
                           "set_valid_data",
                           "map",
                           "store",
                           "msync",
                           "async",
                           "flush_view",
                           "unmap",
                           "disk_write",
                           "fua",
                           "preflush",
                           "disk_flush",
                           "disk_discard",
                           "write_through",
                           "no_buffering",
                           "direct",
                           "dsync",
                           "sync",
                           "append",
                           "read_only",
                           "start",
                           "wait",
                           "EIO"}) {
    EXPECT_TRUE(seen.contains(word)) << word;
  }
}

TEST(RandomWorkloadTest, AWorkloadWithoutAnOpIsAWorkload) {
  SeededChooser prng(3);
  for (int i = 0; i < kWorkloads / 10; ++i) {
    Workload workload = RandomWorkload(prng, {}, Strict());
    while (workload.init.size() + workload.run.size() > 0) {
      const size_t ops = workload.init.size() + workload.run.size();
      workload = WithoutOp(workload, 1 + prng.Below(ops), Strict());
      ASSERT_LT(workload.init.size() + workload.run.size(), ops);
    }
  }
}

// The definition of what they may leave: the more a crash takes, the more there
// can be; and nothing need be lost.
TEST(RandomWorkloadTest, CrashesThatTakeMoreLeaveMore) {
  SeededChooser prng(4);
  size_t largest = 0;
  for (int i = 0; i < kWorkloads / 10; ++i) {
    Profile profile = Profiles()[prng.Below(Profiles().size())];
    // Bytes that may be anything have a text that differs from every member.
    profile.stale_data = false;
    const PromiseTable table = PromisesOf(profile);
    const Workload workload = RandomWorkload(prng, {}, profile);
    const auto history = ExpectedHistory(workload);
    std::map<CrashKind, Observations> allowed;
    for (const CrashKind kind : kCrashKinds) {
      auto set =
          DefinedObservations(workload, table, profile, history, kind, 100000);
      ASSERT_TRUE(set) << WorkloadText(workload);
      allowed[kind] = std::move(*set);
    }
    for (const auto& [text, shown] : allowed[CrashKind::kProcess]) {
      EXPECT_TRUE(allowed[CrashKind::kOs].contains(text));
    }
    for (const auto& [text, shown] : allowed[CrashKind::kOs]) {
      EXPECT_TRUE(allowed[CrashKind::kPower].contains(text));
    }
    largest = std::max(largest, allowed[CrashKind::kPower].size());
  }
  EXPECT_GT(largest, 100u);
}

}  // namespace
}  // namespace powercut
