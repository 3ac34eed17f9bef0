// What can be held of plain words: comments that begin as sentences do, and a
// first comment in each file that says what the file is for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/source_tree.h"

namespace powercut {
namespace {

// A comment that stands on lines of its own, and where it begins.
struct Comment {
  size_t line_index = 0;
  std::string text;
};

// Blocks of `//` lines. A line of dashes, which parts a file, is no comment.
std::vector<Comment> CommentsOf(const SourceFile& file) {
  std::vector<Comment> comments;
  const auto lines = LinesOf(file.text);
  bool open = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t begin = lines[i].find_first_not_of(' ');
    const bool comment = begin != std::string::npos &&
                         std::string_view(lines[i]).substr(begin, 2) == "//";
    if (!comment) {
      open = false;
      continue;
    }
    std::string text = lines[i].substr(begin + 2);
    if (text.find("---") != std::string::npos) continue;
    if (!text.empty() && text[0] == ' ') text.erase(0, 1);
    if (!open) comments.push_back({i, ""});
    open = true;
    comments.back().text += text + "\n";
  }
  return comments;
}

// Words that begin a fragment, or a riddle, in place of a sentence.
Complaints CommentsBeginAsSentences(const SourceFile& file) {
  constexpr std::string_view kOpenings[] = {
      "Of",      "As of",    "Those",   "Such",   "Without",
      "Nothing", "nothing:", "Behind",  "Empty:", "empty:",
      "Null:",   "null:",    "But for", "Be it",  "In front of"};
  Complaints complaints;
  if (!IsCode(file.path)) return complaints;
  for (const Comment& comment : CommentsOf(file)) {
    for (const std::string_view opening : kOpenings) {
      if (!comment.text.starts_with(opening)) continue;
      if (IsWordCharacter(comment.text[opening.size()])) continue;
      complaints.push_back(Place(file, comment.line_index) +
                           "a comment must be a sentence, and not begin with " +
                           std::string(opening));
    }
  }
  return complaints;
}

// A source says first what it is for and how it goes about it; a long one says
// more. A header says what it offers.
Complaints FilesSayWhatTheyAreFor(const SourceFile& file) {
  if (!IsCode(file.path)) return {};
  const auto lines = LinesOf(file.text);
  size_t purpose = 0;
  while (purpose < lines.size() && (lines[purpose].starts_with("//") ||
                                    lines[purpose].starts_with("/*") ||
                                    lines[purpose].starts_with(" *"))) {
    ++purpose;
  }
  if (purpose == 0) return {file.path + ":1: must say first what it is for"};
  constexpr size_t kLong = 150;
  constexpr size_t kMethodLines = 3;
  const bool source =
      EndsWithAny(file.path, {".cc", ".c"}) && !file.path.starts_with("tests/");
  if (source && lines.size() > kLong && purpose < kMethodLines) {
    return {file.path + ":1: has over 150 lines: must say its method first"};
  }
  return {};
}

TEST(ProseTest, CommentsBeginAsSentences) {
  CheckRule(CommentsBeginAsSentences,
            {{"harness/a.h", "// Nothing: the sector.\nint x;\n"},
             {"harness/a.h", "int y;\n\n  // Of those: nested.\n"},
             {"harness/a.h", "// Without.\n"},
             {"harness/a.cc", "  // Those that run.\n"},
             {"harness/a.cc", "  // empty: none\n"},
             {"harness/a.cc", "// --- x ---\n// As of waitpid().\n"}},
            {{"harness/a.h", "// `std::nullopt` means one sector.\n"},
             {"harness/a.h", "// The first line.\n// Of two lines.\n"},
             {"harness/a.h", "// Often so.\n"},
             {"harness/README.md", "// Of those\n"}});
}

TEST(ProseTest, FilesSayWhatTheyAreFor) {
  std::string lines;
  for (int i = 0; i < 160; ++i) lines += "int x;\n";
  CheckRule(FilesSayWhatTheyAreFor,
            {{"harness/a.cc", "#include \"harness/a.h\"\n"},
             {"harness/a.h", "#ifndef A\n// Too late.\n"},
             {"harness/a.cc", "// Short.\n" + lines}},
            {{"harness/a.cc", "// Walks it.\n#include <map>\n"},
             {"harness/a.c", "/* Walks it. */\n#include <a.h>\n"},
             {"harness/a.cc", "// One.\n// Two.\n// Three.\n" + lines}});
}

}  // namespace
}  // namespace powercut
