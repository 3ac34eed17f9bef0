// Prints statements in the canonical layout (docs/pcut.md 12).
//
// Method: two things depend on more than one statement and are found first. An
// op is padded to the longest verb of its section, and a line with only a
// comment is indented like the statement that follows it. Everything else is
// printed statement by statement. The verb of `start N OP` is `start`, and
// `cut` is indented like an op. Example of a section:
//
//   run
//     # The file is old.
//     write /f 0 512
//     fsync /f  # and durable

#include <algorithm>
#include <array>
#include <utility>

#include "model/pcut/pcut.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

// The columns of a directive's word together with the blank after it.
constexpr size_t kDirectiveColumns = 8;
constexpr std::string_view kIndent = "  ";

std::string DirectiveText(std::string_view word, const std::string& operands) {
  std::string text(word);
  text.resize(std::max(text.size() + 1, kDirectiveColumns), ' ');
  return text + operands;
}

// Returns the size with the largest suffix that loses nothing.
std::string DiskSizeText(uint64_t size_bytes) {
  constexpr std::array<std::pair<char, unsigned>, 3> kSuffixes = {
      {{'G', 30}, {'M', 20}, {'K', 10}}};
  for (const auto& [suffix, shift] : kSuffixes) {
    // A size of 0 fits every suffix, and is printed without one.
    if (size_bytes == 0 || size_bytes % (uint64_t{1} << shift) != 0) continue;
    return std::to_string(size_bytes >> shift) + suffix;
  }
  return std::to_string(size_bytes);
}

std::string DiskText(const DiskSpec& disk) {
  std::string text = DiskSizeText(disk.size_bytes);
  if (disk.sector_bytes)
    text += " sector=" + std::to_string(*disk.sector_bytes);
  if (disk.atomic_bytes)
    text += " atomic=" + std::to_string(*disk.atomic_bytes);
  if (disk.weak_discard) text += " discard=weak";
  return text;
}

std::string CrashText(const std::vector<CrashKind>& kinds) {
  std::string text;
  for (const CrashKind kind : kinds) {
    if (!text.empty()) text += ',';
    text += CrashKindName(kind);
  }
  return text;
}

std::string OutcomeText(const Outcome& outcome) {
  std::string text;
  for (const std::string& profile : outcome.profiles) {
    if (!text.empty()) text += ',';
    text += profile;
  }
  if (!text.empty()) text += ": ";
  return text + ConditionText(outcome.condition);
}

std::string ExpectationText(const Expectation& expectation) {
  if (expectation.ok) return "ok";
  std::string text = "violation " + expectation.kind;
  if (!expectation.path.empty()) text += ' ' + PathText(expectation.path);
  return text;
}

// Returns a statement without its indentation and its comment. An op before the
// sections (a `fault`) is laid out like a directive.
std::string StatementText(const Statement& statement, size_t verb_width) {
  switch (statement.kind) {
    case Statement::kVersion:
      return "powercut 1";
    case Statement::kNote:
      return "";
    case Statement::kName:
      return DirectiveText("name", statement.text);
    case Statement::kBackend:
      return DirectiveText("backend", statement.text);
    case Statement::kDisk:
      return DirectiveText("disk", DiskText(statement.disk));
    case Statement::kProfile:
      return DirectiveText("profile", statement.text);
    case Statement::kCrash:
      return DirectiveText("crash", CrashText(statement.crash_kinds));
    case Statement::kSpace:
      return DirectiveText("space", statement.text);
    case Statement::kInit:
      return "init";
    case Statement::kRun:
      return "run";
    case Statement::kCut:
      return "cut";
    case Statement::kOutcome:
      return DirectiveText(statement.outcome.allow ? "allow" : "forbid",
                           OutcomeText(statement.outcome));
    case Statement::kAt:
      return DirectiveText("at", statement.text);
    case Statement::kExpect:
      return DirectiveText("expect", ExpectationText(statement.expectation));
    case Statement::kOp:
      return OpText(statement.op, verb_width);
  }
  return "";
}

bool BeginsSection(const Statement& statement) {
  return statement.kind == Statement::kInit ||
         statement.kind == Statement::kRun;
}

// Returns the length of the longest verb from `begin` up to the next section.
// Directives in between do not count, since they have their own columns.
size_t VerbWidth(const std::vector<Statement>& statements, size_t begin) {
  constexpr size_t kStartWidth = std::string_view("start").size();
  size_t width = 0;
  for (size_t i = begin; i < statements.size(); ++i) {
    if (BeginsSection(statements[i])) break;
    if (statements[i].kind != Statement::kOp) continue;
    const Op& op = statements[i].op;
    width = std::max(width, op.start ? kStartWidth : VerbOf(op.kind).size());
  }
  return width;
}

// Returns for each statement whether it is indented.
std::vector<bool> Indented(const std::vector<Statement>& statements) {
  std::vector<bool> indented(statements.size(), false);
  bool in_section = false;
  for (size_t i = 0; i < statements.size(); ++i) {
    in_section = in_section || BeginsSection(statements[i]);
    const Statement::Kind kind = statements[i].kind;
    indented[i] =
        in_section && (kind == Statement::kOp || kind == Statement::kCut);
  }
  // From the end, so that several comments in a row all follow the statement
  // after the last of them.
  for (size_t i = statements.size(); i-- > 1;) {
    if (statements[i - 1].kind == Statement::kNote) {
      indented[i - 1] = indented[i];
    }
  }
  return indented;
}

}  // namespace

std::string PrintPcut(const Pcut& pcut) {
  const std::vector<bool> indented = Indented(pcut.statements);
  size_t verb_width = kDirectiveColumns - 1;
  std::string text;
  for (size_t i = 0; i < pcut.statements.size(); ++i) {
    const Statement& statement = pcut.statements[i];
    if (BeginsSection(statement)) {
      verb_width = VerbWidth(pcut.statements, i + 1);
    }
    std::string line = StatementText(statement, verb_width);
    if (!statement.comment.empty()) {
      if (!line.empty()) line += "  ";
      line += statement.comment;
    }
    // A blank line stays blank, even among indented ones.
    if (indented[i] && !line.empty()) text += kIndent;
    text += line + '\n';
  }
  return text;
}

}  // namespace powercut
