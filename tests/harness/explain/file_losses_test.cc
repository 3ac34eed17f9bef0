// Tests the names of what was lost, on a volume whose maps are written down by
// hand: every way in which a file can differ between what programs saw at an
// ack and what the disk would have shown, and every way in which two maps of
// one volume can name a sector.

#include "harness/explain/file_losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/trace/acks.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The map of the volume after each event. Event N writes the word N, so that
// the greatest word on a disk says which events it has.
using Maps = std::map<EventNumber, VolumeMap>;

class MappedMount : public Mount {
 public:
  explicit MappedMount(VolumeMap map) : map_(std::move(map)) {}

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  Observation Observe() override { return {}; }
  OpResult Shutdown() override { return {}; }
  Result<std::optional<VolumeMap>> Map() override { return {map_}; }

 private:
  VolumeMap map_;
};

class MappedBackend : public Backend {
 public:
  explicit MappedBackend(Maps maps) : maps_(std::move(maps)) {}

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    Bytes bytes(disk.geometry().size_bytes());
    EXPECT_TRUE(disk.Read(0, bytes));
    const Words words = WordsOf(bytes);
    const auto newest = std::ranges::max(words);
    // The map after the last event for which there is one.
    const auto after = maps_.upper_bound(newest);
    EXPECT_NE(after, maps_.begin());
    return {std::make_unique<MappedMount>(std::prev(after)->second), ""};
  }

 private:
  BackendTraits traits_;
  Maps maps_;
};

VolumeEntry File(const std::string& path, uint64_t size_bytes,
                 int64_t changed_ns = 1) {
  return {path, false, size_bytes, changed_ns};
}
VolumeEntry Folder(const std::string& path, int64_t changed_ns = 1) {
  return {path, true, 0, changed_ns};
}

// `sectors` sectors from `sector` on that hold bytes of a file.
VolumePart FilePart(uint64_t sector, uint64_t sectors, const std::string& path,
                    uint64_t offset_bytes = 0) {
  return {VolumePart::kFile, sector * kSectorBytes, sectors * kSectorBytes,
          path, offset_bytes};
}
VolumePart OtherPart(uint64_t sector, uint64_t sectors,
                     const std::string& owner) {
  return {VolumePart::kOther, sector * kSectorBytes, sectors * kSectorBytes,
          owner, 0};
}

class FileLossesTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kSectors = 32;

  // Event N, which writes these sectors.
  void Event(uint64_t first, uint64_t count = 1) {
    Write(trace_, first, Words(count, trace_.event_count() + 1),
          Layer::kDevice);
  }
  // An ack after the events so far, and what programs saw then.
  void Ack(const std::string& line, std::vector<VolumeEntry> seen) {
    trace_.AddMark(LineMark(line));
    looks_.Add(++acks_, {std::move(seen), false});
  }
  // What the disk shows after the events so far.
  void Disk(std::vector<VolumeEntry> entries, std::vector<VolumePart> parts) {
    maps_[trace_.event_count()] = {
        {std::move(entries), false}, std::move(parts), {}};
  }

  // The losses at the end of the trace, where every block is at its floor.
  FileLosses AtEnd() { return At(trace_.event_count()); }

  FileLosses At(EventNumber point) {
    MappedBackend backend(maps_);
    RunSetting setting;
    setting.geometry = trace_.geometry();
    const Recording recording{trace_, {}, {}, looks_};
    const Workload workload;
    const RecordedRun run{backend, workload, setting, recording};
    const CrashSpace space(recording.trace, kSectorBytes);
    PointCursor cursor(space, CrashKind::kPower);
    cursor.MoveTo(point);
    auto losses = LossNamer(run).Name(
        {point, 0, CrashKind::kPower, CrashState::kFloor, {}}, cursor);
    EXPECT_TRUE(losses);
    return losses ? std::move(*losses) : FileLosses{};
  }

  Trace trace_ = EmptyTrace(kSectors);
  AckLooks looks_;
  uint64_t acks_ = 0;
  Maps maps_;
};

