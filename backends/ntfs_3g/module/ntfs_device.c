/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device that libntfs-3g reads and writes: its operations end in the
 * callbacks of NtfsDisk. As the library expects, they report a failure through
 * errno and keep the flags of the device (open, read-only, dirty). The dirty
 * flag decides whether the library syncs at all: it asks for no sync of a
 * device to which nothing was written since the last one.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backends/ntfs_3g/module/ntfs_library.h"

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

/* Reads stop at the end of the disk, as at the end of a block device. */
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

/* A write beyond the end of the disk finds the disk full, as on a block device.
 * On an abandoned volume a write succeeds and does nothing, as if the driver
 * had been killed before it. */
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
  /* Even a write that fails may have changed the disk, so that the next sync
   * must not be skipped. */
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

/* The device looks like a regular file, which has no ioctl of a block device.
 */
static int DeviceIoctl(struct ntfs_device* device, unsigned long request,
                       void* argument) {
  (void)device;
  (void)request;
  (void)argument;
  errno = EOPNOTSUPP;
  return -1;
}

struct ntfs_device_operations ntfs_virtual_device_operations = {
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
