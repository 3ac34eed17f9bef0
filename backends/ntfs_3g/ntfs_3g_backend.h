// SPDX-License-Identifier: GPL-2.0-or-later
//
// The backend `ntfs-3g`: the real, unmodified libntfs-3g on a virtual disk,
// driven as the FUSE driver ntfs-3g drives it. README.md says what is like the
// driver and what is not.

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_3G_BACKEND_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_3G_BACKEND_H_

#include <memory>

#include "harness/backend.h"

namespace powercut::ntfs_3g {

std::unique_ptr<Backend> MakeNtfs3gBackend();

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_NTFS_3G_BACKEND_H_
