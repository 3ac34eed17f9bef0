/* SPDX-License-Identifier: GPL-2.0-or-later */

#define _GNU_SOURCE

/* The library's headers test these instead of including what they need. */
#define HAVE_STDIO_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define HAVE_ERRNO_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDARG_H 1
#define HAVE_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_SYS_STAT_H 1

#include "backends/ntfs_3g/ntfs_volume.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* In the library's order: its headers do not include what they use. */
// clang-format off
#include <ntfs-3g/volume.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/unistr.h>
// clang-format on

enum { kPageBytes = 4096 };

/* A name collected from a directory; its text is in NtfsVolume.name_units. */
struct Name {
  size_t first_unit;
  int unit_count;
};

struct NtfsVolume {
  struct NtfsDisk disk;
  ntfs_volume* volume;
  s64 position;  /* of the device, for seek, read and write */
  int abandoned; /* nothing reaches the disk any more */
  unsigned rename_count;

  /* The directory being listed; kept for the next one. */
  struct Name* names;
  size_t name_count;
  size_t name_capacity;
  size_t max_names;
  int collect_error; /* why collecting stopped early, or 0 */
  ntfschar* name_units;
  size_t unit_count;
  size_t unit_capacity;
};

/* The library sets errno on failure, but not on every path. */
static int LastError(void) { return errno != 0 ? errno : EIO; }

/* ---- The device that the library sees ---- */

static struct NtfsVolume* VolumeOf(struct ntfs_device* device) {
  return device->d_private;
}

static int DeviceOpen(struct ntfs_device* device, int flags) {
  if (NDevOpen(device)) {
    errno = EBUSY;
    return -1;
  }
  if ((flags & O_ACCMODE) == O_RDONLY) NDevSetReadOnly(device);
  NDevSetOpen(device);
  return 0;
}

static int DeviceSync(struct ntfs_device* device) {
  struct NtfsVolume* volume = VolumeOf(device);
  if (NDevReadOnly(device)) return 0;
  if (!volume->abandoned) {
    const int error = volume->disk.sync(volume->disk.context);
    if (error != 0) {
      errno = error;
      return -1;
    }
  }
  NDevClearDirty(device);
  return 0;
}

static int DeviceClose(struct ntfs_device* device) {
  if (!NDevOpen(device)) {
    errno = EBADF;
    return -1;
  }
  const int result = NDevDirty(device) ? DeviceSync(device) : 0;
  NDevClearOpen(device);
  return result;
}

/* The end of the disk is the end of a file for reads, and a full disk for
 * writes, as with a block device. */
static s64 DevicePread(struct ntfs_device* device, void* out, s64 count,
                       s64 offset) {
  struct NtfsVolume* volume = VolumeOf(device);
  if (offset < 0 || count < 0) {
    errno = EINVAL;
    return -1;
  }
  const s64 size = (s64)volume->disk.size_bytes;
  if (offset >= size || count == 0) return 0;
  if (count > size - offset) count = size - offset;
  const int error = volume->disk.read(volume->disk.context, (uint64_t)offset,
                                      out, (size_t)count);
  if (error != 0) {
    errno = error;
    return -1;
  }
  return count;
}

static s64 DevicePwrite(struct ntfs_device* device, const void* data, s64 count,
                        s64 offset) {
  struct NtfsVolume* volume = VolumeOf(device);
  if (offset < 0 || count < 0) {
    errno = EINVAL;
    return -1;
  }
  if (NDevReadOnly(device)) {
    errno = EROFS;
    return -1;
  }
  if (count == 0 || volume->abandoned) return count;
  const s64 size = (s64)volume->disk.size_bytes;
  if (offset >= size) {
    errno = ENOSPC;
    return -1;
  }
  if (count > size - offset) count = size - offset;
  NDevSetDirty(device);
  const int error = volume->disk.write(volume->disk.context, (uint64_t)offset,
                                       data, (size_t)count);
  if (error != 0) {
    errno = error;
    return -1;
  }
  return count;
}

static s64 DeviceSeek(struct ntfs_device* device, s64 offset, int whence) {
  struct NtfsVolume* volume = VolumeOf(device);
  s64 position = offset;
  if (whence == SEEK_CUR) position += volume->position;
  if (whence == SEEK_END) position += (s64)volume->disk.size_bytes;
  if (position < 0) {
    errno = EINVAL;
    return -1;
  }
  volume->position = position;
  return position;
}

