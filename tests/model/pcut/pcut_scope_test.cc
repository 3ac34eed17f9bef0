// The errors of lines that name what other lines make: handles, views, logs,
// files. The tests compare exact messages with their places.

#include "model/pcut/pcut_scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "harness/base/prng.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The message with which a file fails that has these lines after `powercut 1`;
// "accepted" if it does not fail.
std::string Message(const std::string& lines) {
  const Result<Workload> workload =
      ParseWorkload("powercut 1\n" + lines, "t.pcut");
  return workload ? "accepted" : workload.error().message;
}

// A file of 8192 bytes with a view of its second page.
constexpr const char* kViewed =
    "init\n"
    "  create /f\n"
    "  write /f 0 8192\n"
    "run\n"
    "  map V /f 4096 4096\n";

TEST(PcutScope, ViewsBeginWithinTheFile) {
  const std::string file = "init\ncreate /f\nwrite /f 0 8192\nrun\n";
  EXPECT_EQ(Message(file + "map V /f 12288 1\n"),
            "t.pcut:6:10: the view begins at 12288, beyond the file, which "
            "holds at most 8192 bytes here; make the file longer, or expect "
            "`-> error`");
  EXPECT_EQ(Message(file + "map V /f 100 1\n"),
            "t.pcut:6:10: a view begins at a multiple of 4096, not at 100; "
            "change it, or expect `-> error`");
  EXPECT_EQ(Message(file + "map V /f 0 0\n"),
            "t.pcut:6:12: a view of 0 bytes; give it a length, or expect "
            "`-> error`");
  EXPECT_EQ(Message(file + "map V /f 8192 1\n"), "accepted");
  EXPECT_EQ(Message(file + "map V /f 12288 1 -> error\n"), "accepted");
  EXPECT_EQ(Message(file + "map V /f 1 0 -> EINVAL\n"), "accepted");
}

// A handle has no name. On a kernel, its word would be a path outside of the
// volume.
TEST(PcutScope, OpsOnNamesTakeNoHandles) {
  const std::string opened = "run\ncreate /f\nopen R /f\n";
  for (const std::string verb : {"create", "mkdir", "unlink", "rmdir"}) {
    EXPECT_EQ(Message(opened + verb + " R -> error\n"),
              "t.pcut:5:" + std::to_string(verb.size() + 2) +
                  ": `R` is not a path; `" + verb +
                  "` takes paths, which begin with `/`");
  }
  for (const std::string verb : {"rename", "replace_file", "link", "symlink"}) {
    EXPECT_NE(Message(opened + verb + " R /g\n"), "accepted");
    EXPECT_NE(Message(opened + verb + " /f R\n"), "accepted");
  }
  EXPECT_NE(Message(opened + "open W R\n"), "accepted");
  EXPECT_EQ(Message(opened + "fsync R\nset_times R 7\n"), "accepted");
}

TEST(PcutScope, SizesFollowTheOps) {
  const auto mapped = [](const std::string& ops) {
    return Message("run\ncreate /f\n" + ops + "map V /g 8192 1\n");
  };
  EXPECT_NE(mapped("rename /f /g\n"), "accepted");
  EXPECT_EQ(mapped("write /f 8191 1\nrename /f /g\n"), "accepted");
  EXPECT_NE(mapped("write /f 9999 0\nrename /f /g\n"), "accepted");
  EXPECT_EQ(mapped("append /f 4096\nlink /f /g\nappend /g 4096\n"), "accepted");
  EXPECT_EQ(mapped("truncate /f 8192\nrename /f /g\n"), "accepted");
  EXPECT_NE(mapped("truncate /f 8192\ntruncate /f 1\nrename /f /g\n"),
            "accepted");
  EXPECT_EQ(mapped("truncate /f 8192\nstart 1 truncate /f 1\nrename /f /g\n"),
            "accepted");
  EXPECT_EQ(mapped("fallocate /f 8000 192\nrename /f /g\n"), "accepted");
  EXPECT_EQ(mapped("map W /f 0 8192\nrename /f /g\n"), "accepted");
  EXPECT_NE(mapped("append /f 8192 -> error\nrename /f /g\n"), "accepted");
  EXPECT_EQ(mapped("create /g\nwrite /f 0 8192\nreplace_file /f /g\n"),
            "accepted");
  // A write through a handle that appends goes to the end of the file.
  EXPECT_EQ(mapped("open h /f append\nwrite h 0 4096\nwrite h 0 4096\n"
                   "rename /f /g\n"),
            "accepted");
  EXPECT_NE(mapped("open h /f\nwrite h 0 4096\nwrite h 0 4096\nrename /f /g\n"),
            "accepted");
  // The size of a file that a symlink leads to is not known.
  EXPECT_EQ(mapped("symlink /x /g\n"), "accepted");
  EXPECT_EQ(Message("run\nmkdir /d\ncreate /d/f\nrename /d /e\n"
                    "map V /e/f 4096 1\n"),
            "t.pcut:6:12: the view begins at 4096, beyond the file, which "
            "holds at most 0 bytes here; make the file longer, or expect "
            "`-> error`");
}