std::vector<std::string> OwnersOf(const FileLosses& losses) {
  std::vector<std::string> owners;
  for (const LostPlace& place : losses.lost) owners.push_back(place.owner);
  return owners;
}

TEST(RangesTextTest, TwoInARowAreNoRange) {
  const std::vector<std::pair<std::vector<EventNumber>, std::string>> kTexts = {
      {{}, "none"},
      {{7}, "7"},
      {{7, 8}, "7, 8"},
      {{7, 8, 9}, "7 to 9"},
      {{5, 7, 8}, "5, 7, 8"},
      {{5, 6, 8, 9, 10, 12}, "5, 6, 8 to 10, 12"},
      {{1, 2, 3, 5, 6, 7}, "1 to 3, 5 to 7"},
  };
  for (const auto& [numbers, text] : kTexts) {
    EXPECT_EQ(RangesText(numbers), text);
  }
}

// --- not yet issued
// ------------------------------------------------------------

TEST_F(FileLossesTest, EachKindOfChangeIsNamed) {
  Event(0);
  Disk({Folder("/d"), File("/cut", 900), File("/gone", 1), File("/grown", 512),
        File("/same", 3)},
       {FilePart(4, 1, "/grown"), FilePart(6, 1, "/cut")});
  Ack("one", {Folder("/d", 9), File("/cut", 100), File("/empty", 0),
              File("/grown", 1024), File("/new", 700), File("/same", 3)});
  const FileLosses losses = AtEnd();
  ASSERT_TRUE(losses.unissued);
  EXPECT_THAT(
      *losses.unissued,
      ElementsAre("/cut cut from 900 to 100 bytes", "the name /empty",
                  "/grown bytes 512 to 1023", "the name /new and its 700 bytes",
                  "the removal of /gone"));
  EXPECT_EQ(losses.acks, 1u);
  EXPECT_EQ(losses.last_ack, "one");
  EXPECT_EQ(losses.ack_event, 1u);
}

// The event that first wrote what was not issued is one after the ack, and one
// of the bytes in question.
TEST_F(FileLossesTest, TheFirstWriteIsOneOfTheBytesThatWereMissing) {
  Event(0);
  Disk({File("/grown", 1024)}, {FilePart(4, 2, "/grown")});
  Ack("one", {File("/grown", 1536), File("/new", 512)});
  Event(4);  // The disk had these bytes.
  for (const uint64_t beside : {7, 8, 10}) Event(beside);
  Event(9);  // This is /new.
  Event(5);
  Event(6);  // These are the bytes that were missing.
  Event(6);
  Disk({File("/grown", 1536), File("/new", 512)},
       {FilePart(4, 3, "/grown"), FilePart(9, 1, "/new")});
  const FileLosses losses = AtEnd();
  ASSERT_TRUE(losses.unissued);
  EXPECT_THAT(
      *losses.unissued,
      ElementsAre("/grown bytes 1024 to 1535 (first written by event 8)",
                  "the name /new and its 512 bytes (first written by event "
                  "6)"));
}

// A change in place shows in the time alone.
TEST_F(FileLossesTest, AChangeInPlaceIsNamedWhereNothingWroteIt) {
  struct Case {
    int64_t seen_before_ns;  // At the ack before the last one.
    bool written;            // Between the two acks.
    bool named;
  };
  for (const auto& [seen_before_ns, written, named] :
       {Case{1, false, true}, Case{1, true, false}, Case{5, false, false},
        Case{5, true, false}}) {
    trace_ = EmptyTrace(kSectors);
    looks_ = {};
    acks_ = 0;
    maps_.clear();
    Event(4);
    Ack("one", {File("/f", 512, seen_before_ns)});
    Event(written ? 4 : 20);
    Disk({File("/f", 512, 1)}, {FilePart(4, 1, "/f")});
    Ack("two", {File("/f", 512, 5)});
    Event(21);
    const FileLosses losses = AtEnd();
    ASSERT_TRUE(losses.unissued);
    if (named) {
      EXPECT_THAT(*losses.unissued, ElementsAre("the last change of /f"));
    } else {
      EXPECT_THAT(*losses.unissued, IsEmpty()) << seen_before_ns << written;
    }
    EXPECT_EQ(losses.acks, 2u);
    EXPECT_EQ(losses.ack_event, 2u);
  }
}