static s64 DeviceRead(struct ntfs_device* device, void* out, s64 count) {
  struct NtfsVolume* volume = VolumeOf(device);
  const s64 done = DevicePread(device, out, count, volume->position);
  if (done > 0) volume->position += done;
  return done;
}

static s64 DeviceWrite(struct ntfs_device* device, const void* data,
                       s64 count) {
  struct NtfsVolume* volume = VolumeOf(device);
  const s64 done = DevicePwrite(device, data, count, volume->position);
  if (done > 0) volume->position += done;
  return done;
}

static int DeviceStat(struct ntfs_device* device, struct stat* out) {
  memset(out, 0, sizeof(*out));
  out->st_mode = S_IFREG | 0600;
  out->st_size = (off_t)VolumeOf(device)->disk.size_bytes;
  return 0;
}

static int DeviceIoctl(struct ntfs_device* device, unsigned long request,
                       void* argument) {
  (void)device;
  (void)request;
  (void)argument;
  errno = EOPNOTSUPP;
  return -1;
}

static struct ntfs_device_operations device_operations = {
    .open = DeviceOpen,
    .close = DeviceClose,
    .seek = DeviceSeek,
    .read = DeviceRead,
    .write = DeviceWrite,
    .pread = DevicePread,
    .pwrite = DevicePwrite,
    .sync = DeviceSync,
    .stat = DeviceStat,
    .ioctl = DeviceIoctl,
};

/* ---- Mounting ---- */

/* Each mount computes the default table of upper-case letters, a constant of
 * 128 KiB, which was half the time of a mount. The linker sends the library's
 * call here (--wrap, CMakeLists.txt), to have the table computed once. */
u32 __real_ntfs_upcase_build_default(ntfschar** table);
u32 __wrap_ntfs_upcase_build_default(ntfschar** table);

static ntfschar* default_upcase;
static u32 default_upcase_length;

static void ComputeDefaultUpcase(void) {
  default_upcase_length = __real_ntfs_upcase_build_default(&default_upcase);
}

u32 __wrap_ntfs_upcase_build_default(ntfschar** table) {
  static pthread_once_t computed = PTHREAD_ONCE_INIT;
  pthread_once(&computed, ComputeDefaultUpcase);
  const size_t size = (size_t)default_upcase_length * sizeof(ntfschar);
  *table = malloc(size);
  if (*table == NULL) return 0;
  memcpy(*table, default_upcase, size);
  return default_upcase_length;
}

static void FreeVolume(struct NtfsVolume* volume) {
  free(volume->names);
  free(volume->name_units);
  free(volume);
}

/* What the driver does with a mounted volume before it serves requests. */
static int PrepareVolume(ntfs_volume* volume) {
  NVolClearCompression(volume);
  if (ntfs_set_shown_files(volume, FALSE, TRUE, FALSE)) return LastError();
  if (ntfs_volume_get_free_space(volume)) return LastError();
  return 0;
}

static void SilenceLibrary(void) {
  ntfs_log_set_handler(ntfs_log_handler_null);
}

int NtfsMount(const struct NtfsDisk* disk, struct NtfsVolume** out) {
  static pthread_once_t silenced = PTHREAD_ONCE_INIT;
  pthread_once(&silenced, SilenceLibrary);
  struct NtfsVolume* volume = calloc(1, sizeof(*volume));
  if (volume == NULL) return ENOMEM;
  volume->disk = *disk;
  struct ntfs_device* device =
      ntfs_device_alloc("disk", 0, &device_operations, volume);
  if (device == NULL) {
    FreeVolume(volume);
    return ENOMEM;
  }
  errno = 0;
  volume->volume = ntfs_device_mount(
      device, NTFS_MNT_EXCLUSIVE | NTFS_MNT_MAY_RDONLY | NTFS_MNT_RECOVER);
  if (volume->volume == NULL) {
    const int error = LastError();
    if (NDevOpen(device)) DeviceClose(device);
    ntfs_device_free(device);
    FreeVolume(volume);
    return error;
  }
  errno = 0;
  const int error = PrepareVolume(volume->volume);
  if (error != 0) {
    NtfsAbandon(volume);
    return error;
  }
  *out = volume;
  return 0;
}

