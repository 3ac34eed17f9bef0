/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listing a directory, in two passes.
 *
 * The first pass collects the names: ntfs_readdir() walks all blocks of the
 * index. The second pass looks each name up: opening descends the tree of the
 * index. After a crash the two can disagree, so that a name is listed and leads
 * nowhere, or leads to another record than its entry in the listing says. What
 * counts is what a user can open.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends/ntfs_3g/module/ntfs_library.h"

uint64_t NtfsRootId(void) { return FILE_root; }

/* Makes room for `needed` elements. On failure the array is as it was. */
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

/* Called by ntfs_readdir() for each entry of the index. The driver shows
 * neither short names (8.3) nor files of the system. */
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
              volume->name_count + 1, sizeof(struct NtfsCollectedName)) ||
      Reserve((void**)&volume->name_units, &volume->unit_capacity,
              volume->unit_count + units, sizeof(ntfschar))) {
    volume->collect_error = ENOMEM;
    return -1;
  }
  struct NtfsCollectedName* slot = &volume->names[volume->name_count++];
  slot->first_unit = volume->unit_count;
  slot->unit_count = name_length;
  memcpy(volume->name_units + volume->unit_count, name,
         units * sizeof(ntfschar));
  volume->unit_count += units;
  return 0;
}

/* Visits one collected name, with the record that opening the name leads to. */
static int VisitName(const struct NtfsVolume* volume, ntfs_inode* directory,
                     const struct NtfsCollectedName* name,
                     NtfsNameVisitor visit, void* context) {
  const ntfschar* units = volume->name_units + name->first_unit;
  char stack_text[NTFS_MAX_NAME_LEN * 3 + 1];
  char* text = stack_text;
  if (ntfs_ucstombs(units, name->unit_count, &text, sizeof(stack_text)) < 0) {
    return EIO;
  }
  /* The kernel fails the whole listing for an empty name or one with a slash.
   */
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
  int error = ntfs_readdir(directory, &position, volume, CollectName)
                  ? NtfsLastError()
                  : 0;
  if (volume->collect_error != 0) error = volume->collect_error;
  for (size_t i = 0; i < volume->name_count; ++i) {
    const int name_error =
        VisitName(volume, directory, &volume->names[i], visit, context);
    if (error == 0) error = name_error;
  }
  return NtfsCloseInode(directory, error);
}
