// Tests FaultDisk over a recording: what each fault does to the bytes, what the
// storage is told, and what the trace says.
//
// Each of the following mistakes was made in the disk by hand, and a test here
// failed: `nth` is one off; `times` is ignored; sectors are not looked at;
// requests count before Arm() or after Disarm(); a lie carries its flush, or
// does not even reach the device; the second half of a torn write arrives; a
// misdirected write stays in its place; wrap-around forgets the sectors after
// the end; another bit is flipped; a delayed write cannot be read, overwrites a
// newer one, or is carried by the flush; events keep the numbers of the disk
// below; copies are passed on.

#include "harness/fault/fault_disk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "harness/record/recording.h"
#include "harness/trace/recording_disk.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

std::vector<Op> Faults(const std::vector<std::string>& texts) {
  std::vector<Op> faults;
  for (const std::string& text : texts) {
    faults.push_back(ParseFault(text, "").value());
    EXPECT_TRUE(CheckFaultIsOffered(faults.back())) << text;
  }
  return faults;
}

// Eight sectors; sector n holds n + 100.
class Scene {
 public:
  explicit Scene(const std::vector<std::string>& texts,
                 FaultPhase phase = FaultPhase::kRun)
      : faults_(Faults(texts)), disk(below, faults_, phase) {
    disk.Arm();
  }

  // Returns whether the write succeeded.
  bool Write(uint64_t first, const Words& words) {
    const Status status = disk.Write(first, SectorsOf(words), Layer::kHost);
    if (!status) code = status.error().code;
    return status.has_value();
  }
  bool Discard(uint64_t first, uint64_t count) {
    return disk.Discard({first, count}).has_value();
  }
  bool Flush() {
    return disk.Persist(Layer::kMedia, nullptr, std::nullopt).has_value();
  }
  Words Read(uint64_t first, uint64_t count) {
    Bytes bytes(count * kSectorBytes);
    return disk.Read(first, bytes) ? WordsOf(bytes) : Words{};
  }
  // Returns the disk below, which must be what the trace makes of its base.
  Words Live() const {
    EXPECT_TRUE(CheckTraceAgainstDisk(below.trace(), below.live()));
    return WordsOf(below.live());
  }
  std::vector<std::string> Marks() const {
    std::vector<std::string> marks;
    for (const powercut::Mark& mark : below.trace().marks()) {
      marks.push_back(fmt::format("{} {}", mark.after, mark.text));
    }
    return marks;
  }
  EventNumber Events() const { return below.trace().event_count(); }

  RecordingDisk below = MakeBelow();

 private:
  static RecordingDisk MakeBelow() {
    Words words;
    for (uint32_t i = 0; i < 8; ++i) words.push_back(i + 100);
    const Bytes bytes = SectorsOf(words);
    auto base = std::make_shared<SparseImage>(bytes.size());
    base->Write(0, bytes);
    return RecordingDisk({kSectorBytes, 8}, base);
  }

  std::vector<Op> faults_;

 public:
  FaultDisk disk;
  ErrorCode code = ErrorCode::kInternal;
};

using Marks = std::vector<std::string>;

TEST(FaultDisk, WithoutFaultsNothingChanges) {
  Scene scene({});
  EXPECT_TRUE(scene.Write(1, {1, 2}));
  EXPECT_TRUE(scene.Discard(2, 1));
  EXPECT_TRUE(scene.Flush());
  EXPECT_EQ(scene.Read(0, 4), (Words{100, 1, 0, 103}));
  EXPECT_EQ(scene.Events(), 3u);
  EXPECT_EQ(scene.Marks(), Marks{});
}

