// The table of primitives is complete, and profiles read its cells as they were
// read by hand.

#include "model/table/primitives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/table/primitive_text.h"
#include "model/words/op.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Reach kNone = Reach::kNone;
constexpr Reach kHost = Reach::kHost;
constexpr Reach kDevice = Reach::kDevice;

Coverage In(std::string_view profile, Primitive id) {
  return PromisesOf(*FindProfile(profile))[id];
}

const PrimitiveRow& RowOf(Primitive id) {
  return PrimitiveRows()[static_cast<size_t>(id)];
}

TEST(Primitives, EveryRowIsDocumented) {
  ASSERT_EQ(PrimitiveRows().size(), kPrimitiveCount);
  std::set<std::string_view> names;
  std::set<std::string_view> spellings;
  for (const PrimitiveRow& row : PrimitiveRows()) {
    EXPECT_EQ(&RowOf(row.id), &row) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    const bool is_write = row.id == Primitive::kWrite;
    EXPECT_TRUE(is_write || spellings.insert(row.pcut).second) << row.name;
    for (const std::string_view text :
         {row.name, row.pcut, row.completes, row.invalid, row.errors,
          row.file_systems, row.source}) {
      EXPECT_FALSE(text.empty()) << row.name;
      EXPECT_FALSE(text.ends_with('.')) << row.name << ": " << text;
    }
  }
}

TEST(Primitives, SpellingsAreVerbsOfWorkloads) {
  for (const PrimitiveRow& row : PrimitiveRows()) {
    const std::string_view verb = row.pcut.substr(0, row.pcut.find(' '));
    EXPECT_TRUE(OpKindFromVerb(verb)) << row.pcut;
  }
}

TEST(Primitives, StandAsTheDocumentedReadingReadsThem) {
  const PromiseTable table = PromisesOf(DocumentedReading());
  for (const PrimitiveRow& row : PrimitiveRows()) {
    EXPECT_EQ(table[row.id], row.coverage) << row.name;
    for (const Cell cell : kCells) {
      EXPECT_THAT(SwitchesBehind(DocumentedReading(), row.id, cell), IsEmpty());
    }
  }
}

TEST(Primitives, ReadBySpecStrict) {
  const Coverage through = In("spec-strict", Primitive::kWriteThrough);
  EXPECT_EQ(through,
            (Coverage{.data = kDevice, .size = kDevice, .times = kDevice}));
  EXPECT_EQ(In("spec-strict", Primitive::kNoBufferingWriteThrough).device,
            DeviceFlush::kOwn);
  EXPECT_EQ(In("spec-strict", Primitive::kNtFlushFull).device,
            DeviceFlush::kAll);
  EXPECT_EQ(In("spec-strict", Primitive::kNtFlushFull).names, kNone);
  EXPECT_EQ(In("spec-strict", Primitive::kNtFlushFull).views, kNone);
  EXPECT_EQ(In("spec-strict", Primitive::kFlushViewRange).views, kDevice);
}

TEST(Primitives, ReadBySpecPermissive) {
  const PromiseTable table = PromisesOf(*FindProfile("spec-permissive"));
  for (const PrimitiveRow& row : PrimitiveRows()) {
    const bool whole =
        row.id == Primitive::kDiskFlush || row.coverage.scope == Scope::kVolume;
    // All other flushes carry only what they cover themselves.
    EXPECT_EQ(table[row.id].device == DeviceFlush::kAll, whole) << row.name;
  }
  const Coverage data_sync = table[Primitive::kNtFlushDataSyncOnly];
  EXPECT_EQ(data_sync.size, kNone);
  EXPECT_TRUE(data_sync.placed_data_only);
  EXPECT_EQ(table[Primitive::kFlushViewRange].views, kHost);
  EXPECT_EQ(table[Primitive::kNtFlushDirectory].names, kNone);
  EXPECT_EQ(table[Primitive::kSyncFileRange].data, kNone);
  EXPECT_EQ(table[Primitive::kNtFlushDataOnly].data, kDevice);
  EXPECT_EQ(table[Primitive::kWriteThrough].size, kNone);
}

