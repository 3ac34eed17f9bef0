// Makes one stable word of a line that a program printed.
//
// Method. The line is cut into pieces: at spaces, quotes, brackets and some
// punctuation into words, of which one with a slash is a path, and every other
// word into runs of letters and digits, each of which is a number or a text in
// which digits are masked. Months and days beside a number become numbers. The
// pieces are then joined; a mask that follows an equal mask, with nothing but
// punctuation between them, is left out together with that punctuation.
//
// Example: `Nov 29 00:22:26 lost keys 3, 17 of /var/db/a` has the pieces
//   Nov 29 00:22:26   a month and four numbers: one N
//   lost keys         text
//   3, 17             two numbers: one N
//   of                text
//   /var/db/a         PATH
// and the word is `N-lost-keys-N-of-PATH`.

#include "harness/recover/masked_line.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>
#include <vector>

#include "harness/base/utf8.h"

namespace powercut {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Punctuation that may stand in the word.
bool IsKept(char c) {
  return std::string_view("._:,=+%?").find(c) != std::string_view::npos;
}

// Where words end, beside spaces.
bool EndsWord(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7f ||
         std::string_view("\"'`:,;=()[]{}<>|").find(c) !=
             std::string_view::npos;
}

bool AllHex(std::string_view text) {
  return std::ranges::all_of(text, IsHexDigit);
}

// Whether a run of letters and digits is a number in hex. A short run without a
// digit is a word, such as `bad`.
bool IsHexNumber(std::string_view run) {
  constexpr size_t kWithDigitMin = 4;
  constexpr size_t kWithoutDigitMin = 8;
  if (run.starts_with("0x") || run.starts_with("0X")) {
    return run.size() > 2 && AllHex(run.substr(2));
  }
  if (!AllHex(run)) return false;
  return run.size() >= kWithoutDigitMin ||
         (run.size() >= kWithDigitMin && std::ranges::any_of(run, IsDigit));
}

// Whether a word has the form 8-4-4-4-12 of hex digits.
bool IsUuid(std::string_view word) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::ranges::equal(word, kForm, [](char c, char form) {
    return form == '-' ? c == '-' : IsHexDigit(c);
  });
}

// Whether a word is a path. `I/O`, with one letter on each side, is none.
bool IsPath(std::string_view word) {
  const size_t slash = word.find('/');
  if (slash == word.npos) return false;
  const bool letters =
      word.size() == 3 && IsLetter(word[0]) && IsLetter(word[2]);
  return !(slash == 1 && letters);
}

// Whether a run belongs to a date if it stands beside a number.
bool IsOfDate(std::string_view run) {
  constexpr std::array<std::string_view, 19> kNames = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
      "Nov", "Dec", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  return std::ranges::find(kNames, run) != kNames.end();
}

// Whether a character of more than one byte is a control character or a space:
// U+0080 to U+00A0, U+1680, U+2000 to U+206F, U+3000 and U+FEFF.
bool IsBlankCharacter(std::string_view character) {
  if (character.starts_with("\xc2")) {
    return static_cast<unsigned char>(character[1]) <= 0xa0;
  }
  return character.starts_with("\xe2\x80") ||
         (character.starts_with("\xe2\x81") &&
          static_cast<unsigned char>(character[2]) <= 0xaf) ||
         character == "\xe1\x9a\x80" || character == "\xe3\x80\x80" ||
         character == "\xef\xbb\xbf";
}

// A piece of a line.
struct Piece {
  enum Kind { kText, kNumber, kPath, kPunctuation, kGap };

  Kind kind = kGap;
  std::string text = {};
};

bool IsBetween(const Piece& piece) {
  return piece.kind == Piece::kGap ||
         (piece.kind == Piece::kPunctuation && piece.text != "?");
}

// Cuts a line into pieces.
class LineCutter {
 public:
  explicit LineCutter(std::string_view line) : line_(line) {}

  std::vector<Piece> Cut() {
    while (!line_.empty()) {
      if (CutQuotedPath()) continue;
      if (EndsWord(line_[0])) {
        Punctuation(line_[0]);
        line_.remove_prefix(1);
        continue;
      }
      const auto end = std::ranges::find_if(line_, EndsWord);
      const auto size = static_cast<size_t>(end - line_.begin());
      Word(line_.substr(0, size));
      line_.remove_prefix(size);
    }
    return std::move(pieces_);
  }

 private:
  // A path in quotes may hold spaces.
  bool CutQuotedPath() {
    const char quote = line_[0];
    if ((quote != '"' && quote != '\'') || !line_.substr(1).starts_with('/')) {
      return false;
    }
    const size_t end = line_.find(quote, 1);
    if (end == line_.npos) return false;
    Add(Piece::kGap);
    Add(Piece::kPath);
    Add(Piece::kGap);
    line_.remove_prefix(end + 1);
    return true;
  }

