// Rules that the sources keep, checked over the working tree. Each rule has a
// witness: a snippet that breaks it, given to the same function.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/source_tree.h"

namespace powercut {
namespace {

// The line without its `//` comment. Good enough for sources that put no `//`
// into string literals next to what is banned.
std::string WithoutComment(const std::string& line) {
  return line.substr(0, line.find("//"));
}

// model/ and harness/base/ use the standard library and nothing else: its
// headers have no dot and no slash in their names.
Complaints OnlyStandardHeaders(const SourceFile& file) {
  Complaints complaints;
  if (!file.path.starts_with("model/") &&
      !file.path.starts_with("harness/base/")) {
    return complaints;
  }
  for (const auto& [line, operand] : IncludesOf(file)) {
    if (operand[0] != '<') continue;
    if (operand.find_first_of("./") == std::string::npos) continue;
    complaints.push_back(Place(file, line) +
                         "only standard headers here, not " + operand);
  }
  return complaints;
}

// Each of these libraries is known in one place.
Complaints OneKnower(const SourceFile& file) {
  struct Knower {
    std::string_view library;
    std::string_view place;
    std::string_view other_place = place;
  };
  constexpr Knower kKnowers[] = {
      {"<roaring", "harness/disk/sector_set.cc"},
      // Shared memory, and mapped views.
      {"<boost/interprocess/", "harness/system/result_ring.cc",
       "backends/kernel/file_session."},
      // A million short lists.
      {"<boost/container/", "backends/simfs/live_state.h"},
      {"<fuse", "backends/kernel/fuse_file.cc", "programs/fuse_volume.cc"},
      {"<xxhash", "harness/"},
      {"<nlohmann/", "harness/cli/"},
      {"<CLI/", "harness/cli/input/flag_set.cc"},
      {"<ntfs-3g/", "backends/ntfs_3g/module/"},
  };
  Complaints complaints;
  if (file.path.starts_with("tests/")) return complaints;
  for (const auto& [line, operand] : IncludesOf(file)) {
    for (const Knower& knower : kKnowers) {
      if (!operand.starts_with(knower.library)) continue;
      if (file.path.starts_with(knower.place)) continue;
      if (file.path.starts_with(knower.other_place)) continue;
      complaints.push_back(Place(file, line) + operand + " belongs to " +
                           std::string(knower.place));
    }
  }
  return complaints;
}

// --- words
// ------------------------------------------------------------------------

// Whether `word` stands in `line`, not as the end of a longer name.
bool HasWord(const std::string& line, std::string_view word) {
  for (size_t at = line.find(word); at != std::string::npos;
       at = line.find(word, at + 1)) {
    if (at == 0 || !IsWordCharacter(line[at - 1]) ||
        !IsWordCharacter(word[0])) {
      return true;
    }
  }
  return false;
}

// Chance, clocks and the surroundings come from one place each, or a run could
// not be repeated.
Complaints NoHiddenInputs(const SourceFile& file) {
  struct Ban {
    std::string_view word;
    std::set<std::string> allowed_in;
  };
  // The words are cut in two, so that this file passes.
  static const std::vector<Ban> bans = {
      {"ran"
       "d(",
       {}},
      {"sran"
       "d(",
       {}},
      {"random_"
       "device",
       {}},
      {"mt"
       "19937",
       {}},
      {"<ran"
       "dom>",
       {}},
      {"getti"
       "meofday",
       {}},
      {"system_"
       "clock",
       {}},
      {"time(null"
       "ptr)",
       {}},
      {"time(NU"
       "LL)",
       {}},
      // The search path, to find formatting programs; which of two equal ways
      // recoveries take to their disks; where the module of ntfs-3g is; how
      // long a random test goes on; which state of a user's test to run again,
      // and what a user's fuzzer knows already; what a terminal is like.
      {"get"
       "env(",
       {"backends/format_program.cc", "backends/kernel/mounter.cc",
        "backends/ntfs_3g/ntfs_loader.cc",
        "harness/cli/terminal/terminal_traits.cc", "library/c_options.cc",
        "library/include/powercut/fuzzer.hpp",
        "library/include/powercut/gtest.hpp",
        "tests/exhaustive/model_definition_test.cc",
        "tests/exhaustive/simfs_model_test.cc",
        "tests/exhaustive/simfs_random_test.cc"}},
      {"set"
       "locale",
       {}},
      {"<iost"
       "ream>",
       {}},
  };
  Complaints complaints;
  if (!IsCode(file.path)) return complaints;
  const auto lines = LinesOf(file.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string code = WithoutComment(lines[i]);
    for (const Ban& ban : bans) {
      if (!HasWord(code, ban.word) || ban.allowed_in.contains(file.path)) {
        continue;
      }
      complaints.push_back(Place(file, i) + std::string(ban.word) +
                           " is banned");
    }
  }
  return complaints;
}

Complaints NothingLeftToDo(const SourceFile& file) {
  Complaints complaints;
  const auto lines = LinesOf(file.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    for (const std::string_view word : {"TO"
                                        "DO",
                                        "FIX"
                                        "ME",
                                        "XX"
                                        "X:"}) {
      if (!HasWord(lines[i], word)) continue;
      complaints.push_back(Place(file, i) + std::string(word));
    }
  }
  return complaints;
}

// --- form
// -------------------------------------------------------------------------

// Columns, not bytes: continuation bytes of UTF-8 take none.
size_t ColumnsOf(const std::string& line) {
  return static_cast<size_t>(std::count_if(
      line.begin(), line.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Complaints ShortLines(const SourceFile& file) {
  constexpr size_t kColumnsMax = 80;
  constexpr size_t kLinesMax = 1000;
  Complaints complaints;
  if (!IsCode(file.path)) return complaints;
  const auto lines = LinesOf(file.text);
  if (lines.size() > kLinesMax) {
    complaints.push_back(file.path + ": has " + std::to_string(lines.size()) +
                         " lines");
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    // A path that cannot be broken.
    if (lines[i].starts_with("#include ") || lines[i].starts_with("#ifndef ") ||
        lines[i].starts_with("#define ") || lines[i].starts_with("#endif ")) {
      continue;
    }
    if (ColumnsOf(lines[i]) > kColumnsMax) {
      complaints.push_back(Place(file, i) + "longer than 80 columns");
    }
    if (lines[i].ends_with(' ') || lines[i].find('\t') != std::string::npos) {
      complaints.push_back(Place(file, i) + "trailing space or a tab");
    }
  }
  return complaints;
}

std::string GuardOf(const std::string& path) {
  std::string guard = "POWERCUT_";
  for (const char c : path) {
    guard +=
        IsWordCharacter(c)
            ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
            : '_';
  }
  return guard + "_";
}

Complaints GuardMatchesPath(const SourceFile& file) {
  if (!EndsWithAny(file.path, {".h", ".hpp"})) return {};
  // Public headers are named as users include them.
  constexpr std::string_view kPublic = "/include/powercut/";
  const size_t at = file.path.find(kPublic);
  const std::string guard = GuardOf(
      at == file.path.npos ? file.path : file.path.substr(at + kPublic.size()));
  const std::string begin = "#ifndef " + guard + "\n#define " + guard + "\n";
  const std::string end = "#endif  // " + guard + "\n";
  const std::string end_in_c = "#endif /* " + guard + " */\n";
  if (file.text.find(begin) != std::string::npos &&
      (file.text.ends_with(end) || file.text.ends_with(end_in_c))) {
    return {};
  }
  return {file.path + ": the header guard must be " + guard};
}

Complaints TellingNames(const SourceFile& file) {
  const std::filesystem::path path(file.path);
  for (const auto& part : path) {
    const std::string stem = part.stem().string();
    for (const std::string_view word :
         {"util", "utils", "helper", "helpers", "common", "misc"}) {
      if (stem == word || stem.ends_with("_" + std::string(word)) ||
          stem.starts_with(std::string(word) + "_")) {
        return {file.path + ": a name that says nothing"};
      }
    }
  }
  // What witnesses share is a library of its own, with headers.
  if (file.path.starts_with("tests/") && file.path.ends_with(".cc") &&
      !file.path.starts_with("tests/exhaustive/") &&
      !file.path.starts_with("tests/library/consumer/") &&
      !EndsWithAny(file.path, {"_test.cc", "_bench.cc"})) {
    return {file.path + ": tests are *_test.cc, what they share is a header"};
  }
  return {};
}

Complaints EndsWithOneLineBreak(const SourceFile& file) {
  if (!IsCode(file.path) && !file.path.ends_with(".pcut")) return {};
  if (file.text.ends_with('\n') && !file.text.ends_with("\n\n")) return {};
  return {file.path + ": must end in one line break"};
}

TEST(TidyTest, ModelAndBaseAreStandardOnly) {
  CheckRule(
      OnlyStandardHeaders,
      {{"model/words/op.cc", "#include <fmt/format.h>\n"},
       {"model/words/op.cc", "#include <unistd.h>\n"},
       {"harness/base/bytes.h", "#include <boost/any.hpp>\n"}},
      {{"model/words/op.cc", "#include <string>\n#include <string_view>\n"},
       {"harness/trace/trace.cc", "#include <fmt/format.h>\n"}});
}

TEST(TidyTest, LibrariesHaveOneKnower) {
  CheckRule(
      OneKnower,
      {{"harness/trace/trace.cc", "#include <roaring/roaring.h>\n"},
       {"harness/disk/sector_set.h", "#include <roaring/roaring.h>\n"},
       {"harness/worker/worker_pool.cc",
        "#include <boost/interprocess/mapped_region.hpp>\n"},
       {"harness/space/crash_space.h",
        "#include <boost/container/small_vector.hpp>\n"},
       {"harness/judge/failure_block.cc", "#include <nlohmann/json.hpp>\n"},
       {"harness/cli/verbs/verb.cc", "#include <CLI/CLI.hpp>\n"},
       {"harness/judge/failure_block.cc", "#include <ntfs-3g/volume.h>\n"},
       {"backends/ntfs_3g/ntfs_tree.cc", "#include <ntfs-3g/volume.h>\n"}},
      {{"harness/disk/sector_set.cc", "#include <roaring/roaring.h>\n"},
       {"harness/cli/input/flag_set.cc", "#include <CLI/CLI.hpp>\n"},
       {"harness/cli/report/report_json.cc", "#include <nlohmann/json.hpp>\n"},
       {"tests/a_test.cc", "#include <nlohmann/json.hpp>\n"}});
}

TEST(TidyTest, NoHiddenInputs) {
  const auto code = [](std::string line) {
    return SourceFile{"harness/trace/trace.cc", std::move(line) + "\n"};
  };
  CheckRule(NoHiddenInputs,
            {code("int x = ran"
                  "d();"),
             code("  std::ran"
                  "d();"),
             code("sran"
                  "d(1);"),
             code("std::random_"
                  "device device;"),
             code("std::mt"
                  "19937 generator;"),
             code("#include <ran"
                  "dom>"),
             code("getti"
                  "meofday(&now, nullptr);"),
             code("std::chrono::system_"
                  "clock::now();"),
             code("time(null"
                  "ptr)"),
             code("std::get"
                  "env(\"HOME\")"),
             code("set"
                  "locale(LC_ALL, \"\");"),
             code("#include <iost"
                  "ream>")},
            {code("operand(1)"),
             code("// ran"
                  "d() is banned"),
             code("uptime(null"
                  "ptr)"),
             {"harness/README.md",
              "ran"
              "d()\n"}});
}

TEST(TidyTest, NothingIsLeftToDo) {
  CheckRule(NothingLeftToDo,
            {{"harness/trace/trace.cc",
              "// TO"
              "DO: more\n"},
             {"harness/README.md",
              "FIX"
              "ME\n"}},
            {{"harness/trace/trace.cc", "// what there is to do\n"}});
}

TEST(TidyTest, LinesAndFilesAreShort) {
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "\n";
  CheckRule(ShortLines,
            {{"harness/trace/trace.cc", std::string(81, 'x') + "\n"},
             {"harness/trace/trace.cc", "x \n"},
             {"harness/trace/trace.cc", "\tx\n"},
             {"harness/trace/trace.cc", many}},
            {{"harness/trace/trace.cc", std::string(80, 'x') + "\n"},
             {"harness/README.md", std::string(200, 'x') + "\n"}});
}

TEST(TidyTest, HeaderGuardsMatchTheirPaths) {
  const std::string good =
      "#ifndef POWERCUT_HARNESS_A_B_H_\n#define POWERCUT_HARNESS_A_B_H_\n"
      "#endif  // POWERCUT_HARNESS_A_B_H_\n";
  CheckRule(GuardMatchesPath,
            {{"harness/a_c.h", good},
             {"model/a_b.h", good},
             {"harness/a_b.h", "#pragma once\n"},
             {"harness/a_b.h", good + "int x;\n"},
             {"library/include/powercut/a.hpp", good}},
            {{"harness/a_b.h", good},
             {"harness/a_b.cc", ""},
             {"library/include/powercut/harness/a_b.h", good}});
}

TEST(TidyTest, NamesTell) {
  CheckRule(TellingNames,
            {{"harness/utils.h", ""},
             {"harness/test_helpers.h", ""},
             {"model/common.cc", ""},
             {"tests/misc/a_test.cc", ""},
             {"tests/common_disks.h", ""},
             {"tests/disks.cc", ""}},
            {{"tests/disks_test.cc", ""},
             {"tests/disks.h", ""},
             {"harness/commonality.h", ""}});
}

TEST(TidyTest, FilesEndInOneLineBreak) {
  CheckRule(EndsWithOneLineBreak,
            {{"harness/a.cc", "x"},
             {"harness/a.cc", "x\n\n"},
             {"corpora/a.pcut", "powercut 1"}},
            {{"harness/a.cc", "x\n"}});
}

// What the other rules say of test data must not be lost with a folder.
TEST(TidyTest, TheTreeIsThere) {
  std::set<std::string> paths;
  for (const SourceFile& file : WorkingTree()) paths.insert(file.path);
  for (const char* path :
       {"harness/base/bytes.h", "harness/trace/trace.cc", "harness/cli/main.cc",
        "model/words/op.cc", "backends/ntfs_3g/module/ntfs_volume.c",
        "tests/tidy_test.cc", "fuzz/CMakeLists.txt", "docs/trace_file.md"}) {
    EXPECT_TRUE(paths.contains(path)) << path;
  }
}

// Two types of one name in one namespace are one type to the linker, whatever
// they hold: what a program does then is anybody's guess.
TEST(TidyTest, TypesOfOneNamespaceHaveDifferentNames) {
  std::map<std::string, std::string> owners;
  std::string complaints;
  for (const SourceFile& file : WorkingTree()) {
    if (!file.path.ends_with(".h") || file.path.starts_with("tests/")) continue;
    std::string scope;
    for (const std::string_view line : LinesOf(file.text)) {
      if (line.starts_with("namespace ")) scope = line;
      std::string_view name = line;
      if (name.starts_with("enum ")) name.remove_prefix(5);
      const bool type =
          name.starts_with("struct ") || name.starts_with("class ");
      if (!type || line.ends_with(';')) continue;
      name.remove_prefix(name.find(' ') + 1);
      name = name.substr(0, name.find(' '));
      if (name.find("::") != name.npos) continue;  // a part of another
      const auto [owner, added] =
          owners.emplace(scope + std::string(name), file.path);
      if (added || owner->second == file.path) continue;
      complaints += file.path + " and " + owner->second + " both have " +
                    std::string(name) + "\n";
    }
  }
  EXPECT_EQ(complaints, "");
  EXPECT_GT(owners.size(), 100u);
}

}  // namespace
}  // namespace powercut
