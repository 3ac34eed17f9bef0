// Parses one op:
//
//   [start N] VERB operands {flag | key=value} [-> ok | error | NAME]
//
// Method: the verb selects a row of the table of verbs (model/words/op.h), and
// the row directs everything after it: each letter of its operands takes one
// token, and each further token has to be one of its flags or keys. Flags and
// keys may be mixed; they are collected first and then put into the order of
// the table, which is the canonical one. Values of keys are kept as canonical
// text.
// Example: `write /f 0 0512 fill=07 dsync` gives the numbers 0 and 512, the
// flag `dsync` and the key `fill` with the value `7`.

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "model/pcut/op_words.h"
#include "model/pcut/pcut_parse.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

constexpr uint64_t kMaxFill = 0xffff'ffff;

constexpr std::array<std::string_view, 8> kFaults = {
    "error", "lie", "lose", "tear", "misdirect", "flip", "delay", "full"};
constexpr std::array<std::string_view, 4> kFaultTargets = {"read", "write",
                                                           "flush", "discard"};

// Splits a list of the table at its spaces.
std::vector<std::string_view> Words(std::string_view list) {
  std::vector<std::string_view> words;
  for (const Token& token : SplitAtBlanks({list, 1, ""})) {
    words.push_back(token.text);
  }
  return words;
}

std::string Joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

Result<std::string> ParseOneOf(const Token& token, std::string_view what,
                               std::span<const std::string_view> words) {
  if (std::find(words.begin(), words.end(), token.text) != words.end()) {
    return std::string(token.text);
  }
  return BadToken(token, Quoted(token.text) + " is not " + std::string(what) +
                             " (" + Joined(words) + ")" +
                             DidYouMean(token.text, words));
}

Result<std::string> ParseFill(const Token& value) {
  POWERCUT_ASSIGN(const uint64_t fill, ParseNumber(value, "a fill"));
  if (fill > kMaxFill) {
    return BadToken(value, Quoted(value.text) +
                               " is too large a fill; the largest is " +
                               std::to_string(kMaxFill));
  }
  return std::to_string(fill);
}

// Parses `A~B`, a range of sectors that includes both ends.
Result<std::string> ParseSectors(const Token& value) {
  const size_t tilde = value.text.find('~');
  if (tilde == std::string_view::npos) {
    return BadToken(value, "expected a range of sectors, as `2~7`");
  }
  POWERCUT_ASSIGN(const uint64_t first,
                  ParseNumber(PartOf(value, 0, tilde), "a sector's number"));
  POWERCUT_ASSIGN(const uint64_t last,
                  ParseNumber(PartOf(value, tilde + 1), "a sector's number"));
  if (first > last) {
    return BadToken(value, Quoted(value.text) +
                               " runs backwards; put the smaller one first");
  }
  return std::to_string(first) + '~' + std::to_string(last);
}

// Returns the canonical text of a key's value. Numbers lose leading zeros
// there, so that the readers of an op may compare these texts.
Result<std::string> ParseKeyValue(std::string_view key, const Token& value) {
  if (key == "fill") return ParseFill(value);
  if (key == "sectors") return ParseSectors(value);
  if (key == "area") return ParseWord(value, "the name of an area");
  if (key == "in") {
    constexpr std::array<std::string_view, 2> kPhases = {"run", "recovery"};
    return ParseOneOf(value, "a phase", kPhases);
  }
  const bool count = key == "nth" || key == "times";
  // The only value of `times` that is no number.
  if (key == "times" && value.text == "always") return std::string(value.text);
  POWERCUT_ASSIGN(const uint64_t number, ParseNumber(value, "a number"));
  if (count && number == 0) {
    return BadToken(value, "`" + std::string(key) + "` counts from 1");
  }
  return std::to_string(number);
}

Result<ExpectedResult> ParseExpected(const Token& token) {
  if (token.text == "ok") return ExpectedResult{};
  if (token.text == "error") {
    return ExpectedResult{ExpectedResult::kAnyError, ""};
  }
  // Statuses begin with a capital letter, so that a mistyped `ok` or `error` is
  // noticed.
  const bool named =
      !token.text.empty() && token.text[0] >= 'A' && token.text[0] <= 'Z' &&
      IsWord(token.text) &&
      token.text.find_first_of("-.+@~:") == std::string_view::npos;
  if (named) {
    return ExpectedResult{ExpectedResult::kNamed, std::string(token.text)};
  }
  return BadToken(token, Quoted(token.text) +
                             " is no result; write `ok`, `error` or the name "
                             "of a status, as `EIO`");
}

class OpParser {
 public:
  OpParser(std::span<const Token> tokens,
           std::span<const std::string_view> directives)
      : tokens_(tokens),
        directives_(directives),
        end_(BehindToken(tokens.back())) {}

