/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names: looking paths up, and making, linking, removing and renaming them.
 *
 * A system call is the kernel's part (look the names up, check them) and then
 * the driver's part: one or more steps, each a sequence of library calls that
 * opens inodes by path and closes them again. Closing an inode writes it if it
 * changed. Hence the steps of one rename are written one after the other, and a
 * crash between two of them can leave both names or neither. For example, a
 * rename of /b over /a is:
 *
 *   link    /a -> /a.ntfs-3g-0000000001
 *   remove  /a
 *   link    /b -> /a
 *   remove  /b
 *   remove  /a.ntfs-3g-0000000001
 */

#define _GNU_SOURCE /* for asprintf() */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backends/ntfs_3g/module/ntfs_library.h"

ntfs_inode* NtfsOpenPath(struct NtfsVolume* volume, const char* path) {
  errno = 0;
  return ntfs_pathname_to_inode(volume->volume, NULL, path);
}

int NtfsCloseInode(ntfs_inode* inode, int error) {
  errno = 0;
  if (inode != NULL && ntfs_inode_close(inode) && error == 0) {
    return NtfsLastError();
  }
  return error;
}

int NtfsLookUp(struct NtfsVolume* volume, const char* path, uint64_t* file_id) {
  ntfs_inode* inode = NtfsOpenPath(volume, path);
  if (inode == NULL) return NtfsLastError();
  *file_id = inode->mft_no;
  return NtfsCloseInode(inode, 0);
}

/* Returns 1 if a name before the last one is a file. The library reports ENOENT
 * then, and the kernel ENOTDIR. */
static int HasFileOnTheWay(struct NtfsVolume* volume, const char* path) {
  char* prefix = strdup(path);
  int result = 0;
  for (char* slash = prefix ? strchr(prefix + 1, '/') : NULL;
       slash != NULL && !result; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    ntfs_inode* inode = NtfsOpenPath(volume, prefix);
    result = inode != NULL && !NtfsIsDirectory(inode);
    NtfsCloseInode(inode, 0);
    *slash = '/';
  }
  free(prefix);
  return result;
}

int NtfsFind(struct NtfsVolume* volume, const char* path,
             struct NtfsFound* found) {
  memset(found, 0, sizeof(*found));
  ntfs_inode* inode = NtfsOpenPath(volume, path);
  if (inode == NULL) {
    const int error = NtfsLastError();
    if (error != ENOENT) return error;
    return HasFileOnTheWay(volume, path) ? ENOTDIR : 0;
  }
  found->exists = 1;
  found->is_directory = NtfsIsDirectory(inode);
  found->file_id = inode->mft_no;
  return NtfsCloseInode(inode, 0);
}

/* A path, split into the path of a directory and a name in it. */
struct Place {
  char* directory;
  ntfschar* name;
  int name_length;
};

/* The caller frees the place, whatever this returns. */
static int SplitPath(const char* path, struct Place* place) {
  memset(place, 0, sizeof(*place));
  const char* slash = strrchr(path, '/');
  place->directory = strndup(path, (size_t)(slash - path));
  if (place->directory == NULL) return ENOMEM;
  errno = 0;
  place->name_length = ntfs_mbstoucs(slash + 1, &place->name);
  if (place->name_length < 0) return NtfsLastError();
  return place->name_length > NTFS_MAX_NAME_LEN ? ENAMETOOLONG : 0;
}

static void FreePlace(struct Place* place) {
  free(place->directory);
  free(place->name);
}

/* ---- Steps of the driver ---- */

static int CreateIn(ntfs_inode* directory, const struct Place* place,
                    mode_t type) {
  if (directory->mft_no == FILE_Extend) return EPERM;
  errno = 0;
  ntfs_inode* inode = ntfs_create(directory, const_cpu_to_le32(0), place->name,
                                  (u8)place->name_length, type);
  if (inode == NULL) return NtfsLastError();
  NtfsMarkArchive(inode);
  NInoSetDirty(inode);
  errno = 0;
  const int error =
      ntfs_inode_close_in_dir(inode, directory) ? NtfsLastError() : 0;
  ntfs_inode_update_times(directory, NTFS_UPDATE_MCTIME);
  return error;
}

static int CreateStep(struct NtfsVolume* volume, const char* path,
                      mode_t type) {
  struct Place place;
  int error = SplitPath(path, &place);
  if (error == 0) {
    ntfs_inode* directory = NtfsOpenPath(volume, place.directory);
    error = directory == NULL
                ? NtfsLastError()
                : NtfsCloseInode(directory, CreateIn(directory, &place, type));
  }
  FreePlace(&place);
  return error;
}

