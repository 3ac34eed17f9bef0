#include "model/table/primitives.h"

#include <vector>

#include "harness/base/check.h"
#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

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
    if (p_.data_sync_is_full_flush) {
      At(Primitive::kNtFlushDataSyncOnly) = kFullFlush;
    }
    if (p_.data_only_covers_metadata) {
      At(Primitive::kNtFlushDataOnly) = At(Primitive::kNtFlushNoSync);
    }
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
      row->placed_data_only = false;
    }
    if (p_.write_through_reaches_media) through.device = DeviceFlush::kOwn;
    if (p_.write_through_reaches_media ||
        p_.unbuffered_write_through_reaches_media) {
      both.device = DeviceFlush::kOwn;
    }
  }

  void ReadPosix() {
    const std::array posix = {Primitive::kFsync, Primitive::kFsyncDirectory,
                              Primitive::kFdatasync};
    for (const Primitive id : posix) {
      if (p_.fsync_stops_at_device) At(id).device = DeviceFlush::kNone;
      if (p_.fsync_is_void) At(id) = {.scope = At(id).scope};
    }
    if (!p_.range_sync_reaches_device) {
      At(Primitive::kSyncFileRange).data = kNone;
    }
  }

  void ReadEverywhere() {
    for (size_t i = 0; i < kPrimitiveCount; ++i) {
      Coverage& row = table_.coverage[i];
      const bool block = i >= static_cast<size_t>(Primitive::kDiskWrite) &&
                         i <= static_cast<size_t>(Primitive::kDiskDiscard);
      const bool full = row.scope == Scope::kFile && row.data == kDevice &&
                        row.times == kDevice &&
                        row.device != DeviceFlush::kNone;
      if (full && p_.flush_covers_names) row.names = kDevice;
      if (row.scope == Scope::kDirectory && !p_.fsync_directory_covers_names) {
        row.names = kNone;
      }
      if (row.placed_data_only && !p_.overwrite_in_place && !block) {
        row.data = kNone;
        if (row.scope != Scope::kView) row.views = kNone;
        if (row.views == kDevice) row.views = kHost;
      }
      if (row.device == DeviceFlush::kAll && !p_.flush_covers_device &&
          !block && row.scope != Scope::kVolume) {
        row.device = DeviceFlush::kOwn;
      }
      if (p_.fsync_covers_volume && row.scope == Scope::kFile &&
          row.device != DeviceFlush::kNone) {
        row = kVolumeFlush;
      }
      if (p_.fsync_covers_volume && row.scope == Scope::kDirectory) {
        row = kVolumeFlush;
      }
      // Last, since stores are carried where data is in the end.
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
