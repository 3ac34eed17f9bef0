/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounting and unmounting: the life of a volume.
 *
 * A mount takes the options that the driver takes by default, and then the
 * steps that the driver takes before it serves requests. Each mount of the
 * library computes the default table of upper-case letters, a constant of 128
 * KiB, which was half the time of a mount. Here the table is computed once in
 * each process and copied after that.
 */

#include "backends/ntfs_3g/ntfs_volume.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backends/ntfs_3g/module/ntfs_library.h"

/* The linker (--wrap, CMakeLists.txt) binds the library's calls of
 * ntfs_upcase_build_default() to the function with __wrap_ before its name, and
 * __real_ to the library's own. */
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
  if (ntfs_set_shown_files(volume, FALSE, TRUE, FALSE)) return NtfsLastError();
  if (ntfs_volume_get_free_space(volume)) return NtfsLastError();
  return 0;
}

/* The library prints what it finds wrong with a disk. Crash images often have
 * something wrong, and errors and observations tell of it already. */
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
      ntfs_device_alloc("disk", 0, &ntfs_virtual_device_operations, volume);
  if (device == NULL) {
    FreeVolume(volume);
    return ENOMEM;
  }
  errno = 0;
  volume->volume = ntfs_device_mount(
      device, NTFS_MNT_EXCLUSIVE | NTFS_MNT_MAY_RDONLY | NTFS_MNT_RECOVER);
  if (volume->volume == NULL) {
    const int error = NtfsLastError();
    if (NDevOpen(device)) device->d_ops->close(device);
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
  const int error = ntfs_umount(volume->volume, FALSE) ? NtfsLastError() : 0;
  FreeVolume(volume);
  return error;
}

void NtfsAbandon(struct NtfsVolume* volume) {
  volume->abandoned = 1;
  ntfs_umount(volume->volume, TRUE);
  FreeVolume(volume);
}