int NtfsUnmount(struct NtfsVolume* volume) {
  errno = 0;
  const int error = ntfs_umount(volume->volume, FALSE) ? LastError() : 0;
  FreeVolume(volume);
  return error;
}

void NtfsAbandon(struct NtfsVolume* volume) {
  volume->abandoned = 1;
  ntfs_umount(volume->volume, TRUE);
  FreeVolume(volume);
}

/* ---- Paths ---- */

static ntfs_inode* OpenPath(struct NtfsVolume* volume, const char* path) {
  errno = 0;
  return ntfs_pathname_to_inode(volume->volume, NULL, path);
}

/* Closes, which writes the inode if it changed. */
static int CloseInode(ntfs_inode* inode, int error) {
  errno = 0;
  if (inode != NULL && ntfs_inode_close(inode) && error == 0) {
    return LastError();
  }
  return error;
}

int NtfsLookUp(struct NtfsVolume* volume, const char* path, uint64_t* file_id) {
  ntfs_inode* inode = OpenPath(volume, path);
  if (inode == NULL) return LastError();
  *file_id = inode->mft_no;
  return CloseInode(inode, 0);
}

static int IsDirectory(const ntfs_inode* inode) {
  return (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
}

/* What the kernel knows of a path after it has looked it up. */
struct Found {
  int exists;
  int is_directory;
  uint64_t file_id;
};

/* True if a name on the way to the last one is a file. The library says
 * ENOENT then, the kernel ENOTDIR. */
static int HasFileOnTheWay(struct NtfsVolume* volume, const char* path) {
  char* prefix = strdup(path);
  int result = 0;
  for (char* slash = prefix ? strchr(prefix + 1, '/') : NULL;
       slash != NULL && !result; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    ntfs_inode* inode = OpenPath(volume, prefix);
    result = inode != NULL && !IsDirectory(inode);
    CloseInode(inode, 0);
    *slash = '/';
  }
  free(prefix);
  return result;
}

/* Returns 0 also for a name that is missing from an existing directory, and
 * for one whose directory is missing: the driver finds that out itself. */
static int Lookup(struct NtfsVolume* volume, const char* path,
                  struct Found* found) {
  memset(found, 0, sizeof(*found));
  ntfs_inode* inode = OpenPath(volume, path);
  if (inode == NULL) {
    const int error = LastError();
    if (error != ENOENT) return error;
    return HasFileOnTheWay(volume, path) ? ENOTDIR : 0;
  }
  found->exists = 1;
  found->is_directory = IsDirectory(inode);
  found->file_id = inode->mft_no;
  return CloseInode(inode, 0);
}

/* The directory and the name that a path consists of. */
struct Place {
  char* directory;
  ntfschar* name;
  int name_length;
};

static int SplitPath(const char* path, struct Place* place) {
  memset(place, 0, sizeof(*place));
  const char* slash = strrchr(path, '/');
  place->directory = strndup(path, (size_t)(slash - path));
  if (place->directory == NULL) return ENOMEM;
  errno = 0;
  place->name_length = ntfs_mbstoucs(slash + 1, &place->name);
  if (place->name_length < 0) return LastError();
  return place->name_length > NTFS_MAX_NAME_LEN ? ENAMETOOLONG : 0;
}

static void FreePlace(struct Place* place) {
  free(place->directory);
  free(place->name);
}

/* ---- Steps of the driver ---- */

static void MarkArchive(ntfs_inode* inode) {
  inode->flags |= FILE_ATTR_ARCHIVE;
}

static int CreateIn(ntfs_inode* directory, const struct Place* place,
                    mode_t type) {
  if (directory->mft_no == FILE_Extend) return EPERM;
  errno = 0;
  ntfs_inode* inode = ntfs_create(directory, const_cpu_to_le32(0), place->name,
                                  (u8)place->name_length, type);
  if (inode == NULL) return LastError();
  MarkArchive(inode);
  NInoSetDirty(inode);
  errno = 0;
  const int error = ntfs_inode_close_in_dir(inode, directory) ? LastError() : 0;
  ntfs_inode_update_times(directory, NTFS_UPDATE_MCTIME);
  return error;
}

static int CreateStep(struct NtfsVolume* volume, const char* path,
                      mode_t type) {
  struct Place place;
  int error = SplitPath(path, &place);
  if (error == 0) {
    ntfs_inode* directory = OpenPath(volume, place.directory);
    error = directory == NULL
                ? LastError()
                : CloseInode(directory, CreateIn(directory, &place, type));
  }
  FreePlace(&place);
  return error;
}

static int LinkStep(struct NtfsVolume* volume, const char* old_path,
                    const char* new_path) {
  ntfs_inode* inode = OpenPath(volume, old_path);
  if (inode == NULL) return LastError();
  struct Place place;
  int error = SplitPath(new_path, &place);
  ntfs_inode* directory = NULL;
  if (error == 0) {
    directory = OpenPath(volume, place.directory);
    if (directory == NULL) error = LastError();
  }
  if (error == 0) {
    errno = 0;
    if (ntfs_link(inode, directory, place.name, (u8)place.name_length)) {
      error = LastError();
    } else {
      MarkArchive(inode);
      ntfs_inode_update_times(inode, NTFS_UPDATE_CTIME);
      ntfs_inode_update_times(directory, NTFS_UPDATE_MCTIME);
    }
  }
  /* The directory first: closing the file looks its name up in the index. */
  error = CloseInode(directory, error);
  error = CloseInode(inode, error);
  FreePlace(&place);
  return error;
}

static int RemoveStep(struct NtfsVolume* volume, const char* path) {
  ntfs_inode* inode = OpenPath(volume, path);
  if (inode == NULL) return LastError();
  if (inode->mft_no < FILE_first_user) return CloseInode(inode, EPERM);
  struct Place place;
  int error = SplitPath(path, &place);
  ntfs_inode* directory = NULL;
  if (error == 0) {
    directory = OpenPath(volume, place.directory);
    if (directory == NULL) {
      error = LastError();
    } else if (directory->mft_no == FILE_Extend) {
      error = EPERM;
    }
  }
  if (error == 0) {
    errno = 0;
    /* Closes both inodes, whatever it returns. */
    if (ntfs_delete(volume->volume, path, inode, directory, place.name,
                    (u8)place.name_length)) {
      error = LastError();
    }
    inode = NULL;
    directory = NULL;
  }
  error = CloseInode(directory, error);
  error = CloseInode(inode, error);
  FreePlace(&place);
  return error;
}

/* The driver parks the file that is replaced under a temporary name. Nothing
 * of this is atomic. */
static int ReplaceStep(struct NtfsVolume* volume, const char* old_path,
                       const char* new_path, const char* parked_path) {
  int error = LinkStep(volume, new_path, parked_path);
  if (error != 0) return error;
  error = RemoveStep(volume, new_path);
  if (error == 0) {
    error = LinkStep(volume, old_path, new_path);
    int restore = error != 0;
    if (!restore) {
      error = RemoveStep(volume, old_path);
      restore = error != 0;
      if (restore && RemoveStep(volume, new_path) != 0) return error;
    }
    if (restore && LinkStep(volume, parked_path, new_path) != 0) return error;
  }
  RemoveStep(volume, parked_path);
  return error;
}

static int WriteStep(struct NtfsVolume* volume, const char* path, s64 offset,
                     const char* data, s64 size) {
  ntfs_inode* inode = OpenPath(volume, path);
  if (inode == NULL) return LastError();
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    return CloseInode(inode, EOPNOTSUPP);
  }
  errno = 0;
  ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
  if (attribute == NULL) return CloseInode(inode, LastError());
  int error = 0;
  while (size > 0 && error == 0) {
    errno = 0;
    const s64 written = ntfs_attr_pwrite(attribute, offset, size, data);
    if (written <= 0) {
      error = LastError();
    } else {
      offset += written;
      data += written;
      size -= written;
    }
  }
  if (error == 0) ntfs_inode_update_times(inode, NTFS_UPDATE_MCTIME);
  ntfs_attr_close(attribute);
  if (error == 0) MarkArchive(inode);
  return CloseInode(inode, error);
}