static int LinkStep(struct NtfsVolume* volume, const char* old_path,
                    const char* new_path) {
  ntfs_inode* inode = NtfsOpenPath(volume, old_path);
  if (inode == NULL) return NtfsLastError();
  struct Place place;
  int error = SplitPath(new_path, &place);
  ntfs_inode* directory = NULL;
  if (error == 0) {
    directory = NtfsOpenPath(volume, place.directory);
    if (directory == NULL) error = NtfsLastError();
  }
  if (error == 0) {
    errno = 0;
    if (ntfs_link(inode, directory, place.name, (u8)place.name_length)) {
      error = NtfsLastError();
    } else {
      NtfsMarkArchive(inode);
      ntfs_inode_update_times(inode, NTFS_UPDATE_CTIME);
      ntfs_inode_update_times(directory, NTFS_UPDATE_MCTIME);
    }
  }
  /* The directory is closed first, because closing the file looks its name up
   * in the index. */
  error = NtfsCloseInode(directory, error);
  error = NtfsCloseInode(inode, error);
  FreePlace(&place);
  return error;
}

static int RemoveStep(struct NtfsVolume* volume, const char* path) {
  ntfs_inode* inode = NtfsOpenPath(volume, path);
  if (inode == NULL) return NtfsLastError();
  if (inode->mft_no < FILE_first_user) return NtfsCloseInode(inode, EPERM);
  struct Place place;
  int error = SplitPath(path, &place);
  ntfs_inode* directory = NULL;
  if (error == 0) {
    directory = NtfsOpenPath(volume, place.directory);
    if (directory == NULL) {
      error = NtfsLastError();
    } else if (directory->mft_no == FILE_Extend) {
      error = EPERM;
    }
  }
  if (error == 0) {
    errno = 0;
    /* ntfs_delete() closes both inodes, whatever it returns. */
    if (ntfs_delete(volume->volume, path, inode, directory, place.name,
                    (u8)place.name_length)) {
      error = NtfsLastError();
    }
    inode = NULL;
    directory = NULL;
  }
  error = NtfsCloseInode(directory, error);
  error = NtfsCloseInode(inode, error);
  FreePlace(&place);
  return error;
}

/* Replaces a file as the driver does: the old file gets a temporary name (it is
 * parked), its own name is removed, the new file is linked there, and the two
 * names that are left over are removed. No two of these steps are atomic
 * together. If a step fails, the driver tries to give the old file its name
 * back. */
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
/* ---- System calls: checks of the kernel, then steps of the driver ---- */

static int CreateName(struct NtfsVolume* volume, const char* path,
                      mode_t type) {
  struct NtfsFound found;
  int error = NtfsFind(volume, path, &found);
  if (error == 0 && found.exists) error = EEXIST;
  if (error == 0) error = NtfsReadOnlyError(volume);
  return error != 0 ? error : CreateStep(volume, path, type);
}

int NtfsCreate(struct NtfsVolume* volume, const char* path) {
  return CreateName(volume, path, S_IFREG);
}

int NtfsMakeDirectory(struct NtfsVolume* volume, const char* path) {
  return CreateName(volume, path, S_IFDIR);
}

int NtfsLink(struct NtfsVolume* volume, const char* old_path,
             const char* new_path) {
  struct NtfsFound old_found;
  struct NtfsFound new_found;
  int error = NtfsFind(volume, old_path, &old_found);
  if (error == 0 && !old_found.exists) error = ENOENT;
  if (error == 0) error = NtfsFind(volume, new_path, &new_found);
  if (error == 0 && new_found.exists) error = EEXIST;
  if (error == 0) error = NtfsReadOnlyError(volume);
  if (error == 0 && old_found.is_directory) error = EPERM;
  return error != 0 ? error : LinkStep(volume, old_path, new_path);
}

static int RemoveName(struct NtfsVolume* volume, const char* path,
                      int directory) {
  struct NtfsFound found;
  int error = NtfsFind(volume, path, &found);
  if (error == 0 && !found.exists) error = ENOENT;
  if (error == 0) error = NtfsReadOnlyError(volume);
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

/* Returns 1 if `path` lies below `directory`. */
static int IsBelow(const char* path, const char* directory) {
  const size_t length = strlen(directory);
  return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* The checks of a rename that the kernel makes before it asks the driver. */
static int CheckRename(struct NtfsVolume* volume, const char* old_path,
                       const char* new_path, struct NtfsFound* old_found,
                       struct NtfsFound* new_found) {
  int error = NtfsFind(volume, old_path, old_found);
  if (error == 0) error = NtfsFind(volume, new_path, new_found);
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
  return NtfsReadOnlyError(volume);
}

/* Renames over a name that exists. A rename of a file over another name of
 * itself does nothing. */
static int RenameOver(struct NtfsVolume* volume, const char* old_path,
                      const char* new_path, const struct NtfsFound* old_found) {
  ntfs_inode* inode = NtfsOpenPath(volume, new_path);
  if (inode == NULL) return NtfsLastError();
  errno = 0;
  /* This succeeds for files. */
  int error = ntfs_check_empty_dir(inode) < 0 ? NtfsLastError() : 0;
  const uint64_t new_id = inode->mft_no;
  error = NtfsCloseInode(inode, error);
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
  struct NtfsFound old_found;
  struct NtfsFound new_found;
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
