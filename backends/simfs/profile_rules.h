// ProfileRules: what simfs does under a profile. These rules are read from the
// sources of the profiles once more and do not use model/table/profile.h, so
// that the model and simfs are two witnesses.
//
// Source: docs/semantics.md 2.7 names the sources of each profile.

#ifndef POWERCUT_BACKENDS_SIMFS_PROFILE_RULES_H_
#define POWERCUT_BACKENDS_SIMFS_PROFILE_RULES_H_

#include <span>
#include <string_view>

namespace powercut::simfs {

struct ProfileRules {
  std::string_view profile;

  // --- what flushes carry --------------------------------------------------

  // A flush of a directory carries the names in it.
  bool directory_flush_has_names = false;
  // A flush of a directory carries the names that lead to it.
  bool directory_flush_has_own_name = false;
  // A full flush of a file carries the names that lead to it. The directories
  // above are then found, too, but perhaps under the names that they were made
  // with.
  bool full_flush_has_names = false;
  // The names of the directories above are carried as they are.
  bool names_above_are_current = false;
  // A full flush of a file carries the removals of names that led to it.
  bool full_flush_has_removals = false;
  // fdatasync carries the name that the file was made with, and the directories
  // above as after a full flush.
  bool data_sync_has_made_name = false;
  // A flush of a file carries stores that no view flush carried.
  bool file_flush_has_stores = false;
  // A flush of the device after the flush of one object takes everything that
  // is at the device.
  bool device_flush_is_global = false;
  // Data is overwritten in its place, so that a flush of data alone promises
  // something for a crash of the system.
  bool in_place_survives_os = false;
  // sync_file_range carries placed data.
  bool range_sync_writes = false;
  // A view flush returns with the placed stores at the device.
  bool view_flush_waits = false;
  // A view flush carries stores through other views of the file, too.
  bool view_flush_all_views = false;
  // FILE_DATA_SYNC_ONLY carries size, space and valid length.
  bool data_sync_has_size = false;
  // FILE_DATA_ONLY carries what NO_SYNC carries.
  bool data_only_has_metadata = false;
  // FILE_DATA_SYNC_ONLY is a full flush.
  bool data_sync_is_full = false;
  // A write-through write carries its size and times with its data.
  bool write_through_has_metadata = false;
  // A write-through write goes to the media.
  bool write_through_is_fua = false;
  // The same, if its handle is also unbuffered.
  bool unbuffered_write_through_is_fua = false;
  // fsync and fdatasync stop at the device.
  bool fsync_stops_at_device = false;

  // --- orders --------------------------------------------------------------

  // Changes of names, sizes that an op sets, and times that an op sets survive
  // in the order of their issue.
  bool metadata_journal = false;
  // The same order holds for what a commit brings. What the log of a sync may
  // hold can come without it, and a size that an op set can come later.
  bool metadata_commits = false;
  // Every effect survives in the order of its issue.
  bool data_journal = false;
  // A rename over a name implies the shape and the data of the renamed file.
  bool replace_brings_data = false;

  // --- what a crash may leave ----------------------------------------------

  // After a rename a crash can leave both names, or neither name.
  bool rename_shows_both = false;
  bool rename_shows_neither = false;
  // A write that makes a file longer can leave sizes in between, at multiples
  // of an atom.
  bool extends_in_parts = false;
  // Space that a write gave shows old contents of the disk until its data is
  // there.
  bool new_space_is_stale = false;
  // Bytes that SetEndOfFile or a map added show old contents until written.
  bool set_size_is_stale = false;
  // A truncation writes zeros in place after the new end, up to the end of the
  // page.
  bool truncation_zeroes_page = false;

  // --- statuses ------------------------------------------------------------

  // FILE_DATA_SYNC_ONLY is refused with STATUS_NOT_SUPPORTED.
  bool refuses_data_sync = false;
};

// Returns every profile that simfs can be formatted as.
std::span<const ProfileRules> AllProfileRules();

// Returns the rules of the profile of that name, `nullptr` if there is none.
const ProfileRules* FindProfileRules(std::string_view profile);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_PROFILE_RULES_H_
