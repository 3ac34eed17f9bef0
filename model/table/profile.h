// Profile: a named set of switches of the model. Each switch is one reading of
// one ambiguity of the sources, or one trait of a system. A profile is what one
// document or one system promises. docs/semantics.md 2.7 lists all switches and
// profiles with their sources.

#ifndef POWERCUT_MODEL_TABLE_PROFILE_H_
#define POWERCUT_MODEL_TABLE_PROFILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace powercut {

// A switch that is not set is off.
struct Profile {
  std::string name;
  // What the profile stands for, and the documents that it is taken from; one
  // line each.
  std::string_view describes;
  std::string_view source;

  // --- what a flush covers (on: promises more) ---------------------------

  // Each flush of a file or directory that flushes the device is a flush of the
  // volume. Logs and stores are not covered.
  // Source: ntfs-3g: fsync of any file syncs the whole device.
  bool fsync_covers_volume = false;

  // A flush of a directory covers the names in it.
  // Source: Linux fsync(2): a name needs an fsync of its directory; MS-FSA
  // 2.1.5.7 for NT.
  bool fsync_directory_covers_names = false;

  // A flush of a directory covers the names that lead to it, as a full flush of
  // a file does with flush_covers_names. If this is off, a new directory that
  // was flushed may be gone, and a renamed one may have its old name.
  // Source: xfstests generic/321, 341, 498; measured on ext4, xfs, btrfs.
  bool fsync_directory_covers_own_name = false;

  // A full flush of a file covers the names that lead to the file, and those of
  // the directories above. Full are NtFlushBuffersFile, flags 0,
  // FlushFileBuffers, fsync and F_FULLFSYNC; fdatasync and NO_SYNC are not, and
  // FILE_DATA_SYNC_ONLY is with data_sync_is_full_flush only.
  // Source: MS-FSA 2.1.5.7; measured on ext4, xfs, btrfs.
  bool flush_covers_names = false;

  // Where a flush covers the names that lead to a file or directory, the names
  // of the directories above are covered as they are at the call. If this is
  // off, each directory above is covered under the name that it was made with,
  // so that a rename of it that was not flushed may be undone.
  // Source: MS-FSA 2.1.5.7, FASTFAT flush.c; measured on ext4, xfs, btrfs,
  // which leave a renamed directory under its old name.
  bool flush_covers_names_above = false;

  // A full flush of a file, as in flush_covers_names, covers the removal of
  // names that led to the file (unlink), which changes its count of links.
  // Source: xfstests generic/039, 106, 107, 764, 771; measured on ext4 and xfs.
  // btrfs carries the first removal in a directory only.
  bool flush_covers_removed_names = false;

  // fdatasync of a file covers the name that the file was made with, and the
  // names that the directories above were made with. So do msync and writes
  // with O_DSYNC. The name may be changed by a later op that was not flushed: a
  // rename of the file may be found or not. Names that the file got later are
  // not covered.
  // Source: Linux __ext4_new_inode, xfs_fsync_seq, btrfs_sync_file (A-49,
  // A-51); measured on ext4, xfs, btrfs.
  bool fdatasync_covers_made_name = false;

  // A flush of a file, a range or the volume also covers what was stored
  // through mapped views and never flushed from them.
  // Source: measured on ext4, xfs, btrfs; FlushViewOfFile's page asks
  // for a view flush first.
  bool flush_sees_views = false;

  // The device flush at the end of a flush covers all that is at the device,
  // whichever file it belongs to. If this is off, only what the op itself
  // covers goes to the media. Flushes of the volume and of the raw device cover
  // all in every profile.
  // Source: NtFlushBuffersFileEx: "the underlying storage is synchronized"
  // Linux block/writeback_cache_control.
  bool flush_covers_device = false;

  // Data that has its place is overwritten there, so that writing it out
  // survives a crash of the system. If this is off, rows that carry placed data
  // only carry nothing beyond the host.
  // Source: R-FDONLY, docs/semantics.md 2.3; measured on btrfs, which copies
  // (6.1).
  bool overwrite_in_place = false;

  // sync_file_range with all three flags carries placed data of its range to
  // the device.
  // Source: sync_file_range(2) warns that the call promises nothing; measured
  // on ext4 and xfs.
  bool range_sync_reaches_device = false;

  // FlushViewOfFile returns when the pages are at the device. If this is off,
  // the call only begins to write them, which survives the process and no more.
  // Source: FlushViewOfFile: "Writes to the disk" against "initiates writing"
  //
  bool view_flush_reaches_device = false;

  // FlushViewOfFile covers pages stored to through other views of the file.
  // Source: FlushViewOfFile, dirty pages "since the file view was mapped"
  //
  bool view_flush_sees_other_views = false;

  // FILE_DATA_SYNC_ONLY covers size, allocation and valid data length. If this
  // is off, the flag covers placed data only.
  // Source: NtFlushBuffersFileEx against FltFlushBuffers2.
  bool data_sync_covers_size = false;

  // FILE_DATA_ONLY writes metadata, too: it carries what NO_SYNC does.
  // Source: FASTFAT, flush.c.
  bool data_only_covers_metadata = false;

  // FILE_DATA_SYNC_ONLY is a full flush, the same as flags 0.
  // Source: FASTFAT, flush.c.
  bool data_sync_is_full_flush = false;

  // A write through a write-through handle carries its size and times along
  // with its data, which then needs no place of its own.
  // Source: CreateFile, FILE_FLAG_WRITE_THROUGH on NTFS.
  bool write_through_covers_metadata = false;

