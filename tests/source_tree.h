// The sources of the project as text, and rules that are checked over them.
// Each rule has witnesses: small files that break it, given to the same
// function.

#ifndef POWERCUT_TESTS_SOURCE_TREE_H_
#define POWERCUT_TESTS_SOURCE_TREE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace powercut {

// A path from the top of the repository, and what the file holds.
struct SourceFile {
  std::string path;
  std::string text;
};

// What is wrong, one line each, with the place first.
using Complaints = std::vector<std::string>;
using Rule = std::function<Complaints(const SourceFile&)>;

inline bool EndsWithAny(std::string_view text,
                        std::vector<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return text.ends_with(end); });
}

inline bool IsCode(std::string_view path) {
  return EndsWithAny(path, {".h", ".hpp", ".cc", ".c"});
}

inline std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::string Place(const SourceFile& file, size_t line_index) {
  return file.path + ":" + std::to_string(line_index + 1) + ": ";
}

// The operands of #include, with their <> or "".
inline std::vector<std::pair<size_t, std::string>> IncludesOf(
    const SourceFile& file) {
  std::vector<std::pair<size_t, std::string>> includes;
  const auto lines = LinesOf(file.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    constexpr std::string_view kInclude = "#include ";
    if (!lines[i].starts_with(kInclude)) continue;
    std::string operand = lines[i].substr(kInclude.size());
    const size_t end = operand.find_first_of(">\"", 1);
    includes.emplace_back(i, operand.substr(0, end + 1));
  }
  return includes;
}

inline bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The sources, build files, documents and workloads in the folders of the
// project, and the documents at its top. Others (build folders, the version
// control's) are not the project's.
inline const std::vector<SourceFile>& WorkingTree() {
  static const std::vector<SourceFile> tree = [] {
    const std::filesystem::path root = POWERCUT_SOURCE_DIR;
    std::vector<SourceFile> files;
    const auto add = [&](const std::filesystem::path& path) {
      std::ifstream in(path, std::ios::binary);
      files.push_back({std::filesystem::relative(path, root),
                       {std::istreambuf_iterator<char>(in), {}}});
    };
    for (const char* document :
         {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}) {
      add(root / document);
    }
    for (const char* folder :
         {"harness", "model", "backends", "library", "engines", "programs",
          "fuzz", "packaging", "tests", "corpora", "docs"}) {
      for (const auto& entry :
           std::filesystem::recursive_directory_iterator(root / folder)) {
        const std::string name = entry.path().filename();
        if (!entry.is_regular_file() ||
            (!IsCode(name) && name != "CMakeLists.txt" &&
             !EndsWithAny(name, {".md", ".pcut"}))) {
          continue;
        }
        add(entry.path());
      }
    }
    return files;
  }();
  return tree;
}

inline std::string Joined(const Complaints& complaints) {
  std::string text;
  for (const std::string& complaint : complaints) text += complaint + "\n";
  return text;
}

// Checks that the tree keeps the rule, that every bad file breaks it, and that
// no good one does.
inline void CheckRule(const Rule& rule, const std::vector<SourceFile>& bad,
                      const std::vector<SourceFile>& good) {
  ASSERT_GT(WorkingTree().size(), 80u);
  Complaints all;
  for (const SourceFile& file : WorkingTree()) {
    const Complaints some = rule(file);
    all.insert(all.end(), some.begin(), some.end());
  }
  EXPECT_EQ(Joined(all), "");
  for (const SourceFile& file : bad) {
    EXPECT_THAT(rule(file), ::testing::Not(::testing::IsEmpty()))
        << file.path << "\n"
        << file.text;
  }
  for (const SourceFile& file : good) {
    EXPECT_THAT(rule(file), ::testing::IsEmpty()) << file.path << "\n"
                                                  << file.text;
  }
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_SOURCE_TREE_H_
