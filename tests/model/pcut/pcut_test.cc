// ParsePcut() and PrintPcut(): the canonical layout, every verb, and errors
// with their places.

#include "model/pcut/pcut.h"

#include <gtest/gtest.h>

#include <set>

namespace powercut {
namespace {

constexpr std::string_view kExample =
    "powercut 1\n"
    "name    FILE_DATA_ONLY does not reach the media\n"
    "backend simfs\n"
    "init\n"
    "  create /f\n"
    "  write  /f 0 2048 fill=7\n"
    "run\n"
    "  write    /f 0 512 fill=1\n"
    "  nt_flush /f file_data_only\n"
    "crash   power\n"
    "allow   /f[0] = 1\n"
    "allow   /f[0] = 7\n"
    "forbid  size /f = 0\n";

// The canonical text, or the error's message.
std::string Canonical(const std::string& text) {
  const Result<Pcut> pcut = ParsePcut(text, "t.pcut");
  return pcut ? PrintPcut(*pcut) : pcut.error().message;
}

// The message with which a file fails that has this line after `powercut 1`,
// from the column on; "accepted" if it does not fail.
std::string LineError(const std::string& line) {
  const Result<Pcut> pcut = ParsePcut("powercut 1\n" + line + "\n", "t.pcut");
  if (pcut) return "accepted";
  const std::string place = "t.pcut:2:";
  EXPECT_EQ(pcut.error().code, ErrorCode::kBadInput);
  EXPECT_TRUE(pcut.error().message.starts_with(place)) << pcut.error().message;
  return pcut.error().message.substr(place.size());
}

#define EXPECT_BEGINS(text, beginning) \
  EXPECT_TRUE((text).starts_with(beginning)) << (text)
#define EXPECT_HOLDS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(PcutPrint, ExampleOfTheDesignPrintsBackByteForByte) {
  EXPECT_EQ(Canonical(std::string(kExample)), kExample);
}

TEST(PcutPrint, EveryDirectivePrintsBack) {
  const std::string text =
      "powercut 1  # first\n"
      "# a note\n"
      "\n"
      "name    a name, with  two blanks\n"
      "backend ntfs-3g\n"
      "disk    64M sector=512 atomic=4096 discard=weak\n"
      "profile ntfs\n"
      "crash   process,os,power\n"
      "space   epoch:1+torn:2\n"
      "fault   lie on flush nth=2 times=always in=run\n"
      "fault   tear on write nth=1 sectors=0~3 times=2 in=recovery\n"
      "init\n"
      "  # stands before an op\n"
      "  create /f  # trailing\n"
      "\n"
      "# stands before a section\n"
      "run\n"
      "  open               h /f write_through read_only\n"
      "  start              1 write h 0 512 sync fill=1 -> EIO\n"
      "  cut\n"
      "  wait               1\n"
      "  flush_file_buffers volume -> error\n"
      "allow   ntfs,spec-strict: exists /f and not (missing /f or size /f = "
      "1)\n"
      "forbid  missing /f\n"
      "at      412p-#QUJD@3f9a01c2\n"
      "expect  violation lost /f\n"
      "expect  violation size\n";
  EXPECT_EQ(Canonical(text), text);
  const Result<Workload> workload = ParseWorkload(text, "t.pcut");
  ASSERT_TRUE(workload) << workload.error().message;
}

TEST(PcutPrint, LayoutIsNormalized) {
  EXPECT_EQ(Canonical("  powercut\t1\r\nrun\r\nsyncfs->\r\n"),
            "t.pcut:3:1: unknown op `syncfs->`; did you mean `syncfs`?");
  EXPECT_EQ(Canonical("powercut 1\n name   x \n\t \nrun\nsyncfs  -> ok #c \n"
                      "write /f 00 010 fill=007 sync"),
            "powercut 1\nname    x\n\nrun\n  syncfs  #c\n"
            "  write  /f 0 10 sync fill=7\n");
}

TEST(PcutPrint, VerbColumnIsThatOfTheSection) {
  EXPECT_EQ(Canonical("powercut 1\ninit\nmkdir /d\nsyncfs\nrun\n"
                      "sync_file_range /f 0 1\nfsync /f\n"),
            "powercut 1\ninit\n  mkdir  /d\n  syncfs\nrun\n"
            "  sync_file_range /f 0 1\n  fsync           /f\n");
}

TEST(PcutPrint, DiskSizeTakesTheLargestExactSuffix) {
  const auto disk = [](const std::string& size) {
    return Canonical("powercut 1\ndisk " + size + "\n").substr(11);
  };
  EXPECT_EQ(disk("1024"), "disk    1K\n");
  EXPECT_EQ(disk("1536"), "disk    1536\n");
  EXPECT_EQ(disk("65536K"), "disk    64M\n");
  EXPECT_EQ(disk("1024M"), "disk    1G\n");
  EXPECT_EQ(disk("0"), "disk    0\n");
  EXPECT_EQ(disk("0G"), "disk    0\n");
}

TEST(PcutPrint, PathsKeepEveryByte) {
  std::string text = "powercut 1\nrun\n  unlink /";
  for (int byte = 1; byte < 256; ++byte) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    if (byte == '/') continue;
    text += std::string("\\x") + kHex[static_cast<size_t>(byte / 16)] +
            kHex[static_cast<size_t>(byte % 16)];
  }
  const Result<Pcut> pcut = ParsePcut(text, "t");
  ASSERT_TRUE(pcut) << pcut.error().message;
  const std::string& path = pcut->statements[2].op.names[0];
  ASSERT_EQ(path.size(), 255u);
  EXPECT_EQ(path[1], '\x01');
  EXPECT_EQ(path[254], '\xff');
  const std::string printed = PrintPcut(*pcut);
  EXPECT_HOLDS(printed, "\\x01");
  EXPECT_HOLDS(printed, "\\x20!\"\\x23$");
  EXPECT_HOLDS(printed, "[\\x5c]");
  EXPECT_HOLDS(printed, "~\\x7f\\x80");
  EXPECT_EQ(ParsePcut(printed, "t")->statements[2].op.names[0], path);
}

