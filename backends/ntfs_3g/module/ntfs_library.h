/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the C files that implement ntfs_volume.h share: the headers of
 * libntfs-3g, the volume itself, and the few functions that more than one file
 * needs. No other code includes this header, and C++ cannot.
 *
 * Functions that return int return 0 or an errno value.
 */

#ifndef POWERCUT_BACKENDS_NTFS_3G_MODULE_NTFS_LIBRARY_H_
#define POWERCUT_BACKENDS_NTFS_3G_MODULE_NTFS_LIBRARY_H_

/* The library's headers test these macros instead of including what they
 * need. */
#define HAVE_STDIO_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define HAVE_ERRNO_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDARG_H 1
#define HAVE_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_SYS_STAT_H 1

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The order is the library's: its headers do not include what they use. */
// clang-format off
#include <ntfs-3g/volume.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/unistr.h>
// clang-format on

#include "backends/ntfs_3g/ntfs_volume.h"

/* A name collected from a directory; its text is in NtfsVolume.name_units. */
struct NtfsCollectedName {
  size_t first_unit;
  int unit_count;
};

struct NtfsVolume {
  struct NtfsDisk disk;
  ntfs_volume* volume;
  s64 position;          /* of the device, for seek, read and write */
  int abandoned;         /* 1: no write and no sync reaches the disk any more */
  unsigned rename_count; /* how many temporary names renames have used */

  /* The directory that is being listed. The arrays are kept for the next
   * listing. */
  struct NtfsCollectedName* names;
  size_t name_count;
  size_t name_capacity;
  size_t max_names;
  int collect_error; /* why collecting stopped early, or 0 */
  ntfschar* name_units;
  size_t unit_count;
  size_t unit_capacity;
};

/* Returns why the library's last call failed. Callers set errno to 0 before
 * the call, since the library does not set it on every failing path. */
static inline int NtfsLastError(void) { return errno != 0 ? errno : EIO; }

static inline int NtfsIsDirectory(const ntfs_inode* inode) {
  return (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
}

/* Returns EROFS on a volume that was mounted read-only, else 0. */
static inline int NtfsReadOnlyError(const struct NtfsVolume* volume) {
  return NVolReadOnly(volume->volume) ? EROFS : 0;
}

/* The driver marks a file that it makes, links or changes as to be archived. */
static inline void NtfsMarkArchive(ntfs_inode* inode) {
  inode->flags |= FILE_ATTR_ARCHIVE;
}

/* The device that the library sees; its private data is the NtfsVolume
 * (ntfs_device.c). */
extern struct ntfs_device_operations ntfs_virtual_device_operations;

/* Opens the inode that a path leads to. Returns NULL and sets errno if it
 * leads nowhere. The caller closes the inode with NtfsCloseInode()
 * (ntfs_names.c). */
ntfs_inode* NtfsOpenPath(struct NtfsVolume* volume, const char* path);

/* Closes an inode, which writes it to the disk if it changed. Returns `error`
 * if that is an error, else what closing says. `inode` may be NULL. */
int NtfsCloseInode(ntfs_inode* inode, int error);

/* What the kernel knows of a path after it has looked the path up. */
struct NtfsFound {
  int exists;
  int is_directory;
  uint64_t file_id;
};

/* Looks a path up as the kernel does before it asks the driver for an
 * operation. A name that is missing is no error, nor is a name whose directory
 * is missing, which the driver finds out itself: `exists` is 0 then. */
int NtfsFind(struct NtfsVolume* volume, const char* path,
             struct NtfsFound* found);

#endif /* POWERCUT_BACKENDS_NTFS_3G_MODULE_NTFS_LIBRARY_H_ */
