// Parses the text of a file into statements: ParsePcut().
//
// Method: the text is cut into lines. A line is cut into a body and a comment,
// and the first word of the body decides: a directive has its own function
// here, and any other word begins an op (model/pcut/pcut_op.cc). Each line is
// parsed for itself; what it means among the others is decided by
// BuildWorkload() (model/pcut/pcut_build.cc). The first error ends the parse.
// Blank lines and comments become statements, too, so that printing can give
// them back. Example: `  cut  # here` becomes a statement of kind kCut in
// column 3 with the comment `# here`.

#include "model/pcut/pcut_parse.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "model/pcut/pcut.h"
#include "model/words/tokens.h"
#include "model/words/violation.h"

namespace powercut {
namespace {

// The bounds of `sector=` and `atomic=` (docs/pcut.md 4). A block that is
// smaller than its sector is noticed by BuildWorkload(), which knows both.
constexpr uint64_t kMinSectorBytes = 512;
constexpr uint64_t kMaxSectorBytes = 4096;
constexpr uint64_t kMaxAtomicBytes = uint64_t{1} << 20;

struct DirectiveWord {
  std::string_view word;
  Statement::Kind kind;
};

constexpr std::array<DirectiveWord, 14> kDirectives = {{
    {"powercut", Statement::kVersion},
    {"name", Statement::kName},
    {"backend", Statement::kBackend},
    {"disk", Statement::kDisk},
    {"profile", Statement::kProfile},
    {"crash", Statement::kCrash},
    {"space", Statement::kSpace},
    {"init", Statement::kInit},
    {"run", Statement::kRun},
    {"cut", Statement::kCut},
    {"allow", Statement::kOutcome},
    {"forbid", Statement::kOutcome},
    {"at", Statement::kAt},
    {"expect", Statement::kExpect},
}};

constexpr std::array<std::string_view, kDirectives.size()> DirectiveWords() {
  std::array<std::string_view, kDirectives.size()> words;
  for (size_t i = 0; i < words.size(); ++i) words[i] = kDirectives[i].word;
  return words;
}

// Returns where a comment begins: at a `#` that is the first byte of the line
// or follows a blank. A `#` within a word begins none, since the ids of crash
// states may hold one.
size_t CommentStart(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || IsBlank(line[i - 1]))) return i;
  }
  return line.size();
}

// Whether `text` may be the name of a backend, a profile or a kind of
// violation, such as `ntfs-3g`.
bool IsPlainName(std::string_view text) {
  return IsWord(text) && text.find_first_of("+@~:") == std::string_view::npos;
}

Result<std::string> ParsePlainName(const Token& token, std::string_view what) {
  if (IsPlainName(token.text)) return std::string(token.text);
  return BadToken(token, Quoted(token.text) + " is not " + std::string(what) +
                             "; use letters, digits and any of `_ . -`");
}

// Returns the tokens between commas, which may have blanks around them. A token
// is empty where two commas meet, so that the caller reports it in its place.
std::vector<Token> SplitAtCommas(const Token& list) {
  std::vector<Token> items;
  for (size_t begin = 0; begin <= list.text.size();) {
    const size_t end = std::min(list.text.find(',', begin), list.text.size());
    items.push_back(Trimmed(PartOf(list, begin, end - begin)));
    begin = end + 1;
  }
  return items;
}

Result<uint64_t> ParseDiskSize(const Token& token) {
  unsigned shift = 0;
  Token digits = token;
  if (!token.text.empty()) {
    constexpr std::string_view kSuffixes = "KMG";
    const size_t suffix = kSuffixes.find(token.text.back());
    if (suffix != std::string_view::npos) {
      shift = static_cast<unsigned>(10 * (suffix + 1));
      digits = PartOf(token, 0, token.text.size() - 1);
    }
  }
  POWERCUT_ASSIGN(const uint64_t number,
                  ParseNumber(digits, "a size such as `67108864` or `64M`"));
  // Compared before the shift, which could overflow.
  if (number > kMaxTextNumber >> shift) {
    return BadToken(token, Quoted(token.text) +
                               " is too large; the largest is " +
                               std::to_string(kMaxTextNumber));
  }
  return number << shift;
}

Result<uint32_t> ParsePowerOfTwo(const Token& token, uint64_t max) {
  POWERCUT_ASSIGN(const uint64_t number, ParseNumber(token, "a size"));
  if (std::has_single_bit(number) && number >= kMinSectorBytes &&
      number <= max) {
    return static_cast<uint32_t>(number);
  }
  return BadToken(token, Quoted(token.text) +
                             " does not do here; write a power of two from " +
                             std::to_string(kMinSectorBytes) + " to " +
                             std::to_string(max));
}