// One line for each form of the ops in docs/pcut.md.
constexpr std::string_view kEveryOp[] = {
    "create /f",
    "mkdir /d",
    "write /f 0 512",
    "write /f 0 512 dsync fill=1",
    "write /f 0 512 sync",
    "append /f 512 fill=4294967295",
    "truncate /f 0",
    "fallocate /f 0 9223372036854775807",
    "rename /f /g",
    "exchange /f /g",
    "replace_file /f /g",
    "link /f /g",
    "symlink /f /g",
    "unlink /f",
    "rmdir /d",
    "chmod /f 7777",
    "chmod /f 0",
    "set_times /f 12345",
    "open h /f",
    "open h /f write_through no_buffering direct dsync sync append "
    "read_only",
    "close h",
    "fsync /f",
    "fsync /",
    "fsync h",
    "fdatasync /f",
    "sync_file_range /f 0 512",
    "syncfs",
    "full_fsync /f",
    "barrier_fsync /f",
    "remount",
    "remount read_only",
    "dismount",
    "nt_flush /f",
    "nt_flush h",
    "nt_flush volume",
    "nt_flush /f file_data_only",
    "nt_flush /f no_sync",
    "nt_flush /f file_data_sync_only",
    "nt_flush /f file_data_only no_sync file_data_sync_only",
    "nt_flush /f flags=0",
    "nt_flush /f null_status",
    "nt_flush null flags=3 parameters=1 parameters_size=8",
    "flush_file_buffers null",
    "fsync null",
    "open h /f direct",
    "flush_file_buffers /f",
    "flush_file_buffers volume",
    "set_end_of_file /f 7",
    "set_valid_data /f 7",
    "map v /f 0 4096",
    "store v 0 512 fill=3",
    "msync v 0 4096",
    "msync v 0 4096 async",
    "flush_view v 0 0",
    "unmap v",
    "log_open L",
    "log_area L m",
    "log_append L 100",
    "log_append L 100 force_append",
    "log_append L 100 force_flush area=m",
    "log_flush L",
    "log_flush L area=m",
    "log_flush_to L 3",
    "log_restart L",
    "log_restart L base=2",
    "log_advance_base L 2",
    "log_archive_tail L 2",
    "log_reset L",
    "put key value",
    "delete key",
    "commit",
    "commit sync",
    "commit nosync",
    "checkpoint",
    "disk_write 0 8",
    "disk_write 0 8 fua preflush",
    "disk_flush",
    "disk_discard 8 8",
    "fault error on read",
    "fault lie on flush",
    "fault lose on write nth=1",
    "fault tear on write nth=2 sectors=0~3 times=4 in=recovery",
    "fault misdirect on write",
    "fault flip on read in=run",
    "fault delay on discard times=always",
    "fault full on write",
    "wait 1",
    "start 1 fsync /f",
    "start 1 write /f 0 512 sync fill=2 -> error",
    "syncfs -> error",
    "create /f -> STATUS_ACCESS_DENIED",
    "create /f -> EIO",
};

