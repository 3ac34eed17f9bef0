// The smallest parts of the text form (docs/pcut.md 2): tokens that know their
// place, numbers, words and paths. The parsers of lines
// (model/pcut/pcut_parse.cc), of ops (model/pcut/pcut_op.cc) and of conditions
// (model/words/condition.cc) share them.
//
// Every Parse function fails with kBadInput at the token that it was given, or
// at a byte of it; the message says what is wrong and how to mend it.

#ifndef POWERCUT_MODEL_WORDS_TOKENS_H_
#define POWERCUT_MODEL_WORDS_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace powercut {

// The largest number of the text form: it fits a signed file offset.
inline constexpr uint64_t kMaxTextNumber = 0x7fff'ffff'ffff'ffff;
inline constexpr uint64_t kMaxMode = 07777;

// A piece of a line. It owns nothing: the line and the place must outlive it.
struct Token {
  std::string_view text;
  // The column of the first byte, from 1.
  size_t column = 1;
  // What error messages begin with: "FILE:LINE:", or empty.
  std::string_view place;
};

// Returns the error kBadInput with the text "FILE:LINE:COLUMN: message".
Error BadToken(const Token& token, std::string_view message);

// Returns an empty token just after `token`, for what is missing there.
Token BehindToken(const Token& token);

// Returns the part of `token` from `offset` on, at most `size` bytes long.
// Requires: offset <= token.text.size().
Token PartOf(const Token& token, size_t offset,
             size_t size = std::string_view::npos);

// Whether `c` separates words: space, tab, or the carriage return that files of
// other systems have at the end of a line.
bool IsBlank(char c);
// Returns the token without blanks at its ends.
Token Trimmed(const Token& token);
// Returns the words of a line, in order; none is empty.
std::vector<Token> SplitAtBlanks(const Token& line);

// Returns `text` in backquotes for a message: at most 60 bytes of it, on one
// line, with unprintable bytes escaped.
std::string Quoted(std::string_view text);

// Returns "; did you mean `x`?" with the candidate nearest to `word`; empty if
// none is near, or if `word` has more than 40 bytes.
// Cost: O(word.size() times the bytes of all candidates).
std::string DidYouMean(std::string_view word,
                       std::span<const std::string_view> candidates);
std::string DidYouMean(std::string_view word,
                       std::span<const std::string> candidates);

// Parses decimal digits, at most kMaxTextNumber. `what` names the number in
// messages.
Result<uint64_t> ParseNumber(const Token& token, std::string_view what);
// Parses octal digits, at most kMaxMode.
Result<uint64_t> ParseMode(const Token& token);

// Whether `text` is a bare word: letters, digits and `_ . - + @ ~ :`, at least
// one of them.
bool IsWord(std::string_view text);
// Parses a bare word; `what` names it in messages.
Result<std::string> ParseWord(const Token& token, std::string_view what);

// Parses an absolute path: `/`, or components that are neither empty nor `.`
// nor `..`, and that hold no zero byte. Returns the raw bytes, without escapes.
Result<std::string> ParsePath(const Token& token);

// Returns a path, or a name, as text: bytes below 0x21 and from 0x7f on, `\`,
// `#` and the bytes in `also` are escaped.
std::string PathText(std::string_view path, std::string_view also = "");

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_TOKENS_H_
