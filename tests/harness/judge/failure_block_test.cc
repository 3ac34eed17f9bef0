// Tests the failure block byte for byte, since people and scripts read it.

#include "harness/judge/failure_block.h"

#include <gtest/gtest.h>

#include <string>

namespace powercut {
namespace {

Finding RenameFinding() {
  Finding finding;
  finding.violation.kind = ViolationKind::kName;
  finding.violation.cause = "name/target/rename/fsync";
  finding.violation.path = "/a";
  finding.violation.op = 9;
  finding.violation.admissible = "/a is op 4's or op 9's";
  finding.violation.found = "/a missing";
  finding.id = "9p@3f9a01c2";
  finding.count = 7;
  finding.op_text = "op 9        rename /b /a         not returned";
  finding.promise = "/a from op 4, durable since event 96 (op 5, fsync /a)";
  finding.crash =
      "9p: power was lost after 9 disk events; everything issued persisted";
  finding.line = 14;
  return finding;
}

TEST(ReportTest, FailureBlock) {
  EXPECT_EQ(FailureBlock(RenameFinding(), "corpora/rename.pcut", ""),
            R"(corpora/rename.pcut:14: violation: name /a
  op 9        rename /b /a         not returned
  promise    /a from op 4, durable since event 96 (op 5, fsync /a)
  crash      9p: power was lost after 9 disk events; everything issued persisted
  admissible /a is op 4's or op 9's
  found      /a missing
  cause      name/target/rename/fsync   in 7 states
  replay     powercut replay corpora/rename.pcut --at 9p@3f9a01c2
)");
}

// What looks like a flag would be taken for one when the line is pasted.
TEST(ReportTest, NamesOfFilesAreNoFlags) {
  EXPECT_EQ(FileWord("-x.pcut"), "./-x.pcut");
  EXPECT_EQ(FileWord("--a b"), "'./--a b'");
  EXPECT_EQ(FileWord("a/-x"), "a/-x");
  EXPECT_EQ(FileWord("-"), "-");
  EXPECT_NE(FailureBlock(RenameFinding(), "-x.pcut", "")
                .find("powercut replay ./-x.pcut --at"),
            std::string::npos);
}

TEST(ReportTest, ExcusesFlagsAndOneState) {
  Finding finding = RenameFinding();
  finding.count = 1;
  finding.excuses = {"rename_leaves_neither", "stale_data"};
  EXPECT_EQ(FailureBlock(finding, "a.pcut", " --profile posix-minimal --probe"),
            R"(a.pcut:14: violation: name /a
  op 9        rename /b /a         not returned
  promise    /a from op 4, durable since event 96 (op 5, fsync /a)
  crash      9p: power was lost after 9 disk events; everything issued persisted
  admissible /a is op 4's or op 9's
  found      /a missing
  cause      name/target/rename/fsync   in 1 state
  excuse     rename_leaves_neither, stale_data
  replay     powercut replay a.pcut --at 9p@3f9a01c2)"
            " --profile posix-minimal --probe\n");
}

// The volume has no path, and there is no line if no op had begun.
TEST(ReportTest, VolumeWithoutOp) {
  Finding finding = RenameFinding();
  finding.violation.kind = ViolationKind::kUnreadable;
  finding.violation.cause = "unreadable/volume/start/init";
  finding.violation.path = "";
  finding.violation.op = 0;
  finding.violation.admissible = "a volume that mounts and can be read";
  finding.violation.found = "mount: EIO (Input/output error)";
  finding.op_text = "op -        none had begun";
  finding.promise = "the volume, durable since event 3 (the sync after `init`)";
  finding.line = 0;
  EXPECT_EQ(FailureBlock(finding, "a.pcut", ""),
            R"(a.pcut: violation: unreadable
  op -        none had begun
  promise    the volume, durable since event 3 (the sync after `init`)
  crash      9p: power was lost after 9 disk events; everything issued persisted
  admissible a volume that mounts and can be read
  found      mount: EIO (Input/output error)
  cause      unreadable/volume/start/init   in 7 states
  replay     powercut replay a.pcut --at 9p@3f9a01c2
)");
}

std::string ReplayLine(const std::string& file, const std::string& id) {
  Finding finding = RenameFinding();
  finding.id = id;
  const std::string block = FailureBlock(finding, file, "");
  const size_t at = block.find("  replay     ");
  return block.substr(at + 13, block.size() - at - 14);
}

// The replay line can be pasted into a shell as it is.
TEST(ReportTest, ReplayLineIsQuoted) {
  EXPECT_EQ(ReplayLine("/tmp/a-b_c.d+e,f:g@h%i=j~k", "9p@3f9a01c2"),
            "powercut replay /tmp/a-b_c.d+e,f:g@h%i=j~k --at 9p@3f9a01c2");
  EXPECT_EQ(ReplayLine("a b", "1p@00000000"),
            "powercut replay 'a b' --at 1p@00000000");
  EXPECT_EQ(ReplayLine("it's", "1p@00000000"),
            "powercut replay 'it'\\''s' --at 1p@00000000");
  EXPECT_EQ(ReplayLine("$HOME;`x`", "1p@00000000"),
            "powercut replay '$HOME;`x`' --at 1p@00000000");
  EXPECT_EQ(ReplayLine("#a", "9p-#AAEC_-@00000000"),
            "powercut replay '#a' --at 9p-#AAEC_-@00000000");
  EXPECT_EQ(ReplayLine("~a", "9p-w4:2~7@00000000"),
            "powercut replay '~a' --at 9p-w4:2~7@00000000");
}

TEST(ReportTest, Explanation) {
  Finding finding = RenameFinding();
  EXPECT_EQ(Explanation(finding),
            "In force: /a from op 4, durable since event 96 (op 5, fsync /a). "
            "The crash: 9p: power was lost after 9 disk events; everything "
            "issued persisted. "
            "Admissible then: /a is op 4's or op 9's. Found: /a missing.");
  finding.excuses = {"a", "b"};
  EXPECT_TRUE(Explanation(finding).ends_with(
      " It would be admissible with the profile switch a or b."));
}

}  // namespace
}  // namespace powercut
