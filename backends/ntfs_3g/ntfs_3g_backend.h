// The backend `ntfs-3g`: the real, unmodified libntfs-3g on a virtual disk,
// called as the FUSE driver ntfs-3g calls it. README.md says what is like the
// driver and what is not.

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_3G_BACKEND_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_3G_BACKEND_H_

#include <memory>

#include "harness/backend.h"
#include "harness/base/result.h"

namespace powercut::ntfs_3g {

// Returns a new instance. Formatting needs the program mkntfs (mkntfs.h);
// mounting needs nothing beside the library. Mounts of one thread must not
// overlap: they share the virtual clock.
// Errors: those of LoadNtfsModule() (ntfs_loader.h).
Result<std::unique_ptr<Backend>> MakeNtfs3gBackend();

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_NTFS_3G_BACKEND_H_