TEST(Primitives, ReadByFat) {
  EXPECT_EQ(In("fat", Primitive::kNtFlushDataOnly),
            RowOf(Primitive::kNtFlushNoSync).coverage);
  Coverage full = RowOf(Primitive::kNtFlushFull).coverage;
  full.names = kDevice;
  full.names_above = true;
  EXPECT_EQ(In("fat", Primitive::kNtFlushDataSyncOnly), full);
  EXPECT_EQ(In("fat", Primitive::kWriteThrough).device, DeviceFlush::kOwn);
  EXPECT_EQ(In("fat", Primitive::kNtFlushDirectory).names, kNone);
}

// Where data is not overwritten in place, rows that carry data alone promise
// nothing, neither for writes nor for stores.
TEST(Primitives, ReadByBtrfs) {
  const PromiseTable table = PromisesOf(*FindProfile("btrfs"));
  for (const Primitive id :
       {Primitive::kSyncFileRange, Primitive::kNtFlushDataOnly,
        Primitive::kOpenDirect}) {
    EXPECT_EQ(table[id].data, kNone) << RowOf(id).name;
    EXPECT_EQ(table[id].views, kNone) << RowOf(id).name;
  }
  EXPECT_EQ(table[Primitive::kFsync].views, kDevice);
  EXPECT_EQ(table[Primitive::kFsync].names, kDevice);
  EXPECT_FALSE(table[Primitive::kFsync].names_above);
  EXPECT_EQ(table[Primitive::kFsync].removed_names, kNone);
  EXPECT_EQ(In("xfs", Primitive::kFsync).removed_names, kDevice);
  EXPECT_EQ(In("xfs", Primitive::kFdatasync).removed_names, kNone);
  EXPECT_EQ(In("xfs", Primitive::kFdatasync).names, kNone);
  EXPECT_EQ(In("xfs", Primitive::kFdatasync).made_name, kDevice);
  EXPECT_EQ(table[Primitive::kFdatasync].made_name, kDevice);
  EXPECT_EQ(In("linux-man", Primitive::kFdatasync).made_name, kNone);
  EXPECT_EQ(table[Primitive::kFsyncDirectory].own_names, kDevice);
  EXPECT_EQ(table[Primitive::kFsync].device, DeviceFlush::kOwn);
  EXPECT_EQ(table[Primitive::kFlushViewRange].views, kHost);
}

TEST(Primitives, ReadByNtfs3g) {
  Coverage volume = RowOf(Primitive::kFlushFileBuffersVolume).coverage;
  volume.views = kDevice;
  for (const Primitive id :
       {Primitive::kFsync, Primitive::kFdatasync, Primitive::kFsyncDirectory}) {
    EXPECT_EQ(In("ntfs-3g", id), volume) << RowOf(id).name;
  }
}

TEST(Primitives, ReadByMacOs) {
  EXPECT_EQ(In("macos", Primitive::kFsync).device, DeviceFlush::kNone);
  EXPECT_EQ(In("macos", Primitive::kFsync).data, kDevice);
  EXPECT_EQ(In("macos", Primitive::kFullFsync).device, DeviceFlush::kAll);
  EXPECT_TRUE(In("macos", Primitive::kBarrierFsync).barrier);
}

// A flush that stops before the media brings no name along.
TEST(Primitives, FdatasyncThatStopsAtTheDeviceHasNoMadeName) {
  Profile profile = *FindProfile("ext4-ordered");
  profile.fsync_stops_at_device = true;
  EXPECT_EQ(PromisesOf(profile)[Primitive::kFdatasync].made_name, kNone);
}

TEST(Primitives, VoidFsyncPromisesNothing) {
  Profile profile = *FindProfile("posix-minimal");
  profile.fsync_is_void = true;
  profile.fdatasync_covers_made_name = true;
  for (const Primitive id : {Primitive::kFsync, Primitive::kFdatasync}) {
    EXPECT_EQ(PromisesOf(profile)[id], Coverage{.scope = Scope::kFile});
  }
}

