// The parsers of the parts of a line. model/pcut/pcut_parse.cc combines them.
// Their errors are kBadInput with the place and the column of the token that is
// wrong.

#ifndef POWERCUT_MODEL_PCUT_PCUT_PARSE_H_
#define POWERCUT_MODEL_PCUT_PCUT_PARSE_H_

#include <span>
#include <string_view>

#include "harness/base/result.h"
#include "model/words/op.h"
#include "model/words/tokens.h"

namespace powercut {

// Parses an op, from its verb (or `start`) on. `directives` are the other words
// that may begin a line, for the suggestion if the verb is unknown. The op has
// no number and no line yet.
// Requires: tokens is not empty.
Result<Op> ParseOp(std::span<const Token> tokens,
                   std::span<const std::string_view> directives);

// Parses an absolute path, or the name of a handle that stands for one. Whether
// there is such a handle is not checked here (model/pcut/pcut_scope.h).
Result<std::string> ParsePathOrHandle(const Token& token);

}  // namespace powercut

#endif  // POWERCUT_MODEL_PCUT_PCUT_PARSE_H_
