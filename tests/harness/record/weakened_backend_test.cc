// Tests which weaker forms each sync of a workload has.

#include "harness/record/weakened_backend.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/pcut/pcut.h"

namespace powercut {
namespace {

// The names of the weaker forms of the last op of a workload, with a blank
// after each. Each form but `nothing` is the op that it names.
std::string FormsOf(const std::string& op) {
  const Result<Workload> workload = ParseWorkload(
      "powercut 1\ninit\n mkdir /d\n create /f\n write /f 0 4096\nrun\n"
      " open D /d\n open F /f\n map V F 0 4096\n " +
          op + "\n",
      "t.pcut");
  EXPECT_TRUE(workload) << op << ": " << workload.error().message;
  if (!workload) return "";
  const Op& sync = workload->run.back();
  std::string names;
  for (const WeakerSync& form : WeakerFormsOf(*workload, sync)) {
    names += form.name + " ";
    EXPECT_EQ(form.op.has_value(), form.name != "nothing");
    if (!form.op) continue;
    EXPECT_EQ(form.name, VerbOf(form.op->kind));
    EXPECT_EQ(form.op->names, sync.names);
    EXPECT_EQ(form.op->number, sync.number);
  }
  return names;
}

TEST(WeakerFormsTest, EachSyncHasThoseThatPromiseLess) {
  const std::vector<std::pair<std::string, std::string>> forms = {
      {"full_fsync /f", "fsync fdatasync nothing "},
      {"full_fsync F", "fsync fdatasync nothing "},
      {"full_fsync /d", "fsync nothing "},
      {"fsync /f", "fdatasync nothing "},
      {"fsync F", "fdatasync nothing "},
      // For a directory both calls are the same.
      {"fsync /d", "nothing "},
      {"fsync D", "nothing "},
      {"fsync /", "nothing "},
      {"fdatasync /f", "nothing "},
      {"barrier_fsync /f", "nothing "},
      {"syncfs", "nothing "},
      {"msync V 0 4096", "nothing "},
      // What is no sync has none.
      {"write /f 0 512", ""},
      {"rename /f /g", ""},
      {"truncate /f 0", ""},
  };
  for (const auto& [op, names] : forms) EXPECT_EQ(FormsOf(op), names) << op;
}

}  // namespace
}  // namespace powercut
