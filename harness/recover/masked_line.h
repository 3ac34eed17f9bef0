// MaskedLine: a line that a program printed, without what differs from one run
// or machine to another, as one word that tells kinds of messages apart.

#ifndef POWERCUT_HARNESS_RECOVER_MASKED_LINE_H_
#define POWERCUT_HARNESS_RECOVER_MASKED_LINE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace powercut {

// The most bytes that MaskedLine() returns. What is longer is cut.
inline constexpr size_t kMaskedLineBytesMax = 80;

// Returns the line as one word for a cause. Equal lines give equal words, on
// every machine and in every locale. These rules make the word:
//  * Numbers become `N`: digits wherever they stand; with `0x` before them, any
//    hex digits; words of hex digits only that have four characters and a
//    decimal digit, or eight characters; identifiers of the form of a UUID.
//  * Paths become `PATH`: words with a slash, up to a space, a quote, a colon,
//    a comma, a semicolon, an equals sign or a bracket, and whatever stands in
//    quotes and begins with a slash. A slash between two single letters (`I/O`,
//    `n/a`) is no path. Names as mktemp makes them become `tmp.N`.
//  * Digits with a unit keep the unit (`12.5ms` is `Nms`).
//  * Several numbers, or several paths, with nothing but spaces and punctuation
//    between them become one. Names of months and days beside a number belong
//    to the number, so that a date is `N`.
//  * Bytes that are no UTF-8, and control characters that were made visible as
//    `?`, become one `?`: they are data more often than words.
//  * Spaces and other punctuation become `-`, or nothing beside `. : , = + %`.
//    So the word has no space, no slash and no `#`, and ends in no punctuation.
//  * What is longer than kMaskedLineBytesMax is cut at a whole character.
// Empty if nothing but spaces and punctuation is in the line. O(line).
//
// Examples: `lost: key 17` is `lost:key-N`; `sh: 3: cannot open /mnt/a/b: No
// such file` is `sh:N:cannot-open-PATH:No-such-file`.
std::string MaskedLine(std::string_view line);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_MASKED_LINE_H_
