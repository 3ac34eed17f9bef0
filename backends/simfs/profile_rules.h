// ProfileRules: what simfs does under a profile. Its own reading of the
// profiles' sources, kept apart from model/table/profile.h so that model and
// simfs are two witnesses.

#ifndef POWERCUT_BACKENDS_SIMFS_PROFILE_RULES_H_
#define POWERCUT_BACKENDS_SIMFS_PROFILE_RULES_H_

#include <span>
#include <string_view>

namespace powercut::simfs {

struct ProfileRules {
  std::string_view profile;

  // Flushes.
  bool directory_flush_has_names = false;
  bool full_flush_has_names = false;
  bool file_flush_has_stores = false;  // of views never flushed
  bool device_flush_is_global = false;
  bool in_place_survives_os = false;  // a data-only flush is worth something
  bool range_sync_writes = false;
  bool view_flush_waits = false;
  bool view_flush_all_views = false;
  bool data_sync_has_size = false;
  bool data_only_has_metadata = false;
  bool data_sync_is_full = false;
  bool write_through_has_metadata = false;
  bool write_through_is_fua = false;
  bool unbuffered_write_through_is_fua = false;
  bool fsync_stops_at_device = false;

  // Orders.
  bool metadata_journal = false;
  bool data_journal = false;
  bool replace_brings_data = false;

  // What a crash may leave.
  bool rename_shows_both = false;
  bool rename_shows_neither = false;
  bool extends_in_parts = false;
  bool new_space_is_stale = false;
  bool set_size_is_stale = false;
  // A truncation writes zeros to the rest of its last page, in place.
  bool truncation_zeroes_page = false;

  // Refused with STATUS_NOT_SUPPORTED.
  bool refuses_data_sync = false;
};

// Every profile that simfs can be formatted as.
std::span<const ProfileRules> AllProfileRules();

// Null if there is none of that name.
const ProfileRules* FindProfileRules(std::string_view profile);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_PROFILE_RULES_H_
