// The text form held against random input: random statements round-trip, and
// neither random bytes nor damaged files crash the parser.

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/base/prng.h"
#include "model/pcut/pcut.h"
#include "model/words/violation.h"

namespace powercut {
namespace {

// Draws statements of every kind, such as parsing could have made.
class RandomStatements {
 public:
  explicit RandomStatements(uint64_t seed) : prng_(seed) {}

  Pcut Draw() {
    Pcut pcut;
    pcut.statements.emplace_back().kind = Statement::kVersion;
    for (uint64_t i = prng_.Below(12); i > 0; --i) {
      pcut.statements.push_back(DrawStatement());
    }
    int line = 0;
    for (Statement& statement : pcut.statements) {
      if (prng_.OneIn(4)) statement.comment = "# note" + Word();
      statement.line = ++line;
      if (statement.kind == Statement::kOp) statement.op.line = line;
      if (statement.kind == Statement::kOutcome) statement.outcome.line = line;
      if (statement.kind == Statement::kExpect) {
        statement.expectation.line = line;
      }
    }
    return pcut;
  }

 private:
  std::string Word() {
    constexpr std::string_view kLetters = "abcXYZ019_.-+@~:";
    std::string word = "w";
    for (uint64_t i = prng_.Below(5); i > 0; --i) {
      word += kLetters[prng_.Below(kLetters.size())];
    }
    return word;
  }

  std::string PlainName() { return "n" + std::to_string(prng_.Below(99)); }

  std::string Path() {
    std::string path;
    for (uint64_t i = prng_.Below(3) + 1; i > 0; --i) {
      path += "/p";
      for (uint64_t j = prng_.Below(6); j > 0; --j) {
        const char byte = static_cast<char>(prng_.Below(255) + 1);
        path += byte == '/' ? 'x' : byte;
      }
    }
    return path;
  }

  uint64_t Number() { return prng_.Next() >> (1 + prng_.Below(63)); }

  std::string KeyValue(std::string_view key) {
    if (key == "sectors") return "1~" + std::to_string(1 + Number() / 2);
    if (key == "in") return prng_.OneIn(2) ? "run" : "recovery";
    if (key == "times" && prng_.OneIn(2)) return "always";
    if (key == "area") return Word();
    if (key == "fill") return std::to_string(prng_.Below(uint64_t{1} << 32));
    return std::to_string(1 + Number() / 2);
  }

  void DrawNames(Op* op) {
    for (const char letter : SignatureOf(op->kind).operands) {
      if (letter == 'N' || letter == 'M') {
        op->numbers.push_back(letter == 'M' ? prng_.Below(010000) : Number());
      } else if (letter == 'P') {
        op->names.push_back(prng_.OneIn(5) ? Word() : Path());
      } else if (letter == 'V') {
        op->names.push_back(prng_.OneIn(3) ? "volume" : Path());
      } else {
        op->names.push_back(Word());
      }
    }
    if (op->kind == OpKind::kFault) {
      constexpr const char* kFaults[] = {"error", "lie", "flip", "full"};
      constexpr const char* kTargets[] = {"read", "write", "flush", "discard"};
      op->names = {kFaults[prng_.Below(4)], kTargets[prng_.Below(4)]};
    }
  }

  static std::vector<std::string> Split(std::string_view list) {
    std::vector<std::string> words;
    while (!list.empty()) {
      const size_t end = std::min(list.find(' '), list.size());
      words.emplace_back(list.substr(0, end));
      list.remove_prefix(std::min(end + 1, list.size()));
    }
    return words;
  }

  Op DrawOp() {
    Op op;
    op.kind = static_cast<OpKind>(prng_.Below(kOpKindCount));
    DrawNames(&op);
    const OpSignature& signature = SignatureOf(op.kind);
    for (const std::string& flag : Split(signature.flags)) {
      if (prng_.OneIn(2)) op.flags.push_back(flag);
    }
    for (const std::string& key : Split(signature.keys)) {
      if (prng_.OneIn(2)) op.keys.emplace_back(key, KeyValue(key));
    }
    const uint64_t result = prng_.Below(6);
    if (result == 0) op.expected = {ExpectedResult::kAnyError, ""};
    if (result == 1) op.expected = {ExpectedResult::kNamed, "E_NAME1"};
    const bool overlaps = op.kind != OpKind::kWait && op.kind != OpKind::kFault;
    if (overlaps && prng_.OneIn(5)) op.start = Number();
    return op;
  }

