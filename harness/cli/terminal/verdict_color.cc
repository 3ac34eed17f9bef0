// Finds the words to color by where they stand in a line, since all results
// have one of these forms:
//
//   FILE: ok: ...              a summary, or the first line of a finding
//   FILE: ID: admissible       what `replay` and `explain` say last
//     cause      NAME   in N states
//     NAME [NAME] ok ...       a row of a table
//
// A file with a name such as `x: ok: ` gets a color in the wrong place, which
// does no harm.

#include "harness/cli/terminal/verdict_color.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "harness/cli/terminal/terminal_traits.h"

namespace powercut {
namespace {

struct VerdictWord {
  std::string_view word;
  // The parameters of the escape sequence: bold red, green, yellow.
  std::string_view color;
};

constexpr std::string_view kBold = "1";

constexpr VerdictWord kVerdicts[] = {
    {"violation", "1;31"}, {"unseen", "1;31"},   {"unknown", "33"},
    {"ok", "32"},          {"admissible", "32"},
};

std::string Painted(std::string_view word, std::string_view color) {
  return "\033[" + std::string(color) + "m" + std::string(word) + "\033[0m";
}

// The line with `size` bytes of it from `at` on painted.
std::string PaintedAt(std::string_view line, size_t at, size_t size,
                      std::string_view color) {
  return std::string(line.substr(0, at)) +
         Painted(line.substr(at, size), color) +
         std::string(line.substr(at + size));
}

std::string ColoredLine(std::string_view line) {
  constexpr std::string_view kCause = "  cause      ";
  if (line.starts_with(kCause)) {
    const size_t end = std::min(line.find("   in "), line.size());
    return PaintedAt(line, kCause.size(), end - kCause.size(), kBold);
  }
  if (line.starts_with(' ')) return std::string(line);
  // The first verdict of a line is the one that the line is about.
  size_t first = std::string_view::npos;
  const VerdictWord* verdict = nullptr;
  for (const VerdictWord& known : kVerdicts) {
    const std::string word = ": " + std::string(known.word);
    size_t at = line.find(word + ":");
    if (at == line.npos && line.ends_with(word)) at = line.size() - word.size();
    if (at >= first) continue;
    first = at;
    verdict = &known;
  }
  if (verdict == nullptr) return std::string(line);
  return PaintedAt(line, first + 2, verdict->word.size(), verdict->color);
}

std::string ColoredRow(std::string_view line) {
  constexpr size_t kIndent = 2;
  constexpr int kNamesMax = 2;
  if (line.find_first_not_of(' ') != kIndent) return std::string(line);
  size_t at = kIndent;
  for (int names = 0; names <= kNamesMax; ++names) {
    const size_t end = std::min(line.find(' ', at), line.size());
    const std::string_view word = line.substr(at, end - at);
    const auto verdict = std::ranges::find(kVerdicts, word, &VerdictWord::word);
    if (names > 0 && verdict != std::end(kVerdicts)) {
      return PaintedAt(line, at, word.size(), verdict->color);
    }
    at = line.find_first_not_of(' ', end);
    if (at == line.npos) break;
  }
  return std::string(line);
}

std::string ByLines(const std::string& text,
                    std::string (*colored)(std::string_view)) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += colored(std::string_view(text).substr(at, end - at));
    if (end < text.size()) out += '\n';
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string& ColorWord() {
  static std::string word = kColorAuto;
  return word;
}

bool UsesColor() {
  if (ColorWord() != kColorAuto) return ColorWord() == kColorAlways;
  return !RefusesColors() && TakesEscapes(STDOUT_FILENO);
}

std::string ColoredVerdicts(const std::string& text) {
  return ByLines(text, ColoredLine);
}

std::string ColoredTable(const std::string& text) {
  return ByLines(text, ColoredRow);
}

void PrintVerdicts(const std::string& text) {
  std::fputs((UsesColor() ? ColoredVerdicts(text) : text).c_str(), stdout);
}

void PrintTable(const std::string& text) {
  std::fputs((UsesColor() ? ColoredTable(text) : text).c_str(), stdout);
}

}  // namespace powercut
