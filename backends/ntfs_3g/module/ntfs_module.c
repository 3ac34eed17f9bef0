/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the module exports, and what its copy of the library imports from it.
 *
 * The copy of libntfs-3g.a has its imports of clock, process id, random numbers
 * and standard streams renamed to the names below (CMakeLists.txt), which no
 * other library has.
 */

#include "backends/ntfs_3g/ntfs_module.h"

#include <stdio.h>

const char powercut_ntfs_3g_id[] = POWERCUT_NTFS_3G_MODULE_ID;

static struct NtfsEnvironment environment;

time_t powercut_ntfs_3g_time(time_t* out);
int powercut_ntfs_3g_clock_gettime(clockid_t clock, struct timespec* out);
pid_t powercut_ntfs_3g_getpid(void);
long powercut_ntfs_3g_random(void); /* NOLINT: the type of random() */
void powercut_ntfs_3g_srandom(unsigned seed);

time_t powercut_ntfs_3g_time(time_t* out) { return environment.time(out); }

int powercut_ntfs_3g_clock_gettime(clockid_t clock, struct timespec* out) {
  return environment.clock_gettime(clock, out);
}

pid_t powercut_ntfs_3g_getpid(void) { return environment.getpid(); }

long powercut_ntfs_3g_random(void) { /* NOLINT: the type of random() */
  return environment.random();
}

void powercut_ntfs_3g_srandom(unsigned seed) { environment.srandom(seed); }

/* The library is compiled for programs and addresses these variables of the C
 * library in a way that a module cannot. Here they are variables of the module,
 * with the same values. */
extern FILE* powercut_ntfs_3g_stdout;
extern FILE* powercut_ntfs_3g_stderr;
FILE* powercut_ntfs_3g_stdout;
FILE* powercut_ntfs_3g_stderr;

const struct NtfsCalls* powercut_ntfs_3g_calls(
    const struct NtfsEnvironment* given) {
  static const struct NtfsCalls calls = {
      .library_version = POWERCUT_NTFS_3G_VERSION,
      .mount = NtfsMount,
      .unmount = NtfsUnmount,
      .abandon = NtfsAbandon,
      .create = NtfsCreate,
      .make_directory = NtfsMakeDirectory,
      .write = NtfsWrite,
      .truncate = NtfsTruncate,
      .link = NtfsLink,
      .unlink = NtfsUnlink,
      .remove_directory = NtfsRemoveDirectory,
      .rename = NtfsRename,
      .sync_file = NtfsSyncFile,
      .sync_device = NtfsSyncDevice,
      .root_id = NtfsRootId,
      .list_directory = NtfsListDirectory,
      .look_up = NtfsLookUp,
      .open_file = NtfsOpenFile,
      .read_file = NtfsReadFile,
      .close_file = NtfsCloseFile,
  };
  environment = *given;
  powercut_ntfs_3g_stdout = stdout;
  powercut_ntfs_3g_stderr = stderr;
  return &calls;
}
