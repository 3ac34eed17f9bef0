// Reading and writing the files that a user names on the command line. They may
// be pipes and devices (`--json /dev/stdout`), which harness/system/atomic_file
// refuses.

#ifndef POWERCUT_HARNESS_CLI_INPUT_USER_FILE_H_
#define POWERCUT_HARNESS_CLI_INPUT_USER_FILE_H_

#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace powercut {

// Returns the content of a regular file or a pipe.
// Errors: kIo with the path and the system's reason; `path` is a folder or a
// device.
Result<std::string> ReadFile(const std::string& path);

// Writes `text` to `path`. A regular file appears whole or not at all
// (harness/system/atomic_file.h); a pipe or a character device is written to
// and stays what it is, and so is /dev/stdout whatever it leads to. Any other
// symbolic link to a regular file is replaced by the new file.
//
// Errors: kIo with the path and the system's reason.
Status WriteFile(const std::string& path, std::string_view text);

// Tells before long work whether WriteFile() could succeed now. Writes nothing.
// Errors: kIo with the path and the system's reason.
Status CheckWritable(const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_USER_FILE_H_
