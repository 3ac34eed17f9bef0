// Every document, section, row, rule and file that code, comments, documents
// and the tool's own output cite exists in the repository.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/source_tree.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using Matches = std::sregex_iterator;

const std::filesystem::path kRoot = POWERCUT_SOURCE_DIR;

std::string TextOf(const std::string& path) {
  for (const SourceFile& file : WorkingTree()) {
    if (file.path == path) return file.text;
  }
  return "";
}

// The sections of a document by number (`2.7`), each with its numbered rows.
using Sections = std::map<std::string, std::set<int>>;

const Sections& SectionsOf(const std::string& document) {
  static std::map<std::string, Sections> all;
  const auto [entry, added] = all.try_emplace(document);
  if (!added) return entry->second;
  static const std::regex heading(R"(^#{2,4} (\d+(\.\d+)*)[ .].*)");
  static const std::regex row(R"(^\| (\d+) \|.*)");
  std::string section;
  for (const std::string& line : LinesOf(TextOf("docs/" + document))) {
    std::smatch match;
    if (std::regex_match(line, match, heading)) {
      section = match[1];
      entry->second[section];
    } else if (std::regex_match(line, match, row)) {
      entry->second[section].insert(std::stoi(match[1]));
    }
  }
  return entry->second;
}

// The rules and ambiguities that docs/semantics.md defines: at the beginning of
// a table's row, or in bold.
const std::set<std::string>& Definitions() {
  static const std::set<std::string> defined = [] {
    std::set<std::string> names;
    static const std::regex definition(
        R"((?:^\| |\*\*)((?:A|R|O|L|ERR|T|C)-[A-Z0-9][A-Z0-9-]*[a-z]?))",
        std::regex::multiline);
    const std::string text = TextOf("docs/semantics.md");
    for (Matches at(text.begin(), text.end(), definition), end; at != end; ++at)
      names.insert((*at)[1]);
    return names;
  }();
  return defined;
}

// Joins the lines of comments and of string literals that go on in the next
// line, so that a citation may be broken there.
std::string Unbroken(const std::string& text) {
  static const std::regex broken(R"(\"?\n *(?://|\*)? ?\"?)");
  return std::regex_replace(text, broken, " ");
}

// `semantics.md 1.6 rows 1, 3 and 21`, `crash_model.md 4`: the section must be
// there, and so must its rows.
Complaints CitedSections(const SourceFile& file) {
  if (file.path == "tests/citations_test.cc") return {};
  static const std::regex citation(
      R"(([a-z_]+)\.md,? +(?:sections? )?(\d+(?:\.\d+)*))"
      R"(((?: rows? [\d, andto]+)?))");
  static const std::regex number(R"(\d+)");
  Complaints complaints;
  const std::string text = Unbroken(file.text);
  for (Matches at(text.begin(), text.end(), citation), end; at != end; ++at) {
    const std::string document = (*at)[1].str() + ".md";
    if (TextOf("docs/" + document).empty()) {
      complaints.push_back(file.path + ": docs/" + document + " is not there");
      continue;
    }
    const Sections& sections = SectionsOf(document);
    const auto section = sections.find((*at)[2]);
    if (section == sections.end()) {
      complaints.push_back(file.path + ": no section " + at->str());
      continue;
    }
    const std::string rows = (*at)[3];
    for (Matches row(rows.begin(), rows.end(), number); row != end; ++row) {
      if (section->second.contains(std::stoi(row->str()))) continue;
      complaints.push_back(file.path + ": no row " + row->str() + " in " +
                           at->str());
    }
  }
  return complaints;
}

// `A-14`, `R-FDONLY`, `O-GROUP`, `ERR-UNKNOWN`, `L-23b`.
Complaints CitedRules(const SourceFile& file) {
  // The witnesses below cite rules that are not there.
  if (file.path == "tests/citations_test.cc") return {};
  static const std::regex rule(
      R"((^|[^\w-])((?:A|L)-\d+[a-z]?|(?:R|O|ERR)-[A-Z][A-Z0-9-]*[A-Z0-9]))");
  Complaints complaints;
  for (Matches at(file.text.begin(), file.text.end(), rule), end; at != end;
       ++at) {
    const std::string name = (*at)[2];
    // The placeholder of corpora/litmus/README.md.
    if (Definitions().contains(name) || name == "L-NN") continue;
    complaints.push_back(file.path + ": docs/semantics.md does not define " +
                         name);
  }
  return complaints;
}