TEST(FaultDisk, AnErrorFallsOnTheNthAndOnAsManyAsItSays) {
  Scene scene({"error on write nth=2 times=2"});
  EXPECT_TRUE(scene.disk.Fired().empty());
  EXPECT_TRUE(scene.Write(0, {1}));
  EXPECT_FALSE(scene.Write(1, {2}));
  EXPECT_EQ(scene.code, ErrorCode::kIo);
  EXPECT_FALSE(scene.Write(2, {3}));
  EXPECT_TRUE(scene.Write(3, {4}));
  EXPECT_EQ(scene.Live(), (Words{1, 101, 102, 4, 104, 105, 106, 107}));
  EXPECT_EQ(scene.disk.Fired(), std::vector<uint32_t>{1});
  EXPECT_EQ(
      scene.Marks(),
      (Marks{"1 powercut:fault 1 error on write nth=2 times=2: sector 1 not "
             "written, with an error",
             "1 powercut:fault 1 error on write nth=2 times=2: sector 2 not "
             "written, with an error"}));
}

TEST(FaultDisk, ErrorsFallOnEveryKindOfRequest) {
  Scene scene({"error on read", "error on flush", "error on discard"});
  EXPECT_EQ(scene.Read(0, 1), Words{});
  EXPECT_EQ(scene.Read(0, 1), Words{100});
  EXPECT_TRUE(scene.disk.Persist(Layer::kHost, nullptr, std::nullopt));
  EXPECT_FALSE(scene.disk.Persist(Layer::kDevice, nullptr, std::nullopt));
  EXPECT_TRUE(scene.Flush());
  EXPECT_FALSE(scene.Discard(0, 2));
  EXPECT_TRUE(scene.Discard(0, 1));
  EXPECT_EQ(scene.Live()[0], 0u);
  EXPECT_EQ(scene.Live()[1], 101u);
  EXPECT_EQ(scene.disk.Fired(), (std::vector<uint32_t>{1, 2, 3}));
}

TEST(FaultDisk, OnlyRequestsThatTouchTheSectorsCount) {
  Scene scene({"error on write sectors=2~3 nth=2 times=always"});
  EXPECT_TRUE(scene.Write(1, {1, 1}));
  EXPECT_TRUE(scene.Write(0, {1, 1}));
  EXPECT_TRUE(scene.Write(4, {1}));
  EXPECT_FALSE(scene.Write(3, {1}));
  EXPECT_FALSE(scene.Write(0, {1, 1, 1}));
  EXPECT_TRUE(scene.Write(0, {1}));
}

TEST(FaultDisk, AFlushOfOtherSectorsDoesNotCount) {
  Scene scene({"error on flush sectors=2~3"});
  SectorSet others;
  others.Add({4, 2});
  EXPECT_TRUE(scene.disk.Persist(Layer::kMedia, &others, std::nullopt));
  others.Add({3, 1});
  EXPECT_FALSE(scene.disk.Persist(Layer::kMedia, &others, std::nullopt));
}

TEST(FaultDisk, CountsWhileArmedOnly) {
  Scene scene({"error on write times=always"});
  EXPECT_FALSE(scene.Write(0, {1}));
  EXPECT_TRUE(scene.disk.Disarm());
  EXPECT_TRUE(scene.Write(0, {1}));
  const std::vector<Op> faults = Faults({"error on write"});
  FaultDisk fresh(scene.below, faults, FaultPhase::kRun);
  EXPECT_TRUE(fresh.Write(0, SectorsOf({2}), Layer::kHost));
}

TEST(FaultDisk, TakesTheFaultsOfItsPhaseAndKeepsTheirNumbers) {
  Scene scene({"error on write in=recovery", "error on read"});
  EXPECT_TRUE(scene.Write(0, {1}));
  EXPECT_EQ(scene.Read(0, 1), Words{});
  EXPECT_EQ(scene.disk.Fired(), std::vector<uint32_t>{2});
  Scene recovery({"error on read", "error on write in=recovery"},
                 FaultPhase::kRecovery);
  EXPECT_EQ(recovery.Read(0, 1), Words{100});
  EXPECT_FALSE(recovery.Write(0, {1}));
  EXPECT_EQ(recovery.disk.Fired(), std::vector<uint32_t>{2});
}

TEST(FaultDisk, TheFirstOfSeveralFallsAndTheOthersCount) {
  Scene scene({"lose on write", "error on write nth=2"});
  EXPECT_TRUE(scene.Write(0, {1}));
  EXPECT_FALSE(scene.Write(0, {2}));
  EXPECT_TRUE(scene.Write(0, {3}));
  EXPECT_EQ(scene.Live()[0], 3u);
  EXPECT_EQ(scene.disk.Fired(), (std::vector<uint32_t>{1, 2}));
}