  Result<Op> Whole() {
    if (Peek().text == "start") {
      Take();
      POWERCUT_ASSIGN(op_.start, ParseNumber(Take(), "the number of a start"));
    }
    POWERCUT_TRY(Verb());
    POWERCUT_TRY(Operands());
    while (next_ < tokens_.size() && Peek().text != "->") {
      POWERCUT_TRY(FlagOrKey());
    }
    OrderFlagsAndKeys();
    if (next_ < tokens_.size()) POWERCUT_TRY(Expected());
    return std::move(op_);
  }

 private:
  // After the last token this is `end_`, an empty token, so that what is
  // missing is reported at the end of the line.
  const Token& Peek() const {
    return next_ < tokens_.size() ? tokens_[next_] : end_;
  }

  Token Take() {
    const Token token = Peek();
    if (next_ < tokens_.size()) ++next_;
    return token;
  }

  Status Verb() {
    const Token verb = Take();
    const std::optional<OpKind> kind = OpKindFromVerb(verb.text);
    if (!kind) return UnknownVerb(verb);
    // A `wait` ends an op, and a fault is no call that takes time.
    const bool overlaps = *kind != OpKind::kWait && *kind != OpKind::kFault;
    if (op_.start && !overlaps) {
      return BadToken(verb, "`" + std::string(verb.text) +
                                "` cannot be started; write it without "
                                "`start N`");
    }
    op_.kind = *kind;
    signature_ = &SignatureOf(*kind);
    return Ok{};
  }

  Error UnknownVerb(const Token& verb) const {
    if (verb.text.empty()) {
      return BadToken(verb, "an op is missing; write `start N OP`");
    }
    // The first word of a line may also have been meant as a directive. After
    // `start N` only a verb makes sense.
    std::vector<std::string_view> words;
    if (!op_.start) {
      words.push_back("start");
      words.insert(words.end(), directives_.begin(), directives_.end());
    }
    return BadToken(verb, "unknown op " + Quoted(verb.text) +
                              UnknownOpRemedy(verb.text, words));
  }

  Status Operands() {
    for (const char letter : signature_->operands) {
      // `fault WHAT on WHICH` is the one op with a literal word among its
      // operands.
      const bool literal = op_.kind == OpKind::kFault && op_.names.size() == 1;
      if (literal && Take().text != "on") return WrongUsage("`on`");
      const Token token = Peek();
      // Checked here, since `->` would otherwise be called a bad path or
      // number.
      if (token.text.empty() || token.text == "->") {
        return WrongUsage("an operand");
      }
      Take();
      op_.operand_columns.values.push_back(token.column);
      POWERCUT_TRY(Operand(letter, token));
    }
    return Ok{};
  }

  Error WrongUsage(const std::string& missing) const {
    return BadToken(
        Peek(), missing + " is missing; write `" + OpSyntax(*signature_) + '`');
  }

  Status Operand(char letter, const Token& token) {
    if (letter == 'N') {
      POWERCUT_ASSIGN(const uint64_t number, ParseNumber(token, "a number"));
      op_.numbers.push_back(number);
      return Ok{};
    }
    if (letter == 'M') {
      POWERCUT_ASSIGN(const uint64_t mode, ParseMode(token));
      op_.numbers.push_back(mode);
      return Ok{};
    }
    POWERCUT_ASSIGN(std::string name, Name(letter, token));
    op_.names.push_back(std::move(name));
    return Ok{};
  }

  Result<std::string> Name(char letter, const Token& token) const {
    if (letter == 'P' || letter == 'V') return ParsePathOrHandle(token);
    if (op_.kind == OpKind::kFault) {
      return op_.names.empty()
                 ? ParseOneOf(token, "a fault", kFaults)
                 : ParseOneOf(token, "a request to fail", kFaultTargets);
    }
    // A handle of such a name would be hidden by the words `volume` and `null`:
    // `nt_flush volume` means the volume, and `nt_flush null` a null handle.
    const bool taken = token.text == "volume" || token.text == "null";
    if (op_.kind == OpKind::kOpen && taken) {
      const std::string what =
          token.text == "volume" ? "the volume" : "the null handle";
      return BadToken(token, Quoted(token.text) + " stands for " + what +
                                 "; choose another name for the handle");
    }
    if (letter == 'H' && token.text.starts_with('/')) {
      return BadToken(token, Quoted(token.text) +
                                 " is a path, and a name is meant here; "
                                 "write `" +
                                 OpSyntax(*signature_) + '`' +
                                 std::string(WhoNames(op_.kind)));
    }
    return ParseWord(token, letter == 'K' ? "a word" : "a name");
  }

