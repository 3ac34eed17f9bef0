// Joins the lists of rows to one table, and reads the table as a profile does.
//
// Method: PromisesOf() copies the coverages of all rows and lets the switches
// of the profile change them, first the switches of single rows, then those
// that speak of all rows. The order is part of the meaning, since later steps
// look at what earlier ones left: a flush that became a full flush may cover
// names; data that is not overwritten in place is dropped; a flush of a file
// that still flushes the device may become one of the volume; and stores go, at
// the end, where data goes. Example: btrfs has overwrite_in_place off, so that
// FILE_DATA_ONLY, which carries placed data only, carries nothing there.
//
// ReadEverywhere() looks at cells instead of naming rows, so that a new row is
// read by the same rules.

#include "model/table/primitives.h"

#include <vector>

#include "harness/base/check.h"
#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

// The enum is the index of the table. A row in the wrong place would make the
// model judge by the promises of another primitive, so that this is checked.
std::vector<PrimitiveRow> AllRows() {
  std::vector<PrimitiveRow> rows;
  for (const auto part : {NtRows(), LogRows(), PosixRows(), BlockRows()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  POWERCUT_CHECK(rows.size() == kPrimitiveCount);
  for (size_t i = 0; i < rows.size(); ++i) {
    POWERCUT_CHECK(rows[i].id == static_cast<Primitive>(i));
  }
  return rows;
}

// One profile's reading of the table.
class Reading {
 public:
  explicit Reading(const Profile& profile) : p_(profile) {
    const auto rows = PrimitiveRows();
    for (size_t i = 0; i < rows.size(); ++i) {
      table_.coverage[i] = rows[i].coverage;
    }
  }

  PromiseTable Read() {
    ReadNt();
    ReadWriteThrough();
    ReadPosix();
    ReadEverywhere();
    return table_;
  }

 private:
  Coverage& At(Primitive id) {
    return table_.coverage[static_cast<size_t>(id)];
  }

  void ReadNt() {
    if (!p_.data_sync_covers_size) {
      At(Primitive::kNtFlushDataSyncOnly).size = kNone;
      At(Primitive::kNtFlushDataSyncOnly).placed_data_only = true;
    }
    // After the switch before it: a full flush covers the size in any case.
    if (p_.data_sync_is_full_flush) {
      At(Primitive::kNtFlushDataSyncOnly) = kFullFlush;
    }
    if (p_.data_only_covers_metadata) {
      At(Primitive::kNtFlushDataOnly) = At(Primitive::kNtFlushNoSync);
    }
    // The write-out was only begun, which survives the process and no more
    //
    if (!p_.view_flush_reaches_device) {
      At(Primitive::kFlushViewRange).views = kHost;
      At(Primitive::kFlushViewToEnd).views = kHost;
    }
  }

  void ReadWriteThrough() {
    Coverage& through = At(Primitive::kWriteThrough);
    Coverage& both = At(Primitive::kNoBufferingWriteThrough);
    for (Coverage* row : {&through, &both}) {
      if (!p_.write_through_covers_metadata) continue;
      row->size = kDevice;
      row->times = kDevice;
      // The metadata that leads to the data goes along, so that the data needs
      // no place of its own.
      row->placed_data_only = false;
    }
    // kOwn and not kAll: the request is marked for this write alone (FUA).
    if (p_.write_through_reaches_media) through.device = DeviceFlush::kOwn;
    if (p_.write_through_reaches_media ||
        p_.unbuffered_write_through_reaches_media) {
      both.device = DeviceFlush::kOwn;
    }
  }

  void ReadPosix() {
    // Only the calls of POSIX: F_FULLFSYNC of macOS is there to go further, and
    // the NT rows have documents of their own.
    const std::array posix = {Primitive::kFsync, Primitive::kFsyncDirectory,
                              Primitive::kFdatasync};
    for (const Primitive id : posix) {
      if (p_.fsync_stops_at_device) At(id).device = DeviceFlush::kNone;
      if (p_.fsync_is_void) At(id) = {.scope = At(id).scope};
    }
    // The calls that do what fdatasync does. A flush that stops before the
    // media brings no name along.
    const std::array data_syncs = {Primitive::kFdatasync, Primitive::kOpenDsync,
                                   Primitive::kWriteDsync, Primitive::kMsync};
    for (const Primitive id : data_syncs) {
      const bool media = At(id).device != DeviceFlush::kNone;
      if (p_.fdatasync_covers_made_name && media) At(id).made_name = kDevice;
    }
    if (!p_.range_sync_reaches_device) {
      At(Primitive::kSyncFileRange).data = kNone;
    }
  }

  // `full` says that the row is a full flush of a file.
  void ReadNames(Coverage& row, bool full) const {
    if (full && p_.flush_covers_names) row.names = kDevice;
    if (full && p_.flush_covers_removed_names) row.removed_names = kDevice;
    if (row.scope == Scope::kDirectory) {
      if (!p_.fsync_directory_covers_names) row.names = kNone;
      if (p_.fsync_directory_covers_own_name) row.own_names = kDevice;
    }
    const bool leads_here =
        (full && row.names == kDevice) ||
        (row.scope == Scope::kDirectory && row.own_names == kDevice);
    row.names_above = leads_here && p_.flush_covers_names_above;
  }

  void ReadEverywhere() {
    for (size_t i = 0; i < kPrimitiveCount; ++i) {
      Coverage& row = table_.coverage[i];
      // Requests to the raw device are no flushes of files: what a file system
      // does with its files changes nothing there.
      const bool block = i >= static_cast<size_t>(Primitive::kDiskWrite) &&
                         i <= static_cast<size_t>(Primitive::kDiskDiscard);
      // What makes a flush of a file a full one (R-NAME-OF-FILE): times, which
      // fdatasync leaves out, and a device flush, which NO_SYNC leaves out.
      const bool full =
          (row.scope == Scope::kFile || row.scope == Scope::kSyncedWrite) &&
          row.data == kDevice && row.times == kDevice &&
          row.device != DeviceFlush::kNone;
      ReadNames(row, full);
      // Data that is copied on write reaches the device at a new place, to
      // which only metadata leads that the row does not carry. A view flush at
      // least hands its stores on to the host.
      if (row.placed_data_only && !p_.overwrite_in_place && !block) {
        row.data = kNone;
        if (row.scope != Scope::kView) row.views = kNone;
        if (row.views == kDevice) row.views = kHost;
      }
      // Flushes of the volume cover everything in every profile (R-DEVSYNC).
      if (row.device == DeviceFlush::kAll && !p_.flush_covers_device &&
          !block && row.scope != Scope::kVolume) {
        row.device = DeviceFlush::kOwn;
      }
      // FILE_DATA_ONLY and NO_SYNC flush no device and stay what they are, and
      // so does a flush that another switch stops before the device.
      const bool inner =
          row.scope == Scope::kFile || row.scope == Scope::kDirectory;
      if (p_.fsync_covers_volume && inner && row.device != DeviceFlush::kNone) {
        row = kVolumeFlush;
      }
      // This comes last, since stores are carried as far as data is in the end.
      const bool flush = row.scope == Scope::kFile ||
                         row.scope == Scope::kRange ||
                         row.scope == Scope::kVolume;
      if (flush && p_.flush_sees_views) row.views = row.data;
    }
  }

  const Profile& p_;
  PromiseTable table_;
};

}  // namespace

std::string_view FamilyName(Family family) {
  constexpr std::array<std::string_view, kFamilyCount> kNames = {
      "NT and Win32 files",  "mapped views",  "logs (CLFS)",
      "POSIX, Linux, macOS", "block devices", "transactional stores"};
  return kNames[static_cast<size_t>(family)];
}

std::span<const PrimitiveRow> PrimitiveRows() {
  // Made once: the lists are constant, and callers keep views of the rows.
  static const std::vector<PrimitiveRow> rows = AllRows();
  return rows;
}

const Profile& DocumentedReading() {
  static const Profile profile = [] {
    Profile p;
    p.fsync_directory_covers_names = true;
    p.flush_covers_device = true;
    p.overwrite_in_place = true;
    p.range_sync_reaches_device = true;
    p.view_flush_reaches_device = true;
    p.data_sync_covers_size = true;
    return p;
  }();
  return profile;
}

PromiseTable PromisesOf(const Profile& profile) {
  return Reading(profile).Read();
}

}  // namespace powercut
