// Formats a disk with the program that comes with its file system (mkfs).

#ifndef POWERCUT_BACKENDS_FORMAT_PROGRAM_H_
#define POWERCUT_BACKENDS_FORMAT_PROGRAM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"

namespace powercut {

// The argument that stands for the file to format.
inline constexpr std::string_view kImageArgument = "IMAGE";

// Returns the path of an executable program: the first one in the folders of
// $PATH, /usr/sbin and /sbin. Empty if there is none.
std::string FindProgram(std::string_view name);

// Returns the line in which a program that failed says why, from all that it
// printed: the last one, or, if the program went on to print how it is used,
// the last one before that. Empty if there is none.
std::string ComplaintIn(std::string_view printed);

// Runs `program` on a file of zeros of `size_bytes` bytes, waits for its end,
// and returns what the file then holds. The file is in memory only. Each of
// `arguments` that is kImageArgument is replaced by the name of the file. The
// program gets no environment but `environment`, which has strings NAME=VALUE,
// and LC_ALL=C.
// Errors: kMissing if no file may be so large here; kBadInput if the program
// does not end with status 0 (the message has the line in which it says why);
// kIo if it cannot be started or waited for, or if there is no memory for the
// file.
Result<SparseImage> RunFormatProgram(
    const std::string& program, const std::vector<std::string>& arguments,
    const std::vector<std::string>& environment, uint64_t size_bytes);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_FORMAT_PROGRAM_H_
