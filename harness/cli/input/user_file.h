// Reading and writing the files that a user names on the command line. They may
// be pipes and devices (`--json /dev/stdout`), which harness/system/atomic_file
// refuses, and `-`, which stands for standard input or standard output.

#ifndef POWERCUT_HARNESS_CLI_INPUT_USER_FILE_H_
#define POWERCUT_HARNESS_CLI_INPUT_USER_FILE_H_

#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/block_log/trace_file.h"

namespace powercut {

// The name that stands for standard input and for standard output.
inline constexpr std::string_view kStandardName = "-";

// Whether what is written to `path` goes to a pipe, a device or an open file of
// this process (`-`, `/dev/stdout`), which has no holes and is not replaced.
bool IsStream(const std::string& path);

// Keeps standard output for WriteFile("-"): what is printed from now on goes to
// standard error, so that the file that is written is whole. Called once, if a
// flag names `-` as an output.
void KeepStandardOutput();

// Whether writing `output` would replace the file `input`, or remove it: they
// are one file, also by another path, a symbolic or a hard link, or the input
// has the name under which the output is made (harness/system/atomic_file.h).
// Two names of a file that does not exist yet count, too; devices and `-` do
// not.
bool WritingReplaces(const std::string& output, const std::string& input);

// Returns the content of a regular file or a pipe, or of standard input.
// Errors: kIo with the path and the system's reason; `path` is a folder or a
// device.
Result<std::string> ReadFile(const std::string& path);

// Writes `text` to `path`, or to standard output. A regular file appears whole
// or not at all (harness/system/atomic_file.h); a pipe or a character device is
// written to and stays what it is, and so is /dev/stdout whatever it leads to.
// Any other symbolic link to a regular file is replaced by the new file.
//
// Errors: kIo with the path and the system's reason.
Status WriteFile(const std::string& path, std::string_view text);

// Saves a trace as SaveTrace() does (harness/block_log/trace_file.h), but takes
// every path that WriteFile() takes.
Status WriteTrace(const Trace& trace, const TraceAbout& about,
                  const std::string& path);

// Tells before long work whether WriteFile() could succeed now. Writes nothing.
// Errors: kIo with the path and the system's reason.
Status CheckWritable(const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_USER_FILE_H_
