// The smallest parts of the text form, shared by the parser of lines
// (model/pcut/pcut_parse.cc), of ops (model/pcut/pcut_op.cc) and of conditions
// (model/words/condition.cc): tokens that know their place, numbers, words,
// paths.

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

// A piece of a line. The views must outlive it.
struct Token {
  std::string_view text;
  size_t column = 1;       // of the first byte, from 1
  std::string_view place;  // "FILE:LINE:", or empty; for messages
};

// kBadInput, "FILE:LINE:COLUMN: message".
Error BadToken(const Token& token, std::string_view message);

// The place just behind `token`, for what is missing there.
Token BehindToken(const Token& token);

// The part of `token` from `offset` on, `size` bytes long.
// Requires: offset <= token.text.size().
Token PartOf(const Token& token, size_t offset,
             size_t size = std::string_view::npos);

// Space, tab, and the carriage return of files from elsewhere.
bool IsBlank(char c);
Token Trimmed(const Token& token);
std::vector<Token> SplitAtBlanks(const Token& line);

// `text` in backquotes on one line: shortened, unprintable bytes escaped.
std::string Quoted(std::string_view text);

// "; did you mean `x`?" with the candidate nearest to `word`, or empty if none
// is near.
std::string DidYouMean(std::string_view word,
                       std::span<const std::string_view> candidates);

// Decimal digits, at most kMaxTextNumber. `what` names the number.
Result<uint64_t> ParseNumber(const Token& token, std::string_view what);
// Octal digits, at most kMaxMode.
Result<uint64_t> ParseMode(const Token& token);

// A bare word: letters, digits and `_ . - + @ ~ :`.
bool IsWord(std::string_view text);
Result<std::string> ParseWord(const Token& token, std::string_view what);

// An absolute path: `/`, or components that are neither empty nor `.` or `..`,
// none of which holds a zero byte. Gives the raw bytes.
Result<std::string> ParsePath(const Token& token);

// A path as text: bytes below 0x21 and from 0x7f on, `\` and `#` are escaped,
// and the bytes in `also`.
std::string PathText(std::string_view path, std::string_view also = "");

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_TOKENS_H_