TEST(PcutParse, EveryOpOfTheGrammarRoundTrips) {
  std::set<OpKind> seen;
  for (const std::string_view line : kEveryOp) {
    const Result<Pcut> pcut =
        ParsePcut("powercut 1\n" + std::string(line), "t.pcut");
    ASSERT_TRUE(pcut) << line << ": " << pcut.error().message;
    const Op& op = pcut->statements[1].op;
    EXPECT_EQ(OpText(op), line);
    EXPECT_EQ(op.line, 2);
    seen.insert(op.kind);
  }
  EXPECT_EQ(seen.size(), kOpKindCount);
}

TEST(PcutParse, FlagsAndKeysComeInAnyOrder) {
  const Result<Pcut> pcut = ParsePcut(
      "powercut 1\nlog_append L 1 area=m force_flush force_append\n", "t");
  ASSERT_TRUE(pcut);
  EXPECT_EQ(OpText(pcut->statements[1].op),
            "log_append L 1 force_append force_flush area=m");
}

TEST(PcutParse, FirstLineMustBeTheVersion) {
  EXPECT_EQ(Canonical(""),
            "t.pcut:1:1: the first line is not `powercut 1`; add it");
  EXPECT_EQ(Canonical("# x\npowercut 1\n"),
            "t.pcut:1:1: the first line is not `powercut 1`; add it");
  EXPECT_EQ(Canonical("powercut 2\n"),
            "t.pcut:1:10: version `2` is not known; this powercut reads "
            "`powercut 1`");
}

TEST(PcutParse, UnknownOpSuggestsTheNearestVerb) {
  EXPECT_EQ(LineError("  wrte /f 0 1"),
            "3: unknown op `wrte`; did you mean `write`?");
  EXPECT_EQ(LineError("fysnc /f"),
            "1: unknown op `fysnc`; did you mean `fsync`?");
  EXPECT_EQ(LineError("profle x"),
            "1: unknown op `profle`; did you mean `profile`?");
  EXPECT_EQ(LineError("start 1 ftync /f"),
            "9: unknown op `ftync`; did you mean `fsync`?");
  EXPECT_EQ(LineError("qqqqqqqqqqqqqqq"),
            "1: unknown op `qqqqqqqqqqqqqqq`; `powercut ops` lists the ops");
  EXPECT_EQ(LineError("start 1 sync"),
            "9: unknown op `sync`; did you mean `syncfs`?");
  EXPECT_EQ(LineError("log_append l 100 use_reservation"),
            "18: `log_append` takes no flag `use_reservation`: powercut does "
            "not offer reservations of log space; it takes force_append, "
            "force_flush");
}

