// Which row of the table of primitives an op is: the one place that ties the
// verbs of the text form to model/table/primitives.h.

#ifndef POWERCUT_MODEL_TABLE_PRIMITIVE_OF_H_
#define POWERCUT_MODEL_TABLE_PRIMITIVE_OF_H_

#include <span>
#include <string>

#include "model/table/primitives.h"
#include "model/words/op.h"

namespace powercut {

// The row that says what `op` promises when it returns with success; kWrite
// for ops that promise nothing of their own, and for those that can only fail.
// `handle_flags` are the flags of the `open` whose handle the op names; empty
// for a path. `is_directory` says whether that handle or path stands for a
// directory; the operand `volume` is known by its name.
// A write takes the strongest of what it and its handle ask for.
Primitive PrimitiveOf(const Op& op, std::span<const std::string> handle_flags,
                      bool is_directory);

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVE_OF_H_