/* What the driver does when a file is opened. */
static int OpenStep(struct NtfsVolume* volume, const char* path, int writable) {
  ntfs_inode* inode = OpenPath(volume, path);
  if (inode == NULL) return LastError();
  int error = 0;
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    error = EOPNOTSUPP;
  } else if (!IsDirectory(inode)) {
    errno = 0;
    ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    if (attribute == NULL) {
      error = LastError();
    } else {
      ntfs_attr_close(attribute);
    }
  }
  if (error == 0 && writable && inode->mft_no < FILE_first_user) error = EPERM;
  return CloseInode(inode, error);
}

/* ---- System calls: the kernel's checks, then the driver's steps ---- */

static int ReadOnlyError(const struct NtfsVolume* volume) {
  return NVolReadOnly(volume->volume) ? EROFS : 0;
}

static int CreateName(struct NtfsVolume* volume, const char* path,
                      mode_t type) {
  struct Found found;
  int error = Lookup(volume, path, &found);
  if (error == 0 && found.exists) error = EEXIST;
  if (error == 0) error = ReadOnlyError(volume);
  return error != 0 ? error : CreateStep(volume, path, type);
}

int NtfsCreate(struct NtfsVolume* volume, const char* path) {
  return CreateName(volume, path, S_IFREG);
}