// Parses `sector=N`, `atomic=N` or `discard=weak` into `disk`.
Status ParseDiskKey(const Token& token, DiskSpec* disk) {
  const size_t equals = std::min(token.text.find('='), token.text.size());
  const std::string_view key = token.text.substr(0, equals);
  const Token value = PartOf(token, std::min(equals + 1, token.text.size()));
  const bool twice = (key == "sector" && disk->sector_bytes) ||
                     (key == "atomic" && disk->atomic_bytes) ||
                     (key == "discard" && disk->weak_discard);
  if (twice) {
    return BadToken(token, Quoted(key) + " stands twice; remove one of them");
  }
  if (key == "sector") {
    POWERCUT_ASSIGN(disk->sector_bytes,
                    ParsePowerOfTwo(value, kMaxSectorBytes));
    return Ok{};
  }
  if (key == "atomic") {
    POWERCUT_ASSIGN(disk->atomic_bytes,
                    ParsePowerOfTwo(value, kMaxAtomicBytes));
    return Ok{};
  }
  if (token.text == "discard=weak") {
    disk->weak_discard = true;
    return Ok{};
  }
  return BadToken(token, Quoted(token.text) +
                             " is no property of a disk; write `sector=N`, "
                             "`atomic=N` or `discard=weak`");
}

class LineParser {
 public:
  // `line` is the line without its comment.
  // Requires: it has at least one word.
  LineParser(const Token& line, int number)
      : tokens_(SplitAtBlanks(line)), number_(number) {
    // What follows the first word is kept in one piece as well: names and
    // conditions have their own ways to use blanks.
    rest_ = Trimmed(
        PartOf(line, tokens_[0].column - line.column + tokens_[0].text.size()));
  }

  Result<Statement> Whole() {
    statement_.column.value = tokens_[0].column;
    statement_.operand_column.value = At(1).column;
    for (const DirectiveWord& directive : kDirectives) {
      if (directive.word == tokens_[0].text) {
        statement_.kind = directive.kind;
        POWERCUT_TRY(Directive());
        return std::move(statement_);
      }
    }
    constexpr auto kWords = DirectiveWords();
    statement_.kind = Statement::kOp;
    POWERCUT_ASSIGN(statement_.op, ParseOp(tokens_, kWords));
    statement_.op.line = number_;
    return std::move(statement_);
  }

 private:
  Status Directive() {
    switch (statement_.kind) {
      case Statement::kVersion:
        return Version();
      case Statement::kName:
        return Name();
      case Statement::kBackend:
        return PlainName("the name of a backend");
      case Statement::kProfile:
        return PlainName("the name of a profile");
      case Statement::kDisk:
        return Disk();
      case Statement::kCrash:
        return Crash();
      case Statement::kSpace:
      case Statement::kAt:
        return SingleWord();
      case Statement::kOutcome:
        return OutcomeOf();
      case Statement::kExpect:
        return Expect();
      default:
        return NoMoreThan(1);
    }
  }

  // Fails if the line has more than `count` tokens.
  Status NoMoreThan(size_t count) const {
    if (tokens_.size() <= count) return Ok{};
    return BadToken(tokens_[count], Quoted(tokens_[count].text) +
                                        " is left over; remove it, or put `#` "
                                        "before a comment");
  }

  // Returns the token at `index`, or the empty token after the last one.
  Token At(size_t index) const {
    if (index < tokens_.size()) return tokens_[index];
    return BehindToken(tokens_.back());
  }

  Error Missing(std::string_view what) const {
    return BadToken(BehindToken(tokens_.back()),
                    std::string(what) + " is missing after `" +
                        std::string(tokens_[0].text) + "`; add it");
  }

  Status Version() const {
    if (At(1).text == "1") return NoMoreThan(2);
    return BadToken(At(1), "version " + Quoted(At(1).text) +
                               " is not known; this powercut reads "
                               "`powercut 1`");
  }