TEST(FaultDisk, AFullDiskStaysFull) {
  Scene scene({"full on write nth=2"});
  EXPECT_TRUE(scene.Write(0, {1}));
  EXPECT_FALSE(scene.Write(0, {2}));
  EXPECT_EQ(scene.code, ErrorCode::kFull);
  EXPECT_FALSE(scene.Write(0, {3}));
  EXPECT_EQ(scene.Live()[0], 1u);
  Scene once({"full on write times=1"});
  EXPECT_FALSE(once.Write(0, {2}));
  EXPECT_TRUE(once.Write(0, {3}));
}

TEST(FaultDisk, ALieCarriesNothingAndNamedSectorsToTheDevice) {
  Scene scene({"lie on flush times=always"});
  EXPECT_TRUE(scene.Write(1, {1}));
  EXPECT_TRUE(scene.Flush());
  EXPECT_TRUE(scene.disk.Persist(Layer::kDevice, nullptr, std::nullopt));
  EXPECT_EQ(scene.Events(), 1u);
  SectorSet named;
  named.Add({1, 1});
  EXPECT_TRUE(scene.disk.Persist(Layer::kMedia, &named, std::nullopt));
  ASSERT_EQ(scene.Events(), 2u);
  EXPECT_EQ(scene.below.trace().event(2).kind, DiskEvent::kPersist);
  EXPECT_EQ(scene.below.trace().event(2).layer, Layer::kDevice);
  EXPECT_EQ(scene.Marks().back(),
            "1 powercut:fault 1 lie on flush times=always: what it names comes "
            "to the device only");
}

TEST(FaultDisk, ALostRequestIsAcknowledgedAndNotDone) {
  Scene scene({"lose on write", "lose on discard"});
  EXPECT_TRUE(scene.Write(1, {1, 2}));
  EXPECT_TRUE(scene.Discard(1, 2));
  EXPECT_EQ(scene.Events(), 0u);
  EXPECT_EQ(scene.Read(0, 4), (Words{100, 101, 102, 103}));
}

TEST(FaultDisk, OfATornRequestTheFirstHalfIsDone) {
  Scene scene({"tear on write", "tear on discard"});
  EXPECT_TRUE(scene.Write(7, {9}));  // One sector does not tear.
  EXPECT_TRUE(scene.Write(1, {1, 2, 3}));
  EXPECT_EQ(scene.Live(), (Words{100, 1, 102, 103, 104, 105, 106, 9}));
  EXPECT_TRUE(scene.Discard(3, 4));
  EXPECT_EQ(scene.Live(), (Words{100, 1, 102, 0, 0, 105, 106, 9}));
  EXPECT_EQ(scene.Marks().front(),
            "1 powercut:fault 1 tear on write: sectors 1 to 3 written up to 1");
}

TEST(FaultDisk, AMisdirectedRequestGoesOnePlaceFurther) {
  Scene scene(
      {"misdirect on write", "misdirect on read", "misdirect on discard"});
  EXPECT_TRUE(scene.Write(1, {1, 2}));
  EXPECT_EQ(scene.Live(), (Words{100, 101, 102, 1, 2, 105, 106, 107}));
  EXPECT_EQ(scene.Read(1, 2), (Words{1, 2}));
  EXPECT_TRUE(scene.Discard(0, 1));
  EXPECT_EQ(scene.Live(), (Words{100, 0, 102, 1, 2, 105, 106, 107}));
}

TEST(FaultDisk, BehindTheLastSectorComesTheFirst) {
  Scene scene({"misdirect on write times=always", "misdirect on read"});
  EXPECT_TRUE(scene.Write(2, {1, 2, 3, 4}));
  EXPECT_EQ(scene.Live(), (Words{3, 4, 102, 103, 104, 105, 1, 2}));
  EXPECT_EQ(scene.Read(3, 3), (Words{1, 2, 3}));
  // A write of the whole disk has no other place to go to.
  EXPECT_TRUE(scene.Write(0, Words(8, 5)));
  EXPECT_EQ(scene.Live(), Words(8, 5));
  EXPECT_EQ(scene.Marks().size(), 2u);
}

