// Profile: a named set of model switches. Each switch is one reading of one
// ambiguity of the sources; a profile is what one document or one system
// promises. `model/README.md` lists the switches with their sources.

#ifndef POWERCUT_MODEL_TABLE_PROFILE_H_
#define POWERCUT_MODEL_TABLE_PROFILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace powercut {

struct Profile {
  std::string name;
  // What it stands for, and the documents it is taken from; one line each.
  std::string_view describes;
  std::string_view source;

  // --- what a flush covers (on: promises more) ---------------------------

  // A flush of one file or directory covers everything on the volume, as
  // syncfs does.
  // Source: ntfs-3g: fsync of any file syncs the whole device.
  bool fsync_covers_volume = false;

  // A flush of a directory covers the names in it.
  // Source: Linux fsync(2): a directory needs an fsync of its own; MS-FSA
  // 2.1.5.7 for NT.
  bool fsync_directory_covers_names = false;

  // A full flush of a file (flags 0, FlushFileBuffers, fsync, fdatasync and
  // data-sync-only excepted) covers the names that lead to it, and those of
  // the directories above it.
  // Source: MS-FSA 2.1.5.7; measured on ext4, xfs, btrfs.
  bool flush_covers_names = false;

  // A flush of a file also covers what was stored through mapped views and
  // never flushed from them.
  // Source: measured on ext4, xfs, btrfs; FlushViewOfFile's page asks
  // for a view flush first.
  bool flush_sees_views = false;

  // The device flush at the end of a flush covers all that is at the device,
  // whichever file it belongs to; off: only what the op itself covers.
  // Source: NtFlushBuffersFileEx: "the underlying storage is synchronized"
  // Linux block/writeback_cache_control.
  bool flush_covers_device = false;

  // Writing out data that already has its place survives an OS crash: the data
  // is overwritten in place. Off: data-only flushes promise nothing.
  // Source: design.md section 3; measured on btrfs.
  bool overwrite_in_place = false;

  // sync_file_range with all three flags reaches the device.
  // Source: sync_file_range(2) warns that it promises nothing; measured on
  // ext4 and xfs.
  bool range_sync_reaches_device = false;

  // FlushViewOfFile returns when the pages are at the device; off: it only
  // begins to write them, which survives the process and no more.
  // Source: FlushViewOfFile: "Writes to the disk" against "initiates writing"
  //
  bool view_flush_reaches_device = false;

  // FlushViewOfFile covers pages stored to through other views of the file.
  // Source: FlushViewOfFile, dirty pages "since the file view was mapped"
  //
  bool view_flush_sees_other_views = false;

  // FILE_DATA_SYNC_ONLY covers size, allocation and valid data length.
  // Source: NtFlushBuffersFileEx against FltFlushBuffers2.
  bool data_sync_covers_size = false;

  // FILE_DATA_ONLY writes metadata too, as NO_SYNC does.
  // Source: FASTFAT, flush.c.
  bool data_only_covers_metadata = false;

  // FILE_DATA_SYNC_ONLY is a full flush.
  // Source: FASTFAT, flush.c.
  bool data_sync_is_full_flush = false;

  // A write through a write-through handle covers size and times too, as far
  // as it covers data.
  // Source: CreateFile, FILE_FLAG_WRITE_THROUGH on NTFS.
  bool write_through_covers_metadata = false;

  // A write through a write-through handle reaches the media (FUA).
  // Source: FASTFAT, deviosup.c; CreateFile promises it only together with
  // FILE_FLAG_NO_BUFFERING.
  bool write_through_reaches_media = false;

  // The device honours the write-through that FILE_FLAG_NO_BUFFERING with
  // FILE_FLAG_WRITE_THROUGH asks for.
  // Source: CreateFile: "not all hard disk hardware supports" it.
  bool unbuffered_write_through_reaches_media = false;

  // After a flush that failed, a later one that succeeds covers what the first
  // one did not get out: the system keeps the pages dirty.
  // Source: ERR-UNKNOWN, research/semantics.md 2.6 (POSIX fsync; "fsyncgate").
  bool failed_flush_keeps_dirty = false;

  // --- what a flush does not do (on: admits more) ------------------------

  // fsync and fdatasync promise nothing at all.
  // Source: POSIX without _POSIX_SYNCHRONIZED_IO.
  bool fsync_is_void = false;

  // fsync and fdatasync reach the device, not the media.
  // Source: macOS fsync(2).
  bool fsync_stops_at_device = false;

  // --- order (on: admits less) -------------------------------------------

  // Operations on names and sizes, and times that are set, reach the disk in
  // the order of their issue (one journal). Sizes and times that a write
  // changes by the way are apart: they follow when the data is written out.
  // Source: ext4, xfs, NTFS journals; Linux Documentation/filesystems/ext4
  // (delayed allocation).
  bool metadata_ordered = false;

  // All data is journalled in the same order.
  // Source: ext4 data=journal.
  bool data_ordered = false;

  // A rename over an existing name brings the renamed file's data and size.
  // Source: ext4 auto_da_alloc; btrfs.
  bool replace_brings_data = false;

  // --- what a crash may leave (on: admits more) --------------------------

  // After a rename that was not flushed both names may be there.
  // Source: rename(2): there is a window in which both refer to the file; what
  // a crash leaves is not said.
  bool rename_leaves_both = false;

  // After a rename that was not flushed neither name may be there.
  // Source: POSIX rename speaks of processes, not of crashes.
  bool rename_leaves_neither = false;

  // Beside the target of an unflushed replacing rename, another name of one of
  // the two files may be left.
  // Source: ntfs-3g renames over a file through a temporary name.
  bool rename_leaves_temporary = false;

  // Of an unflushed write that extends a file, a part may have extended it:
  // sizes in between, at multiples of an atom.
  // Source: write(2) says nothing of crashes; measured on ext4 and ntfs-3g.
  bool partial_extend = false;

  // Where a write gave a file new space, the space may show anything until the
  // write's data is there.
  // Source: ext4 data=writeback; POSIX says nothing.
  bool stale_new_data = false;

  // Bytes that SetEndOfFile added, or that mapping a file longer added, may
  // show anything until they are written.
  // Source: SetEndOfFile: "not defined" (A-36, permissive).
  bool stale_set_end_of_file = false;

  // A truncation zeroes, in place, the rest of the page in which the new end
  // lies: such a zeroed page may be found under the old size. Off: what a
  // truncation cuts off is there with the old size, whole.
  // Source: Linux ext4_block_truncate_page, iomap_truncate_page; measured on
  // ext4 and xfs.
  bool truncation_writes_zeros = false;

  // Bytes beyond the promised size that this file never wrote may hold
  // anything until they are written and flushed.
  // Source: ntfs-3g allocates before it writes, with no order between.
  bool stale_data = false;

  bool operator==(const Profile&) const = default;
};

// A switch by name. Turning a switch on always admits more or promises more,
// as `widens` says.
struct ProfileSwitch {
  std::string_view name;
  bool Profile::* member;
  // True: on admits more states. False: on promises more.
  bool widens;
  // What on means, and the document that leaves it open; one line each.
  std::string_view means;
  std::string_view source;
};

// In order of declaration.
std::span<const ProfileSwitch> ProfileSwitches();

// All profiles, in a fixed order.
std::span<const Profile> Profiles();

// Null if there is none of that name.
const Profile* FindProfile(std::string_view name);

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PROFILE_H_
