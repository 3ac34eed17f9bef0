// The switches by name, and the profiles.
//
// Method: a profile is a function that sets switches; a switch that is not set
// is off. A profile that is close to another one starts from it and changes
// what differs, so that each function shows what is particular. Example:
// `ms-fsa` is `spec-strict` with flush_covers_names on.
//
// The comments say why a switch is on or off where the name of the profile does
// not. Source: docs/semantics.md 2.7, which has one row for each switch and one
// for each profile.

#include "model/table/profile.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "model/words/tokens.h"

namespace powercut {
namespace {

// In the order of declaration in Profile. `powercut model --profile P` prints
// the two texts, and `explain` turns every switch over to see whether it
// excuses a violation, those included that no profile has on.
constexpr std::array kSwitches = {
    ProfileSwitch{"fsync_covers_volume", &Profile::fsync_covers_volume, false,
                  "a flush of one file covers the whole volume",
                  "ntfs-3g, ntfs_device_sync; semantics.md 5.2"},
    ProfileSwitch{"fsync_directory_covers_names",
                  &Profile::fsync_directory_covers_names, false,
                  "a flush of a directory covers its names",
                  "fsync(2); MS-FSA 2.1.5.7 against FASTFAT (A-22)"},
    ProfileSwitch{"fsync_directory_covers_own_name",
                  &Profile::fsync_directory_covers_own_name, false,
                  "a flush of a directory covers the names that lead to it",
                  "xfstests generic/321, 341; measured on ext4, xfs, btrfs "
                  "(A-46)"},
    ProfileSwitch{"flush_covers_names", &Profile::flush_covers_names, false,
                  "a full flush of a file covers the names that lead to it",
                  "MS-FSA 2.1.5.7 against NtFlushBuffersFileEx (A-03); "
                  "measured on ext4, xfs, btrfs"},
    ProfileSwitch{"flush_covers_names_above",
                  &Profile::flush_covers_names_above, false,
                  "names that are covered include renames of directories above",
                  "MS-FSA 2.1.5.7; FASTFAT, flush.c; not so as measured on "
                  "ext4, xfs, btrfs (A-47)"},
    ProfileSwitch{"flush_covers_removed_names",
                  &Profile::flush_covers_removed_names, false,
                  "a full flush of a file covers the removal of its names",
                  "xfstests generic/039, 106, 107, 764; measured on ext4, xfs "
                  "(A-48)"},
    ProfileSwitch{
        "fdatasync_covers_made_name", &Profile::fdatasync_covers_made_name,
        false,
        "fdatasync of a file covers the name that it was made with, and so do "
        "msync and O_DSYNC",
        "Linux __ext4_new_inode, xfs_fsync_seq, btrfs_sync_file; "
        "measured on ext4, xfs, btrfs (A-49)"},
    ProfileSwitch{
        "flush_sees_views", &Profile::flush_sees_views, false,
        "a flush of a file covers what was stored through views",
        "FlushViewOfFile, Remarks (A-14); measured on ext4, xfs, btrfs"},
    ProfileSwitch{
        "flush_covers_device", &Profile::flush_covers_device, false,
        "a device flush covers all that is at the device",
        "NtFlushBuffersFileEx, value 0 (A-40); writeback_cache_control"},
    ProfileSwitch{
        "overwrite_in_place", &Profile::overwrite_in_place, false,
        "data that has its place is overwritten there",
        "measured: ext4 and xfs do, btrfs does not; crash_model.md 7"},
    ProfileSwitch{"range_sync_reaches_device",
                  &Profile::range_sync_reaches_device, false,
                  "sync_file_range reaches the device",
                  "sync_file_range(2), its warning; measured on ext4, xfs"},
    ProfileSwitch{"view_flush_reaches_device",
                  &Profile::view_flush_reaches_device, false,
                  "FlushViewOfFile returns with the pages at the device",
                  "FlushViewOfFile, summary against Remarks (A-15)"},
    ProfileSwitch{"view_flush_sees_other_views",
                  &Profile::view_flush_sees_other_views, false,
                  "FlushViewOfFile covers stores through other views",
                  "FlushViewOfFile, what a dirty page is (A-16)"},
    ProfileSwitch{"data_sync_covers_size", &Profile::data_sync_covers_size,
                  false, "FILE_DATA_SYNC_ONLY covers size and allocation",
                  "NtFlushBuffersFileEx against FltFlushBuffers2 (A-02)"},
    ProfileSwitch{"data_only_covers_metadata",
                  &Profile::data_only_covers_metadata, false,
                  "FILE_DATA_ONLY writes metadata too",
                  "FASTFAT, flush.c; semantics.md 1.1"},
    ProfileSwitch{"data_sync_is_full_flush", &Profile::data_sync_is_full_flush,
                  false, "FILE_DATA_SYNC_ONLY is a full flush",
                  "FASTFAT, flush.c (A-06)"},
    ProfileSwitch{"write_through_covers_metadata",
                  &Profile::write_through_covers_metadata, false,
                  "a write-through write covers size and times",
                  "CreateFile, Caching Behavior, of NTFS; semantics.md 1.3"},
    ProfileSwitch{"write_through_reaches_media",
                  &Profile::write_through_reaches_media, false,
                  "a write-through write reaches the media (FUA)",
                  "FASTFAT, deviosup.c; semantics.md 1.1"},
    ProfileSwitch{"unbuffered_write_through_reaches_media",
                  &Profile::unbuffered_write_through_reaches_media, false,
                  "with no_buffering it reaches the media",
                  "CreateFile: not all hardware honours it; semantics.md 1.3"},
    ProfileSwitch{
        "failed_flush_keeps_dirty", &Profile::failed_flush_keeps_dirty, false,
        "what a failed flush left is covered by the next",
        "POSIX fsync, RATIONALE; Linux vfs, errseq; semantics.md 2.6"},
    ProfileSwitch{"fsync_is_void", &Profile::fsync_is_void, true,
                  "fsync and fdatasync promise nothing",
                  "POSIX fsync without _POSIX_SYNCHRONIZED_IO"},
    ProfileSwitch{"fsync_stops_at_device", &Profile::fsync_stops_at_device,
                  true, "fsync and fdatasync stop at the device",
                  "macOS fsync(2); semantics.md 1.6 row 21"},
    ProfileSwitch{
        "metadata_ordered", &Profile::metadata_ordered, false,
        "names, and sizes that are set, survive in their order",
        "ext4 and xfs journals; NTFS log (inferred); semantics.md 2.4"},
    ProfileSwitch{
        "metadata_committed", &Profile::metadata_committed, false,
        "names survive in their order, but for what a sync may have logged",
        "btrfs transactions and tree-log.c; semantics.md 2.4, 6.9"},
    ProfileSwitch{"data_ordered", &Profile::data_ordered, false,
                  "data is journalled in the same order",
                  "Linux filesystems/ext4, data=journal"},
    ProfileSwitch{
        "replace_brings_data", &Profile::replace_brings_data, false,
        "a replacing rename brings the file's data",
        "Linux filesystems/ext4, data=journal; semantics.md 2.4, 6.6"},
    ProfileSwitch{"rename_leaves_both", &Profile::rename_leaves_both, true,
                  "after a rename both names may be there",
                  "rename(2), NOTES (A-39)"},
    ProfileSwitch{"rename_leaves_neither", &Profile::rename_leaves_neither,
                  true, "after a rename neither name may be there",
                  "POSIX rename speaks of processes only (A-39)"},
    ProfileSwitch{"rename_leaves_temporary", &Profile::rename_leaves_temporary,
                  true, "a replacing rename may leave another name",
                  "ntfs-3g renames through a temporary name; semantics.md 5.3"},
    ProfileSwitch{
        "left_name_shows_old", &Profile::left_name_shows_old, true,
        "a name that a file left may show the file that it led to before",
        "btrfs tree-log.c; semantics.md 2.4, 6.9"},
    ProfileSwitch{"partial_extend", &Profile::partial_extend, true,
                  "a part of an extending write may have extended",
                  "write(2) says nothing; measured on ext4, ntfs-3g"},
    ProfileSwitch{"stale_new_data", &Profile::stale_new_data, true,
                  "space given by a write shows anything until then",
                  "Linux filesystems/ext4, data=writeback; POSIX is silent"},
    ProfileSwitch{"stale_set_end_of_file", &Profile::stale_set_end_of_file,
                  true, "bytes added by SetEndOfFile may show anything",
                  "SetEndOfFile, Remarks (A-36)"},
    ProfileSwitch{"truncation_writes_zeros", &Profile::truncation_writes_zeros,
                  true,
                  "a truncation writes zeros in place before the new size",
                  "Linux ext4_block_truncate_page, iomap_truncate_page; "
                  "measured on ext4, xfs"},
    ProfileSwitch{"stale_data", &Profile::stale_data, true,
                  "bytes beyond the promised size may show anything",
                  "ntfs-3g allocates before it writes; semantics.md 5.3"},
};

// Each ambiguity is read as promising. flush_covers_names is off all the same,
// since the five documents say nothing of names, and flush_sees_views
// is, since FlushViewOfFile asks for a view flush first.
// range_sync_reaches_device says nothing about Windows: it lets this profile
// judge workloads of Linux, too.
Profile SpecStrict() {
  Profile p;
  p.name = "spec-strict";
  p.describes = "every documented promise, each ambiguity read as promising";
  p.source =
      "NtFlushBuffersFileEx and the other four source documents; semantics.md "
      "2.7, 3.1 strict";
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

// Each ambiguity is read as promising least. overwrite_in_place is on all the
// same: every NT document agrees on it, and FILE_DATA_ONLY would promise
// nothing without it.
Profile SpecPermissive() {
  Profile p;
  p.name = "spec-permissive";
  p.describes = "the same documents, each ambiguity read as promising least";
  p.source = "semantics.md 2.7, 3.1 permissive";
  p.overwrite_in_place = true;
  p.rename_leaves_both = true;
  p.partial_extend = true;
  p.stale_set_end_of_file = true;
  return p;
}

// MS-FSA flushes the directory structure with the file, where the pages of the
// routines are silent.
Profile MsFsa() {
  Profile p = SpecStrict();
  p.name = "ms-fsa";
  p.describes =
      "spec-strict, and a file flush persists the directory structure";
  p.source = "MS-FSA 2.1.5.7; semantics.md 2.7";
  p.flush_covers_names = true;
  p.flush_covers_names_above = true;
  return p;
}

// Where POSIX is silent about crashes (what a rename leaves, what new space
// shows), anything may be found.
Profile PosixMinimal() {
  Profile p;
  p.name = "posix-minimal";
  p.describes = "what POSIX says with synchronized I/O, and no more";
  p.source = "POSIX fsync, rename; semantics.md 2.7";
  p.fsync_directory_covers_names = true;
  p.rename_leaves_both = true;
  p.rename_leaves_neither = true;
  p.partial_extend = true;
  p.stale_new_data = true;
  p.stale_set_end_of_file = true;
  p.truncation_writes_zeros = true;
  return p;
}

// The pages do not say what a crash leaves of a rename or in new space. Nor do
// they say that a flush covers stores through views; this was measured on Linux
//
Profile LinuxMan() {
  Profile p;
  p.name = "linux-man";
  p.describes = "what the manual pages of Linux say";
  p.source =
      "man-pages: fsync(2), rename(2), sync_file_range(2); semantics.md 2.7";
  p.fsync_directory_covers_names = true;
  p.flush_sees_views = true;
  p.flush_covers_device = true;
  p.data_sync_covers_size = true;
  p.rename_leaves_both = true;
  p.partial_extend = true;
  p.stale_new_data = true;
  p.truncation_writes_zeros = true;
  return p;
}

// Where the profiles of ext4, xfs and btrfs start. All of it holds for ext4 and
// xfs; btrfs takes back what copying on write and its log do not give. On all
// three a flush of a file or directory was measured to bring its own name
// along, and a flush of a file the removal of its names, but not the rename of
// a directory above (docs/semantics.md 6.1, 6.5). fdatasync brings the name
// along that a file was made with, and no other one (6.7).
Profile LinuxJournal(std::string name) {
  Profile p;
  p.name = std::move(name);
  p.fsync_directory_covers_names = true;
  p.fsync_directory_covers_own_name = true;
  p.flush_covers_names = true;
  p.flush_covers_removed_names = true;
  p.fdatasync_covers_made_name = true;
  p.flush_sees_views = true;
  p.flush_covers_device = true;
  p.overwrite_in_place = true;
  p.range_sync_reaches_device = true;
  p.data_sync_covers_size = true;
  p.metadata_ordered = true;
  p.partial_extend = true;
  p.truncation_writes_zeros = true;
  return p;
}

// Data is written before the size or the extent that shows it, so that new
// space shows nothing stale. A rename over a name brings no data for certain:
// auto_da_alloc only begins to write it out, and the commit waits for none of
// it with dioread_nolock, the default since Linux 5.6 (docs/semantics.md 6.6).
Profile Ext4Ordered() {
  Profile p = LinuxJournal("ext4-ordered");
  p.describes = "ext4 as mounted by default";
  p.source =
      "Linux filesystems/ext4, data=ordered; measured (semantics.md 6.1, 6.6)";
  return p;
}

// Data has no order to metadata: new space may show stale data, and a replacing
// rename may come before its data.
Profile Ext4Writeback() {
  Profile p = LinuxJournal("ext4-writeback");
  p.describes = "ext4 with data=writeback";
  p.source = "Linux filesystems/ext4, data=writeback; semantics.md 2.7";
  p.stale_new_data = true;
  return p;
}

// Data goes through the journal as well, in the order of all effects, so that
// a rename over a name brings the data along.
Profile Ext4Journal() {
  Profile p = LinuxJournal("ext4-journal");
  p.describes = "ext4 with data=journal";
  p.source = "Linux filesystems/ext4, data=journal; semantics.md 2.7";
  p.data_ordered = true;
  p.replace_brings_data = true;
  // The zeros are in the journal, in one transaction with the new size.
  p.truncation_writes_zeros = false;
  return p;
}

// The log orders metadata alone: a rename over a name brings no data along.
Profile Xfs() {
  Profile p = LinuxJournal("xfs");
  p.describes = "xfs: metadata strictly ordered, no data by rename";
  p.source = "linux-fsdevel on SOMC; measured (semantics.md 6.1); 2.7";
  return p;
}

// btrfs copies on write. A commit keeps all metadata in its order, and the log
// of a sync takes what belongs to one file or directory
// (docs/semantics.md 6.9). Until Linux 3.16 a rename over a name wrote the data
// of the renamed file first; commit 8d875f95 dropped that, so that
// replace_brings_data is off.
Profile Btrfs() {
  Profile p = LinuxJournal("btrfs");
  p.describes = "btrfs: copies on write, flushes nothing for a clean file";
  p.source =
      "btrfs tree-log, commit 8d875f95; measured (semantics.md 6.1, 6.5, 6.9)";
  p.overwrite_in_place = false;
  p.range_sync_reaches_device = false;
  p.flush_covers_device = false;  // an fsync of a clean file flushes nothing
  // An fsync logs what it was asked for, and nothing that was done elsewhere
  // before (measured; litmus tests x73, x138). What is not logged waits for a
  // commit, and for what came before it (x137).
  p.metadata_ordered = false;
  p.metadata_committed = true;
  p.left_name_shows_old = true;
  // The second removal in one directory was measured to come back.
  p.flush_covers_removed_names = false;
  return p;
}

// f2fs starts from the manual pages, less the states that a rename and new
// space may leave there. Only its document was read; the profile was never run.
Profile F2fs() {
  Profile p = LinuxMan();
  p.name = "f2fs";
  p.describes = "f2fs with fsync_mode=posix";
  p.source = "Linux filesystems/f2fs, fsync_mode; semantics.md 2.7";
  p.rename_leaves_both = false;
  // A new file that takes the old name and is flushed leaves the moved file
  // without any name: xfstests generic/342 passes with fsync_mode=strict only.
  p.rename_leaves_neither = true;
  p.stale_new_data = false;
  return p;
}

// Names follow MS-FSA. The order of metadata is inferred from the single
// log of NTFS (docs/semantics.md 5.1).
Profile Ntfs() {
  Profile p = SpecStrict();
  p.name = "ntfs";
  p.describes = "NTFS: all flags, metadata logged in order";
  p.source =
      "NtFlushBuffersFileEx; MS-FSA 2.1.5.7; $LogFile (inferred); semantics.md "
      "2.7, 5.1";
  p.flush_covers_names = true;
  p.flush_covers_names_above = true;
  p.metadata_ordered = true;
  p.partial_extend = true;
  return p;
}

// The document lists ReFS for a flush without flags only.
Profile Refs() {
  Profile p = SpecPermissive();
  p.name = "refs";
  p.describes = "ReFS: only a flush without flags is documented";
  p.source = "NtFlushBuffersFileEx, supported file systems; semantics.md 2.7";
  p.flush_covers_names = true;
  p.flush_covers_names_above = true;
  p.flush_covers_device = true;
  p.overwrite_in_place = false;
  p.stale_set_end_of_file = false;
  return p;
}

// exFAT has no journal, so that a rename may leave neither name. A valid data
// length keeps what SetEndOfFile added from showing anything but zeros.
Profile Exfat() {
  Profile p = SpecPermissive();
  p.name = "exfat";
  p.describes = "exFAT: flags 0, 1 and 2, no journal";
  p.source = "NtFlushBuffersFileEx; exFAT specification 8.1; semantics.md 2.7";
  p.flush_covers_device = true;
  p.rename_leaves_neither = true;
  p.stale_set_end_of_file = false;
  return p;
}

// What the published driver does goes beyond the documents in many places: it
// writes the directories above a file with the file, and it marks writes as
// FUA.
Profile Fat() {
  Profile p = SpecPermissive();
  p.name = "fat";
  p.describes = "FAT as the published driver does it";
  p.source = "FASTFAT, flush.c and deviosup.c; semantics.md 1.1, 2.7";
  p.flush_covers_names = true;
  p.flush_covers_names_above = true;
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

// The library has no log and no order of its own. Its sync is an fsync of the
// whole device, which covers more than any document asks for.
Profile Ntfs3g() {
  Profile p;
  p.name = "ntfs-3g";
  p.describes = "libntfs-3g: any sync is the whole device, no order";
  p.source = "ntfs-3g source and measurements; semantics.md 2.7, 5.2, 5.3";
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

// fsync stops at the device; F_FULLFSYNC and F_BARRIERFSYNC are rows of their
// own.
Profile MacOs() {
  Profile p;
  p.name = "macos";
  p.describes = "macOS: fsync stops at the device";
  p.source = "macOS fsync(2), fcntl(2); semantics.md 1.6 rows 21 to 23";
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
  // Source: docs/semantics.md 2.7, one row each, in this order.
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

std::string UnknownProfile(std::string_view name) {
  const auto profiles = Profiles();
  std::vector<std::string_view> names;
  std::string list;
  for (const Profile& profile : profiles) {
    if (!names.empty()) {
      list += names.size() + 1 == profiles.size() ? " and " : ", ";
    }
    list += profile.name;
    names.push_back(profile.name);
  }
  std::string meant = DidYouMean(name, names);
  // The name may be the beginning of one, such as `ext4`, and the first in the
  // table is what a file system does unless it is told otherwise.
  for (const std::string_view whole : names) {
    if (!meant.empty()) break;
    if (whole.starts_with(std::string(name) + '-')) {
      meant = "; did you mean `" + std::string(whole) + "`?";
    }
  }
  return "no profile " + Quoted(name) + meant + "; there are " + list;
}

}  // namespace powercut
