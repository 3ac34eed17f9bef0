// Holds the table of profiles. Each profile is written as what it has, or as
// another profile with its differences, the way its sources put it. The
// switches of the model say the same in their way (docs/semantics.md 2.7).
// Tests compare what follows from the two, not the tables.
//
// Example: `exfat` is `spec-permissive` with four differences. A flush of the
// device takes everything, a rename can leave neither name, SetEndOfFile gives
// zeros, and FILE_DATA_SYNC_ONLY is refused.

#include "backends/simfs/profile_rules.h"

#include <array>

namespace powercut::simfs {
namespace {

// The five documents of docs/semantics.md 0.1, with each ambiguity read as
// promising more.
constexpr ProfileRules Strict(std::string_view profile) {
  return {.profile = profile,
          .directory_flush_has_names = true,
          .device_flush_is_global = true,
          .in_place_survives_os = true,
          .range_sync_writes = true,
          .view_flush_waits = true,
          .view_flush_all_views = true,
          .data_sync_has_size = true,
          .write_through_has_metadata = true,
          .unbuffered_write_through_is_fua = true};
}

// MS-FSA persists the directory structure with a file.
constexpr ProfileRules MsFsa() {
  ProfileRules b = Strict("ms-fsa");
  b.full_flush_has_names = true;
  b.names_above_are_current = true;
  return b;
}

// NTFS has one log for its metadata (docs/semantics.md 5.1), and a write can be
// found in part.
constexpr ProfileRules Ntfs() {
  ProfileRules b = Strict("ntfs");
  b.full_flush_has_names = true;
  b.names_above_are_current = true;
  b.metadata_journal = true;
  b.extends_in_parts = true;
  return b;
}

// What xfs and the data modes of ext4 have in common. An inode that is flushed
// takes its last transaction along: with its names, with the removal of a name,
// but not with a later rename of a directory above (docs/semantics.md 6.5). For
// fdatasync it is the last transaction that changed more than times, which is
// the one that made the file or a later one (6.7).
constexpr ProfileRules Journalling(std::string_view profile) {
  return {.profile = profile,
          .directory_flush_has_names = true,
          .directory_flush_has_own_name = true,
          .full_flush_has_names = true,
          .full_flush_has_removals = true,
          .data_sync_has_made_name = true,
          .file_flush_has_stores = true,
          .device_flush_is_global = true,
          .in_place_survives_os = true,
          .range_sync_writes = true,
          .data_sync_has_size = true,
          .metadata_journal = true,
          .extends_in_parts = true,
          .truncation_zeroes_page = true};
}

// The default mode: new space shows zeros until its data is there. A rename of
// a file over another begins to write out the data of the file, and no commit
// waits for it (docs/semantics.md 6.6).
constexpr ProfileRules Ext4Ordered() { return Journalling("ext4-ordered"); }

// With data=writeback new space shows anything until its data is there.
constexpr ProfileRules Ext4Writeback() {
  ProfileRules b = Journalling("ext4-writeback");
  b.new_space_is_stale = true;
  return b;
}

// data=journal orders data with metadata, so that zeros of a truncation are not
// apart from its size.
constexpr ProfileRules Ext4Journal() {
  ProfileRules b = Journalling("ext4-journal");
  b.data_journal = true;
  b.replace_brings_data = true;
  b.truncation_zeroes_page = false;
  return b;
}

// btrfs logs the file or directory that is flushed, with its names and the
// directories that are new above it. Data is copied on write, metadata that is
// not logged waits for a commit, which has all of it in order (6.9), and a
// clean file flushes no device. fdatasync logs what fsync does, of which only
// the first name is promised (6.7).
constexpr ProfileRules Btrfs() {
  return {.profile = "btrfs",
          .directory_flush_has_names = true,
          .directory_flush_has_own_name = true,
          .full_flush_has_names = true,
          .data_sync_has_made_name = true,
          .file_flush_has_stores = true,
          .data_sync_has_size = true,
          .metadata_commits = true,
          .extends_in_parts = true,
          .truncation_zeroes_page = true};
}

// The same documents as spec-strict, with each ambiguity read as promising
// least. FILE_DATA_ONLY would promise nothing if in_place_survives_os were off.
constexpr ProfileRules kPermissive = {.profile = "spec-permissive",
                                      .in_place_survives_os = true,
                                      .rename_shows_both = true,
                                      .extends_in_parts = true,
                                      .set_size_is_stale = true};

// The manual pages of Linux. Stores through views are measured, not documented.
constexpr ProfileRules kLinuxMan = {.profile = "linux-man",
                                    .directory_flush_has_names = true,
                                    .file_flush_has_stores = true,
                                    .device_flush_is_global = true,
                                    .data_sync_has_size = true,
                                    .rename_shows_both = true,
                                    .extends_in_parts = true,
                                    .new_space_is_stale = true,
                                    .truncation_zeroes_page = true};

// POSIX with synchronized I/O, and no more.
constexpr ProfileRules kPosixMinimal = {.profile = "posix-minimal",
                                        .directory_flush_has_names = true,
                                        .rename_shows_both = true,
                                        .rename_shows_neither = true,
                                        .extends_in_parts = true,
                                        .new_space_is_stale = true,
                                        .set_size_is_stale = true,
                                        .truncation_zeroes_page = true};

// fsync(2) of macOS: only F_FULLFSYNC waits for the media.
constexpr ProfileRules kMacOs = {.profile = "macos",
                                 .directory_flush_has_names = true,
                                 .device_flush_is_global = true,
                                 .data_sync_has_size = true,
                                 .fsync_stops_at_device = true,
                                 .rename_shows_both = true,
                                 .extends_in_parts = true};

// exFAT wants new bytes to be zeros, and is not among the file systems that the
// documents name for FILE_DATA_SYNC_ONLY.
constexpr ProfileRules Exfat() {
  ProfileRules b = kPermissive;
  b.profile = "exfat";
  b.device_flush_is_global = true;
  b.rename_shows_neither = true;
  b.set_size_is_stale = false;
  b.refuses_data_sync = true;
  return b;
}

// FAT as the published driver does it: more is written than the documents ask
// for, and there is no log.
constexpr ProfileRules Fat() {
  ProfileRules b = kPermissive;
  b.profile = "fat";
  b.full_flush_has_names = true;
  b.names_above_are_current = true;
  b.device_flush_is_global = true;
  b.data_sync_has_size = true;
  b.data_only_has_metadata = true;
  b.data_sync_is_full = true;
  b.write_through_is_fua = true;
  b.unbuffered_write_through_is_fua = true;
  b.rename_shows_neither = true;
  b.new_space_is_stale = true;
  return b;
}

constexpr std::array kAllProfileRules = {Strict("spec-strict"),
                                         kPermissive,
                                         kLinuxMan,
                                         kPosixMinimal,
                                         Ext4Ordered(),
                                         Ext4Writeback(),
                                         Ext4Journal(),
                                         Journalling("xfs"),
                                         Btrfs(),
                                         Ntfs(),
                                         MsFsa(),
                                         kMacOs,
                                         Fat(),
                                         Exfat()};

}  // namespace

std::span<const ProfileRules> AllProfileRules() { return kAllProfileRules; }

const ProfileRules* FindProfileRules(std::string_view profile) {
  for (const ProfileRules& rules : kAllProfileRules) {
    if (rules.profile == profile) return &rules;
  }
  return nullptr;
}

}  // namespace powercut::simfs