TEST(Primitives, ChangedCellsNameTheirSwitches) {
  const Profile& permissive = *FindProfile("spec-permissive");
  EXPECT_THAT(
      SwitchesBehind(permissive, Primitive::kNtFlushFull, Cell::kDevice),
      ElementsAre("flush_covers_device"));
  EXPECT_THAT(
      SwitchesBehind(permissive, Primitive::kNtFlushDataSyncOnly, Cell::kData),
      ElementsAre("data_sync_covers_size"));
  EXPECT_THAT(SwitchesBehind(permissive, Primitive::kNtFlushFull, Cell::kData),
              IsEmpty());
  // Each of the two switches changes the cell by itself.
  EXPECT_THAT(SwitchesBehind(*FindProfile("btrfs"), Primitive::kSyncFileRange,
                             Cell::kData),
              ElementsAre("overwrite_in_place", "range_sync_reaches_device"));
  // Every cell that a profile changes has a switch to name.
  for (const Profile& profile : Profiles()) {
    const PromiseTable table = PromisesOf(profile);
    for (const PrimitiveRow& row : PrimitiveRows()) {
      for (const Cell cell : kCells) {
        const bool changed =
            CellText(table[row.id], cell) != CellText(row.coverage, cell);
        EXPECT_NE(SwitchesBehind(profile, row.id, cell).empty(), changed)
            << profile.name << ": " << row.name << ": " << CellName(cell);
      }
    }
  }
}

std::vector<std::string> Promised(Primitive id, CrashKind kind) {
  return PromisedBy(id, RowOf(id).coverage, kind);
}

TEST(Primitives, PromisesFollowFromTheCells) {
  EXPECT_THAT(Promised(Primitive::kNtFlushDataOnly, CrashKind::kProcess),
              ElementsAre("data"));
  EXPECT_THAT(Promised(Primitive::kNtFlushDataOnly, CrashKind::kOs),
              ElementsAre("data that has its place"));
  EXPECT_THAT(Promised(Primitive::kNtFlushDataOnly, CrashKind::kPower),
              IsEmpty());
  EXPECT_THAT(Promised(Primitive::kNtFlushFull, CrashKind::kPower),
              ElementsAre("data", "size", "times", "all at the device"));
  EXPECT_THAT(Promised(Primitive::kLogForceFlush, CrashKind::kPower),
              ElementsAre("records"));
  EXPECT_THAT(Promised(Primitive::kLogAppend, CrashKind::kProcess), IsEmpty());
  EXPECT_THAT(Promised(Primitive::kDiskFlush, CrashKind::kPower),
              ElementsAre("all at the device"));
  EXPECT_THAT(Promised(Primitive::kDiskWritePreflush, CrashKind::kPower),
              ElementsAre("all at the device before it"));
  EXPECT_THAT(Promised(Primitive::kBarrierFsync, CrashKind::kPower), IsEmpty());
  EXPECT_THAT(Promised(Primitive::kWrite, CrashKind::kOs), IsEmpty());
}

// A flush of a directory that does not reach the device is no flush of the
// volume, as for a file: a switch that weakens fsync weakens both.
TEST(Primitives, WhatStopsBeforeTheDeviceCoversNoVolume) {
  Profile profile = *FindProfile("ntfs-3g");
  ASSERT_TRUE(profile.fsync_covers_volume);
  constexpr Primitive kBoth[] = {Primitive::kFsync, Primitive::kFsyncDirectory};
  for (const Primitive id : kBoth) {
    EXPECT_EQ(PromisesOf(profile)[id].scope, Scope::kVolume);
  }
  for (bool Profile::* weaker :
       {&Profile::fsync_is_void, &Profile::fsync_stops_at_device}) {
    Profile changed = profile;
    changed.*weaker = true;
    for (const Primitive id : kBoth) {
      EXPECT_EQ(PromisesOf(changed)[id].device, DeviceFlush::kNone);
      EXPECT_NE(PromisesOf(changed)[id].scope, Scope::kVolume);
    }
  }
}

}  // namespace
}  // namespace powercut
