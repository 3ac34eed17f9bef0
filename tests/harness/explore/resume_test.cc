// Kept runs are read again only by an exploration that would make the same
// runs: whatever a run depends on stands in the context of the journal. Each of
// these things is changed alone, in both directions, and the folder is then
// refused.

#include "harness/explore/resume.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/trace/acks.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

// An exploration that keeps its runs.
struct Kept {
  Kept()
      : backend(MakeBackend("simfs").value()),
        recorded(
            RecordWorkload(*backend,
                           MustParse("powercut 1\nprofile spec-strict\n"
                                     "init\n create /f\nrun\n write /f 0 512\n"
                                     " fsync /f\n",
                                     "folder/w.pcut"))
                .value()),
        options(Options("exhaustive", 1)) {}

  std::unique_ptr<Backend> backend;
  Recorded recorded;
  ExploreOptions options;
};

using Change = std::function<void(Kept&)>;

bool Opens(Kept& kept, const std::string& folder) {
  kept.options.resume = folder;
  const auto opened =
      OpenKeptRuns({*kept.backend, kept.recorded.workload,
                    kept.recorded.setting, kept.recorded.recording},
                   kept.options);
  EXPECT_TRUE(!opened || *opened != nullptr);
  return opened.has_value();
}

// Whether an exploration changed by `second` may use what one changed by
// `first` kept.
bool Shares(const Change& first, const Change& second) {
  std::string folder = ::testing::TempDir() + "resume_XXXXXX";
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  Kept one;
  first(one);
  EXPECT_TRUE(Opens(one, folder));
  Kept two;
  second(two);
  const bool shares = Opens(two, folder);
  std::filesystem::remove_all(folder);
  return shares;
}

CheckOracle& Check(Kept& kept) {
  if (CheckOf(kept.recorded.setting.oracle) == nullptr) {
    kept.recorded.setting.oracle = CheckOracle{"true"};
  }
  return std::get<CheckOracle>(kept.recorded.setting.oracle);
}

const Change kNothing = [](Kept&) {};
const Change kChecked = [](Kept& kept) { Check(kept); };

TEST(ResumeTest, WhatRunsDependOnIsRefused) {
  const std::vector<std::pair<std::string, Change>> changes = {
      {"nested",
       [](Kept& k) {
         k.options.parts_apart = false;
         k.options.nested = 1;
       }},
      {"probe",
       [](Kept& k) {
         k.options.parts_apart = false;
         k.options.run.probe = true;
       }},
      {"profile",
       [](Kept& k) {
         k.recorded.setting.profile = FindProfile("ext4-ordered");
       }},
      {"blocks", [](Kept& k) { k.recorded.setting.atomic_bytes = 4096; }},
      {"faults",
       [](Kept& k) {
         k.options.parts_apart = false;
         k.recorded.workload.faults.push_back(
             ParseFault("flip on read in=recovery", "").value());
       }},
      {"recording",
       [](Kept& k) { k.recorded.recording.trace.AddDiscard({0, 1}); }},
      {"check", kChecked},
  };
  // Where parts are not varied apart, one thing alone differs.
  const Change together = [](Kept& k) { k.options.parts_apart = false; };
  for (const auto& [name, change] : changes) {
    for (const Change& other : {kNothing, together}) {
      EXPECT_FALSE(Shares(other, change)) << name;
      EXPECT_FALSE(Shares(change, other)) << name;
    }
    EXPECT_TRUE(Shares(change, change)) << name;
  }
}

TEST(ResumeTest, ChecksHaveTheirCommandAndTheirAcks) {
  const std::vector<std::pair<std::string, Change>> changes = {
      {"command", [](Kept& k) { Check(k).command = "false"; }},
      {"fsck", [](Kept& k) { Check(k).fsck = true; }},
      {"acks",
       [](Kept& k) {
         Check(k);
         k.recorded.recording.trace.AddMark(LineMark("done"));
       }},
  };
  for (const auto& [name, change] : changes) {
    EXPECT_FALSE(Shares(kChecked, change)) << name;
    EXPECT_FALSE(Shares(change, kChecked)) << name;
  }
}

TEST(ResumeTest, WhatRunsDoNotDependOnIsShared) {
  const std::vector<std::pair<std::string, Change>> changes = {
      {"space", [](Kept& k) { k.options.space = Options("epoch:1").space; }},
      {"jobs", [](Kept& k) { k.options.jobs = 3; }},
      {"seed", [](Kept& k) { k.options.seed = 7; }},
      {"faults of the run",
       [](Kept& k) {
         k.recorded.workload.faults.push_back(
             ParseFault("lie on flush in=run", "").value());
       }},
      {"acks without a check",
       [](Kept& k) { k.recorded.recording.trace.AddMark(LineMark("done")); }},
  };
  const Change together = [](Kept& k) { k.options.parts_apart = false; };
  for (const auto& [name, change] : changes) {
    const Change both = [&](Kept& k) {
      together(k);
      change(k);
    };
    EXPECT_TRUE(Shares(together, both)) << name;
  }
  // How deep is decided by runs that have their writes anyway.
  const auto nested = [](uint32_t depth) {
    return [depth](Kept& k) { k.options.nested = depth; };
  };
  EXPECT_TRUE(Shares(nested(1), nested(2)));
}

TEST(ResumeTest, EachWorkloadAndShardHasAFile) {
  std::string folder = ::testing::TempDir() + "resume_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  for (const uint32_t index : {1u, 2u}) {
    Kept kept;
    kept.options.shard = {index, 2};
    EXPECT_TRUE(Opens(kept, folder));
  }
  Kept other;
  EXPECT_TRUE(Opens(other, folder));
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  EXPECT_EQ(names, (std::set<std::string>{"folder_w.pcut.1of2.runs",
                                          "folder_w.pcut.2of2.runs",
                                          "folder_w.pcut.runs"}));
  std::filesystem::remove_all(folder);
  Kept none;
  const auto opened =
      OpenKeptRuns({*none.backend, none.recorded.workload,
                    none.recorded.setting, none.recorded.recording},
                   none.options);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, nullptr);
}

}  // namespace
}  // namespace powercut
