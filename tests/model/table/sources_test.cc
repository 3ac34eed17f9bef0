// docs/sources.md and the litmus files agree on which sentence of which
// document is tested where.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/model/litmus_files.h"

namespace powercut {
namespace {

// A document and the number of a sentence in it.
using Sentence = std::pair<std::string, int>;
// The litmus files that test each sentence.
using SourceMap = std::map<Sentence, std::set<std::string>>;

// The words in backquotes of a cell that look like a litmus file.
std::set<std::string> FilesNamedIn(const std::string& cell) {
  std::set<std::string> files;
  for (size_t at = 0; (at = cell.find('`', at)) != std::string::npos;) {
    const size_t end = cell.find('`', at + 1);
    if (end == std::string::npos) break;
    const std::string word = cell.substr(at + 1, end - at - 1);
    const bool numbered = word.size() > 1 &&
                          (word[0] == 'l' || word[0] == 'x') &&
                          word[1] >= '0' && word[1] <= '9';
    if (numbered) files.insert(word);
    at = end + 1;
  }
  return files;
}

std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) cells.push_back(cell);
  return cells;
}

// Reads the rows `| NUMBER | part | what it says | rows | litmus tests |` after
// each heading `## DOCUMENT`.
SourceMap ReadSourceMap() {
  SourceMap map;
  std::string document;
  int last = 0;
  std::istringstream in(ReadSourceFile("docs/sources.md"));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) {
      document = line.substr(3);
      last = 0;
    }
    const bool row = line.starts_with("| ") && line[2] >= '0' && line[2] <= '9';
    if (!row) continue;
    const std::vector<std::string> cells = CellsOf(line);
    EXPECT_EQ(cells.size(), 5u) << line;
    const int number = std::stoi(cells[0]);
    EXPECT_EQ(number, ++last) << document << ": sentences are counted";
    std::set<std::string> files = FilesNamedIn(cells.back());
    EXPECT_TRUE(!files.empty() ||
                cells.back().find("not tested: ") != std::string::npos)
        << document << " " << number << " names neither a test nor a reason";
    map.emplace(Sentence(document, number), std::move(files));
  }
  return map;
}

// The sentences in the `# source:` note of a file, which is written as
// `DOCUMENT N, N; DOCUMENT N`. Empty for the note `beyond the seeds`.
std::vector<Sentence> SentencesOf(const LitmusFile& file) {
  std::vector<Sentence> sentences;
  const std::string note = LitmusNote(file, "source");
  if (note == "beyond the seeds") return sentences;
  std::istringstream parts(note);
  for (std::string part; std::getline(parts, part, ';');) {
    std::istringstream words(part);
    std::string document;
    words >> document;
    for (std::string number; words >> number;) {
      const bool digits =
          number.find_first_not_of("0123456789,") == std::string::npos;
      EXPECT_TRUE(digits) << file.stem << ": " << note;
      if (digits) sentences.emplace_back(document, std::stoi(number));
    }
  }
  EXPECT_FALSE(sentences.empty()) << file.stem << ": " << note;
  return sentences;
}

TEST(Sources, TheFiveDocumentsAreThere) {
  std::map<std::string, int> sentences;
  for (const auto& [sentence, files] : ReadSourceMap()) {
    ++sentences[sentence.first];
  }
  EXPECT_EQ(sentences, (std::map<std::string, int>{{"FlushLogBuffers", 10},
                                                   {"ClfsFlushBuffers", 6},
                                                   {"NtFlushBuffersFile", 16},
                                                   {"NtFlushBuffersFileEx", 44},
                                                   {"FlushViewOfFile", 31}}));
}

TEST(Sources, FilesThatTheMapNamesExistAndSayTheSame) {
  SourceMap by_files;
  std::set<std::string> stems;
  for (const LitmusFile& file : LitmusFiles()) {
    stems.insert(file.stem);
    for (const Sentence& sentence : SentencesOf(file)) {
      by_files[sentence].insert(file.stem);
    }
  }
  const SourceMap map = ReadSourceMap();
  for (const auto& [sentence, files] : map) {
    const std::string place =
        sentence.first + " " + std::to_string(sentence.second);
    for (const std::string& file : files) {
      EXPECT_TRUE(stems.contains(file)) << place << " names " << file;
    }
    EXPECT_EQ(files, by_files[sentence]) << place;
  }
  for (const auto& [sentence, files] : by_files) {
    EXPECT_TRUE(map.contains(sentence))
        << *files.begin() << " names " << sentence.first << " "
        << sentence.second << ", which docs/sources.md does not have";
  }
}

// L-01 to L-64 are the tests of the documents.
TEST(Sources, EveryTestOfTheDocumentsIsInTheMap) {
  std::set<std::string> named;
  for (const auto& [sentence, files] : ReadSourceMap()) {
    named.insert(files.begin(), files.end());
  }
  for (const LitmusFile& file : LitmusFiles()) {
    if (!file.stem.starts_with('l')) continue;
    if (std::stoi(file.stem.substr(1)) > 64) continue;
    EXPECT_TRUE(named.contains(file.stem)) << file.stem;
  }
}

}  // namespace
}  // namespace powercut