TEST(PcutParse, OperandErrorsNameColumnAndRemedy) {
  EXPECT_EQ(LineError("write /f 0"),
            "11: an operand is missing; write `write PATH OFFSET LENGTH`");
  EXPECT_EQ(LineError("write /f 0 -> error"),
            "12: an operand is missing; write `write PATH OFFSET LENGTH`");
  EXPECT_EQ(LineError("write /f 0 99999999999999999999"),
            "12: `99999999999999999999` is too large; the largest is "
            "9223372036854775807");
  EXPECT_EQ(LineError("truncate /f 9223372036854775808"),
            "13: `9223372036854775808` is too large; the largest is "
            "9223372036854775807");
  EXPECT_BEGINS(LineError("truncate /f -1"), "13: `-1` is not a number");
  EXPECT_BEGINS(LineError("truncate /f 0x10"), "13: `0x10` is not a number");
  EXPECT_BEGINS(LineError("truncate /f 4K"), "13: `4K` is not a number");
  EXPECT_BEGINS(LineError("chmod /f 8"), "10: `8` is not a mode");
  EXPECT_BEGINS(LineError("chmod /f 10000"), "10: `10000` is too large");
  EXPECT_BEGINS(LineError("unlink /f /g"), "11: `unlink` takes no flag `/g`");
  EXPECT_BEGINS(LineError("open volume /f"), "6: `volume` stands for");
  EXPECT_BEGINS(LineError("open null /f"), "6: `null` stands for the null");
  EXPECT_BEGINS(LineError("close a/b"), "7: `a/b` is not a name");
  EXPECT_EQ(LineError("open /f h"),
            "6: `/f` is a path, and a name is meant here; write `open HANDLE "
            "PATH`, where HANDLE is a name that you choose");
  EXPECT_EQ(LineError("msync /f"),
            "7: `/f` is a path, and a name is meant here; write `msync VIEW "
            "OFFSET LENGTH`, where VIEW is a name that `map` gave");
  EXPECT_EQ(LineError("log_flush /f"),
            "11: `/f` is a path, and a name is meant here; write `log_flush "
            "LOG`");
}

TEST(PcutParse, PathErrorsNameColumnAndRemedy) {
  EXPECT_EQ(LineError("unlink f/g"),
            "8: `f/g` is not a path; paths begin with `/`");
  for (const std::string path :
       {"//", "/a/", "/a//b", "/.", "/a/..", "/a/./b", "/\\x2e", "/a\\x2f"}) {
    EXPECT_BEGINS(LineError("unlink " + path), "8: the path `" + path + "`");
  }
  EXPECT_BEGINS(LineError("unlink /a\\n"), "10: unknown escape");
  EXPECT_BEGINS(LineError("unlink /a\\x4"), "10: unknown escape");
  EXPECT_BEGINS(LineError("unlink /a\\xg0"), "10: unknown escape");
  EXPECT_HOLDS(LineError("unlink /a\\x00"), "zero byte");
}

TEST(PcutParse, FlagAndKeyErrorsNameColumnAndRemedy) {
  EXPECT_EQ(LineError("fsync /f fill=1"),
            "10: `fsync` takes no key `fill`; remove it");
  EXPECT_EQ(LineError("write /f 0 1 fua"),
            "14: `write` takes no flag `fua`; it takes dsync, sync");
  EXPECT_EQ(LineError("write /f 0 1 sync sync"),
            "19: `sync` stands twice; remove one of them");
  EXPECT_BEGINS(LineError("write /f 0 1 fill=1 fill=1"), "21: `fill` stands");
  EXPECT_EQ(LineError("write /f 0 1 fill=4294967296"),
            "19: `4294967296` is too large a fill; the largest is 4294967295");
  EXPECT_BEGINS(LineError("write /f 0 1 fill="), "14: `fill` takes a value");
  for (const char* blanks : {"fill = 1", "fill =1", "fill= 1", "fill"}) {
    EXPECT_EQ(LineError(std::string("write /f 0 1 ") + blanks),
              "14: `fill` takes a value; write `fill=VALUE` without blanks "
              "around the `=`");
  }
  for (const char* flag : {"punch_hole", "keep_size", "FALLOC_FL_KEEP_SIZE"}) {
    EXPECT_EQ(LineError(std::string("fallocate /f 0 1 ") + flag),
              std::string("18: `fallocate` takes no flag `") + flag +
                  "`: a workload cannot say it; `powercut record` takes a "
                  "program that does it");
  }
  EXPECT_EQ(LineError("rename /a /b RENAME_EXCHANGE"),
            "14: `rename` takes no flag `RENAME_EXCHANGE`: write `exchange "
            "PATH OTHER_PATH`");
  EXPECT_EQ(LineError("nt_flush /f file_data_onyl"),
            "13: `nt_flush` takes no flag `file_data_onyl`; it takes "
            "file_data_only, no_sync, file_data_sync_only, null_status; did "
            "you mean `file_data_only`?");
  EXPECT_EQ(LineError("nt_flush /f parameter=1"),
            "13: `nt_flush` takes no key `parameter`; it takes flags, "
            "parameters, parameters_size; did you mean `parameters`?");
  EXPECT_EQ(LineError("nt_flush /f flags=no_sync"),
            "19: `no_sync` is not a number; write it in decimal digits");
  EXPECT_BEGINS(LineError("log_flush L area=a/b"), "18: `a/b` is not the name");
}