int NtfsMakeDirectory(struct NtfsVolume* volume, const char* path) {
  return CreateName(volume, path, S_IFDIR);
}

/* The checks before a file's content may change. */
static int CheckWritableFile(struct NtfsVolume* volume, const char* path) {
  struct Found found;
  const int error = Lookup(volume, path, &found);
  if (error != 0) return error;
  if (!found.exists) return ENOENT;
  if (found.is_directory) return EISDIR;
  return ReadOnlyError(volume);
}

int NtfsWrite(struct NtfsVolume* volume, const char* path,
              uint64_t offset_bytes, const void* data, size_t size) {
  int error = CheckWritableFile(volume, path);
  if (error == 0) error = OpenStep(volume, path, 1);
  const char* next = data;
  while (size > 0 && error == 0) {
    size_t request = kPageBytes - offset_bytes % kPageBytes;
    if (request > size) request = size;
    error = WriteStep(volume, path, (s64)offset_bytes, next, (s64)request);
    offset_bytes += request;
    next += request;
    size -= request;
  }
  return error;
}

int NtfsTruncate(struct NtfsVolume* volume, const char* path, uint64_t size) {
  int error = CheckWritableFile(volume, path);
  if (error != 0) return error;
  ntfs_inode* inode = OpenPath(volume, path);
  if (inode == NULL) return LastError();
  if (inode->mft_no < FILE_first_user) return CloseInode(inode, EPERM);
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    return CloseInode(inode, EOPNOTSUPP);
  }
  errno = 0;
  ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
  if (attribute == NULL) return CloseInode(inode, LastError());
  const s64 old_size = attribute->data_size;
  errno = 0;
  if (ntfs_attr_truncate(attribute, (s64)size)) {
    error = LastError();
  } else {
    if (old_size != (s64)size) MarkArchive(inode);
    ntfs_inode_update_times(inode, NTFS_UPDATE_MCTIME);
  }
  ntfs_attr_close(attribute);
  return CloseInode(inode, error);
}

int NtfsLink(struct NtfsVolume* volume, const char* old_path,
             const char* new_path) {
  struct Found old_found;
  struct Found new_found;
  int error = Lookup(volume, old_path, &old_found);
  if (error == 0 && !old_found.exists) error = ENOENT;
  if (error == 0) error = Lookup(volume, new_path, &new_found);
  if (error == 0 && new_found.exists) error = EEXIST;
  if (error == 0) error = ReadOnlyError(volume);
  if (error == 0 && old_found.is_directory) error = EPERM;
  return error != 0 ? error : LinkStep(volume, old_path, new_path);
}

static int RemoveName(struct NtfsVolume* volume, const char* path,
                      int directory) {
  struct Found found;
  int error = Lookup(volume, path, &found);
  if (error == 0 && !found.exists) error = ENOENT;
  if (error == 0) error = ReadOnlyError(volume);
  if (error == 0 && found.file_id == FILE_root) error = EBUSY;
  if (error == 0 && found.is_directory != directory) {
    error = directory ? ENOTDIR : EISDIR;
  }
  return error != 0 ? error : RemoveStep(volume, path);
}

int NtfsUnlink(struct NtfsVolume* volume, const char* path) {
  return RemoveName(volume, path, 0);
}

