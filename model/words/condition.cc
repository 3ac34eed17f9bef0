// Parses and prints conditions.
//
// Method: the text is cut into tokens at blanks and around punctuation. A
// recursive-descent parser, with one function for each level of the grammar
// (Or, And, Not, Test), builds the tree. Every error points at the token where
// it was noticed. The number of tests, and the number of `not` and `(` around a
// test, are bounded. Together these bounds limit the depth of the tree, so that
// no input can exhaust the stack, neither here nor where a parsed condition is
// walked or destroyed.
//
// Printing gives each operator a number for how tightly it binds, and writes
// parentheses where an operand binds less tightly than its place requires.
// Example: `exists /a and (exists /b or exists /c)` keeps its parentheses,
// since `or` binds less tightly than `and`; `(exists /a and exists /b) or
// exists /c` loses them.

#include "model/words/condition.h"

#include <array>
#include <utility>

#include "harness/base/check.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

constexpr std::string_view kPunctuation = "()[]=";
// The bounds on `not` and `(` around a test, and on the tests of one condition.
constexpr size_t kMaxNesting = 64;
constexpr size_t kMaxTests = 256;

struct TestWord {
  std::string_view word;
  Condition::Kind kind;
};

constexpr std::array<TestWord, 11> kTestWords = {{
    {"size", Condition::kSize},
    {"valid", Condition::kValid},
    {"mtime", Condition::kMtime},
    {"exists", Condition::kExists},
    {"missing", Condition::kMissing},
    {"is_dir", Condition::kIsDir},
    {"same", Condition::kSame},
    {"log", Condition::kLog},
    {"base", Condition::kBase},
    {"restart", Condition::kRestart},
    {"sector", Condition::kSector},
}};

bool IsPunctuation(char c) {
  return kPunctuation.find(c) != std::string_view::npos;
}

// Punctuation needs no blanks around it: `/f[0]=1` makes six tokens. A path
// that holds one of these characters has to escape it (ConditionPath()).
std::vector<Token> SplitCondition(const Token& text) {
  std::vector<Token> tokens;
  for (const Token& run : SplitAtBlanks(text)) {
    for (size_t i = 0; i < run.text.size();) {
      const size_t begin = i++;
      if (!IsPunctuation(run.text[begin])) {
        while (i < run.text.size() && !IsPunctuation(run.text[i])) ++i;
      }
      tokens.push_back(PartOf(run, begin, i - begin));
    }
  }
  return tokens;
}

Condition Joined(Condition::Kind kind, Condition left, Condition right) {
  Condition condition;
  condition.kind = kind;
  condition.operands.push_back(std::move(left));
  condition.operands.push_back(std::move(right));
  return condition;
}

class ConditionParser {
 public:
  explicit ConditionParser(const Token& text)
      : tokens_(SplitCondition(text)), end_(BehindToken(Trimmed(text))) {}

  Result<Condition> Whole() {
    POWERCUT_ASSIGN(Condition condition, Or());
    if (next_ == tokens_.size()) return condition;
    return BadToken(Peek(), Quoted(Peek().text) +
                                " is left over; join tests with `and` or `or`");
  }

 private:
  // After the last token this is `end_`, an empty token, so that a test that is
  // cut short is reported where its missing part belongs.
  const Token& Peek() const {
    return next_ < tokens_.size() ? tokens_[next_] : end_;
  }

  Token Take() {
    const Token token = Peek();
    if (next_ < tokens_.size()) ++next_;
    return token;
  }

  bool TakeIf(std::string_view text) {
    if (Peek().text != text) return false;
    Take();
    return true;
  }

  Status Expect(std::string_view text) {
    if (TakeIf(text)) return Ok{};
    const std::string wanted = "expected `" + std::string(text) + "`";
    if (Peek().text.empty()) return BadToken(Peek(), wanted + " here");
    return BadToken(Peek(), wanted + " before " + Quoted(Peek().text));
  }

  // Loops instead of recursing to the right: both operators associate to the
  // left, and a long chain of tests does not deepen the parser's stack.
  Result<Condition> Or() {
    POWERCUT_ASSIGN(Condition left, And());
    while (TakeIf("or")) {
      POWERCUT_ASSIGN(Condition right, And());
      left = Joined(Condition::kOr, std::move(left), std::move(right));
    }
    return left;
  }

