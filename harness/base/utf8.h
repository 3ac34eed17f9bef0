// Characters of UTF-8 in bytes that may be anything.

#ifndef POWERCUT_HARNESS_BASE_UTF8_H_
#define POWERCUT_HARNESS_BASE_UTF8_H_

#include <cstddef>
#include <string_view>

namespace powercut {

// Returns the length in bytes of the UTF-8 character at the beginning of
// `text`, from 1 to 4; 0 if there is none. Overlong forms, surrogates and
// numbers beyond U+10FFFF are no characters: parsers of JSON refuse them.
// Requires: `text` is not empty.
// Source: The Unicode Standard, table 3-7.
size_t Utf8CharacterBytes(std::string_view text);

// Returns the longest beginning of `text` that has at most `bytes_max` bytes
// and does not end within a UTF-8 character.
std::string_view Utf8Prefix(std::string_view text, size_t bytes_max);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_UTF8_H_
