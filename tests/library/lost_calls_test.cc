// Tests what is said of a sync of a file of which a crash lost something: that
// it had returned, was under way, or had not begun. The crash point alone says
// which, so that every point of a small run is looked at.

#include "library/states/lost_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Call CallOn(OpKind kind, const std::string& path,
            std::vector<uint64_t> numbers = {}) {
  Call call;
  call.op.kind = kind;
  call.op.names = {path};
  call.op.numbers = std::move(numbers);
  call.path = path;
  return call;
}

// A write of /f, which is event 1; an fsync, which issues the events 2 and 3
// and returns after them; and a write of /g, which is event 4. No event is a
// flush, so that the first write can be lost all the while.
class LostCallsTest : public testing::Test {
 protected:
  static Trace FourWrites() {
    Trace trace = EmptyTrace(8);
    for (const uint32_t sector : {1u, 2u, 3u, 4u}) {
      Write(trace, sector, {sector}, Layer::kDevice);
    }
    return trace;
  }

  // The lines about the state after so many events in which all are lost.
  std::vector<std::string> LinesAt(EventNumber point) {
    PointCursor cursor(space_, CrashKind::kPower);
    cursor.MoveTo(point);
    const CrashState state{point, 0, CrashKind::kPower, CrashState::kFloor, {}};
    return LostCalls({calls_, events_after_}, state, cursor);
  }

  std::string FirstLineAt(EventNumber point) {
    const std::vector<std::string> lines = LinesAt(point);
    return lines.empty() ? "" : lines[0];
  }

  Trace trace_ = FourWrites();
  CrashSpace space_{trace_, kSectorBytes};
  Calls calls_ = {CallOn(OpKind::kWrite, "/f", {0, 512}),
                  CallOn(OpKind::kFsync, "/f"),
                  CallOn(OpKind::kWrite, "/g", {0, 512})};
  std::vector<EventNumber> events_after_ = {1, 3, 4};
};

TEST_F(LostCallsTest, ASyncHasReturnedIsUnderWayOrHasNotBegun) {
  EXPECT_THAT(LinesAt(0), IsEmpty());
  EXPECT_THAT(LinesAt(1),
              ElementsAre("write /f 0 512, never synced before the crash"));
  EXPECT_THAT(FirstLineAt(2), HasSubstr("although `fsync /f` was under way"));
  EXPECT_THAT(FirstLineAt(3), HasSubstr("although `fsync /f` had returned"));
  EXPECT_THAT(FirstLineAt(4), HasSubstr("although `fsync /f` had returned"));
}

// A sync of another file says nothing of this one, and one of the volume does.
TEST_F(LostCallsTest, ASyncIsOfItsFileOrOfTheVolume) {
  calls_[1] = CallOn(OpKind::kFsync, "/g");
  EXPECT_THAT(FirstLineAt(3), HasSubstr("never synced"));
  calls_[1].op.kind = OpKind::kSyncfs;
  calls_[1].op.names.clear();
  calls_[1].path.clear();
  EXPECT_THAT(FirstLineAt(3), HasSubstr("although `syncfs` had returned"));
}

TEST_F(LostCallsTest, CrashesAreDuringTheCallThatHasBegun) {
  const auto during = [&](EventNumber point) {
    return CrashText({calls_, events_after_},
                     {point, 0, CrashKind::kPower, CrashState::kNewest, {}}, 1);
  };
  EXPECT_EQ(during(0), "before any call had returned");
  EXPECT_EQ(during(1), "after `write /f 0 512` had returned");
  EXPECT_EQ(during(2),
            "after `write /f 0 512` had returned, during `fsync /f`");
  EXPECT_EQ(during(3), "after `fsync /f` had returned");
  EXPECT_EQ(during(4), "after `write /g 0 512` had returned");
}

// What an open or a close did is no news, however many there were.
TEST_F(LostCallsTest, OpensAndClosesAreNotTold) {
  const auto after = [&](EventNumber point) {
    return CrashText({calls_, events_after_},
                     {point, 0, CrashKind::kPower, CrashState::kNewest, {}}, 1);
  };
  for (const OpKind first : {OpKind::kOpen, OpKind::kClose}) {
    for (const OpKind second : {OpKind::kOpen, OpKind::kClose}) {
      calls_ = {CallOn(first, "/f"), CallOn(OpKind::kWrite, "/f", {0, 512}),
                CallOn(first, "/f"), CallOn(second, "/f"),
                CallOn(OpKind::kWrite, "/g", {0, 512})};
      events_after_ = {0, 1, 1, 2, 4};
      EXPECT_EQ(after(0), "before any call had returned");
      EXPECT_EQ(after(1), "after `write /f 0 512` had returned");
      EXPECT_EQ(after(2), "after `write /f 0 512` had returned");
      EXPECT_EQ(after(4), "after `write /g 0 512` had returned");
    }
  }
}

// The syncs that would keep what all calls lost: of the files, the newest loss
// first, and then of their directories. A raw disk has one flush, and a log no
// directory.
TEST_F(LostCallsTest, SyncsAreOfWhatWasLost) {
  const auto syncs = [&] {
    PointCursor cursor(space_, CrashKind::kPower);
    cursor.MoveTo(4);
    const CrashState state{4, 0, CrashKind::kPower, CrashState::kFloor, {}};
    std::vector<std::string> texts;
    for (const ExtraSync& sync :
         SyncsFor({calls_, events_after_}, state, cursor)) {
      texts.push_back(sync.path + "@" + std::to_string(sync.after));
    }
    return texts;
  };
  events_after_ = {1, 2, 3, 4};
  const auto lose = [&](std::vector<Call> calls) {
    calls_ = std::move(calls);
    return syncs();
  };
  const auto on = [](OpKind kind, const std::string& path) {
    return CallOn(kind, path, {0, 512});
  };
  using enum OpKind;
  EXPECT_THAT(lose({on(kWrite, "/d/a"), on(kWrite, "/e/b"), on(kWrite, "/d/a"),
                    on(kWrite, "/c")}),
              ElementsAre("/c@3", "/d/a@2", "/e/b@1", "/@3", "/d@2", "/e@1"));
  for (const OpKind kind : {kDiskWrite, kDiskDiscard}) {
    Call request;
    request.op.kind = kind;
    request.op.numbers = {0, 1};
    EXPECT_THAT(lose({request, request, request, request}), ElementsAre("@3"));
  }
  for (const OpKind kind : {kLogAppend, kLogAdvanceBase, kLogReset}) {
    EXPECT_THAT(
        lose({on(kind, "l"), on(kind, "m"), on(kind, "l"), on(kind, "l")}),
        ElementsAre("l@3", "m@1"));
  }
}

}  // namespace
}  // namespace powercut