// Each range of each request, and all of what went elsewhere.
TEST(FaultDisk, AMisdirectedRequestDoesAllOfItElsewhere) {
  for (uint64_t first = 0; first < 8; ++first) {
    for (uint64_t count = 1; count < 8 && first + count <= 8; ++count) {
      Scene write({"misdirect on write"});
      Scene discard({"misdirect on discard"});
      Scene read({"misdirect on read"});
      Words written = write.Live();
      Words discarded = written;
      Words content;
      Words answer;
      for (uint32_t i = 0; i < count; ++i) {
        const uint64_t elsewhere = (first + count + i) % 8;
        content.push_back(i + 1);
        written[elsewhere] = i + 1;
        discarded[elsewhere] = 0;
        answer.push_back(static_cast<uint32_t>(elsewhere) + 100);
      }
      EXPECT_TRUE(write.Write(first, content));
      EXPECT_EQ(write.Live(), written) << first << '+' << count;
      EXPECT_TRUE(discard.Discard(first, count));
      EXPECT_EQ(discard.Live(), discarded) << first << '+' << count;
      EXPECT_EQ(read.Read(first, count), answer) << first << '+' << count;
    }
  }
}

TEST(FaultDisk, FlipsTheLowestBitOfEachSectorThatIsNamed) {
  Scene scene({"flip on write sectors=2~2", "flip on read"});
  EXPECT_TRUE(scene.Write(1, {2, 4}));
  Bytes bytes(2 * kSectorBytes);
  scene.below.live().Read(kSectorBytes, bytes);
  EXPECT_EQ(bytes[0], std::byte{2});
  EXPECT_EQ(bytes[kSectorBytes], std::byte{5});
  EXPECT_EQ(bytes[kSectorBytes + 4], std::byte{4});
  EXPECT_TRUE(CheckTraceAgainstDisk(scene.below.trace(), scene.below.live()));
  ASSERT_TRUE(scene.disk.Read(1, bytes));
  EXPECT_EQ(bytes[0], std::byte{3});
  EXPECT_EQ(bytes[kSectorBytes], std::byte{4});
  ASSERT_TRUE(scene.disk.Read(1, bytes));
  EXPECT_EQ(bytes[0], std::byte{2});
}

TEST(FaultDisk, ADelayedWriteIsReadButNotCarried) {
  Scene scene({"delay on write"});
  EXPECT_TRUE(scene.Write(1, {1, 2}));
  EXPECT_EQ(scene.Read(0, 3), (Words{100, 1, 2}));
  EXPECT_EQ(scene.Events(), 0u);
  EXPECT_TRUE(scene.disk.Persist(Layer::kDevice, nullptr, std::nullopt));
  EXPECT_TRUE(scene.Write(2, {3}));  // This one is newer and not delayed.
  EXPECT_TRUE(scene.Flush());
  EXPECT_TRUE(scene.Flush());
  EXPECT_EQ(scene.Events(), 4u);
  EXPECT_EQ(scene.Live(), (Words{100, 101, 3, 103, 104, 105, 106, 107}));
  EXPECT_EQ(scene.Read(0, 3), (Words{100, 1, 3}));
  ASSERT_EQ(scene.Events(), 5u);
  EXPECT_EQ(scene.below.trace().event(5).layer, Layer::kDevice);
  EXPECT_EQ(scene.Live()[1], 1u);
  EXPECT_EQ(scene.Marks().back(), "4 delayed sector 1 arrives");
}

