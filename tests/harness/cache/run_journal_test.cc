// Tests what a journal of runs makes of a damaged end, and who holds its lock.

#include "harness/cache/run_journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/subprocess.h"

namespace powercut {
namespace {

constexpr Hash128 kState = {1, 2};

class RunJournalTest : public testing::Test {
 protected:
  std::unique_ptr<RunJournal> Open() {
    auto journal = RunJournal::Open(folder_.File("runs"), "context");
    EXPECT_TRUE(journal) << journal.error().message;
    return journal ? std::move(*journal) : nullptr;
  }
  void WriteOneRun() {
    EXPECT_TRUE(Open()->Append(kState, {"an outcome", "an access"}));
    whole_ = folder_.Read("runs");
  }

  const TemporaryFolder folder_;
  std::string whole_;
};

// A crash of the machine may leave zeros where the next records were to be.
TEST_F(RunJournalTest, ZerosAtTheEndAreNoRuns) {
  WriteOneRun();
  for (const size_t zeros : {1, 47, 48, 96, 1000}) {
    folder_.Write("runs", whole_ + std::string(zeros, '\0'));
    const auto journal = Open();
    ASSERT_NE(journal, nullptr);
    EXPECT_EQ(journal->size(), 1u) << zeros;
    EXPECT_EQ(journal->Find({}), nullptr);
    EXPECT_EQ(folder_.Read("runs"), whole_);
  }
}

TEST_F(RunJournalTest, ACutRecordIsNoRun) {
  WriteOneRun();
  const std::string line = whole_.substr(0, whole_.find('\n') + 1);
  for (size_t size = line.size(); size < whole_.size(); ++size) {
    folder_.Write("runs", whole_.substr(0, size));
    EXPECT_EQ(Open()->size(), 0u) << size;
    EXPECT_EQ(folder_.Read("runs"), line);
  }
}

TEST_F(RunJournalTest, AFlippedByteIsNoRun) {
  WriteOneRun();
  const size_t begin = whole_.find('\n') + 1;
  for (size_t at = begin; at < whole_.size(); ++at) {
    std::string damaged = whole_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    folder_.Write("runs", damaged);
    const JournaledRun* found = Open()->Find(kState);
    EXPECT_EQ(found, nullptr) << at - begin;
  }
}

// A journal of several runs, of which some have no access. What is damaged ends
// the journal there, and the next run takes its place.
TEST_F(RunJournalTest, WhatStandsBeforeTheDamageStays) {
  const auto key = [](size_t run) { return Hash128{run + 1, 7 * run}; };
  const auto outcome = [](size_t run) { return std::string(3 * run + 1, 'o'); };
  const auto access = [](size_t run) {
    return run % 2 == 0 ? std::string() : std::string(run, 'a');
  };
  constexpr size_t kRuns = 4;
  // Where each run ends, after the first line.
  std::vector<size_t> ends;
  {
    const auto journal = Open();
    ends.push_back(folder_.Read("runs").size());
    for (size_t run = 0; run < kRuns; ++run) {
      ASSERT_TRUE(journal->Append(key(run), {outcome(run), access(run)}));
      ends.push_back(folder_.Read("runs").size());
    }
  }
  whole_ = folder_.Read("runs");
  const auto expect = [&](size_t runs, size_t at) {
    {
      const auto journal = Open();
      ASSERT_NE(journal, nullptr);
      ASSERT_EQ(journal->size(), runs) << at;
      for (size_t run = 0; run < kRuns; ++run) {
        const JournaledRun* const found = journal->Find(key(run));
        ASSERT_EQ(found != nullptr, run < runs) << run << " at " << at;
        if (found == nullptr) continue;
        EXPECT_EQ(found->outcome, outcome(run));
        EXPECT_EQ(found->access, access(run));
      }
      EXPECT_EQ(folder_.Read("runs"), whole_.substr(0, ends[runs]));
      ASSERT_TRUE(journal->Append(key(9), {"after", "it"}));
    }
    const auto again = Open();
    ASSERT_EQ(again->size(), runs + 1) << at;
    EXPECT_EQ(again->Find(key(9))->outcome, "after");
  };
  for (size_t at = ends[0]; at <= whole_.size(); ++at) {
    const auto after = std::ranges::upper_bound(ends, at);
    const auto runs = static_cast<size_t>(after - ends.begin()) - 1;
    folder_.Write("runs", whole_.substr(0, at));
    expect(runs, at);
    if (at == whole_.size()) break;
    // Half of the key is not checked: with another key it is a run of no state.
    const size_t in_record = at - ends[runs];
    if (in_record >= 24 && in_record < 32) continue;
    std::string flipped = whole_;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    folder_.Write("runs", flipped);
    expect(runs, at);
    if (HasFatalFailure()) return;
  }
}

// A worker that has not ended yet has the descriptor, and with it the lock.
TEST_F(RunJournalTest, AWorkerThatGoesOnKeepsNoLock) {
  auto journal = Open();
  ASSERT_NE(journal, nullptr);
  const pid_t worker = fork();
  if (worker == 0) {
    pause();
    _exit(0);
  }
  journal.reset();
  EXPECT_NE(Open(), nullptr);
  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);
}

}  // namespace
}  // namespace powercut