TEST(PcutParse, FaultErrorsNameColumnAndRemedy) {
  EXPECT_EQ(LineError("fault lye on flush"),
            "7: `lye` is not a fault (error, lie, lose, tear, misdirect, flip, "
            "delay, full); did you mean `lie`?");
  EXPECT_BEGINS(LineError("fault lie in flush"), "14: `on` is missing");
  EXPECT_BEGINS(LineError("fault lie on sync"), "14: `sync` is not a request");
  EXPECT_BEGINS(LineError("fault lie"), "10: `on` is missing");
  EXPECT_BEGINS(LineError("fault tear on write sectors=3~1"), "29: `3~1` runs");
  EXPECT_BEGINS(LineError("fault tear on write sectors=3"), "29: expected a");
  EXPECT_BEGINS(LineError("fault lie on flush nth=0"), "24: `nth` counts");
  EXPECT_BEGINS(LineError("fault lie on flush times=often"), "26: `often`");
  EXPECT_BEGINS(LineError("fault lie on flush in=init"), "23: `init` is not");
}

TEST(PcutParse, ResultErrorsNameColumnAndRemedy) {
  EXPECT_BEGINS(LineError("syncfs ->"), "10: a result is missing");
  EXPECT_BEGINS(LineError("syncfs -> eio"), "11: `eio` is no result");
  EXPECT_BEGINS(LineError("syncfs -> EIO sync"), "15: `sync` stands after");
  EXPECT_EQ(LineError("create /f ->EEXIST"),
            "11: `->EEXIST` is no flag; a result is written `-> EEXIST`");
  EXPECT_EQ(LineError("create /f => EEXIST"),
            "11: `=>` is no flag; a result is written `-> EEXIST`");
  EXPECT_EQ(LineError("create /f =>"),
            "11: `=>` is no flag; a result is written `-> NAME`");
}

TEST(PcutFaults, AreReadWithoutAndWithTheirFirstWord) {
  for (const std::string text : {"", "fault "}) {
    const Result<Op> fault = ParseFault(text + " error on write  nth=3", "X:");
    ASSERT_TRUE(fault) << fault.error().message;
    EXPECT_EQ(OpText(*fault), "fault error on write nth=3");
    EXPECT_EQ(fault->line, 0);
  }
  const auto error = [](const std::string& text) {
    const Result<Op> fault = ParseFault(text, "X:");
    return fault ? "" : fault.error().message;
  };
  EXPECT_BEGINS(error(""), "X:1: a fault is missing; write `WHAT on WHICH`");
  EXPECT_BEGINS(error("fault"), "X:6: an operand is missing");
  EXPECT_BEGINS(error("lye on flush"), "X:1: `lye` is not a fault");
  EXPECT_BEGINS(error("lie on flush -> EIO"), "X:14: a fault has no result");
}

TEST(PcutFaults, AreAddedBehindThoseThatAreThere) {
  Pcut pcut = ParsePcut(
                  "powercut 1\nfault   lie on flush\ncrash   os\nrun\n"
                  "  syncfs\n",
                  "x")
                  .value();
  AddFaults({ParseFault("full on write", "").value(),
             ParseFault("error on read", "").value()},
            pcut);
  EXPECT_EQ(PrintPcut(pcut),
            "powercut 1\nfault   lie on flush\ncrash   os\n"
            "fault   full on write\nfault   error on read\nrun\n  syncfs\n");
}

TEST(PcutParse, StartTakesAnOpThatCanOverlap) {
  EXPECT_BEGINS(LineError("start"), "6: the number of a start is missing");
  EXPECT_BEGINS(LineError("start 1"), "8: an op is missing");
  EXPECT_BEGINS(LineError("start 1 wait 1"), "9: `wait` cannot be started");
  EXPECT_BEGINS(LineError("start 1 fault lie on flush"), "9: `fault` cannot");
  EXPECT_BEGINS(LineError("start 1 start 2 syncfs"), "9: unknown op `start`");
}

