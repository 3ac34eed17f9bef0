// Tokens, numbers, words and paths of the text form.
//
// Method: a token is a view into its line together with the column where it
// begins. Cutting a token (PartOf(), Trimmed(), SplitAtBlanks()) adds the
// offset of the part to the column, so that an error found deep inside a word
// still points at the byte that is wrong. Example: in `  write /a\q 0 1` the
// path is the token `/a\q` with column 9, and its unknown escape is reported at
// column 11. Numbers are range-checked before each digit is added, so that no
// input overflows. Escapes in paths are undone first; the rules for components
// then hold for the raw bytes.

#include "model/words/tokens.h"

#include <algorithm>
#include <optional>

namespace powercut {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kWordMarks = "_.-+@~:";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsPrintable(char c) { return c >= 0x20 && c < 0x7f; }

// Escapes are read in either case; they are printed in lower case.
std::optional<int> HexDigit(char c) {
  if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const size_t at = kHexDigits.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<int>(at);
}

void AppendEscaped(char c, std::string* text) {
  const auto byte = static_cast<unsigned char>(c);
  *text += "\\x";
  *text += kHexDigits[byte >> 4];
  *text += kHexDigits[byte & 15];
}

// How many single-character edits lead from `a` to `b` (the Levenshtein
// distance). One row of the usual table is enough: `diagonal` keeps the entry
// that was overwritten last.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// Parses digits of `base` up to `max`; `what` and `digits` are for the
// messages.
Result<uint64_t> ParseDigits(const Token& token, unsigned base, uint64_t max,
                             std::string_view what, std::string_view digits) {
  if (token.text.empty()) {
    return BadToken(token, std::string(what) + " is missing");
  }
  uint64_t value = 0;
  bool too_large = false;
  for (const char c : token.text) {
    if (!IsDigit(c) || static_cast<unsigned>(c - '0') >= base) {
      return BadToken(token, Quoted(token.text) + " is not " +
                                 std::string(what) + "; write it in " +
                                 std::string(digits) + " digits");
    }
    const auto digit = static_cast<uint64_t>(c - '0');
    // A word that is no number is reported as that even if its first digits are
    // already too large, so that the loop goes on.
    too_large = too_large || value > (max - digit) / base;
    if (!too_large) value = value * base + digit;
  }
  if (too_large) {
    return BadToken(token, Quoted(token.text) +
                               " is too large; the largest is " +
                               (base == 8 ? "7777" : std::to_string(max)));
  }
  return value;
}

Result<std::string> Unescaped(const Token& token) {
  const std::string_view text = token.text;
  std::string raw;
  raw.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      // `\x` is the only escape, and always has two digits, so that the digit
      // that follows an escape is never taken for a part of it.
      const bool whole = i + 3 < text.size() && text[i + 1] == 'x';
      const auto high = whole ? HexDigit(text[i + 2]) : std::nullopt;
      const auto low = whole ? HexDigit(text[i + 3]) : std::nullopt;
      if (!high || !low) {
        return BadToken(PartOf(token, i),
                        "unknown escape; write `\\xHH` with two hex digits");
      }
      c = static_cast<char>(*high * 16 + *low);
      i += 3;
    }
    if (c == '\0') {
      return BadToken(PartOf(token, std::min(i, text.size())),
                      "a path holds a zero byte; no file system allows it");
    }
    raw += c;
  }
  return raw;
}

}  // namespace

Error BadToken(const Token& token, std::string_view message) {
  std::string text(token.place);
  text += std::to_string(token.column);
  text += ": ";
  text += message;
  return {ErrorCode::kBadInput, std::move(text)};
}

Token BehindToken(const Token& token) {
  return PartOf(token, token.text.size());
}

