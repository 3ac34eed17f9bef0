// Reads the lead byte of a character for its length, and then checks the bytes
// that follow it. The second byte has a narrower range after some lead bytes.

#include "harness/base/utf8.h"

namespace powercut {
namespace {

bool IsContinuation(unsigned char c) { return (c & 0xc0) == 0x80; }

}  // namespace

size_t Utf8CharacterBytes(std::string_view text) {
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

std::string_view Utf8Prefix(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  // A character has at most three bytes before its last one.
  for (size_t cut = 1; cut <= 3 && cut <= bytes_max; ++cut) {
    const std::string_view end = text.substr(bytes_max - cut);
    const size_t size = Utf8CharacterBytes(end);
    if (size > cut) return text.substr(0, bytes_max - cut);
  }
  return text.substr(0, bytes_max);
}

}  // namespace powercut