  Status FlagOrKey() {
    const Token token = Take();
    if (token.text.starts_with("->") || token.text.starts_with("=>")) {
      return UnlikeResult(token);
    }
    // No flag has a `=` in it, so that the `=` tells a key from a flag.
    const size_t equals = token.text.find('=');
    if (equals == std::string_view::npos) return Flag(token);
    const Token key = PartOf(token, 0, equals);
    const std::vector<std::string_view> known = Words(signature_->keys);
    if (std::find(known.begin(), known.end(), key.text) == known.end()) {
      return NotTaken(key, known, "key");
    }
    if (equals + 1 == token.text.size()) return WithoutValue(key);
    POWERCUT_ASSIGN(std::string value,
                    ParseKeyValue(key.text, PartOf(token, equals + 1)));
    if (!keys_.emplace(key.text, std::move(value)).second) return Twice(key);
    columns_[key.text] = token.column + equals + 1;
    return Ok{};
  }

  // The error of `->EIO` and of `=> EIO`.
  Error UnlikeResult(const Token& token) const {
    std::string_view result = token.text.substr(2);
    if (result.empty()) result = Peek().text;
    if (result.empty()) result = "NAME";
    return BadToken(token, Quoted(token.text) +
                               " is no flag; a result is written " +
                               Quoted("-> " + std::string(result)));
  }

  // The error of `fill = 1`.
  static Error WithoutValue(const Token& key) {
    return BadToken(key, Quoted(key.text) + " takes a value; write `" +
                             std::string(key.text) +
                             "=VALUE` without blanks around the `=`");
  }

  Status Flag(const Token& token) {
    const std::vector<std::string_view> keys = Words(signature_->keys);
    if (std::find(keys.begin(), keys.end(), token.text) != keys.end()) {
      return WithoutValue(token);
    }
    const std::vector<std::string_view> known = Words(signature_->flags);
    if (std::find(known.begin(), known.end(), token.text) == known.end()) {
      return NotTaken(token, known, "flag");
    }
    if (!flags_.emplace(token.text, "").second) return Twice(token);
    return Ok{};
  }

  Error NotTaken(const Token& token, std::span<const std::string_view> known,
                 const std::string& what) const {
    std::string message = "`";
    message += signature_->verb;
    message += "` takes no " + what + ' ' + Quoted(token.text);
    const std::string reason = RefusedFlagReason(signature_->kind, token.text);
    if (!reason.empty()) message += ": " + reason;
    // The op would be another one if the word were removed.
    if (known.empty() && !reason.empty()) return BadToken(token, message);
    if (known.empty()) {
      message += "; remove it";
    } else {
      message += "; it takes " + Joined(known);
      message += DidYouMean(token.text, known);
    }
    return BadToken(token, message);
  }

  static Error Twice(const Token& token) {
    return BadToken(token,
                    Quoted(token.text) + " stands twice; remove one of them");
  }

  // Walks the table instead of what was found, which gives the canonical order.
  void OrderFlagsAndKeys() {
    for (const std::string_view flag : Words(signature_->flags)) {
      if (flags_.contains(flag)) op_.flags.emplace_back(flag);
    }
    for (const std::string_view key : Words(signature_->keys)) {
      const auto found = keys_.find(key);
      if (found == keys_.end()) continue;
      op_.keys.emplace_back(key, std::move(found->second));
      op_.key_columns.values.push_back(columns_[key]);
    }
  }

  Status Expected() {
    Take();  // `->`
    if (next_ == tokens_.size()) {
      return BadToken(end_,
                      "a result is missing; write `ok`, `error` or the "
                      "name of a status after `->`");
    }
    POWERCUT_ASSIGN(op_.expected, ParseExpected(Take()));
    if (next_ == tokens_.size()) return Ok{};
    return BadToken(Peek(), Quoted(Peek().text) +
                                " stands after the result; move it before "
                                "`->`");
  }

  std::span<const Token> tokens_;
  std::span<const std::string_view> directives_;
  Token end_;  // stands for what is missing after the last token
  size_t next_ = 0;
  const OpSignature* signature_ = nullptr;
  Op op_;
  // What was found, by word; a flag has no value.
  std::map<std::string_view, std::string> flags_;
  std::map<std::string_view, std::string> keys_;
  // The columns of the keys' values, by key.
  std::map<std::string_view, size_t> columns_;
};

}  // namespace

Result<std::string> ParsePathOrHandle(const Token& token) {
  // What is neither a path nor a word is reported as a bad path, the more
  // likely intention.
  if (token.text.starts_with('/') || !IsWord(token.text)) {
    return ParsePath(token);
  }
  return std::string(token.text);
}

Result<Op> ParseOp(std::span<const Token> tokens,
                   std::span<const std::string_view> directives) {
  return OpParser(tokens, directives).Whole();
}

}  // namespace powercut