int NtfsRemoveDirectory(struct NtfsVolume* volume, const char* path) {
  return RemoveName(volume, path, 1);
}

/* True if `path` names something below `directory`. */
static int IsBelow(const char* path, const char* directory) {
  const size_t length = strlen(directory);
  return strncmp(path, directory, length) == 0 && path[length] == '/';
}

static int CheckRename(struct NtfsVolume* volume, const char* old_path,
                       const char* new_path, struct Found* old_found,
                       struct Found* new_found) {
  int error = Lookup(volume, old_path, old_found);
  if (error == 0) error = Lookup(volume, new_path, new_found);
  if (error != 0) return error;
  if (old_found->file_id == FILE_root || new_found->file_id == FILE_root) {
    return EBUSY;
  }
  if (!old_found->exists) return ENOENT;
  if (IsBelow(new_path, old_path)) return EINVAL;
  if (IsBelow(old_path, new_path)) return ENOTEMPTY;
  if (new_found->exists && old_found->is_directory != new_found->is_directory) {
    return old_found->is_directory ? ENOTDIR : EISDIR;
  }
  return ReadOnlyError(volume);
}

/* Renames over an existing name. */
static int RenameOver(struct NtfsVolume* volume, const char* old_path,
                      const char* new_path, const struct Found* old_found) {
  ntfs_inode* inode = OpenPath(volume, new_path);
  if (inode == NULL) return LastError();
  errno = 0;
  /* Succeeds for files. */
  int error = ntfs_check_empty_dir(inode) < 0 ? LastError() : 0;
  const uint64_t new_id = inode->mft_no;
  error = CloseInode(inode, error);
  if (error != 0 || new_id == old_found->file_id) return error;

  char* parked_path = NULL;
  if (asprintf(&parked_path, "%s.ntfs-3g-%010u", new_path,
               ++volume->rename_count) < 0) {
    return ENOMEM;
  }
  error = ReplaceStep(volume, old_path, new_path, parked_path);
  free(parked_path);
  return error;
}

int NtfsRename(struct NtfsVolume* volume, const char* old_path,
               const char* new_path) {
  struct Found old_found;
  struct Found new_found;
  int error = CheckRename(volume, old_path, new_path, &old_found, &new_found);
  if (error != 0) return error;
  if (new_found.exists) {
    return RenameOver(volume, old_path, new_path, &old_found);
  }
  error = LinkStep(volume, old_path, new_path);
  if (error != 0) return error;
  error = RemoveStep(volume, old_path);
  if (error != 0) RemoveStep(volume, new_path);
  return error;
}

int NtfsSyncFile(struct NtfsVolume* volume, const char* path) {
  struct Found found;
  int error = Lookup(volume, path, &found);
  if (error == 0 && !found.exists) error = ENOENT;
  if (error == 0) error = OpenStep(volume, path, 0);
  return error != 0 ? error : NtfsSyncDevice(volume);
}

int NtfsSyncDevice(struct NtfsVolume* volume) {
  errno = 0;
  return ntfs_device_sync(volume->volume->dev) ? LastError() : 0;
}

/* ---- Observation ---- */

uint64_t NtfsRootId(void) { return FILE_root; }

static int Reserve(void** array, size_t* capacity, size_t needed,
                   size_t element_bytes) {
  if (needed <= *capacity) return 0;
  const size_t new_capacity = needed > 64 ? needed * 2 : 128;
  void* grown = realloc(*array, new_capacity * element_bytes);
  if (grown == NULL) return ENOMEM;
  *array = grown;
  *capacity = new_capacity;
  return 0;
}

static int IsDotName(const ntfschar* name, int length) {
  const ntfschar dot = const_cpu_to_le16('.');
  return (length == 1 && name[0] == dot) ||
         (length == 2 && name[0] == dot && name[1] == dot);
}