// Each of the two names leads to what the other one led to, with all below it,
// and no other name comes of the exchange.
TEST(PcutScope, ExchangesSwapWhatIsKnown) {
  const auto mapped = [](const std::string& ops, const std::string& file) {
    return Message("run\nmkdir /d\ncreate /d/f\ncreate /f\n" + ops + "map V " +
                   file + " 8192 1\n");
  };
  EXPECT_EQ(mapped("write /d/f 0 8192\nexchange /d/f /f\n", "/f"), "accepted");
  EXPECT_NE(mapped("write /d/f 0 8192\nexchange /d/f /f\n", "/d/f"),
            "accepted");
  EXPECT_EQ(mapped("write /f 0 8192\nexchange /d /f\n", "/d"), "accepted");
  EXPECT_EQ(mapped("write /d/f 0 8192\nexchange /d /f\n", "/f/f"), "accepted");
  EXPECT_NE(mapped("exchange /d /f\n", "/f/f"), "accepted");
  EXPECT_EQ(mapped("write /f 0 8192\nexchange /f /f\n", "/f"), "accepted");
  const std::string swapped =
      "run\nmkdir /d\ncreate /d/f\ncreate /f\nexchange /d /f\n";
  EXPECT_EQ(Message(swapped + "allow exists /f/f\n"), "accepted");
  for (const std::string path : {"/aside", "/aside/f"}) {
    EXPECT_THAT(
        Message(swapped + "allow exists " + path + "\n"),
        AllOf(HasSubstr("no op makes `" + path + "`"), Not(HasSubstr("//"))));
  }
}

TEST(PcutScope, RangesStayWithinTheirView) {
  const std::string viewed = kViewed;
  EXPECT_EQ(Message(viewed + "  store V 4097 1\n"),
            "t.pcut:7:11: `store` leaves the view `V`, which has 4096 bytes; "
            "stay within, or expect `-> error`");
  EXPECT_EQ(Message(viewed + "  flush_view V 0 4097\n"),
            "t.pcut:7:18: `flush_view` leaves the view `V`, which has 4096 "
            "bytes; stay within, or expect `-> error`");
  EXPECT_EQ(Message(viewed + "  msync V 4095 9223372036854775807 async\n"),
            "t.pcut:7:16: `msync` leaves the view `V`, which has 4096 bytes; "
            "stay within, or expect `-> error`");
  for (const std::string op :
       {"store V 0 4096", "store V 4096 0", "flush_view V 0 0",
        "msync V 4095 1", "store V 4097 1 -> STATUS_ACCESS_VIOLATION"}) {
    EXPECT_EQ(Message(viewed + op + "\n"), "accepted") << op;
  }
}

TEST(PcutScope, ClosedNamesAreNotUsed) {
  const std::string viewed = kViewed;
  EXPECT_EQ(Message(viewed + "unmap V\nstore V 0 1 -> error\n"),
            "t.pcut:8:7: the view `V` is used after its `unmap`; move the op "
            "up, or `map` it again");
  EXPECT_EQ(Message("run\ncreate /f\nopen h /f\nclose h\nwrite h 0 1\n"),
            "t.pcut:6:7: the handle `h` is used after its `close`; move the "
            "op up, or `open` it again");
  EXPECT_EQ(Message("run\ncreate /f\nopen h /f\nclose h\nclose h -> error\n"),
            "t.pcut:6:7: the handle `h` is used after its `close`; move the "
            "op up, or `open` it again");
  EXPECT_EQ(Message("run\ncreate /f\nopen h /f\nclose h\nopen h /f\nfsync h\n"),
            "accepted");
  EXPECT_EQ(Message("run\nopen h /f -> ENOENT\nfsync h\n"),
            "t.pcut:4:7: `h` is not a path, nor the name of a handle that an "
            "earlier `open` made; paths begin with `/`");
  EXPECT_EQ(Message("run\nflush_view V 0 0\n"),
            "t.pcut:3:12: `V` is not the name of a view that an earlier `map` "
            "made; add that op before it");
}

