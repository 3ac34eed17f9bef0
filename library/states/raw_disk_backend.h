// The storage below a world that is a raw disk: nothing but the disk itself.

#ifndef POWERCUT_LIBRARY_STATES_RAW_DISK_BACKEND_H_
#define POWERCUT_LIBRARY_STATES_RAW_DISK_BACKEND_H_

#include <memory>

#include "harness/backend.h"

namespace powercut {

// Makes a backend that takes `disk_write`, `disk_flush` and `disk_discard`, and
// has no files. Formatting gives zeros.
std::unique_ptr<Backend> MakeRawDiskBackend();

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_RAW_DISK_BACKEND_H_
