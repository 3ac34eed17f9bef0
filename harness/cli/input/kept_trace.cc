// Saves the recording of a workload that cannot be recorded again. The name
// ends in the digest, so that recordings that differ do not replace each other.

#include "harness/cli/input/kept_trace.h"

#include <fmt/format.h>

#include <filesystem>

#include "harness/block_log/trace_file.h"

namespace powercut {

Result<std::string> KeepTrace(const std::string& file,
                              const std::string& backend,
                              const Recording& recording,
                              const std::string& text) {
  std::string path = fmt::format("{}-{}-{:08x}.trace",
                                 std::filesystem::path(file).stem().string(),
                                 backend, recording.trace.Digest());
  POWERCUT_TRY(SaveTrace(recording.trace, {backend, text, ""}, path));
  return path;
}

}  // namespace powercut
