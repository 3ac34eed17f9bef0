// The time that the kernel takes for volumes without powercut: the limit that
// checked states are held against.

#ifndef POWERCUT_TESTS_BENCH_PLAIN_VOLUME_H_
#define POWERCUT_TESTS_BENCH_PLAIN_VOLUME_H_

#include <functional>
#include <string>

#include "harness/disk/sparse_image.h"

namespace powercut {

// Calls `show` for each image in turn. An image is valid during the call only.
using ImageSource =
    std::function<void(const std::function<void(const SparseImage&)>& show)>;

// Puts each image into a file in memory with a plain loop device, and mounts
// it, walks it (every name is listed and looked up, every file read) and
// unmounts it, in a process and a mount namespace of its own. Returns the
// seconds that mounts, walks and unmounts took; what puts an image into the
// file and drops the pages of the device is not counted. With `read_ahead` the
// device has the read-ahead that the kernel gives it, otherwise none.
// Requires: root; every image mounts. `options` are those of mount(2).
double SecondsOfPlainVolumes(const std::string& type,
                             const std::string& options, uint64_t size_bytes,
                             uint32_t sector_bytes, bool read_ahead,
                             const ImageSource& source);

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_PLAIN_VOLUME_H_
