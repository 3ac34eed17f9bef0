// What a crash takes of a program, told by its calls: the words of paths, the
// path at the crash, and the sync that is missing. Each call here issues one
// write, which is no record of simfs, so that it is data or a size.

#include "library/states/call_losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "harness/recover/masked_line.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

TEST(CallLossesTest, PathsBecomeOneWord) {
  EXPECT_EQ(PathInWords("/db-journal"), "db-journal");
  EXPECT_EQ(PathInWords("/spool/job.1234"), "spool:job.N");
  EXPECT_EQ(PathInWords("/a/tmp.Xa3fgK/b"), "a:tmp.N:b");
  EXPECT_EQ(PathInWords("/"), ".");
  // What comes before and after a name tells files apart.
  EXPECT_EQ(PathInWords("/config~"), "config~");
  EXPECT_EQ(PathInWords("/.config.swp"), ".config.swp");
  EXPECT_EQ(PathInWords("/..."), "...");
  EXPECT_EQ(PathInWords("/a b#c"), "a-b-c");
  std::string deep;
  for (int i = 0; i < 30; ++i) deep += "/folder";
  EXPECT_LE(PathInWords(deep + "/last").size(), kMaskedLineBytesMax);
  EXPECT_THAT(PathInWords(deep + "/last"), testing::EndsWith(":folder:last"));
}

Call CallOf(OpKind kind, std::vector<std::string> names) {
  Call call;
  call.op.kind = kind;
  call.op.names = std::move(names);
  return call;
}

// The loss of the first call at each moment at which a later one had returned,
// the own one included.
std::vector<std::string> LossesOfFirst(const Calls& calls,
                                       const std::string& profile) {
  Trace trace = EmptyTrace(64);
  std::vector<EventNumber> after(calls.size());
  std::iota(after.begin(), after.end(), 1);
  for (uint32_t i = 0; i < calls.size(); ++i) {
    Write(trace, i, {i}, Layer::kDevice);
  }
  const CallLosses losses({calls, after}, trace, *FindProfile(profile));
  std::vector<std::string> words;
  for (const EventNumber point : after) {
    const auto* const loss = losses.LossOf({1, 0}, point);
    words.push_back(loss ? loss->how.what + " " + loss->thing.path + " " +
                               loss->how.missing
                         : "none");
  }
  return words;
}

TEST(CallLossesTest, AFileIsFollowedToTheCrash) {
  // The program goes on with another file.
  const Call other = CallOf(OpKind::kCreate, {"/other"});
  const auto names = [&](Calls calls) {
    calls.push_back(other);
    return LossesOfFirst(calls, "linux-man").back();
  };
  const Call write = CallOf(OpKind::kWrite, {"/d/f"});
  EXPECT_EQ(names({write}), "data d:f fdatasync");
  EXPECT_EQ(names({write, CallOf(OpKind::kRename, {"/d/f", "/g"})}),
            "data g fdatasync");
  EXPECT_EQ(names({write, CallOf(OpKind::kRename, {"/d", "/e"})}),
            "data e:f fdatasync");
  EXPECT_EQ(names({write, CallOf(OpKind::kRename, {"/dd", "/e"})}),
            "data d:f fdatasync");
  EXPECT_EQ(names({write, CallOf(OpKind::kExchange, {"/x", "/d/f"})}),
            "data x fdatasync");
  EXPECT_EQ(names({write, CallOf(OpKind::kLink, {"/d/f", "/l"}),
                   CallOf(OpKind::kUnlink, {"/d/f"})}),
            "data l fdatasync");
  EXPECT_EQ(names({write, CallOf(OpKind::kUnlink, {"/d/f"})}),
            "data d:f fdatasync");
  EXPECT_EQ(names({CallOf(OpKind::kTruncate, {"/t"})}), "size t fdatasync");
}

