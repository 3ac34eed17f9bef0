#include "model/profile.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace powercut {
namespace {

constexpr std::array kSwitches = {
    ProfileSwitch{"fsync_covers_volume", &Profile::fsync_covers_volume, false},
    ProfileSwitch{"fsync_directory_covers_names",
                  &Profile::fsync_directory_covers_names, false},
    ProfileSwitch{"flush_covers_names", &Profile::flush_covers_names, false},
    ProfileSwitch{"flush_sees_views", &Profile::flush_sees_views, false},
    ProfileSwitch{"flush_covers_device", &Profile::flush_covers_device, false},
    ProfileSwitch{"overwrite_in_place", &Profile::overwrite_in_place, false},
    ProfileSwitch{"range_sync_reaches_device",
                  &Profile::range_sync_reaches_device, false},
    ProfileSwitch{"view_flush_reaches_device",
                  &Profile::view_flush_reaches_device, false},
    ProfileSwitch{"view_flush_sees_other_views",
                  &Profile::view_flush_sees_other_views, false},
    ProfileSwitch{"data_sync_covers_size", &Profile::data_sync_covers_size,
                  false},
    ProfileSwitch{"data_only_covers_metadata",
                  &Profile::data_only_covers_metadata, false},
    ProfileSwitch{"data_sync_is_full_flush", &Profile::data_sync_is_full_flush,
                  false},
    ProfileSwitch{"write_through_covers_metadata",
                  &Profile::write_through_covers_metadata, false},
    ProfileSwitch{"write_through_reaches_media",
                  &Profile::write_through_reaches_media, false},
    ProfileSwitch{"unbuffered_write_through_reaches_media",
                  &Profile::unbuffered_write_through_reaches_media, false},
    ProfileSwitch{"failed_flush_keeps_dirty",
                  &Profile::failed_flush_keeps_dirty, false},
    ProfileSwitch{"fsync_is_void", &Profile::fsync_is_void, true},
    ProfileSwitch{"fsync_stops_at_device", &Profile::fsync_stops_at_device,
                  true},
    ProfileSwitch{"metadata_ordered", &Profile::metadata_ordered, false},
    ProfileSwitch{"data_ordered", &Profile::data_ordered, false},
    ProfileSwitch{"replace_brings_data", &Profile::replace_brings_data, false},
    ProfileSwitch{"rename_leaves_both", &Profile::rename_leaves_both, true},
    ProfileSwitch{"rename_leaves_neither", &Profile::rename_leaves_neither,
                  true},
    ProfileSwitch{"rename_leaves_temporary", &Profile::rename_leaves_temporary,
                  true},
    ProfileSwitch{"partial_extend", &Profile::partial_extend, true},
    ProfileSwitch{"stale_new_data", &Profile::stale_new_data, true},
    ProfileSwitch{"stale_set_end_of_file", &Profile::stale_set_end_of_file,
                  true},
    ProfileSwitch{"stale_data", &Profile::stale_data, true},
};

// The readings that demand most of what NT documents.
Profile SpecStrict() {
  Profile p;
  p.name = "spec-strict";
  p.fsync_directory_covers_names = true;
  p.flush_covers_device = true;
  p.overwrite_in_place = true;
  p.range_sync_reaches_device = true;
  p.view_flush_reaches_device = true;
  p.view_flush_sees_other_views = true;
  p.data_sync_covers_size = true;
  p.write_through_covers_metadata = true;
  p.unbuffered_write_through_reaches_media = true;
  return p;
}

// The weakest reading of each ambiguity.
Profile SpecPermissive() {
  Profile p;
  p.name = "spec-permissive";
  p.overwrite_in_place = true;
  p.rename_leaves_both = true;
  p.partial_extend = true;
  p.stale_set_end_of_file = true;
  return p;
}

Profile MsFsa() {
  Profile p = SpecStrict();
  p.name = "ms-fsa";
  p.flush_covers_names = true;
  return p;
}

Profile PosixMinimal() {
  Profile p;
  p.name = "posix-minimal";
  p.fsync_directory_covers_names = true;
  p.rename_leaves_both = true;
  p.rename_leaves_neither = true;
  p.partial_extend = true;
  p.stale_new_data = true;
  p.stale_set_end_of_file = true;
  return p;
}

Profile LinuxMan() {
  Profile p;
  p.name = "linux-man";
  p.fsync_directory_covers_names = true;
  p.flush_sees_views = true;
  p.flush_covers_device = true;
  p.data_sync_covers_size = true;
  p.rename_leaves_both = true;
  p.partial_extend = true;
  p.stale_new_data = true;
  return p;
}

// What the journalling file systems of Linux have in common.
Profile LinuxJournal(std::string name) {
  Profile p;
  p.name = std::move(name);
  p.fsync_directory_covers_names = true;
  p.flush_covers_names = true;
  p.flush_sees_views = true;
  p.flush_covers_device = true;
  p.overwrite_in_place = true;
  p.range_sync_reaches_device = true;
  p.data_sync_covers_size = true;
  p.metadata_ordered = true;
  p.partial_extend = true;
  return p;
}

Profile Ext4Ordered() {
  Profile p = LinuxJournal("ext4-ordered");
  p.replace_brings_data = true;
  return p;
}

Profile Ext4Writeback() {
  Profile p = LinuxJournal("ext4-writeback");
  p.stale_new_data = true;
  return p;
}

Profile Ext4Journal() {
  Profile p = LinuxJournal("ext4-journal");
  p.data_ordered = true;
  p.replace_brings_data = true;
  return p;
}

Profile Xfs() { return LinuxJournal("xfs"); }

Profile Btrfs() {
  Profile p = LinuxJournal("btrfs");
  p.overwrite_in_place = false;
  p.range_sync_reaches_device = false;
  p.flush_covers_device = false;  // an fsync of a clean file flushes nothing
  p.replace_brings_data = true;
  return p;
}

// fsync_mode=posix
Profile F2fs() {
  Profile p = LinuxMan();
  p.name = "f2fs";
  p.rename_leaves_both = false;
  p.stale_new_data = false;
  return p;
}

Profile Ntfs() {
  Profile p = SpecStrict();
  p.name = "ntfs";
  p.flush_covers_names = true;
  p.metadata_ordered = true;
  p.partial_extend = true;
  return p;
}

// Only a flush with no flags is documented.
Profile Refs() {
  Profile p = SpecPermissive();
  p.name = "refs";
  p.flush_covers_names = true;
  p.flush_covers_device = true;
  p.overwrite_in_place = false;
  p.stale_set_end_of_file = false;
  return p;
}

Profile Exfat() {
  Profile p = SpecPermissive();
  p.name = "exfat";
  p.flush_covers_device = true;
  p.rename_leaves_neither = true;
  p.stale_set_end_of_file = false;
  return p;
}

Profile Fat() {
  Profile p = SpecPermissive();
  p.name = "fat";
  p.flush_covers_names = true;
  p.flush_covers_device = true;
  p.data_sync_covers_size = true;
  p.data_only_covers_metadata = true;
  p.data_sync_is_full_flush = true;
  p.write_through_reaches_media = true;
  p.unbuffered_write_through_reaches_media = true;
  p.rename_leaves_neither = true;
  p.stale_new_data = true;
  return p;
}

Profile Ntfs3g() {
  Profile p;
  p.name = "ntfs-3g";
  p.fsync_covers_volume = true;
  p.fsync_directory_covers_names = true;
  p.flush_sees_views = true;
  p.flush_covers_device = true;
  p.data_sync_covers_size = true;
  p.rename_leaves_both = true;
  p.rename_leaves_temporary = true;
  p.partial_extend = true;
  p.stale_data = true;
  return p;
}

Profile MacOs() {
  Profile p;
  p.name = "macos";
  p.fsync_directory_covers_names = true;
  p.flush_covers_device = true;
  p.data_sync_covers_size = true;
  p.fsync_stops_at_device = true;
  p.rename_leaves_both = true;
  p.partial_extend = true;
  return p;
}

}  // namespace

std::span<const ProfileSwitch> ProfileSwitches() { return kSwitches; }

std::span<const Profile> Profiles() {
  // Source: research/semantics.md section 2.7, one row each.
  static const std::vector<Profile> profiles = {
      SpecStrict(), SpecPermissive(), MsFsa(),         PosixMinimal(),
      LinuxMan(),   Ext4Ordered(),    Ext4Writeback(), Ext4Journal(),
      Xfs(),        Btrfs(),          F2fs(),          Ntfs(),
      Refs(),       Exfat(),          Fat(),           Ntfs3g(),
      MacOs()};
  return profiles;
}

const Profile* FindProfile(std::string_view name) {
  const auto profiles = Profiles();
  const auto found =
      std::find_if(profiles.begin(), profiles.end(),
                   [&](const Profile& p) { return p.name == name; });
  return found == profiles.end() ? nullptr : &*found;
}

}  // namespace powercut