TEST(PcutScope, LogsAndAreasAreOpened) {
  EXPECT_EQ(Message("run\nlog_flush L\n"),
            "t.pcut:3:11: `L` is not the name of a log that an earlier "
            "`log_open` made; add that op before it");
  EXPECT_EQ(Message("run\nlog_open L\nlog_append L 1 area=M\n"),
            "t.pcut:4:21: `M` is not an area of this log that an earlier "
            "`log_area` made; add that op before it, or expect `-> error`");
  EXPECT_EQ(Message("run\nlog_open K\nlog_open L\nlog_area K M\n"
                    "log_flush L area=M\n"),
            "t.pcut:6:18: `M` is not an area of this log that an earlier "
            "`log_area` made; add that op before it, or expect `-> error`");
}

// The op would end for a log or a store that was not there when it began.
TEST(PcutScope, LogsAndStoresDoNotBeginUnderAnotherOp) {
  EXPECT_EQ(
      Message("run\nstart 1 syncfs\nlog_open L\nwait 1\n"),
      "t.pcut:4:1: the log `L` is opened while `start 1` is under way; put "
      "it before that line, or after a `wait 1`");
  EXPECT_EQ(Message("run\ncreate /f\nstart 2 fsync /f\ncommit\nwait 2\n"),
            "t.pcut:5:1: the first op on the store stands while `start 2` is "
            "under way; put it before that line, or after a `wait 2`");
  EXPECT_EQ(Message("run\nlog_open L\nstart 1 syncfs\nlog_open L\nwait 1\n"),
            "accepted");
  EXPECT_EQ(Message("run\nstart 1 syncfs\nwait 1\nlog_open L\n"), "accepted");
  EXPECT_EQ(Message("run\ncommit\nstart 1 syncfs\ncommit\nwait 1\n"),
            "accepted");
}

TEST(PcutScope, RecordsWereAppended) {
  const std::string log = "run\nlog_open L\nlog_append L 9\nlog_restart L\n";
  EXPECT_EQ(Message(log + "log_flush_to L 3\n"),
            "t.pcut:6:16: the log has no record 3 here, only 2 of them; "
            "append it before, or expect `-> error`");
  EXPECT_EQ(Message(log + "log_restart L base=3\n"),
            "t.pcut:6:20: the log has no record 3 here, only 2 of them; "
            "append it before, or expect `-> error`");
  EXPECT_NE(Message(log + "log_advance_base L 3\n"), "accepted");
  EXPECT_NE(Message(log + "log_archive_tail L 3\n"), "accepted");
  for (const std::string op :
       {"log_flush_to L 0", "log_flush_to L 2", "log_restart L base=2",
        "log_archive_tail L 2", "log_advance_base L 3 -> error"}) {
    EXPECT_EQ(Message(log + op + "\n"), "accepted") << op;
  }
}

TEST(PcutScope, NullIsAHandleOfFlushes) {
  for (const std::string op :
       {"nt_flush null", "flush_file_buffers null", "fsync null",
        "fdatasync null", "full_fsync null", "barrier_fsync null",
        "sync_file_range null 0 1"}) {
    EXPECT_EQ(Message("run\n" + op + " -> error\n"), "accepted") << op;
  }
  EXPECT_EQ(Message("run\nwrite null 0 1\n"),
            "t.pcut:3:7: `null` is not a path, nor the name of a handle that "
            "an earlier `open` made; paths begin with `/`");
}

TEST(PcutScope, ConditionsSpeakOfFilesThatWereMade) {
  const std::string file = "run\ncreate /dir_file\n";
  EXPECT_EQ(Message(file + "allow   /dir_fil[0] = 1\n"),
            "t.pcut:4:9: no op makes `/dir_fil`; did you mean `/dir_file`?; "
            "name a file that `init` or `run` creates");
  EXPECT_EQ(Message(file + "forbid exists /dir_file and not (missing /q)\n"),
            "t.pcut:4:34: no op makes `/q`; name a file that `init` or `run` "
            "creates");
  EXPECT_EQ(Message(file + "allow log L = empty\n"),
            "t.pcut:4:7: no `log_open` makes the log `L`; add it");
  for (const std::string condition :
       {"missing /dir_file", "is_dir /", "sector 3 = 0"}) {
    EXPECT_EQ(Message(file + "allow " + condition + "\n"), "accepted");
  }
  // Conditions may name what was there at some time, and what a rename or a
  // replacement leaves.
  EXPECT_EQ(Message("allow exists /a/f and missing /b/f\n"
                    "run\nmkdir /a\ncreate /a/f\nrename /a /b\n"),
            "accepted");
  EXPECT_EQ(Message("run\ncreate /f\ncreate /g\nreplace_file /f /g\n"
                    "allow same /g.bak /f\n"),
            "accepted");
  EXPECT_EQ(Message("run\nsymlink /x /l\nallow exists /l/f\n"), "accepted");
}