// Files that are named by their path from the top of the repository, and
// documents by their name or by a link.
Complaints CitedFiles(const SourceFile& file) {
  static const std::regex path(
      R"((^|[^\w./-])((?:harness|model|backends|fuzz|tests|corpora|docs)/)"
      R"([\w./-]*\w\.(?:h|cc|c|md|pcut|sh|trace|txt)\b))");
  static const std::regex link(R"(\]\(([^)#:]+\.\w+)(?:#[\w-]*)?\))");
  Complaints complaints;
  // The witnesses of rules name files that are not there; build files list
  // theirs from their own folder.
  if ((file.path.starts_with("tests/") && file.path.ends_with("_test.cc")) ||
      file.path.ends_with("CMakeLists.txt")) {
    return complaints;
  }
  const auto check = [&](const std::filesystem::path& target) {
    const auto here = std::filesystem::path(file.path).parent_path();
    if (std::filesystem::exists(kRoot / target)) return;
    if (std::filesystem::exists(kRoot / here / target)) return;
    complaints.push_back(file.path + ": " + target.string() + " is not there");
  };
  for (Matches at(file.text.begin(), file.text.end(), path), end; at != end;
       ++at) {
    check((*at)[2].str());
  }
  if (!file.path.ends_with(".md")) return complaints;
  const auto folder = std::filesystem::path(file.path).parent_path();
  for (Matches at(file.text.begin(), file.text.end(), link), end; at != end;
       ++at) {
    check((folder / (*at)[1].str()).lexically_normal());
  }
  return complaints;
}

// Notes that were never part of the repository.
Complaints NoPrivateDocuments(const SourceFile& file) {
  static const std::regex note(R"((^|[^\w])(design\.md|research/))");
  if (file.path == "tests/citations_test.cc") return {};
  if (!std::regex_search(file.text, note)) return {};
  return {file.path + ": cites a document that is not in the repository"};
}

TEST(CitationsTest, SectionsAreThere) {
  EXPECT_GT(SectionsOf("semantics.md").size(), 20u);
  CheckRule(CitedSections,
            {{"a.h", "// docs/semantics.md 1.9 has it.\n"},
             {"a.h", "// docs/semantics.md 1.1 row 99 has it.\n"},
             {"a.h", "// docs/lost.md 3 has it.\n"},
             {"a.cc", "\"semantics.md \"\n      \"1.9 row 3\"\n"}},
            {{"a.h", "// docs/semantics.md 1.1 row 3 has it.\n"},
             {"a.cc", "\"semantics.md \"\n      \"1.6 rows 1, 3 and 21\"\n"},
             {"a.h", "// docs/crash_model.md 4 has it.\n"}});
}

TEST(CitationsTest, RulesAreDefined) {
  EXPECT_GT(Definitions().size(), 100u);
  CheckRule(CitedRules,
            {{"a.h", "// See A-99.\n"},
             {"a.h", "// R-NEVER\n"},
             {"a.md", "(O-LOST)\n"}},
            {{"a.h", "// See A-14, R-FDONLY and ERR-UNKNOWN.\n"},
             {"a.h", "POSIX-A-99 is no rule\n"}});
}

TEST(CitationsTest, FilesAreThere) {
  CheckRule(CitedFiles,
            {{"a.h", "// harness/lost.h has it.\n"},
             {"docs/a.md", "`corpora/lost.pcut`\n"},
             {"docs/a.md", "[it](lost.md)\n"},
             {"docs/a.md", "[it](../harness/lost.md#x)\n"}},
            {{"a.h", "// harness/base/bytes.h has it.\n"},
             {"docs/a.md", "[it](crash_model.md) [there](../README.md#x)\n"}});
}

TEST(CitationsTest, NoPrivateDocuments) {
  CheckRule(NoPrivateDocuments,
            {{"a.h", "// Source: design.md section 3.\n"},
             {"a.h", "// research/semantics.md\n"}},
            {{"a.h", "// the crash model's design\n"}});
}

// What the tool prints names its sources in the same way.
TEST(CitationsTest, TheToolCitesWhatIsThere) {
  for (const std::string profile :
       {"spec-strict", "linux-man", "ext4-ordered", "btrfs", "ntfs", "fat",
        "ntfs-3g", "macos"}) {
    const Ended printed = RunTool({"model", "--profile", profile});
    ASSERT_EQ(printed.status, 0) << profile;
    const SourceFile output = {"powercut model", printed.out};
    EXPECT_EQ(Joined(CitedSections(output)), "");
    EXPECT_EQ(Joined(CitedRules(output)), "");
    EXPECT_EQ(Joined(NoPrivateDocuments(output)), "");
  }
}

}  // namespace
}  // namespace powercut