  Result<Condition> And() {
    POWERCUT_ASSIGN(Condition left, Not());
    while (TakeIf("and")) {
      POWERCUT_ASSIGN(Condition right, Not());
      left = Joined(Condition::kAnd, std::move(left), std::move(right));
    }
    return left;
  }

  Result<Condition> Not() {
    const Token opening = Peek();
    if (opening.text != "not" && opening.text != "(") return Test();
    Take();
    // `not` and `(` are what makes this parser call itself.
    if (++nesting_ > kMaxNesting) {
      return BadToken(opening,
                      "more than 64 `not` and `(` within each other; simplify");
    }
    if (opening.text == "(") {
      POWERCUT_ASSIGN(Condition inner, Or());
      POWERCUT_TRY(Expect(")"));
      --nesting_;
      return inner;
    }
    POWERCUT_ASSIGN(Condition operand, Not());
    --nesting_;
    Condition condition;
    condition.kind = Condition::kNot;
    condition.operands.push_back(std::move(operand));
    return condition;
  }

  Result<Condition> Test() {
    if (++tests_ > kMaxTests) {
      return BadToken(Peek(), "more than 256 tests; split the condition");
    }
    const Token word = Peek();
    // Only the test of an atom begins with a path; all others have a word
    // first.
    if (word.text.starts_with('/')) return Placed(word, Atom());
    Take();
    for (const TestWord& row : kTestWords) {
      if (row.word == word.text) return Placed(word, TestOf(row.kind));
    }
    if (word.text.empty()) {
      return BadToken(word, "expected a test, as `/f[0] = 1` or `exists /f`");
    }
    std::array<std::string_view, kTestWords.size()> words;
    for (size_t i = 0; i < words.size(); ++i) words[i] = kTestWords[i].word;
    return BadToken(word, Quoted(word.text) +
                              " is not a test; write `/f[0] = 1`, `exists /f` "
                              "or another of the kind" +
                              DidYouMean(word.text, words));
  }

  // Notes where the test stands, for errors that are found only later, when the
  // ops of the workload are known (model/pcut/pcut_scope.h).
  static Result<Condition> Placed(const Token& word, Result<Condition> test) {
    if (test) test->column.value = word.column;
    return test;
  }

  Result<Condition> Atom() {
    Condition test;
    test.kind = Condition::kAtom;
    POWERCUT_ASSIGN(test.path, ParsePath(Take()));
    POWERCUT_TRY(Expect("["));
    POWERCUT_ASSIGN(test.number, ParseNumber(Take(), "an atom's number"));
    POWERCUT_TRY(Expect("]"));
    return WithValue(std::move(test));
  }

  // Parses what follows the word of a test. The name of a log is taken by its
  // place, so that a log may be called `not`.
  Result<Condition> TestOf(Condition::Kind kind) {
    Condition test;
    test.kind = kind;
    switch (kind) {
      case Condition::kExists:
      case Condition::kMissing:
      case Condition::kIsDir:
      case Condition::kSame: {
        POWERCUT_ASSIGN(test.path, ParsePath(Take()));
        if (kind != Condition::kSame) return test;
        POWERCUT_ASSIGN(test.path2, ParsePath(Take()));
        return test;
      }
      case Condition::kSector: {
        POWERCUT_ASSIGN(test.number, ParseNumber(Take(), "a sector's number"));
        return WithValue(std::move(test));
      }
      case Condition::kLog:
      case Condition::kBase:
      case Condition::kRestart: {
        POWERCUT_ASSIGN(test.path, ParseWord(Take(), "the name of a log"));
        return WithValue(std::move(test));
      }
      // `size`, `valid` and `mtime` differ only in the values that they allow.
      default: {
        POWERCUT_ASSIGN(test.path, ParsePath(Take()));
        return WithValue(std::move(test));
      }
    }
  }

  // Parses `= VALUE`. Each kind of test has its own words; a word that another
  // kind would allow is reported as a bad number.
  Result<Condition> WithValue(Condition test) {
    POWERCUT_TRY(Expect("="));
    const Token value = Take();
    const Condition::Kind kind = test.kind;
    const bool content = kind == Condition::kAtom || kind == Condition::kSector;
    if ((content || kind == Condition::kMtime) && value.text == "old") {
      test.word = Condition::kOld;
    } else if (content && value.text == "zero") {
      test.word = Condition::kZero;
    } else if (kind == Condition::kLog && value.text == "empty") {
      test.word = Condition::kEmpty;
    } else if (kind == Condition::kRestart && value.text == "none") {
      test.word = Condition::kNone;
    } else if (kind == Condition::kLog) {
      return WithRecords(std::move(test), value);
    } else {
      POWERCUT_ASSIGN(test.value, ParseNumber(value, "a number"));
    }
    return test;
  }

