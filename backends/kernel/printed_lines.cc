// Picks lines out of what a program printed, and makes them fit into a report:
// no control characters, no long lines, and the same text from run to run.

#include "backends/kernel/printed_lines.h"

#include <algorithm>
#include <istream>
#include <vector>

#include "harness/base/utf8.h"

namespace powercut::kernel {
namespace {

// What is longer or more than this is cut. The line of a check is the message
// of a program of the user's; complaints are several lines of one checker.
constexpr size_t kCheckLineBytesMax = 1000;
constexpr size_t kLineBytesMax = 200;
constexpr size_t kComplaintsMax = 3;

// Returns the lines that are not empty, without spaces at their ends.
std::vector<std::string_view> LinesOf(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t first = line.find_first_not_of(kSpaces);
    if (first == line.npos) continue;
    line.remove_suffix(line.size() - line.find_last_not_of(kSpaces) - 1);
    lines.push_back(line.substr(first));
  }
  return lines;
}

// Cuts a long line and replaces control characters, which could command a
// terminal, by `?`.
std::string Shown(std::string_view line, size_t bytes_max) {
  std::string shown(Utf8Prefix(line, bytes_max));
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return shown;
}

}  // namespace

std::string LastLineOf(std::istream& printed) {
  std::string last;
  std::string line;
  const auto end_line = [&] {
    const auto words = LinesOf(line);
    if (!words.empty()) last = words[0];
    line.clear();
  };
  std::string piece(64 << 10, '\0');
  while (printed.good()) {
    printed.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto size = static_cast<size_t>(printed.gcount());
    for (const char c : std::string_view(piece).substr(0, size)) {
      // Programs that show their progress write over a line with a carriage
      // return.
      if (c == '\n' || c == '\r') {
        end_line();
      } else if (line.size() <= kCheckLineBytesMax &&
                 (!line.empty() || (c != ' ' && c != '\t'))) {
        // One byte more than is shown tells Utf8Prefix() that it cuts.
        line += c;
      }
    }
  }
  end_line();
  return Shown(last, kCheckLineBytesMax);
}

std::string ComplaintsOf(const VolumeChecker& checker,
                         std::string_view printed) {
  auto lines = LinesOf(printed);
  std::erase_if(lines, [&](std::string_view line) {
    return std::ranges::any_of(checker.chatter, [&](const std::string& part) {
      return line.find(part) != line.npos;
    });
  });
  // Threads print in any order, and a report must not depend on it.
  if (checker.parallel) std::ranges::sort(lines);
  lines.resize(std::min(lines.size(), kComplaintsMax));
  std::string text;
  for (const std::string_view line : lines) {
    text.append(text.empty() ? "" : "; ").append(Shown(line, kLineBytesMax));
  }
  return text;
}

}  // namespace powercut::kernel
