/*
 * NtfsVolume: libntfs-3g with an interface that C++ can include. The library's
 * own headers do not compile as C++ and define macros named min and max, so
 * that only the C files of module/ include them (module/ntfs_library.h).
 *
 * The operations follow the library calls, in order, that the FUSE driver
 * ntfs-3g makes for the system call of that name, after the checks that the
 * Linux kernel makes before it asks the driver.
 *
 * Every function that returns int returns 0 or an errno value. Paths are
 * absolute, in UTF-8. One caller at a time.
 *
 * The functions are defined in the module powercut_ntfs_3g.so only. C++ calls
 * them by the pointers of NtfsCalls (ntfs_module.h).
 */

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_VOLUME_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_VOLUME_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The disk that a volume is on. The callbacks return 0 or an errno value. The
 * ranges that they get lie within the size and are not empty. */
struct NtfsDisk {
  void* context; /* the first argument of each callback */
  uint64_t size_bytes;
  int (*read)(void* context, uint64_t offset_bytes, void* out, size_t size);
  int (*write)(void* context, uint64_t offset_bytes, const void* data,
               size_t size);
  int (*sync)(void* context);
};

struct NtfsVolume;

/* Mounts as the driver does by default: with recovery, read-write, and
 * read-only where the library falls back to that. `disk` is copied; its context
 * must outlive the volume. On success the caller owns the volume and ends it
 * with NtfsUnmount() or NtfsAbandon(). On failure there is no volume. */
int NtfsMount(const struct NtfsDisk* disk, struct NtfsVolume** volume);

/* Both free the volume, whatever they return. Unmounting writes what is still
 * in memory and syncs. Abandoning neither writes nor syncs, as when the driver
 * is killed. */
int NtfsUnmount(struct NtfsVolume* volume);
void NtfsAbandon(struct NtfsVolume* volume);

/* An operation fails with the error that the system call gives with the driver.
 * A failure after the checks of the kernel may leave a part of it done. */
int NtfsCreate(struct NtfsVolume* volume, const char* path);
int NtfsMakeDirectory(struct NtfsVolume* volume, const char* path);
/* Writes in requests of at most a page, as the kernel sends them (README.md).
 */
int NtfsWrite(struct NtfsVolume* volume, const char* path,
              uint64_t offset_bytes, const void* data, size_t size);
int NtfsTruncate(struct NtfsVolume* volume, const char* path, uint64_t size);
int NtfsLink(struct NtfsVolume* volume, const char* old_path,
             const char* new_path);
int NtfsUnlink(struct NtfsVolume* volume, const char* path);
int NtfsRemoveDirectory(struct NtfsVolume* volume, const char* path);
/* Replaces what has the new name, if the kinds agree and a directory is empty.
 * This is not atomic (README.md). */
int NtfsRename(struct NtfsVolume* volume, const char* old_path,
               const char* new_path);
/* Does what fsync and fdatasync of a file or directory do: the driver syncs the
 * device. */
int NtfsSyncFile(struct NtfsVolume* volume, const char* path);
/* Syncs the device if something was written to it since the last sync. */
int NtfsSyncDevice(struct NtfsVolume* volume);

/* Returns the number of the MFT record of the root directory. */
uint64_t NtfsRootId(void);

/* Called with one name in a directory. `file_id` is the number of the MFT
 * record that opening the name leads to. `error` is 0, or an errno value if the
 * name leads nowhere; `file_id` is 0 then. `name` is valid during the call. */
typedef void (*NtfsNameVisitor)(void* context, const char* name,
                                uint64_t file_id, int error);

/* Calls `visit` for each name that the driver shows, in the order of the index.
 * If there are more than `max_names` names, only that many are visited, and the
 * result is E2BIG. After any error some names may have been visited. `visit`
 * must not list another directory. */
int NtfsListDirectory(struct NtfsVolume* volume, uint64_t directory_id,
                      size_t max_names, NtfsNameVisitor visit, void* context);

/* Finds the number of the MFT record that a path leads to, by opening the path
 * and closing it again. */
int NtfsLookUp(struct NtfsVolume* volume, const char* path, uint64_t* file_id);

/* An open file or directory. Callers read the first two fields only. */
struct NtfsFile {
  int is_directory;
  uint64_t size_bytes; /* 0 for a directory */
  void* inode;
  void* data;
};

/* Opens an MFT record. On success the caller closes `file` with
 * NtfsCloseFile(). */
int NtfsOpenFile(struct NtfsVolume* volume, uint64_t file_id,
                 struct NtfsFile* file);
/* Reads all size_bytes of a file into `out`.
 * Requires: it is not a directory. */
int NtfsReadFile(struct NtfsFile* file, void* out);
void NtfsCloseFile(struct NtfsFile* file);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POWERCUT_BACKENDS_NTFS_3G_NTFS_VOLUME_H_ */
