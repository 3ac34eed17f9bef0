// Escapes the bytes that JSON cannot hold: JSON is UTF-8, while names on a
// broken disk are any bytes. Bytes that are no UTF-8 become `\xHH`. A text that
// looks like such an escape already has its backslash escaped, so that
// UnescapeBytes() gives back exactly what EscapeBytes() was given.

#include <string_view>

#include "harness/base/utf8.h"
#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Returns the byte of the escape `\xHH` at the beginning of `text`; -1 if there
// is none.
int EscapedByte(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() < 4) return -1;
  const size_t high = kHexDigits.find(text[2]);
  const size_t low = kHexDigits.find(text[3]);
  if (high == kHexDigits.npos || low == kHexDigits.npos) return -1;
  return static_cast<int>(high * 16 + low);
}

void AppendEscape(char c, std::string& text) {
  const auto byte = static_cast<unsigned char>(c);
  text += "\\x";
  text += kHexDigits[byte >> 4];
  text += kHexDigits[byte & 15];
}

}  // namespace

std::string EscapeBytes(const std::string& bytes) {
  std::string text;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t size = EscapedByte(rest) >= 0 ? 0 : Utf8CharacterBytes(rest);
    if (size == 0) {
      AppendEscape(rest[0], text);
    } else {
      text += rest.substr(0, size);
    }
    rest.remove_prefix(size == 0 ? 1 : size);
  }
  return text;
}

std::string UnescapeBytes(const std::string& text) {
  std::string bytes;
  std::string_view rest = text;
  while (!rest.empty()) {
    const int escaped = EscapedByte(rest);
    bytes += escaped >= 0 ? static_cast<char>(escaped) : rest[0];
    rest.remove_prefix(escaped >= 0 ? 4 : 1);
  }
  return bytes;
}

}  // namespace powercut
