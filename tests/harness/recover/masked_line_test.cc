// Tests the words that lines of checks become in causes: what varies is masked,
// what tells failures apart is kept, and any bytes give a word that is safe in
// a report, in a baseline and on a terminal.

#include "harness/recover/masked_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/base/utf8.h"

namespace powercut {
namespace {

TEST(MaskedLineTest, Examples) {
  const std::pair<std::string_view, std::string_view> kExamples[] = {
      {"lost: c", "lost:c"},
      {"CORRUPT: a is empty", "CORRUPT:a-is-empty"},
      {"lost: key 17", "lost:key-N"},
      {"sh: 3: cannot open /mnt/a/b: No such file",
       "sh:N:cannot-open-PATH:No-such-file"},
      {"Nov 29 00:22:26 lost keys 3, 17 of /var/db/a", "N-lost-keys-N-of-PATH"},
      {"Assertion `n >= 3' failed.", "Assertion-n=N-failed"},
      {"12 rows, 13 wanted", "N-rows,N-wanted"},
      {"(1, 2, 3) lost", "N-lost"},
      {": lost", "lost"},
      {"=== 3 keys ===", "N-keys"},
      {"key_17 of [a]", "key_N-of-a"},
      {"", ""},
      {" \t ... !! ", ""},
      {"???", "?"},
      {"prüfung fehlgeschlagen: 3", "prüfung-fehlgeschlagen:N"},
      {"данные потеряны", "данные-потеряны"}};
  for (const auto& [line, word] : kExamples) {
    EXPECT_EQ(MaskedLine(line), word) << line;
  }
}

// Each row has lines that one check may print of one failure.
TEST(MaskedLineTest, WhatVariesIsMasked) {
  const std::vector<std::vector<std::string_view>> kRows = {
      {"lost: 3", "lost: 14", "lost: 3, 4, 5", "lost: 3 4"},
      {"page 0x1f is torn", "page 0xABCDEF is torn", "page 7 is torn"},
      {"hash 1a2b3c4d", "hash deadbeef", "hash 0011"},
      {"uuid 123e4567-e89b-12d3-a456-426614174000 lost",
       "uuid abcdefab-cdef-abcd-abcd-abcdefabcdef lost"},
      {"took 12ms", "took 12.5ms", "took 1ms"},
      {"[1234] gone", "[7] gone"},
      {"Sun Nov 29 00:22:26 2026: gone", "Mon Dec  7 23:59:01 2026: gone"},
      {"29 Nov 2026 gone", "1 May 2027 gone"},
      {"2026-11-29T00:22:26Z gone", "2031-01-02T13:44:01Z gone"},
      {"/tmp/tmp.a8sK2lPq/db: gone", "/mnt/volume/db: gone", "/x: gone"},
      {"cannot open '/mnt/my files/x'", "cannot open '/y'"},
      {"cannot open \"/mnt/my files/x\"", "cannot open /y"},
      {"tmp.Qk3vXz91aB is empty", "tmp.abcdefghij is empty",
       "tmp.abcdef is empty", "tmp.abcdefg is empty", "tmp.123456 is empty"},
      {"http://localhost:8080/a failed", "http://example/b/c failed"},
      {"a/b/c is lost", "xx/y is lost"},
      {"bytes \xff\xfe\x80 found", "bytes \x90 found", "bytes ?? found"}};
  for (const auto& row : kRows) {
    for (const std::string_view line : row) {
      EXPECT_EQ(MaskedLine(line), MaskedLine(row[0])) << line;
    }
  }
}

TEST(MaskedLineTest, WhatTellsApartIsKept) {
  constexpr std::string_view kLines[] = {"lost: a",
                                         "lost: b",
                                         "corrupt: a",
                                         "I/O error",
                                         "N/A",
                                         "bad key 3",
                                         "added key 3",
                                         "Bus error",
                                         "3 keys lost",
                                         "keys lost",
                                         "key 3 lost",
                                         "May be lost",
                                         "Segmentation fault",
                                         "read-only",
                                         "потеря",
                                         "порча",
                                         "3 of /a",
                                         "/a of 3"};
  for (const std::string_view a : kLines) {
    for (const std::string_view b : kLines) {
      if (a == b) continue;
      EXPECT_NE(MaskedLine(a), MaskedLine(b)) << a << " " << b;
    }
  }
}

// A word has no space and no `/` or `#`, is no control sequence, and is short.
bool IsSafe(const std::string& word) {
  if (word.size() > kMaskedLineBytesMax) return false;
  for (std::string_view rest = word; !rest.empty();) {
    const size_t size = Utf8CharacterBytes(rest);
    if (size == 0) return false;
    const auto first = static_cast<unsigned char>(rest[0]);
    if (size == 1 && (first <= ' ' || first == 0x7f)) return false;
    if (rest[0] == '/' || rest[0] == '#') return false;
    if (rest.starts_with("\xc2") &&
        static_cast<unsigned char>(rest[1]) <= 0xa0) {
      return false;
    }
    rest.remove_prefix(size);
  }
  return true;
}

TEST(MaskedLineTest, AnyBytesGiveASafeWord) {
  Prng prng(1);
  constexpr std::string_view kLikely =
      "ab N0159x.:,'\"/-_?#\t\x1b\x7f\xc2\x85\xc3\xa4\xe2\x80\xa8\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string line;
    for (uint64_t n = prng.Below(200); n > 0; --n) {
      line += prng.OneIn(4) ? static_cast<char>(prng.Below(256))
                            : kLikely[prng.Below(kLikely.size())];
    }
    EXPECT_TRUE(IsSafe(MaskedLine(line))) << line;
  }
}

TEST(MaskedLineTest, LongLinesAreCutAtACharacter) {
  std::string line = "x";
  for (int i = 0; i < 100'000; ++i) line += "ä";
  EXPECT_EQ(MaskedLine(line).size(), kMaskedLineBytesMax - 1);
  EXPECT_TRUE(IsSafe(MaskedLine(line)));
  EXPECT_EQ(MaskedLine(std::string(1 << 20, 'x')),
            std::string(kMaskedLineBytesMax, 'x'));
  EXPECT_EQ(MaskedLine(std::string(1 << 20, '7')), "N");
}

}  // namespace
}  // namespace powercut