Token PartOf(const Token& token, size_t offset, size_t size) {
  return {token.text.substr(offset, size), token.column + offset, token.place};
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

Token Trimmed(const Token& token) {
  size_t begin = 0;
  size_t end = token.text.size();
  while (end > 0 && IsBlank(token.text[end - 1])) --end;
  while (begin < end && IsBlank(token.text[begin])) ++begin;
  return PartOf(token, begin, end - begin);
}

std::vector<Token> SplitAtBlanks(const Token& line) {
  std::vector<Token> tokens;
  const std::string_view text = line.text;
  for (size_t i = 0; i < text.size();) {
    if (IsBlank(text[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < text.size() && !IsBlank(text[i])) ++i;
    tokens.push_back(PartOf(line, begin, i - begin));
  }
  return tokens;
}

std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 60;
  std::string quoted = "`";
  for (const char c : text.substr(0, kShown)) {
    if (IsPrintable(c)) {
      quoted += c;
    } else {
      AppendEscaped(c, &quoted);
    }
  }
  quoted += text.size() > kShown ? "...`" : "`";
  return quoted;
}

std::string DidYouMean(std::string_view word,
                       std::span<const std::string_view> candidates) {
  // No candidate is near a longer word; the limit also bounds the work on
  // hostile input.
  constexpr size_t kLongest = 40;
  if (word.size() > kLongest) return "";
  // Two edits always count as near, so that two swapped letters do; a longer
  // word may differ in a third of its bytes. Half of them would take `setxattr`
  // for `start`.
  std::string_view nearest;
  size_t fewest = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t edits = EditDistance(word, candidate);
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  if (nearest.empty()) return "";
  return "; did you mean `" + std::string(nearest) + "`?";
}

std::string DidYouMean(std::string_view word,
                       std::span<const std::string> candidates) {
  const std::vector<std::string_view> views(candidates.begin(),
                                            candidates.end());
  return DidYouMean(word, std::span<const std::string_view>(views));
}

Result<uint64_t> ParseNumber(const Token& token, std::string_view what) {
  return ParseDigits(token, 10, kMaxTextNumber, what, "decimal");
}

Result<uint64_t> ParseMode(const Token& token) {
  return ParseDigits(token, 8, kMaxMode, "a mode", "octal");
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) ||
           kWordMarks.find(c) != std::string_view::npos;
  });
}

Result<std::string> ParseWord(const Token& token, std::string_view what) {
  if (IsWord(token.text)) return std::string(token.text);
  return BadToken(token,
                  Quoted(token.text) + " is not " + std::string(what) +
                      "; use letters, digits and any of `_ . - + @ ~ :`");
}

Result<std::string> ParsePath(const Token& token) {
  if (!token.text.starts_with('/')) {
    return BadToken(
        token, Quoted(token.text) + " is not a path; paths begin with `/`");
  }
  POWERCUT_ASSIGN(std::string raw, Unescaped(token));
  if (raw.size() == 1) return raw;  // the root directory
  // Components are judged after escapes are undone, where `\x2f` is a slash,
  // too: the storage sees only the raw bytes.
  for (size_t slash = 0; slash < raw.size();) {
    const size_t end = std::min(raw.find('/', slash + 1), raw.size());
    const std::string_view component =
        std::string_view(raw).substr(slash + 1, end - slash - 1);
    if (component.empty() || component == "." || component == "..") {
      return BadToken(token, "the path " + Quoted(token.text) +
                                 " has an empty, `.` or `..` component; "
                                 "remove it");
    }
    slash = end;
  }
  return raw;
}

std::string PathText(std::string_view path, std::string_view also) {
  std::string text;
  for (const char c : path) {
    // A blank would end the path. `#` is escaped everywhere, although it begins
    // a comment only after a blank.
    const bool plain = IsPrintable(c) && c != ' ' && c != '\\' && c != '#' &&
                       also.find(c) == std::string_view::npos;
    if (plain) {
      text += c;
    } else {
      AppendEscaped(c, &text);
    }
  }
  return text;
}

}  // namespace powercut
