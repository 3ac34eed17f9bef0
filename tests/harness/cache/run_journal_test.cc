// Tests what a journal of runs makes of a damaged end.

#include "harness/cache/run_journal.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

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

}  // namespace
}  // namespace powercut