// A read that goes wrong would see the delayed data if it went right.
TEST(FaultDisk, AWrongReadIsOneOfDelayedDataToo) {
  Scene flipped({"delay on write", "flip on read"});
  EXPECT_TRUE(flipped.Write(1, {8}));
  Bytes bytes(kSectorBytes);
  EXPECT_TRUE(flipped.disk.Read(1, bytes));
  EXPECT_EQ(bytes[0], std::byte{9});
  Scene misdirected({"delay on write", "misdirect on read"});
  EXPECT_TRUE(misdirected.Write(1, {8}));
  EXPECT_EQ(misdirected.Read(0, 1), (Words{8}));
}

// The storage sees a disk on which every request was done at once, whatever
// comes after a delayed write.
TEST(FaultDisk, DelayedWritesAreNotNoticed) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Prng prng(seed);
    Scene scene({fmt::format("delay on write nth={} times={}",
                             1 + prng.Below(5), 1 + prng.Below(5))});
    Words plain = scene.Live();
    for (uint32_t i = 1; i <= 30; ++i) {
      const uint64_t first = prng.Below(8);
      const uint64_t count = 1 + prng.Below(8 - first);
      const uint64_t what = prng.Below(5);
      if (what < 2) {
        EXPECT_TRUE(scene.Write(first, Words(count, i)));
        std::fill_n(plain.begin() + static_cast<ptrdiff_t>(first), count, i);
      } else if (what == 2) {
        EXPECT_TRUE(scene.Discard(first, count));
        std::fill_n(plain.begin() + static_cast<ptrdiff_t>(first), count, 0);
      } else if (what == 3) {
        EXPECT_TRUE(scene.Flush());
      }
      ASSERT_EQ(scene.Read(0, 8), plain) << "seed " << seed << " at " << i;
    }
    EXPECT_TRUE(scene.disk.Disarm());
    EXPECT_EQ(scene.Live(), plain) << "seed " << seed;
  }
}

// Once a flush to the media is over, the delayed data comes with the next
// request that is no flush. What storage persists in between to the host or the
// device makes no difference, and neither do more flushes.
TEST(FaultDisk, DelayedWritesArriveWithTheNextRequestAfterTheFlush) {
  int arrived = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Prng prng(seed);
    Scene scene({"delay on write times=always"});
    const Words before = scene.Live();
    EXPECT_TRUE(scene.Write(1, {1, 2}));
    EXPECT_TRUE(scene.Write(5, {5}));
    bool flushed = false;
    for (uint64_t persists = prng.Below(5); persists > 0; --persists) {
      constexpr Layer kLayers[] = {Layer::kHost, Layer::kDevice, Layer::kMedia};
      const Layer to = kLayers[prng.Below(3)];
      const SectorSet some = SetOf({1, 3});
      EXPECT_TRUE(scene.disk.Persist(to, prng.OneIn(2) ? &some : nullptr,
                                     std::nullopt));
      flushed = flushed || to == Layer::kMedia;
    }
    EXPECT_EQ(scene.Live(), before) << seed;
    switch (prng.Below(3)) {
      case 0:
        EXPECT_EQ(scene.Read(7, 1), (Words{107}));
        break;
      case 1:
        EXPECT_TRUE(scene.Discard(7, 1));
        break;
      default:
        EXPECT_TRUE(scene.Write(7, {7}));
    }
    EXPECT_EQ(scene.Live()[1] == 1 && scene.Live()[5] == 5, flushed) << seed;
    arrived += flushed ? 1 : 0;
  }
  EXPECT_GT(arrived, 50);
}

TEST(FaultDisk, WhatIsDelayedArrivesAtTheEnd) {
  Scene scene({"delay on write times=always"});
  EXPECT_TRUE(scene.Write(1, {1}));
  EXPECT_TRUE(scene.Write(5, {5}));
  EXPECT_TRUE(scene.Write(6, {6}));
  EXPECT_TRUE(scene.disk.Disarm());
  EXPECT_EQ(scene.Events(), 2u);
  EXPECT_EQ(scene.Live(), (Words{100, 1, 102, 103, 104, 5, 6, 107}));
}