  Condition DrawCondition(int depth) {
    Condition condition;
    if (depth > 0 && prng_.OneIn(2)) {
      condition.kind = static_cast<Condition::Kind>(prng_.Below(3));
      const int operands = condition.kind == Condition::kNot ? 1 : 2;
      for (int i = 0; i < operands; ++i) {
        condition.operands.push_back(DrawCondition(depth - 1));
      }
      return condition;
    }
    condition.kind = Condition::kAtom;
    condition.path = Path();
    condition.number = Number();
    condition.word = prng_.OneIn(2) ? Condition::kNumber : Condition::kZero;
    if (condition.word == Condition::kNumber) condition.value = Number();
    return condition;
  }

  DiskSpec DrawDisk() {
    DiskSpec disk;
    disk.size_bytes = Number();
    if (prng_.OneIn(2)) disk.sector_bytes = 512u << prng_.Below(4);
    if (prng_.OneIn(2)) disk.atomic_bytes = 512u << prng_.Below(12);
    disk.weak_discard = prng_.OneIn(2);
    return disk;
  }

  void DrawDirective(Statement* statement) {
    switch (statement->kind) {
      case Statement::kName:
      case Statement::kBackend:
      case Statement::kProfile:
      case Statement::kSpace:
      case Statement::kAt:
        statement->text = PlainName();
        break;
      case Statement::kDisk:
        statement->disk = DrawDisk();
        break;
      case Statement::kCrash:
        statement->crash_kinds = {CrashKind::kPower, CrashKind::kOs};
        break;
      case Statement::kOutcome:
        statement->outcome.allow = prng_.OneIn(2);
        if (prng_.OneIn(2)) statement->outcome.profiles = {"a", PlainName()};
        statement->outcome.condition = DrawCondition(4);
        break;
      case Statement::kExpect:
        statement->expectation.ok = prng_.OneIn(2);
        if (statement->expectation.ok) break;
        statement->expectation.kind =
            ViolationKindName(static_cast<ViolationKind>(prng_.Below(19)));
        if (prng_.OneIn(2)) statement->expectation.path = Path();
        break;
      default:
        break;
    }
  }

  Statement DrawStatement() {
    Statement statement;
    statement.kind =
        prng_.OneIn(2)
            ? Statement::kOp
            : static_cast<Statement::Kind>(prng_.Below(Statement::kOp));
    if (statement.kind == Statement::kOp) {
      statement.op = DrawOp();
    } else {
      DrawDirective(&statement);
    }
    return statement;
  }

  Prng prng_;
};

TEST(PcutPrint, RandomStatementsRoundTrip) {
  RandomStatements random(11);
  for (int i = 0; i < 10000; ++i) {
    const Pcut pcut = random.Draw();
    const std::string text = PrintPcut(pcut);
    const Result<Pcut> again = ParsePcut(text, "t");
    ASSERT_TRUE(again) << again.error().message << "\n" << text;
    ASSERT_EQ(*again, pcut) << text;
    ASSERT_EQ(PrintPcut(*again), text);
    // Any list of statements has a meaning or an error, never a crash.
    (void)BuildWorkload(pcut, "t").has_value();
  }
}

void ExpectTotal(const std::string& text) {
  const Result<Pcut> pcut = ParsePcut(text, "t");
  if (!pcut) {
    ASSERT_EQ(pcut.error().message.find('\n'), std::string::npos);
    return;
  }
  const std::string printed = PrintPcut(*pcut);
  const Result<Pcut> again = ParsePcut(printed, "t");
  ASSERT_TRUE(again) << again.error().message << "\n" << printed;
  ASSERT_EQ(*again, *pcut) << printed;
  (void)BuildWorkload(*pcut, "t").has_value();
}

TEST(PcutParse, RandomBytesNeverCrash) {
  Prng prng(13);
  for (int i = 0; i < 20000; ++i) {
    std::string text = prng.OneIn(2) ? "powercut 1\n" : "";
    for (uint64_t size = prng.Below(60); size > 0; --size) {
      text += static_cast<char>(prng.Below(256));
    }
    ExpectTotal(text);
  }
}

TEST(PcutParse, DamagedFilesNeverCrash) {
  Prng prng(17);
  RandomStatements random(19);
  for (int i = 0; i < 5000; ++i) {
    std::string text = PrintPcut(random.Draw());
    for (uint64_t edits = prng.Below(4); edits > 0; --edits) {
      const size_t at = 11 + prng.Below(text.size() - 10);
      constexpr std::string_view kBytes = " #=()[]/\\x0-9>.~,:\t\r\n";
      if (at < text.size() && prng.OneIn(2)) text.erase(at, 1);
      text.insert(std::min(at, text.size()), 1,
                  kBytes[prng.Below(kBytes.size())]);
    }
    ExpectTotal(text);
  }
}

}  // namespace
}  // namespace powercut
