// LitmusFiles(): the files of corpora/litmus, read and parsed, for the tests
// that hold them against the table of primitives and against docs/sources.md.

#ifndef POWERCUT_TESTS_MODEL_LITMUS_FILES_H_
#define POWERCUT_TESTS_MODEL_LITMUS_FILES_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "model/pcut/pcut.h"

namespace powercut {

struct LitmusFile {
  std::string stem;  // The file's name, which ends before `.pcut`.
  std::string text;
  Pcut pcut;
  Workload workload;
};

// The text of a file of the project. Fails the test if it cannot be read.
inline std::string ReadSourceFile(const std::string& path_from_top) {
  std::ifstream in(std::string(POWERCUT_SOURCE_DIR) + "/" + path_from_top);
  EXPECT_TRUE(in.good()) << path_from_top;
  return {std::istreambuf_iterator<char>(in), {}};
}

// All litmus files in the order of their names. A file that does not parse
// fails the test and is left out.
inline std::vector<LitmusFile> LitmusFiles() {
  const std::string folder = "corpora/litmus";
  std::vector<std::string> stems;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::string(POWERCUT_SOURCE_DIR) + "/" + folder)) {
    if (entry.path().extension() == ".pcut") {
      stems.push_back(entry.path().stem());
    }
  }
  std::sort(stems.begin(), stems.end());
  std::vector<LitmusFile> files;
  for (const std::string& stem : stems) {
    const std::string path = folder + "/" + stem + ".pcut";
    const std::string text = ReadSourceFile(path);
    const Result<Pcut> pcut = ParsePcut(text, path);
    EXPECT_TRUE(pcut) << pcut.error().message;
    if (!pcut) continue;
    const Result<Workload> workload = BuildWorkload(*pcut, path);
    EXPECT_TRUE(workload) << workload.error().message;
    if (workload) files.push_back({stem, text, *pcut, *workload});
  }
  EXPECT_FALSE(files.empty());
  return files;
}

// The text after `# KEY: ` in the comments of a file, with the lines that
// continue it, which begin with `#   `. Empty if there is no such comment.
inline std::string LitmusNote(const LitmusFile& file, std::string_view key) {
  const std::string start = "# " + std::string(key) + ": ";
  std::string note;
  bool inside = false;
  for (const Statement& statement : file.pcut.statements) {
    const std::string& comment = statement.comment;
    if (comment.starts_with(start)) {
      inside = true;
      note = comment.substr(start.size());
    } else if (inside && comment.starts_with("#   ")) {
      note += ' ' + comment.substr(4);
    } else {
      inside = false;
    }
  }
  return note;
}

// The number at the beginning of a stem, such as `l18b` for
// `l18b_append_handle`.
inline std::string LitmusNumber(const std::string& stem) {
  return stem.substr(0, stem.find('_'));
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_MODEL_LITMUS_FILES_H_