  // What a write through a write-through handle carries to the device goes on
  // to the media (FUA).
  // Source: FASTFAT, deviosup.c; CreateFile promises it only together with
  // FILE_FLAG_NO_BUFFERING.
  bool write_through_reaches_media = false;

  // The device honours the write-through that FILE_FLAG_WRITE_THROUGH asks for
  // together with FILE_FLAG_NO_BUFFERING: what such a write carries to the
  // device goes on to the media.
  // Source: CreateFile: "not all hard disk hardware supports" it.
  bool unbuffered_write_through_reaches_media = false;

  // After a flush that failed, a later one that succeeds covers what the first
  // one failed to write: the system keeps the pages dirty.
  // Source: ERR-UNKNOWN, docs/semantics.md 2.6 (POSIX fsync).
  bool failed_flush_keeps_dirty = false;

  // --- what a flush does not do (on: admits more) ------------------------

  // fsync and fdatasync promise nothing at all.
  // Source: POSIX without _POSIX_SYNCHRONIZED_IO.
  bool fsync_is_void = false;

  // fsync and fdatasync reach the device, not the media.
  // Source: macOS fsync(2).
  bool fsync_stops_at_device = false;

  // --- order (on: admits less) -------------------------------------------

  // Changes of names, sizes that an op sets, and times that an op sets survive
  // in the order of their issue (one journal). Sizes and times that a write
  // changes are not part of this order: they follow when the data is written
  // out.
  // Source: ext4, xfs, NTFS journals; Linux Documentation/filesystems/ext4
  // (delayed allocation).
  bool metadata_ordered = false;

  // The same order holds for what is found by a commit. What the log of a sync
  // may hold can be found without what came before it, and a size that an op
  // set may be found later than what came after it.
  // Source: btrfs transactions and tree-log.c (docs/semantics.md 2.4, 6.9).
  bool metadata_committed = false;

  // Every effect survives in the order of its issue, writes included.
  // Source: ext4 data=journal.
  bool data_ordered = false;

  // A rename over an existing name implies the shape and the newest data of the
  // renamed file.
  // Source: ext4 data=journal. auto_da_alloc of data=ordered only begins to
  // write the data out (measured, docs/semantics.md 6.6). btrfs brought it
  // until Linux 3.16 and no longer does (commit 8d875f95; measured).
  bool replace_brings_data = false;

  // --- what a crash may leave (on: admits more) --------------------------

  // After a rename that was not flushed both names may be there.
  // Source: rename(2): there is a window in which both names refer to the file;
  // the page does not say what a crash leaves.
  bool rename_leaves_both = false;

  // After a rename that was not flushed neither name may be there.
  // Source: POSIX rename speaks of processes, not of crashes.
  bool rename_leaves_neither = false;

  // Beside the target of an unflushed replacing rename, another name of one of
  // the two files may be left.
  // Source: ntfs-3g renames over a file through a temporary name.
  bool rename_leaves_temporary = false;

  // Where the log of a sync may hold that a file left a name for another one,
  // the name may show the file that it led to before. Says nothing without
  // metadata_committed.
  // Source: btrfs tree-log.c; measured (docs/semantics.md 2.4, 6.9).
  bool left_name_shows_old = false;

  // A write that extends a file and was not flushed may have extended it in
  // part: to sizes in between, at multiples of an atom.
  // Source: write(2) says nothing of crashes; measured on ext4 and ntfs-3g.
  bool partial_extend = false;

  // Where a write gave a file new space, the space may show anything until the
  // write's data is there.
  // Source: ext4 data=writeback; POSIX says nothing.
  bool stale_new_data = false;

  // Bytes that SetEndOfFile added, or a map beyond the end of the file, may
  // show anything until they are written.
  // Source: SetEndOfFile: "not defined" (A-36, permissive).
  bool stale_set_end_of_file = false;

  // A truncation zeroes, in place, what follows the new end in the page of that
  // end, with no order between these zeros and the new size: the zeroed page
  // may be found under the old size. If this is off, the old size comes with
  // all that the truncation cuts off.
  // Source: Linux ext4_block_truncate_page, iomap_truncate_page; measured on
  // ext4 and xfs.
  bool truncation_writes_zeros = false;

  // Bytes beyond the promised size that this file never wrote may hold
  // anything until they are written and flushed.
  // Source: ntfs-3g allocates before it writes, with no order between the two.
  bool stale_data = false;

  bool operator==(const Profile&) const = default;
};

// A switch by name. Turning a switch on either admits more or promises more;
// `widens` says which.
struct ProfileSwitch {
  std::string_view name;
  bool Profile::* member;
  // Whether the switch, when on, admits more states; if not, it promises more.
  bool widens;
  // What the switch means when on, and the document that leaves it open; one
  // line each.
  std::string_view means;
  std::string_view source;
};

// Returns all switches, in the order of their declaration in Profile.
std::span<const ProfileSwitch> ProfileSwitches();

// Returns all profiles, in the order of docs/semantics.md 2.7. Safe to call
// from any thread.
std::span<const Profile> Profiles();

// Returns the profile of that name, or `nullptr` if there is none. The pointer
// is valid for the life of the process.
const Profile* FindProfile(std::string_view name);

// Returns the message for a name that no profile has: the nearest profile by
// spelling, if one is near, and all that there are.
std::string UnknownProfile(std::string_view name);

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PROFILE_H_
