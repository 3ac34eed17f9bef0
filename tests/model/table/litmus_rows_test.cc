// Every row of the table of primitives has a litmus test, and PrimitiveOf()
// finds the row of an op.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/table/primitive_of.h"
#include "tests/model/litmus_files.h"

namespace powercut {
namespace {

// The rows of the ops of a workload. Ops that are expected to fail are left
// out.
class RowsOf {
 public:
  explicit RowsOf(const Workload& workload) {
    for (const auto* section : {&workload.init, &workload.run}) {
      for (const Op& op : *section) Add(op);
    }
  }

  const std::set<Primitive>& rows() const { return rows_; }

 private:
  void Add(const Op& op) {
    if (op.expected.kind != ExpectedResult::kOk) return;
    if (op.kind == OpKind::kMkdir) directories_.insert(op.names[0]);
    if (op.kind == OpKind::kOpen) handles_[op.names[0]] = op;
    std::vector<std::string> flags;
    std::string path = op.names.empty() ? "" : op.names[0];
    if (const auto handle = handles_.find(path); handle != handles_.end()) {
      flags = handle->second.flags;
      path = handle->second.names[1];
    }
    rows_.insert(PrimitiveOf(op, flags, directories_.contains(path)));
  }

  std::set<std::string> directories_;
  std::map<std::string, Op> handles_;
  std::set<Primitive> rows_;
};

// The rows of transactional stores, of whose keys no condition speaks.
const std::set<Primitive> kWithoutConditions = {
    Primitive::kCommit, Primitive::kCommitLazy, Primitive::kCheckpoint};

TEST(LitmusRows, EveryRowHasATest) {
  std::map<Primitive, int> tests;
  for (const LitmusFile& file : LitmusFiles()) {
    const RowsOf of_file(file.workload);
    for (const Primitive row : of_file.rows()) ++tests[row];
  }
  for (const PrimitiveRow& row : PrimitiveRows()) {
    if (kWithoutConditions.contains(row.id)) {
      EXPECT_EQ(tests[row.id], 0) << row.name << " has tests now: expect them";
    } else {
      EXPECT_GT(tests[row.id], 0) << "no litmus test has a " << row.name;
    }
  }
}

Primitive RowOf(const std::string& line, std::vector<std::string> flags = {},
                bool is_directory = false) {
  const Result<Pcut> pcut = ParsePcut("powercut 1\n" + line, "t");
  EXPECT_TRUE(pcut) << pcut.error().message;
  return PrimitiveOf(pcut->statements[1].op, flags, is_directory);
}

TEST(PrimitiveOf, TakesTheStrongestOfAWriteAndItsHandle) {
  EXPECT_EQ(RowOf("write h 0 1"), Primitive::kWrite);
  EXPECT_EQ(RowOf("append h 1", {"direct"}), Primitive::kOpenDirect);
  EXPECT_EQ(RowOf("write h 0 1", {"no_buffering"}), Primitive::kNoBuffering);
  EXPECT_EQ(RowOf("write h 0 1", {"write_through"}), Primitive::kWriteThrough);
  EXPECT_EQ(RowOf("write h 0 1", {"write_through", "no_buffering"}),
            Primitive::kNoBufferingWriteThrough);
  EXPECT_EQ(RowOf("write h 0 1", {"write_through", "dsync"}),
            Primitive::kOpenDsync);
  EXPECT_EQ(RowOf("write h 0 1 dsync", {"sync"}), Primitive::kOpenSync);
  EXPECT_EQ(RowOf("write h 0 1 sync", {"dsync"}), Primitive::kWriteSync);
  EXPECT_EQ(RowOf("truncate h 0", {"sync"}), Primitive::kWrite);
}

TEST(PrimitiveOf, ReadsTheFlagsOfNtFlush) {
  EXPECT_EQ(RowOf("nt_flush /f"), Primitive::kNtFlushBuffersFile);
  EXPECT_EQ(RowOf("nt_flush /f flags=0"), Primitive::kNtFlushFull);
  EXPECT_EQ(RowOf("nt_flush /f flags=1"), Primitive::kNtFlushDataOnly);
  EXPECT_EQ(RowOf("nt_flush /f flags=2"), Primitive::kNtFlushNoSync);
  EXPECT_EQ(RowOf("nt_flush /f flags=4"), Primitive::kNtFlushDataSyncOnly);
  EXPECT_EQ(RowOf("nt_flush /f no_sync"), Primitive::kNtFlushNoSync);
  EXPECT_EQ(RowOf("nt_flush /d", {}, true), Primitive::kNtFlushDirectory);
  EXPECT_EQ(RowOf("nt_flush volume flags=0"), Primitive::kNtFlushVolume);
  // Calls that fail promise nothing.
  EXPECT_EQ(RowOf("nt_flush /f flags=3"), Primitive::kWrite);
  EXPECT_EQ(RowOf("nt_flush /f no_sync file_data_only"), Primitive::kWrite);
  EXPECT_EQ(RowOf("nt_flush /f no_sync flags=2"), Primitive::kWrite);
  EXPECT_EQ(RowOf("nt_flush /f null_status"), Primitive::kWrite);
}

TEST(PrimitiveOf, TellsFilesFromDirectoriesAndVolumes) {
  EXPECT_EQ(RowOf("fsync /d", {}, true), Primitive::kFsyncDirectory);
  EXPECT_EQ(RowOf("fdatasync /d", {}, true), Primitive::kFsyncDirectory);
  EXPECT_EQ(RowOf("fsync /f"), Primitive::kFsync);
  EXPECT_EQ(RowOf("flush_file_buffers /d", {}, true),
            Primitive::kNtFlushDirectory);
  EXPECT_EQ(RowOf("flush_file_buffers volume"),
            Primitive::kFlushFileBuffersVolume);
}

TEST(PrimitiveOf, TellsNullAndZeroApart) {
  EXPECT_EQ(RowOf("flush_view V 0 0"), Primitive::kFlushViewToEnd);
  EXPECT_EQ(RowOf("flush_view V 0 1"), Primitive::kFlushViewRange);
  EXPECT_EQ(RowOf("log_flush_to L 0"), Primitive::kLogFlushToNull);
  EXPECT_EQ(RowOf("log_flush_to L 1"), Primitive::kLogFlushToLsn);
  EXPECT_EQ(RowOf("commit"), Primitive::kCommit);
  EXPECT_EQ(RowOf("commit nosync"), Primitive::kCommitLazy);
  EXPECT_EQ(RowOf("disk_write 0 1 fua preflush"),
            Primitive::kDiskWriteFuaPreflush);
  EXPECT_EQ(RowOf("disk_write 0 1 fua"), Primitive::kDiskWriteFua);
  EXPECT_EQ(RowOf("dismount"), Primitive::kWrite);
}

}  // namespace
}  // namespace powercut