TEST(PcutParse, DirectiveErrorsNameColumnAndRemedy) {
  EXPECT_BEGINS(LineError("name"), "5: a name is missing");
  EXPECT_BEGINS(LineError("name # x"), "5: a name is missing");
  EXPECT_BEGINS(LineError("name a\x01"), "7: a name holds a control");
  EXPECT_BEGINS(LineError("backend a b"), "11: `b` is left over");
  EXPECT_BEGINS(LineError("backend a/b"), "9: `a/b` is not the name");
  EXPECT_BEGINS(LineError("init x"), "6: `x` is left over");
  EXPECT_BEGINS(LineError("crash fire"), "7: `fire` is no crash kind");
  EXPECT_BEGINS(LineError("crash os,,power"), "10: `` is no crash kind");
  EXPECT_BEGINS(LineError("crash os, os"), "11: `os` stands twice");
  EXPECT_BEGINS(LineError("space a b"), "9: `b` is left over");
  EXPECT_BEGINS(LineError("at \xc3\xa4"), "4: `\\xc3\\xa4` holds more than");
  EXPECT_BEGINS(LineError("expect"), "7: expected `ok`");
  EXPECT_BEGINS(LineError("expect violation"), "17: the kind of a");
  EXPECT_BEGINS(LineError("expect ok /f"), "11: `/f` is left over");
}

TEST(PcutParse, DiskErrorsNameColumnAndRemedy) {
  EXPECT_BEGINS(LineError("disk"), "5: a size is missing");
  EXPECT_BEGINS(LineError("disk M"), "6: a size such as");
  EXPECT_BEGINS(LineError("disk 64m"), "6: `64m` is not a size");
  EXPECT_BEGINS(LineError("disk 9223372036854775807K"), "6: `92233720368");
  EXPECT_EQ(LineError("disk 64M atomic=4095"),
            "17: `4095` does not do here; write a power of two from 512 to "
            "1048576");
  EXPECT_BEGINS(LineError("disk 64M atomic=2097152"), "17: `2097152` does not");
  EXPECT_BEGINS(LineError("disk 64M sector=8192"), "17: `8192` does not");
  EXPECT_BEGINS(LineError("disk 64M sector=0"), "17: `0` does not");
  EXPECT_BEGINS(LineError("disk 64M sector="), "17: a size is missing");
  EXPECT_BEGINS(LineError("disk 64M sector"), "16: a size is missing");
  EXPECT_BEGINS(LineError("disk 64M discard=strong"), "10: `discard=strong`");
  EXPECT_BEGINS(LineError("disk 64M atomic=512 atomic=512"), "21: `atomic`");
}

TEST(PcutParse, ConditionErrorsCountColumnsInTheLine) {
  EXPECT_BEGINS(LineError("allow"), "6: expected a test");
  EXPECT_BEGINS(LineError("forbid  a,b: size /f 1"), "22: expected `=`");
  EXPECT_BEGINS(LineError("forbid a,,b: exists /f"), "10: `` is not the name");
  for (const char* list : {"a, b:", "a ,b:", "a,b :"}) {
    EXPECT_HOLDS(LineError("allow " + std::string(list) + " exists /f"),
                 ": no blank may stand between profiles, nor before the colon; "
                 "write `allow A,B: CONDITION`");
  }
  EXPECT_BEGINS(LineError("allow exists /f  # x = 1 "), "accepted");
}

TEST(PcutParse, ProfilesEndAtTheFirstColon) {
  const Result<Pcut> pcut = ParsePcut(
      "powercut 1\nforbid a,b-2:exists /c:d\nallow /c:d[0] = 1\n"
      "allow log a:b = empty\n",
      "t");
  ASSERT_TRUE(pcut) << pcut.error().message;
  EXPECT_EQ(pcut->statements[1].outcome.profiles,
            (std::vector<std::string>{"a", "b-2"}));
  EXPECT_EQ(pcut->statements[1].outcome.condition.path, "/c:d");
  EXPECT_TRUE(pcut->statements[2].outcome.profiles.empty());
  EXPECT_EQ(pcut->statements[3].outcome.condition.path, "a:b");
}

}  // namespace
}  // namespace powercut
