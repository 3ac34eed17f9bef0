// What tests of recorded programs share: the programs of the corpus, and
// whether a file system can be used here.

#ifndef POWERCUT_TESTS_HARNESS_CLI_RECORDED_PROGRAMS_H_
#define POWERCUT_TESTS_HARNESS_CLI_RECORDED_PROGRAMS_H_

#include <string>

#include "tests/harness/cli/tool_output.h"

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

// The path of a program of the corpus.
inline std::string Program(const std::string& name) {
  return std::string(POWERCUT_SOURCE_DIR) + "/corpora/programs/" + name;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_RECORDED_PROGRAMS_H_
