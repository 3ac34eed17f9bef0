// Shared by the tests that run the tool on the file systems of the running
// kernel: what is missing here, and the programs of the corpus.

#ifndef POWERCUT_TESTS_HARNESS_CLI_KERNEL_TOOL_H_
#define POWERCUT_TESTS_HARNESS_CLI_KERNEL_TOOL_H_

#include <string>

#include "tests/subprocess.h"

namespace powercut {

// Why a file system cannot be used here. Empty if it can.
inline std::string MissingResource(const std::string& file_system) {
  const std::string doctor = RunTool({"doctor"}).out;
  const size_t at = doctor.find("\n" + file_system + " ");
  if (at == std::string::npos) return file_system + " is not built in";
  const std::string line =
      doctor.substr(at + 1, doctor.find('\n', at + 1) - at);
  return line.find(" ready ") != std::string::npos ? "" : line;
}

inline std::string Program(const std::string& name) {
  return std::string(POWERCUT_SOURCE_DIR) + "/corpora/programs/" + name;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_KERNEL_TOOL_H_
