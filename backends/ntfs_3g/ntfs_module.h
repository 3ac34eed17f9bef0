/*
 * What powercut and its module powercut_ntfs_3g.so know of each other.
 *
 * The module holds libntfs-3g and the C files of module/, and powercut opens it
 * when the backend ntfs-3g is asked for (ntfs_loader.h). It exports two
 * symbols: the id of the build that it belongs to, which is to be compared
 * first, and the function that gives the calls of the module. Everything that
 * passes between the two is C: numbers, pointers, and functions of
 * ntfs_volume.h.
 */

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_MODULE_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_MODULE_H_

#include <sys/types.h>
#include <time.h>

#include "backends/ntfs_3g/ntfs_volume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the library gets for its imports of these names: clock, process id and
 * random numbers that repeat (harness/disk/virtual_environment.h). */
struct NtfsEnvironment {
  time_t (*time)(time_t* out);
  int (*clock_gettime)(clockid_t clock, struct timespec* out);
  pid_t (*getpid)(void);
  long (*random)(void); /* NOLINT: the type of random() */
  void (*srandom)(unsigned seed);
};

/* The functions of ntfs_volume.h, and the version of libntfs-3g. */
struct NtfsCalls {
  const char* library_version;
  __typeof__(NtfsMount)* mount;
  __typeof__(NtfsUnmount)* unmount;
  __typeof__(NtfsAbandon)* abandon;
  __typeof__(NtfsCreate)* create;
  __typeof__(NtfsMakeDirectory)* make_directory;
  __typeof__(NtfsWrite)* write;
  __typeof__(NtfsTruncate)* truncate;
  __typeof__(NtfsLink)* link;
  __typeof__(NtfsUnlink)* unlink;
  __typeof__(NtfsRemoveDirectory)* remove_directory;
  __typeof__(NtfsRename)* rename;
  __typeof__(NtfsSyncFile)* sync_file;
  __typeof__(NtfsSyncDevice)* sync_device;
  __typeof__(NtfsRootId)* root_id;
  __typeof__(NtfsListDirectory)* list_directory;
  __typeof__(NtfsLookUp)* look_up;
  __typeof__(NtfsOpenFile)* open_file;
  __typeof__(NtfsReadFile)* read_file;
  __typeof__(NtfsCloseFile)* close_file;
};

/* The id of the build: POWERCUT_NTFS_3G_MODULE_ID when the module was compiled.
 * The rest of the module may be used only if the caller has the same id. */
#define POWERCUT_NTFS_3G_ID_SYMBOL "powercut_ntfs_3g_id"
__attribute__((visibility("default"))) extern const char powercut_ntfs_3g_id[];

/* Returns the calls of the module, which stay valid as long as the process
 * lives, and binds the library to `environment`, which is copied. To be called
 * once in a process, before any of the calls. */
#define POWERCUT_NTFS_3G_CALLS_SYMBOL "powercut_ntfs_3g_calls"
__attribute__((visibility("default"))) const struct NtfsCalls*
powercut_ntfs_3g_calls(const struct NtfsEnvironment* environment);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POWERCUT_BACKENDS_NTFS_3G_NTFS_MODULE_H_ */