  void Word(std::string_view word) {
    if (IsPath(word)) return Add(Piece::kPath);
    if (IsUuid(word)) return Add(Piece::kNumber);
    constexpr std::string_view kTemporary = "tmp.";
    if (word.starts_with(kTemporary)) {
      Add(Piece::kText, "tmp");
      Add(Piece::kPunctuation, ".");
      word.remove_prefix(kTemporary.size());
      constexpr size_t kTemporaryMin = 6;
      if (word.size() >= kTemporaryMin) return Add(Piece::kNumber);
    }
    while (!word.empty()) {
      const size_t size = RunBytes(word);
      if (size > 0) {
        Run(word.substr(0, size));
        word.remove_prefix(size);
        continue;
      }
      // A blank character, a byte that is no text, or punctuation.
      const size_t character = Utf8CharacterBytes(word);
      if (character == 1) {
        Punctuation(word[0]);
      } else {
        Punctuation(character == 0 ? '?' : ' ');
      }
      word.remove_prefix(std::max<size_t>(character, 1));
    }
  }

  // How many bytes at the beginning of `word` are letters and digits.
  static size_t RunBytes(std::string_view word) {
    size_t at = 0;
    while (at < word.size()) {
      const std::string_view rest = word.substr(at);
      const size_t size = Utf8CharacterBytes(rest);
      const bool letter =
          size == 1 ? IsLetter(rest[0]) || IsDigit(rest[0])
                    : size > 1 && !IsBlankCharacter(rest.substr(0, size));
      if (!letter) break;
      at += size;
    }
    return at;
  }

  void Run(std::string_view run) {
    if (std::ranges::all_of(run, IsDigit) || IsHexNumber(run)) {
      return Add(Piece::kNumber);
    }
    // `12.5ms` is one number with a unit, as `12ms` is.
    const size_t count = pieces_.size();
    if (IsDigit(run[0]) && count >= 2 && pieces_[count - 1].text == "." &&
        pieces_[count - 2].kind == Piece::kNumber) {
      pieces_.resize(count - 2);
    }
    std::string text;
    for (size_t i = 0; i < run.size(); ++i) {
      if (!IsDigit(run[i])) {
        text += run[i];
      } else if (i == 0 || !IsDigit(run[i - 1])) {
        text += 'N';
      }
    }
    Add(Piece::kText, text);
  }

  void Punctuation(char c) {
    if (!IsKept(c)) return Add(Piece::kGap);
    // Bytes that are no text come in rows.
    const bool again =
        c == '?' && !pieces_.empty() && pieces_.back().text == "?";
    if (!again) Add(Piece::kPunctuation, std::string(1, c));
  }

  void Add(Piece::Kind kind, std::string text = {}) {
    pieces_.push_back({kind, std::move(text)});
  }

  std::string_view line_;
  std::vector<Piece> pieces_;
};

// Makes the names of months and days that stand beside a number part of it.
template <class Pieces>
void MaskDates(Pieces&& pieces) {
  bool beside = false;
  for (Piece& piece : pieces) {
    if (IsBetween(piece)) continue;
    if (beside && piece.kind == Piece::kText && IsOfDate(piece.text)) {
      piece.kind = Piece::kNumber;
    }
    beside = piece.kind == Piece::kNumber;
  }
}

std::string Joined(const std::vector<Piece>& pieces) {
  std::string word;
  // The last mask, and where it ends; kGap if something other than spaces and
  // punctuation came since.
  Piece::Kind mask = Piece::kGap;
  size_t end_of_mask = 0;
  bool gap = false;
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::kGap) {
      gap = true;
      continue;
    }
    const bool masked =
        piece.kind == Piece::kNumber || piece.kind == Piece::kPath;
    if (masked && mask == piece.kind) {
      word.resize(end_of_mask);
      gap = false;
      continue;
    }
    const bool kept = IsBetween(piece);
    if (kept && word.empty()) continue;
    // A space beside punctuation says nothing more.
    const bool after_kept =
        !word.empty() && word.back() != '?' && IsKept(word.back());
    if (gap && !kept && !after_kept && !word.empty()) word += '-';
    gap = false;
    word += piece.kind == Piece::kNumber ? "N"
            : piece.kind == Piece::kPath ? "PATH"
                                         : piece.text;
    if (masked) {
      mask = piece.kind;
      end_of_mask = word.size();
    } else if (!kept) {
      mask = Piece::kGap;
    }
  }
  return word;
}

}  // namespace

std::string MaskedLine(std::string_view line) {
  std::vector<Piece> pieces = LineCutter(line).Cut();
  MaskDates(pieces);
  MaskDates(std::views::reverse(pieces));
  std::string word(Utf8Prefix(Joined(pieces), kMaskedLineBytesMax));
  while (!word.empty() && word.back() != '?' &&
         (IsKept(word.back()) || word.back() == '-')) {
    word.pop_back();
  }
  return word;
}

}  // namespace powercut