// A sync that had not returned is missing, and so is one of another file. After
// a sync that failed, no other one need keep what it was to keep.
TEST(CallLossesTest, TheSyncThatHadReturnedIsNotMissing) {
  Calls calls = {CallOf(OpKind::kWrite, {"/f"}), CallOf(OpKind::kFsync, {"/g"}),
                 CallOf(OpKind::kRename, {"/f", "/h"}),
                 CallOf(OpKind::kFdatasync, {"/h"})};
  EXPECT_THAT(LossesOfFirst(calls, "linux-man"),
              testing::ElementsAre("data f in-flight", "data f fdatasync",
                                   "data h fdatasync", "data h none"));
  calls[3].fails = true;
  EXPECT_EQ(LossesOfFirst(calls, "linux-man").back(), "data h none");
  calls[3].op.kind = OpKind::kSyncfs;
  EXPECT_EQ(LossesOfFirst(calls, "linux-man").back(), "data h none");
  // A sync of another file that failed was to keep nothing of this one.
  Calls others(calls.begin(), calls.end() - 1);
  others[1].fails = true;
  EXPECT_EQ(LossesOfFirst(others, "linux-man").back(), "data h fdatasync");
  calls[3] = CallOf(OpKind::kSyncfs, {});
  EXPECT_EQ(LossesOfFirst(calls, "linux-man").back(), "data h none");
  // Where fsync stops at the cache of the device, another call keeps data.
  EXPECT_EQ(LossesOfFirst({calls[0], calls[1]}, "macos").back(),
            "data f full_fsync");
  // A sync itself makes nothing that a crash could take.
  EXPECT_EQ(LossesOfFirst({CallOf(OpKind::kFsync, {"/f"})}, "xfs").back(),
            "none");
}

// No sync could have come earlier while the call had not returned, while its
// own sync is under way, or before the program did anything else. To open and
// to close files is nothing else, and an ack is.
TEST(CallLossesTest, WhatWasDoneLastLacksNoSync) {
  const Call write = CallOf(OpKind::kWrite, {"/f"});
  const auto last = [](const Calls& calls) {
    return LossesOfFirst(calls, "linux-man").back();
  };
  EXPECT_EQ(last({write}), "data f in-flight");
  EXPECT_EQ(last({write, CallOf(OpKind::kClose, {"/f"}),
                  CallOf(OpKind::kOpen, {"/g"})}),
            "data f in-flight");
  Call ack;
  ack.kind = Call::kLine;
  EXPECT_EQ(last({write, ack}), "data f fdatasync");
  EXPECT_EQ(last({write, write}), "data f fdatasync");
  // A sync that does not keep it is something else.
  EXPECT_EQ(last({write, CallOf(OpKind::kFsync, {"/"})}), "data f fdatasync");
}

// A crash while a sync is under way, after any of the events that the sync
// issues: the sync counts from the moment at which it has returned, and no
// earlier.
TEST(CallLossesTest, ASyncCountsFromItsReturnOn) {
  struct Row {
    OpKind kind;
    std::vector<std::string> names;
  };
  for (const Row& sync :
       {Row{OpKind::kFdatasync, {"/f"}}, Row{OpKind::kFsync, {"/f"}},
        Row{OpKind::kFullFsync, {"/f"}}, Row{OpKind::kSyncfs, {}}}) {
    for (const EventNumber events : {1, 2, 5}) {
      Trace trace = EmptyTrace(64);
      for (uint32_t i = 0; i < 1 + events; ++i) {
        Write(trace, i, {i}, Layer::kDevice);
      }
      // The write issues event 1, and the sync all others.
      const Calls calls = {CallOf(OpKind::kWrite, {"/f"}),
                           CallOf(sync.kind, sync.names)};
      const std::vector<EventNumber> after = {1, 1 + events};
      const CallLosses losses({calls, after}, trace, *FindProfile("linux-man"));
      for (EventNumber point = 1; point <= 1 + events; ++point) {
        const auto* const loss = losses.LossOf({1, 0}, point);
        ASSERT_NE(loss, nullptr);
        EXPECT_EQ(loss->how.missing, point == 1 + events ? "none" : "in-flight")
            << static_cast<int>(sync.kind) << " after " << point << " of "
            << events + 1;
      }
    }
  }
}

}  // namespace
}  // namespace powercut
