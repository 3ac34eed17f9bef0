// Escapes the bytes that JSON cannot hold: JSON is UTF-8, while names on a
// broken disk are any bytes. Bytes that are no UTF-8 become `\xHH`. A text that
// looks like such an escape already has its backslash escaped, so that
// UnescapeBytes() gives back exactly what EscapeBytes() was given.

#include <string_view>

#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool IsContinuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// Returns the length of the UTF-8 character at the beginning of `text`; 0 if
// there is none. Overlong forms, surrogates and numbers beyond U+10FFFF are no
// characters: parsers of JSON refuse them.
// Source: The Unicode Standard, table 3-7.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(i < text.size() ? text[i] : 0);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(byte(i))) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return size;
}

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
    const size_t size = EscapedByte(rest) >= 0 ? 0 : CharacterBytes(rest);
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
