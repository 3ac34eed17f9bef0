// Shared by the tests that run the tool on the file systems of the running
// kernel: what is missing here, the programs of the corpus, and which processes
// run.

#ifndef POWERCUT_TESTS_HARNESS_CLI_KERNEL_TOOL_H_
#define POWERCUT_TESTS_HARNESS_CLI_KERNEL_TOOL_H_

#include <filesystem>
#include <fstream>
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

// The number of processes whose command line has this word.
inline int ProcessesWith(const std::string& word) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream in(entry.path() / "cmdline", std::ios::binary);
    std::string line;
    // A process may end while its file is read, which getline() survives.
    while (std::getline(in, line, '\0')) {
      if (line.find(word) == std::string::npos) continue;
      ++count;
      break;
    }
  }
  return count;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_KERNEL_TOOL_H_
