// Opens the module powercut_ntfs_3g.so, which holds libntfs-3g.

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_LOADER_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_LOADER_H_

#include "backends/ntfs_3g/ntfs_module.h"
#include "harness/base/result.h"

namespace powercut::ntfs_3g {

// Returns the calls of the module, bound to the virtual environment. The first
// call of a process opens the module, and it stays open; the other calls return
// the same result. Thread-safe.
//
// The module is the file that $POWERCUT_NTFS_3G_MODULE names. If the variable
// is unset or empty, it is the first that exists of
// lib/powercut/powercut_ntfs_3g.so beside this program (a build tree) and in
// the folder above (an install tree, the tests of a build tree).
// Errors: kMissing, with the remedy, if there is no such file, if it cannot be
// opened, or if it is of another build.
Result<const NtfsCalls*> LoadNtfsModule();

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_NTFS_LOADER_H_
