// The table of verbs, the canonical text of ops, and how flags and keys of an
// op are found.

#include "model/words/op.h"

#include <gtest/gtest.h>

#include <set>

namespace powercut {
namespace {

TEST(OpTable, RowsFollowTheEnum) {
  ASSERT_EQ(OpSignatures().size(), kOpKindCount);
  for (size_t i = 0; i < kOpKindCount; ++i) {
    EXPECT_EQ(OpSignatures()[i].kind, static_cast<OpKind>(i));
    EXPECT_EQ(&SignatureOf(static_cast<OpKind>(i)), &OpSignatures()[i]);
  }
}

TEST(OpTable, VerbsAreDistinctAndFoundByName) {
  std::set<std::string_view> verbs;
  for (const OpSignature& row : OpSignatures()) {
    EXPECT_TRUE(verbs.insert(row.verb).second) << row.verb;
    EXPECT_EQ(OpKindFromVerb(row.verb), row.kind);
    EXPECT_EQ(VerbOf(row.kind), row.verb);
  }
}

TEST(OpTable, UnknownVerbIsNothing) {
  EXPECT_EQ(OpKindFromVerb("wrte"), std::nullopt);
  EXPECT_EQ(OpKindFromVerb(""), std::nullopt);
  EXPECT_EQ(OpKindFromVerb("start"), std::nullopt);
}

TEST(OpTable, OperandsUseOnlyTheDocumentedLetters) {
  for (const OpSignature& row : OpSignatures()) {
    EXPECT_EQ(row.operands.find_first_not_of("PVHKNM"), std::string_view::npos)
        << row.verb;
  }
}

Op WriteOp() {
  Op op;
  op.kind = OpKind::kWrite;
  op.names = {"/f"};
  op.numbers = {0, 512};
  return op;
}

TEST(OpText, OrdersOperandsFlagsKeysAndResult) {
  Op op = WriteOp();
  op.flags = {"dsync", "sync"};
  op.keys = {{"fill", "7"}};
  op.expected = {ExpectedResult::kNamed, "EIO"};
  EXPECT_EQ(OpText(op), "write /f 0 512 dsync sync fill=7 -> EIO");
}

TEST(OpText, OmitsTheResultOk) {
  EXPECT_EQ(OpText(WriteOp()), "write /f 0 512");
}

TEST(OpText, SaysAnyError) {
  Op op = WriteOp();
  op.expected.kind = ExpectedResult::kAnyError;
  EXPECT_EQ(OpText(op), "write /f 0 512 -> error");
}

TEST(OpText, PadsTheVerb) {
  EXPECT_EQ(OpText(WriteOp(), 8), "write    /f 0 512");
}

TEST(OpText, DoesNotPadAVerbThatStandsAlone) {
  Op op;
  EXPECT_EQ(OpText(op, 12), "syncfs");
}

TEST(OpText, PadsStartAsTheVerb) {
  Op op = WriteOp();
  op.start = 3;
  EXPECT_EQ(OpText(op, 8), "start    3 write /f 0 512");
}

TEST(OpText, PrintsModesInOctal) {
  Op op;
  op.kind = OpKind::kChmod;
  op.names = {"/f"};
  op.numbers = {0644};
  EXPECT_EQ(OpText(op), "chmod /f 644");
}

TEST(OpText, EscapesPaths) {
  Op op;
  op.kind = OpKind::kUnlink;
  op.names = {"/a b#\\\xff"};
  EXPECT_EQ(OpText(op), "unlink /a\\x20b\\x23\\x5c\\xff");
}

TEST(OpText, WritesTheLiteralWordOfFault) {
  Op op;
  op.kind = OpKind::kFault;
  op.names = {"tear", "write"};
  op.keys = {{"nth", "2"}, {"sectors", "0~3"}};
  EXPECT_EQ(OpText(op), "fault tear on write nth=2 sectors=0~3");
}

TEST(Op, FindsFlagsAndKeys) {
  Op op = WriteOp();
  op.flags = {"sync"};
  op.keys = {{"fill", "7"}};
  EXPECT_TRUE(op.HasFlag("sync"));
  EXPECT_FALSE(op.HasFlag("dsync"));
  EXPECT_EQ(op.Key("fill"), "7");
  EXPECT_EQ(op.Key("area"), std::nullopt);
}

TEST(Op, FillDefaultsToTheNumber) {
  Op op = WriteOp();
  op.number = 12;
  EXPECT_EQ(op.Fill(), 12u);
  op.keys = {{"fill", "4294967295"}};
  EXPECT_EQ(op.Fill(), 4294967295u);
}

}  // namespace
}  // namespace powercut
