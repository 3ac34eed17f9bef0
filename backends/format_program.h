// Formatting a disk with the program that its file system comes with.

#ifndef POWERCUT_BACKENDS_FORMAT_PROGRAM_H_
#define POWERCUT_BACKENDS_FORMAT_PROGRAM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"

namespace powercut {

// Stands for the file to format among the arguments.
inline constexpr std::string_view kImageArgument = "IMAGE";

// The path of a program, also of those that users' paths lack; empty: it is
// not installed.
std::string FindProgram(std::string_view name);

// What `program` makes of a file of zeros, `size_bytes` long, that is in memory
// only. `environment`: NAME=VALUE, beside LC_ALL=C.
// Errors: kBadInput (it refuses, with the last line that it printed), kIo.
Result<SparseImage> RunFormatProgram(
    const std::string& program, const std::vector<std::string>& arguments,
    const std::vector<std::string>& environment, uint64_t size_bytes);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_FORMAT_PROGRAM_H_
