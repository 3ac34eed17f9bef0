// Saves what cannot be recorded again. The name ends in the digest, so that
// recordings that differ do not replace each other.

#include "harness/cli/input/kept_trace.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "harness/block_log/trace_file.h"

namespace powercut {

namespace {

// What a file is called without its folder and its ending. Standard input has
// no name.
std::string StemOf(const std::string& file) {
  return file == "-" ? "stdin" : std::filesystem::path(file).stem().string();
}

}  // namespace

Result<std::string> KeepTrace(const std::string& file,
                              const std::string& backend,
                              const Recording& recording,
                              const std::string& text) {
  std::string path = fmt::format("{}-{}-{:08x}.trace", StemOf(file), backend,
                                 recording.trace.Digest());
  POWERCUT_TRY(SaveTrace(recording.trace, {backend, text, ""}, path));
  return path;
}

Status KeepRecovery(const std::string& file, const std::string& backend,
                    Finding& finding) {
  if (finding.recovery == nullptr) return Ok{};
  std::string path = fmt::format("{}-recovery-{:08x}.trace", StemOf(file),
                                 finding.recovery->Digest());
  POWERCUT_TRY(SaveTrace(*finding.recovery, {backend, "", ""}, path));
  finding.recovery_file = std::move(path);
  return Ok{};
}

}  // namespace powercut
