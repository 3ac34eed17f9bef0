// How ops are written, and what is said of words that are no ops.

#include "model/pcut/op_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/words/tokens.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Remedy(std::string_view word) {
  constexpr std::string_view kDirectives[] = {"start", "profile"};
  return UnknownOpRemedy(word, kDirectives);
}

TEST(OpWords, SyntaxNamesEveryOperandFlagAndKey) {
  EXPECT_EQ(OpSyntax(SignatureOf(OpKind::kWrite)), "write PATH OFFSET LENGTH");
  EXPECT_EQ(OpSyntaxWithOptions(SignatureOf(OpKind::kWrite)),
            "write PATH OFFSET LENGTH [dsync] [sync] [fill=N]");
  EXPECT_EQ(OpSyntaxWithOptions(SignatureOf(OpKind::kLogAppend)),
            "log_append LOG LENGTH [force_append] [force_flush] [area=AREA]");
  EXPECT_EQ(OpSyntaxWithOptions(SignatureOf(OpKind::kSyncfs)), "syncfs");
  // OpSyntax() checks that a row names as many operands as the op has, and the
  // first word tells a path from a bare word.
  for (const OpSignature& row : OpSignatures()) {
    const std::string syntax = OpSyntax(row);
    const bool path =
        row.operands.starts_with('P') || row.operands.starts_with('V');
    EXPECT_EQ(path, syntax.find("PATH") == row.verb.size() + 1 ||
                        syntax.find("TARGET_PATH") == row.verb.size() + 1)
        << syntax;
  }
}

TEST(OpWords, WordsOfOtherSystemsMeanAnOp) {
  const std::pair<std::string_view, std::string_view> kMeant[] = {
      {"sync", "syncfs"},
      {"pwrite", "write"},
      {"ftruncate", "truncate"},
      {"flush", "fsync"},
      {"fsync_dir", "fsync"},
      {"rm", "unlink"},
      {"mv", "rename"},
      {"touch", "create"},
      {"mmap", "map"},
      {"munmap", "unmap"},
      {"FlushFileBuffers", "flush_file_buffers"},
      {"NtFlushBuffersFileEx", "nt_flush"},
      {"F_FULLFSYNC", "full_fsync"},
      {"FlushLogToLsn", "log_flush_to"}};
  for (const auto& [word, op] : kMeant) {
    EXPECT_EQ(Remedy(word), "; did you mean `" + std::string(op) + "`?")
        << word;
    // A word that is an op itself is never looked up, so that a row of it would
    // be dead.
    EXPECT_FALSE(OpKindFromVerb(word)) << word;
  }
}

TEST(OpWords, WhatNoOpSaysIsRecorded) {
  for (const char* word : {"mknod", "setxattr", "punch_hole", "chown"}) {
    EXPECT_THAT(Remedy(word), HasSubstr("`powercut record`")) << word;
    EXPECT_THAT(Remedy(word), HasSubstr("`powercut ops`")) << word;
    EXPECT_THAT(Remedy(word), Not(HasSubstr("did you mean"))) << word;
  }
  // Programs cannot do to a log of CLFS what these words mean.
  for (const char* word : {"log_truncate", "TruncateLog", "log_reserve"}) {
    EXPECT_THAT(Remedy(word), HasSubstr("powercut does not offer")) << word;
    EXPECT_THAT(Remedy(word), Not(HasSubstr("record"))) << word;
  }
}

TEST(OpWords, SpellingCountsWithinABound) {
  EXPECT_EQ(Remedy("wrte"), "; did you mean `write`?");
  EXPECT_EQ(Remedy("CREATE"), "; did you mean `create`?");
  EXPECT_EQ(Remedy("fysnc"), "; did you mean `fsync`?");
  EXPECT_EQ(Remedy("profle"), "; did you mean `profile`?");
  EXPECT_EQ(Remedy("flush_file_bufers"),
            "; did you mean `flush_file_buffers`?");
  // Each of these has half of its letters in common with some op or directive.
  for (const char* word : {"statxxxr", "cremkdir", "qqqqqqqqqqqqqqq"}) {
    EXPECT_EQ(Remedy(word), "; `powercut ops` lists the ops") << word;
  }
}

TEST(OpWords, WhatABackendDoesNotOfferMayBeRecorded) {
  EXPECT_THAT(NotOfferedRemedy(OpKind::kSymlink), HasSubstr("powercut record"));
  EXPECT_THAT(NotOfferedRemedy(OpKind::kChmod), HasSubstr("powercut record"));
  EXPECT_THAT(NotOfferedRemedy(OpKind::kChmod), Not(HasSubstr("which back")));
  EXPECT_THAT(NoOverlapRemedy(), HasSubstr("without `start N`"));
  EXPECT_THAT(NotOfferedRemedy(OpKind::kMap), HasSubstr("powercut record"));
  for (const OpKind kind :
       {OpKind::kLogOpen, OpKind::kPut, OpKind::kDiskWrite, OpKind::kRemount}) {
    EXPECT_EQ(NotOfferedRemedy(kind), "; `powercut ops` says which backends do")
        << VerbOf(kind);
  }
}

TEST(OpWords, AQuotationIsCutAfterSixtyBytes) {
  for (const size_t size : {0, 1, 59, 60}) {
    const std::string text(size, 'x');
    EXPECT_EQ(Quoted(text), "`" + text + "`");
  }
  for (const size_t size : {61, 62, 1000}) {
    EXPECT_EQ(Quoted(std::string(size, 'x')),
              "`" + std::string(60, 'x') + "...`");
  }
  EXPECT_EQ(Quoted(std::string("a\0\x1f\x7f\x80~ ", 7)),
            "`a\\x00\\x1f\\x7f\\x80~ `");
}

}  // namespace
}  // namespace powercut
