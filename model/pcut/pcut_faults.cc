// `fault` lines that come from the command line instead of a file: parsing one,
// and adding them to a file's statements.

#include <algorithm>

#include "model/pcut/pcut.h"
#include "model/pcut/pcut_parse.h"

namespace powercut {

Result<Op> ParseFault(std::string_view text, std::string_view place) {
  const Token line{text, 1, place};
  std::vector<Token> tokens = SplitAtBlanks(line);
  // The first word may be there, as in a file. If it is not, it is put before
  // the others, so that one parser serves both forms.
  if (tokens.empty() || tokens.front().text != VerbOf(OpKind::kFault)) {
    tokens.insert(tokens.begin(), Token{VerbOf(OpKind::kFault), 1, place});
    if (tokens.size() == 1) {
      return BadToken(line, "a fault is missing; write `WHAT on WHICH`");
    }
  }
  // Every op may have an expected result, but a fault does not return.
  for (const Token& token : tokens) {
    if (token.text != "->") continue;
    return BadToken(token, "a fault has no result; remove `->`");
  }
  return ParseOp(tokens, {});
}

void AddFaults(const std::vector<Op>& faults, Pcut& pcut) {
  // Before the first section: a `fault` line within a section would be an op of
  // it.
  auto place = std::find_if(
      pcut.statements.begin(), pcut.statements.end(), [](const Statement& s) {
        return s.kind == Statement::kInit || s.kind == Statement::kRun;
      });
  for (const Op& fault : faults) {
    Statement statement;
    statement.kind = Statement::kOp;
    statement.op = fault;
    place = pcut.statements.insert(place, std::move(statement)) + 1;
  }
}

}  // namespace powercut
