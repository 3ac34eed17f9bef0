// Reads a disk that is in a file or on a device.

#ifndef POWERCUT_HARNESS_DISK_IMAGE_FILE_H_
#define POWERCUT_HARNESS_DISK_IMAGE_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"

namespace powercut {

// Reads the bytes of an open file from its beginning to its end, but at most
// `size_bytes`, into an image of `size_bytes`. Holes and zeros take no memory.
// Returns why that failed; empty if it did not.
// Requires: the image has at least `size_bytes` and is all zeros.
std::string ReadSparsely(int fd, uint64_t size_bytes, SparseImage& image);

// The disk in a regular file or on a block device. If `disk_bytes` is given,
// the disk has this size, and zeros follow what is in the file.
// Errors: kIo with the path and the system's reason; kUsage if the file is
// empty, is larger than `disk_bytes`, or is larger than kDiskBytesMax.
Result<SparseImage> ReadImageFile(const std::string& path,
                                  std::optional<uint64_t> disk_bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_IMAGE_FILE_H_