// Storage counts the requests that succeeded, and the trace those that
// happened.
TEST(FaultDisk, EventsAreNumberedAsTheStorageSeesThem) {
  Scene scene(
      {"lose on write", "error on write nth=3", "misdirect on write nth=3"});
  EXPECT_TRUE(scene.Write(0, {1}));   // 1 above, none below
  EXPECT_TRUE(scene.Write(1, {2}));   // 2, 1
  EXPECT_FALSE(scene.Write(2, {3}));  // none
  EXPECT_TRUE(scene.Write(3, {4}));   // 3, 2
  EXPECT_TRUE(scene.disk.Persist(Layer::kMedia, nullptr, 2));
  EXPECT_EQ(scene.below.trace().event(3).upto, 1u);
  EXPECT_TRUE(scene.disk.Persist(Layer::kMedia, nullptr, 1));
  EXPECT_EQ(scene.below.trace().event(4).upto, 0u);
  EXPECT_TRUE(scene.disk.Persist(Layer::kMedia, nullptr, 4));
  EXPECT_EQ(scene.below.trace().event(5).upto, 3u);
  EXPECT_EQ(scene.disk.event_count(), 6u);
}

// A disk that notes that DeclareCopyTarget() or DeclarePart() was called.
class CopyDisk : public RecordingDisk {
 public:
  using RecordingDisk::RecordingDisk;
  void DeclareCopyTarget(std::string_view, MutableByteSpan, uint64_t) override {
    ++copies;
  }
  void DeclarePart(ShownPart) override { ++parts; }
  int copies = 0;
  int parts = 0;
};

TEST(FaultDisk, CopiesAreNotPassedOnWhereReadsMayBeWrong) {
  const auto copies = [](const std::string& text) {
    CopyDisk below({kSectorBytes, 8},
                   std::make_shared<SparseImage>(8 * kSectorBytes));
    const std::vector<Op> faults = Faults({text});
    FaultDisk disk(below, faults, FaultPhase::kRecovery);
    Bytes buffer(1);
    disk.DeclareCopyTarget("/f", buffer, 0);
    return below.copies;
  };
  EXPECT_EQ(copies("error on read in=recovery"), 1);
  EXPECT_EQ(copies("lose on write in=recovery"), 1);
  EXPECT_EQ(copies("flip on read"), 1);
  EXPECT_EQ(copies("flip on read in=recovery"), 0);
  EXPECT_EQ(copies("misdirect on read in=recovery"), 0);
  EXPECT_EQ(copies("delay on write in=recovery"), 0);
}

// Any fault can fall on a request for another part.
TEST(FaultDisk, PartsArePassedOnWhereThereIsNoFault) {
  const auto parts = [](const std::vector<std::string>& texts) {
    CopyDisk below({kSectorBytes, 8},
                   std::make_shared<SparseImage>(8 * kSectorBytes));
    const std::vector<Op> faults = Faults(texts);
    FaultDisk disk(below, faults, FaultPhase::kRecovery);
    disk.DeclarePart({ShownPart::kData, "/f"});
    return below.parts;
  };
  EXPECT_EQ(parts({}), 1);
  EXPECT_EQ(parts({"flip on read"}), 1);
  EXPECT_EQ(parts({"error on read in=recovery"}), 0);
}

TEST(Fault, WhatIsNotOfferedSaysWhatIs) {
  const auto why = [](const std::string& text) {
    const Status offered = CheckFaultIsOffered(ParseFault(text, "").value());
    return offered ? "" : offered.error().message;
  };
  EXPECT_EQ(why("tear on flush"),
            "`fault tear on flush` is not offered; there is `fault tear on "
            "write|discard`: only of what changes sectors can a part be done");
  EXPECT_THAT(why("lie on write"), HasSubstr("is `lose`"));
  EXPECT_THAT(why("lose on flush"), HasSubstr("is `lie`"));
  EXPECT_THAT(why("delay on read"), HasSubstr("waits for the answer"));
  EXPECT_THAT(why("full on read"), HasSubstr("need room"));
  EXPECT_THAT(why("flip on discard"), HasSubstr("no bits"));
  EXPECT_THAT(why("misdirect on flush"), HasSubstr("no place"));
  EXPECT_EQ(why("error on discard in=recovery"), "");
}

}  // namespace
}  // namespace powercut