// Each path of each test is looked up, wherever the test stands.
TEST(PcutScope, EachPathOfAConditionIsLookedUp) {
  const std::string file = "run\ncreate /f\ncreate /g\n";
  for (const std::string test :
       {"%[0] = old", "%[1] = 2", "size % = 0", "valid % = 0", "mtime % = old",
        "exists %", "missing %", "is_dir %", "same % /f", "same /f %",
        "same % %"}) {
    for (const std::string place :
         {"?", "not (?)", "? and exists /g", "exists /g and ?",
          "? or exists /g", "exists /g or ?",
          "exists /g and (missing /g or not (?))"}) {
      const auto with = [&](const std::string& path) {
        std::string text = place;
        text.replace(text.find('?'), 1, test);
        for (size_t at = 0; (at = text.find('%', at)) != text.npos;) {
          text.replace(at, 1, path);
        }
        return file + "forbid " + text + "\n";
      };
      EXPECT_EQ(Message(with("/g")), "accepted") << with("/g");
      EXPECT_THAT(Message(with("/typo")), HasSubstr("no op makes `/typo`"))
          << with("/typo");
    }
  }
}

TEST(PcutScope, ProfilesAreKnown) {
  const std::string known =
      "; there are spec-strict, spec-permissive, ms-fsa, posix-minimal, "
      "linux-man, ext4-ordered, ext4-writeback, ext4-journal, xfs, btrfs, "
      "f2fs, ntfs, refs, exfat, fat, ntfs-3g and macos";
  EXPECT_EQ(Message("profile ext4-order\nrun\n"),
            "t.pcut:2:9: no profile `ext4-order`; did you mean "
            "`ext4-ordered`?" +
                known);
  EXPECT_EQ(
      Message("profile ext4\nrun\n"),
      "t.pcut:2:9: no profile `ext4`; did you mean `ext4-ordered`?" + known);
  EXPECT_EQ(Message("run\nmkdir /d\nallow ntfs,nt-fs: exists /d\n"),
            "t.pcut:4:12: no profile `nt-fs`; did you mean `ntfs`?" + known);
  EXPECT_EQ(Message("run\nmkdir /d\nforbid zzzzzzzzz: exists /d\n"),
            "t.pcut:4:8: no profile `zzzzzzzzz`" + known);
}

// What can be done is not refused: ops on one file through names of handles
// that are used again and again, with and without `append`. A shadow knows the
// size, and each `map` begins at the last page that the file reaches.
TEST(PcutScope, WhatHandlesCanDoIsNotRefused) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    Prng prng(seed);
    std::string text = "init\n create /f\nrun\n";
    uint64_t size = 0;
    // By handle: whether it is open, and whether it appends.
    std::array<bool, 2> open{};
    std::array<bool, 2> appends{};
    int views = 0;
    for (int i = 0; i < 12; ++i) {
      const size_t h = prng.Below(2);
      const std::string handle = h == 0 ? "H" : "G";
      const std::string target = open[h] ? handle : "/f";
      const uint64_t offset = prng.Below(4) * 4096;
      const uint64_t length = 1 + prng.Below(5000);
      switch (prng.Below(6)) {
        case 0:
        case 1:
          if (open[h]) {
            text += " close " + handle + "\n";
          } else {
            appends[h] = prng.OneIn(2);
            text += " open " + handle + " /f" + (appends[h] ? " append" : "") +
                    "\n";
          }
          open[h] = !open[h];
          break;
        case 2:
          text += " truncate /f " + std::to_string(offset) + "\n";
          size = offset;
          break;
        case 3:
          text += " append " + target + " " + std::to_string(length) + "\n";
          size += length;
          break;
        case 4:
          text += " write " + target + " " + std::to_string(offset) + " " +
                  std::to_string(length) + "\n";
          size = open[h] && appends[h] ? size + length
                                       : std::max(size, offset + length);
          break;
        default: {
          const std::string view = "V" + std::to_string(++views);
          text += " map " + view + " " + target + " " +
                  std::to_string(size / 4096 * 4096) + " 1\n unmap " + view +
                  "\n";
          size = std::max(size, size / 4096 * 4096 + 1);
          break;
        }
      }
    }
    ASSERT_EQ(Message(text), "accepted") << text;
  }
}

}  // namespace
}  // namespace powercut