  // A name is free text. Control characters could make a report unreadable, or
  // a line of it look like two.
  Status Name() {
    if (rest_.text.empty()) return Missing("a name");
    for (size_t i = 0; i < rest_.text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_.text[i]);
      if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
        return BadToken(PartOf(rest_, i),
                        "a name holds a control character; remove it");
      }
    }
    statement_.text = rest_.text;
    return Ok{};
  }

  Status PlainName(std::string_view what) {
    if (tokens_.size() < 2) return Missing(what);
    POWERCUT_ASSIGN(statement_.text, ParsePlainName(tokens_[1], what));
    return NoMoreThan(2);
  }

  Status SingleWord() {
    if (tokens_.size() < 2) return Missing("a word");
    // Spaces and ids are checked when they are used; here it is enough that the
    // word can be printed.
    for (const char c : tokens_[1].text) {
      if (c > 0x20 && c < 0x7f) continue;
      return BadToken(tokens_[1], Quoted(tokens_[1].text) +
                                      " holds more than printable ASCII; "
                                      "write it as powercut printed it");
    }
    statement_.text = tokens_[1].text;
    return NoMoreThan(2);
  }

  Status Disk() {
    if (tokens_.size() < 2) return Missing("a size");
    POWERCUT_ASSIGN(statement_.disk.size_bytes, ParseDiskSize(tokens_[1]));
    for (size_t i = 2; i < tokens_.size(); ++i) {
      POWERCUT_TRY(ParseDiskKey(tokens_[i], &statement_.disk));
    }
    return Ok{};
  }

  Status Crash() {
    if (tokens_.size() < 2) return Missing("a crash kind");
    std::vector<CrashKind>& kinds = statement_.crash_kinds;
    for (const Token& item : SplitAtCommas(rest_)) {
      const std::optional<CrashKind> kind = CrashKindFromName(item.text);
      if (!kind) {
        return BadToken(item, Quoted(item.text) +
                                  " is no crash kind; write `process`, `os` "
                                  "or `power`, with commas between");
      }
      if (std::find(kinds.begin(), kinds.end(), *kind) != kinds.end()) {
        return BadToken(item, Quoted(item.text) + " stands twice; remove one");
      }
      kinds.push_back(*kind);
    }
    return Ok{};
  }

  Status OutcomeOf() {
    Outcome& outcome = statement_.outcome;
    outcome.allow = tokens_[0].text == "allow";
    outcome.line = number_;
    Token condition = rest_;
    // A condition has no colon before its first slash, parenthesis or blank, so
    // that a colon there ends a list of profiles.
    const size_t colon = rest_.text.find_first_of(":/( \t\r");
    POWERCUT_TRY(NoBlankInProfiles());
    if (colon != std::string_view::npos && rest_.text[colon] == ':') {
      for (const Token& item : SplitAtCommas(PartOf(rest_, 0, colon))) {
        POWERCUT_ASSIGN(std::string profile,
                        ParsePlainName(item, "the name of a profile"));
        outcome.profiles.push_back(std::move(profile));
        outcome.profile_columns.values.push_back(item.column);
      }
      condition = PartOf(rest_, colon + 1);
    }
    POWERCUT_ASSIGN(outcome.condition, ParseConditionIn(condition));
    return Ok{};
  }

  // Refuses `allow A, B: CONDITION`, which would be read as a condition that
  // begins with `A,`.
  Status NoBlankInProfiles() const {
    const size_t colon = rest_.text.find_first_of(":/(");
    if (colon == std::string_view::npos || rest_.text[colon] != ':')
      return Ok{};
    const Token list = PartOf(rest_, 0, colon);
    const size_t blank = list.text.find_first_of(" \t\r");
    if (blank == std::string_view::npos) return Ok{};
    for (const Token& item : SplitAtCommas(list)) {
      if (!IsPlainName(item.text)) return Ok{};
    }
    return BadToken(PartOf(list, blank),
                    "no blank may stand between profiles, nor before the "
                    "colon; write `" +
                        std::string(tokens_[0].text) + " A,B: CONDITION`");
  }

  Status Expect() {
    Expectation& expectation = statement_.expectation;
    expectation.line = number_;
    if (At(1).text == "ok") return NoMoreThan(2);
    if (At(1).text != "violation") {
      return BadToken(At(1), "expected `ok`, or `violation KIND [PATH]`");
    }
    expectation.ok = false;
    if (tokens_.size() < 3) return Missing("the kind of a violation");
    POWERCUT_ASSIGN(expectation.kind,
                    ParsePlainName(tokens_[2], "a kind of violation"));
    if (!ViolationKindFromName(expectation.kind)) {
      return BadToken(At(2),
                      "unknown kind of violation; there are lost, "
                      "ghost, stale, torn, regress, name, size, time, "
                      "gap, restart, base, unreadable, died, hang, "
                      "error, check, fsck, unflushed, unstable and "
                      "nondeterministic");
    }
    // Violations of a log are named by the log's word, which looks like a
    // handle.
    if (tokens_.size() > 3) {
      POWERCUT_ASSIGN(expectation.path, ParsePathOrHandle(tokens_[3]));
    }
    return NoMoreThan(4);
  }

  std::vector<Token> tokens_;
  // The line from its second word on.
  Token rest_;
  // The number of the line.
  int number_;
  Statement statement_;
};

// Parses one line, which is given without its line feed.
Result<Statement> ParseLine(const Token& line, int number) {
  const size_t hash = CommentStart(line.text);
  const Token body = Trimmed(PartOf(line, 0, hash));
  Statement statement;
  if (!body.text.empty()) {
    POWERCUT_ASSIGN(statement, LineParser(body, number).Whole());
  }
  statement.comment = Trimmed(PartOf(line, hash)).text;
  statement.line = number;
  return statement;
}

}  // namespace

Result<Pcut> ParsePcut(std::string_view text, const std::string& file) {
  Pcut pcut;
  // It cannot be seen in an editor, so that an unknown word would puzzle.
  if (text.starts_with("\xef\xbb\xbf")) {
    return BadToken({text.substr(0, 3), 1, file + ":1:"},
                    "the file begins with a byte order mark; save it as "
                    "UTF-8 without one");
  }
  int number = 1;
  // Runs at least once: an empty file is one line without the version, which is
  // reported. A line feed at the end of the file begins no further line.
  do {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string place = file + ':' + std::to_string(number) + ':';
    const Token line{text.substr(0, end), 1, place};
    POWERCUT_ASSIGN(Statement statement, ParseLine(line, number));
    if (number == 1 && statement.kind != Statement::kVersion) {
      return BadToken(line, "the first line is not `powercut 1`; add it");
    }
    pcut.statements.push_back(std::move(statement));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
  } while (!text.empty());
  return pcut;
}

}  // namespace powercut
