/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NtfsVolume: libntfs-3g with an interface that C++ can include. The library's
 * own headers do not compile as C++ and define macros named min and max, so
 * that only the C files of this folder include them (ntfs_library.h).
 *
 * The operations follow the library calls, in order, that the FUSE driver
 * ntfs-3g makes for the system call of that name, after the checks that the
 * Linux kernel makes before it asks the driver.
 *
 * Every function that returns int returns 0 or an errno value. Paths are
 * absolute, in UTF-8. One caller at a time.
 */

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_VOLUME_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_VOLUME_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a volume lives. The callbacks return 0 or an errno value; ranges lie
 * within the size and are not empty. */
struct NtfsDisk {
  void* context;
  uint64_t size_bytes;
  int (*read)(void* context, uint64_t offset_bytes, void* out, size_t size);
  int (*write)(void* context, uint64_t offset_bytes, const void* data,
               size_t size);
  int (*sync)(void* context);
};

struct NtfsVolume;

/* Mounts as the driver does by default: read-write, with recovery. */
int NtfsMount(const struct NtfsDisk* disk, struct NtfsVolume** volume);

/* Both free the volume whatever they return. Unmounting writes what is still
 * in memory and syncs; abandoning reaches the disk no more, as when the driver
 * is killed. */
int NtfsUnmount(struct NtfsVolume* volume);
void NtfsAbandon(struct NtfsVolume* volume);

int NtfsCreate(struct NtfsVolume* volume, const char* path);
int NtfsMakeDirectory(struct NtfsVolume* volume, const char* path);
/* In requests of at most a page, as the kernel sends them (README.md). */
int NtfsWrite(struct NtfsVolume* volume, const char* path,
              uint64_t offset_bytes, const void* data, size_t size);
int NtfsTruncate(struct NtfsVolume* volume, const char* path, uint64_t size);
int NtfsLink(struct NtfsVolume* volume, const char* old_path,
             const char* new_path);
int NtfsUnlink(struct NtfsVolume* volume, const char* path);
int NtfsRemoveDirectory(struct NtfsVolume* volume, const char* path);
int NtfsRename(struct NtfsVolume* volume, const char* old_path,
               const char* new_path);
/* fsync and fdatasync of a file or directory: the driver syncs the device. */
int NtfsSyncFile(struct NtfsVolume* volume, const char* path);
int NtfsSyncDevice(struct NtfsVolume* volume);

/* The number of the MFT record of the root directory. */
uint64_t NtfsRootId(void);

/* One name in a directory. `file_id` is the number of the MFT record that
 * opening the name leads to; `error` is 0, or why it leads nowhere. */
typedef void (*NtfsNameVisitor)(void* context, const char* name,
                                uint64_t file_id, int error);

/* Calls `visit` for each name that the driver shows, in the order of the
 * index; no more than `max_names` (then the result is E2BIG). After an error
 * some names may have been visited. `visit` must not list another. */
int NtfsListDirectory(struct NtfsVolume* volume, uint64_t directory_id,
                      size_t max_names, NtfsNameVisitor visit, void* context);

/* Opens a path by name and closes it again. */
int NtfsLookUp(struct NtfsVolume* volume, const char* path, uint64_t* file_id);

/* An open file or directory; its fields are the reader's, its handles ours. */
struct NtfsFile {
  int is_directory;
  uint64_t size_bytes;
  void* inode;
  void* data;
};

int NtfsOpenFile(struct NtfsVolume* volume, uint64_t file_id,
                 struct NtfsFile* file);
/* Reads all size_bytes of a file. */
int NtfsReadFile(struct NtfsFile* file, void* out);
void NtfsCloseFile(struct NtfsFile* file);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POWERCUT_BACKENDS_NTFS_3G_NTFS_VOLUME_H_ */
