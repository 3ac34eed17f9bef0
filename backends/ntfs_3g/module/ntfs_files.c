/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content of files: writing, resizing, syncing, and reading by MFT record.
 *
 * Writing follows the kernel and the driver: the kernel opens the file and cuts
 * the data into requests that do not cross a page, and the driver opens the
 * inode anew for each request and closes it, which writes the record. For
 * example, a write of 8192 bytes at offset 1024 becomes requests of 3072, 4096
 * and 1024 bytes.
 */

#include <errno.h>
#include <string.h>

#include "backends/ntfs_3g/module/ntfs_library.h"

enum { kPageBytes = 4096 };

/* ---- Steps of the driver ---- */

/* One write request. */
static int WriteStep(struct NtfsVolume* volume, const char* path, s64 offset,
                     const char* data, s64 size) {
  ntfs_inode* inode = NtfsOpenPath(volume, path);
  if (inode == NULL) return NtfsLastError();
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    return NtfsCloseInode(inode, EOPNOTSUPP);
  }
  errno = 0;
  ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
  if (attribute == NULL) return NtfsCloseInode(inode, NtfsLastError());
  int error = 0;
  while (size > 0 && error == 0) {
    errno = 0;
    const s64 written = ntfs_attr_pwrite(attribute, offset, size, data);
    if (written <= 0) {
      error = NtfsLastError();
    } else {
      offset += written;
      data += written;
      size -= written;
    }
  }
  if (error == 0) ntfs_inode_update_times(inode, NTFS_UPDATE_MCTIME);
  ntfs_attr_close(attribute);
  if (error == 0) NtfsMarkArchive(inode);
  return NtfsCloseInode(inode, error);
}

/* What the driver does when the kernel opens a file: it looks whether the file
 * has data that can be opened, and refuses to write to files of the system. */
static int OpenStep(struct NtfsVolume* volume, const char* path, int writable) {
  ntfs_inode* inode = NtfsOpenPath(volume, path);
  if (inode == NULL) return NtfsLastError();
  int error = 0;
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    error = EOPNOTSUPP;
  } else if (!NtfsIsDirectory(inode)) {
    errno = 0;
    ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    if (attribute == NULL) {
      error = NtfsLastError();
    } else {
      ntfs_attr_close(attribute);
    }
  }
  if (error == 0 && writable && inode->mft_no < FILE_first_user) error = EPERM;
  return NtfsCloseInode(inode, error);
}

/* ---- System calls: checks of the kernel, then steps of the driver ---- */

/* The checks before the content of a file may change. */
static int CheckWritableFile(struct NtfsVolume* volume, const char* path) {
  struct NtfsFound found;
  const int error = NtfsFind(volume, path, &found);
  if (error != 0) return error;
  if (!found.exists) return ENOENT;
  if (found.is_directory) return EISDIR;
  return NtfsReadOnlyError(volume);
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
  ntfs_inode* inode = NtfsOpenPath(volume, path);
  if (inode == NULL) return NtfsLastError();
  if (inode->mft_no < FILE_first_user) return NtfsCloseInode(inode, EPERM);
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    return NtfsCloseInode(inode, EOPNOTSUPP);
  }
  errno = 0;
  ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
  if (attribute == NULL) return NtfsCloseInode(inode, NtfsLastError());
  const s64 old_size = attribute->data_size;
  errno = 0;
  if (ntfs_attr_truncate(attribute, (s64)size)) {
    error = NtfsLastError();
  } else {
    if (old_size != (s64)size) NtfsMarkArchive(inode);
    ntfs_inode_update_times(inode, NTFS_UPDATE_MCTIME);
  }
  ntfs_attr_close(attribute);
  return NtfsCloseInode(inode, error);
}

int NtfsSyncFile(struct NtfsVolume* volume, const char* path) {
  struct NtfsFound found;
  int error = NtfsFind(volume, path, &found);
  if (error == 0 && !found.exists) error = ENOENT;
  if (error == 0) error = OpenStep(volume, path, 0);
  return error != 0 ? error : NtfsSyncDevice(volume);
}

int NtfsSyncDevice(struct NtfsVolume* volume) {
  errno = 0;
  return ntfs_device_sync(volume->volume->dev) ? NtfsLastError() : 0;
}

/* ---- Reading what the volume shows ---- */

int NtfsOpenFile(struct NtfsVolume* volume, uint64_t file_id,
                 struct NtfsFile* file) {
  memset(file, 0, sizeof(*file));
  errno = 0;
  ntfs_inode* inode = ntfs_inode_open(volume->volume, file_id);
  /* The driver reports EIO, whatever is wrong with the record. */
  if (inode == NULL) return EIO;
  if (inode->flags & FILE_ATTR_REPARSE_POINT) {
    return NtfsCloseInode(inode, EOPNOTSUPP);
  }
  file->inode = inode;
  file->is_directory = NtfsIsDirectory(inode);
  if (file->is_directory) return 0;
  errno = 0;
  ntfs_attr* attribute = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
  if (attribute == NULL) {
    file->inode = NULL;
    return NtfsCloseInode(inode, NtfsLastError());
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
    if (done < 0) return NtfsLastError();
    /* A damaged file may end before its size. */
    if (done == 0 || done > size - offset) return EIO;
    offset += done;
    next += done;
  }
  return 0;
}

void NtfsCloseFile(struct NtfsFile* file) {
  if (file->data != NULL) ntfs_attr_close(file->data);
  NtfsCloseInode(file->inode, 0);
}