  // Parses `A..B`, the records that are in the log. It names at least one
  // record; the word `empty` stands for none.
  static Result<Condition> WithRecords(Condition test, const Token& value) {
    const size_t dots = value.text.find("..");
    if (dots == std::string_view::npos) {
      return BadToken(value,
                      "expected the records of a log, as `1..4`, or "
                      "`empty`");
    }
    POWERCUT_ASSIGN(test.number,
                    ParseNumber(PartOf(value, 0, dots), "a record's number"));
    POWERCUT_ASSIGN(test.value,
                    ParseNumber(PartOf(value, dots + 2), "a record's number"));
    if (test.number > test.value) {
      return BadToken(value, Quoted(value.text) +
                                 " runs backwards; write `empty` for none");
    }
    return test;
  }

  std::vector<Token> tokens_;
  Token end_;  // stands for what is missing after the last token
  size_t next_ = 0;
  size_t nesting_ = 0;
  size_t tests_ = 0;
};

std::string ValueText(const Condition& test) {
  switch (test.word) {
    case Condition::kNumber:
      break;
    case Condition::kOld:
      return "old";
    case Condition::kZero:
      return "zero";
    case Condition::kEmpty:
      return "empty";
    case Condition::kNone:
      return "none";
  }
  std::string value = std::to_string(test.value);
  if (test.kind != Condition::kLog) return value;
  return std::to_string(test.number) + ".." + value;
}

// In a condition a path ends at punctuation, so that punctuation inside a path
// is escaped, too.
std::string ConditionPath(std::string_view path) {
  return PathText(path, kPunctuation);
}

std::string TestText(const Condition& test) {
  if (test.kind == Condition::kAtom) {
    return ConditionPath(test.path) + '[' + std::to_string(test.number) +
           "] = " + ValueText(test);
  }
  std::string text;
  for (const TestWord& row : kTestWords) {
    if (row.kind == test.kind) text = row.word;
  }
  text += ' ';
  text += test.kind == Condition::kSector ? std::to_string(test.number)
                                          : ConditionPath(test.path);
  switch (test.kind) {
    case Condition::kExists:
    case Condition::kMissing:
    case Condition::kIsDir:
      return text;
    case Condition::kSame:
      return text + ' ' + ConditionPath(test.path2);
    default:
      return text + " = " + ValueText(test);
  }
}

// How tightly a condition binds. One that binds less than its place requires
// needs parentheses there.
int Binding(const Condition& condition) {
  switch (condition.kind) {
    case Condition::kOr:
      return 0;
    case Condition::kAnd:
      return 1;
    default:
      return 2;
  }
}

void AppendText(const Condition& condition, int least_binding,
                std::string* text) {
  const int binding = Binding(condition);
  if (binding < least_binding) *text += '(';
  switch (condition.kind) {
    case Condition::kAnd:
    case Condition::kOr:
      POWERCUT_CHECK(condition.operands.size() == 2);
      AppendText(condition.operands[0], binding, text);
      *text += condition.kind == Condition::kAnd ? " and " : " or ";
      // The operators associate to the left: the same operator on the right
      // needs parentheses.
      AppendText(condition.operands[1], binding + 1, text);
      break;
    case Condition::kNot:
      POWERCUT_CHECK(condition.operands.size() == 1);
      *text += "not ";
      AppendText(condition.operands[0], binding, text);
      break;
    default:
      *text += TestText(condition);
  }
  if (binding < least_binding) *text += ')';
}

}  // namespace

Result<Condition> ParseConditionIn(const Token& text) {
  return ConditionParser(text).Whole();
}

Result<Condition> ParseCondition(std::string_view text) {
  return ParseConditionIn({text, 1, ""});
}

std::string ConditionText(const Condition& condition) {
  std::string text;
  AppendText(condition, 0, &text);
  return text;
}

}  // namespace powercut