/* Called by ntfs_readdir for each index entry. */
static int CollectName(void* context, const ntfschar* name,
                       const int name_length, const int name_type,
                       const s64 position, const MFT_REF reference,
                       const unsigned type) {
  struct NtfsVolume* volume = context;
  const u64 file_id = MREF(reference);
  (void)position;
  (void)type;
  if (name_type == FILE_NAME_DOS || IsDotName(name, name_length)) return 0;
  if (file_id != FILE_root && file_id < FILE_first_user) return 0;
  if (volume->name_count >= volume->max_names) {
    volume->collect_error = E2BIG;
    return -1;
  }
  const size_t units = (size_t)name_length;
  if (Reserve((void**)&volume->names, &volume->name_capacity,
              volume->name_count + 1, sizeof(struct Name)) ||
      Reserve((void**)&volume->name_units, &volume->unit_capacity,
              volume->unit_count + units, sizeof(ntfschar))) {
    volume->collect_error = ENOMEM;
    return -1;
  }
  struct Name* slot = &volume->names[volume->name_count++];
  slot->first_unit = volume->unit_count;
  slot->unit_count = name_length;
  memcpy(volume->name_units + volume->unit_count, name,
         units * sizeof(ntfschar));
  volume->unit_count += units;
  return 0;
}

/* Visits one collected name. A name that readdir lists is not always one that
 * opening finds: readdir walks the index blocks, opening descends the tree, and
 * after a crash the two may disagree. What a user can open counts. */
static int VisitName(const struct NtfsVolume* volume, ntfs_inode* directory,
                     const struct Name* name, NtfsNameVisitor visit,
                     void* context) {
  const ntfschar* units = volume->name_units + name->first_unit;
  char stack_text[NTFS_MAX_NAME_LEN * 3 + 1];
  char* text = stack_text;
  if (ntfs_ucstombs(units, name->unit_count, &text, sizeof(stack_text)) < 0) {
    return EIO;
  }
  /* The kernel fails the whole listing for such a name. */
  if (text[0] == '\0' || strchr(text, '/') != NULL) return EIO;
  const u64 reference =
      ntfs_inode_lookup_by_name(directory, units, name->unit_count);
  if (reference == (u64)-1) {
    visit(context, text, 0, ENOENT);
  } else {
    visit(context, text, MREF(reference), 0);
  }
  return 0;
}

int NtfsListDirectory(struct NtfsVolume* volume, uint64_t directory_id,
                      size_t max_names, NtfsNameVisitor visit, void* context) {
  errno = 0;
  ntfs_inode* directory = ntfs_inode_open(volume->volume, directory_id);
  if (directory == NULL) return EIO;
  volume->name_count = 0;
  volume->unit_count = 0;
  volume->max_names = max_names;
  volume->collect_error = 0;
  s64 position = 0;
  errno = 0;
  int error =
      ntfs_readdir(directory, &position, volume, CollectName) ? LastError() : 0;
  if (volume->collect_error != 0) error = volume->collect_error;
  for (size_t i = 0; i < volume->name_count; ++i) {
    const int name_error =
        VisitName(volume, directory, &volume->names[i], visit, context);
    if (error == 0) error = name_error;
  }
  return CloseInode(directory, error);
}

int NtfsOpenFile(struct NtfsVolume* volume, uint64_t file_id,
                 struct NtfsFile* file) {
  memset(file, 0, sizeof(*file));
  errno = 0;
  ntfs_inode* inode = ntfs_inode_open(volume->volume, file_id);
  /* The driver says EIO whatever is wrong with the record. */
  if (inode == NULL) return EIO;
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    return CloseInode(inode, EOPNOTSUPP);
  }
  file->inode = inode;
  file->is_directory = IsDirectory(inode);
  if (file->is_directory) return 0;
  errno = 0;
  ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
  if (attribute == NULL) {
    file->inode = NULL;
    return CloseInode(inode, LastError());
  }
  file->data = attribute;
  file->size_bytes = (uint64_t)attribute->data_size;
  return 0;
}

int NtfsReadFile(struct NtfsFile* file, void* out) {
  ntfs_attr* attribute = file->data;
  char* next = out;
  s64 offset = 0;
  const s64 size = (s64)file->size_bytes;
  while (offset < size) {
    errno = 0;
    const s64 done = ntfs_attr_pread(attribute, offset, size - offset, next);
    if (done < 0) return LastError();
    if (done == 0 || done > size - offset) return EIO;
    offset += done;
    next += done;
  }
  return 0;
}

void NtfsCloseFile(struct NtfsFile* file) {
  if (file->data != NULL) ntfs_attr_close(file->data);
  CloseInode(file->inode, 0);
}
