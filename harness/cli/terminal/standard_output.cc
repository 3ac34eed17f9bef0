// Asks once, at the end, what std::printf() would have to be asked at each
// call: a stream remembers that a write failed.

#include "harness/cli/terminal/standard_output.h"

#include <fmt/format.h>
#include <string.h>

#include <cerrno>
#include <cstdio>

namespace powercut {

Status FinishStandardOutput() {
  const bool failed = std::ferror(stdout) != 0;
  errno = 0;
  // A file system may report only when a file is closed that it has no room.
  const bool closed = std::fclose(stdout) == 0;
  if (!failed && closed) return Ok{};
  return Error{ErrorCode::kIo,
               fmt::format("standard output{}{}: the output is not complete",
                           errno != 0 ? ": " : "",
                           errno != 0 ? strerrordesc_np(errno) : "")};
}

}  // namespace powercut
