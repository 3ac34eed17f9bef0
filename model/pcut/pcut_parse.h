// The parsers of the parts of a line; model/pcut/pcut_parse.cc puts them
// together.

#ifndef POWERCUT_MODEL_PCUT_PCUT_PARSE_H_
#define POWERCUT_MODEL_PCUT_PCUT_PARSE_H_

#include <span>
#include <string_view>

#include "harness/base/result.h"
#include "model/words/op.h"
#include "model/words/tokens.h"

namespace powercut {

// An op, from its verb (or `start`) on. `directives` are the other words that
// may begin a line, for the suggestion when the verb is unknown.
// Requires: tokens is not empty.
Result<Op> ParseOp(std::span<const Token> tokens,
                   std::span<const std::string_view> directives);

// An absolute path, or the name of a handle that stands for one.
Result<std::string> ParsePathOrHandle(const Token& token);

}  // namespace powercut

#endif  // POWERCUT_MODEL_PCUT_PCUT_PARSE_H_