TEST_F(FileLossesTest, BeforeTheFirstAckNothingIsKnown) {
  Event(0);
  Disk({}, {});
  Event(1);
  Ack("one", {});
  const FileLosses losses = At(1);
  EXPECT_EQ(losses.acks, 0u);
  EXPECT_FALSE(losses.unissued);
  EXPECT_THAT(losses.notes, IsEmpty());
}

// --- lost sectors
// ----------------------------------------------------------------

TEST_F(FileLossesTest, OwnersOfTwoMapsAreToldApart) {
  Event(0);  // It has one owner in both maps.
  Event(1);  // It is of another file later.
  Event(2);  // Nobody has it at the crash.
  Event(3);  // Nobody has it at the end.
  Event(4);  // Nobody ever has it.
  Event(5);  // It is elsewhere in the same file later.
  Disk({}, {FilePart(0, 1, "/a"), FilePart(1, 1, "/b"), FilePart(3, 1, "/d"),
            FilePart(5, 1, "/a", 512)});
  const EventNumber crash = trace_.event_count();
  Event(30);
  Disk({}, {FilePart(0, 1, "/a"), FilePart(1, 1, "/c"), FilePart(2, 1, "/e"),
            FilePart(5, 1, "/a", 4096)});
  EXPECT_THAT(
      OwnersOf(At(crash)),
      ElementsAre("/a bytes 0 to 511",
                  "/a bytes 4096 to 4607, as at the end of the recording",
                  "/a bytes 512 to 1023, not so at the end of the recording",
                  "/b bytes 0 to 511, not so at the end of the recording",
                  "/c bytes 0 to 511, as at the end of the recording",
                  "/d bytes 0 to 511, not so at the end of the recording",
                  "/e bytes 0 to 511, as at the end of the recording",
                  "sectors of no known file (from 4)"));
}

// An area that is only more specific in one of the maps has not changed hands.
TEST_F(FileLossesTest, AreasOfTheVolumeStayWhatTheyWere) {
  Event(0);
  Event(1);
  Disk({}, {OtherPart(0, 1, "inodes")});
  const EventNumber crash = trace_.event_count();
  Event(30);
  Disk({}, {OtherPart(0, 1, "inodes of /a"), OtherPart(1, 1, "the journal")});
  EXPECT_THAT(
      OwnersOf(At(crash)),
      ElementsAre("inodes", "the journal, as at the end of the recording"));
}

TEST_F(FileLossesTest, RunsThatTouchAreOneAndFewAreShown) {
  // Sectors 0 and 1 touch, whichever is lost first; then four more runs.
  for (const uint64_t sector : {1, 0, 4, 3, 10, 12, 14}) Event(sector);
  Disk({}, {FilePart(0, 16, "/f")});
  const FileLosses losses = AtEnd();
  ASSERT_EQ(losses.lost.size(), 1u);
  EXPECT_EQ(losses.lost[0].owner,
            "/f bytes 0 to 1023, 1536 to 2559, 5120 to 5631 and 2 more runs");
  EXPECT_THAT(losses.lost[0].events, ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(losses.lost[0].lost_bytes, 7u * kSectorBytes);
}

TEST_F(FileLossesTest, TheKindsOfOwnersHaveAnOrder) {
  Event(0);
  Event(1);
  Event(2);
  VolumePart names = FilePart(1, 1, "/a");
  names.kind = VolumePart::kDirectory;
  Disk({}, {OtherPart(0, 1, "a journal"), names, FilePart(2, 1, "/z")});
  EXPECT_THAT(OwnersOf(AtEnd()),
              ElementsAre("/z bytes 0 to 511", "names in /a", "a journal"));
}

}  // namespace
}  // namespace powercut
