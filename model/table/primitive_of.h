// Maps an op of a workload to its row of the table of primitives. This is the
// one place that ties the verbs of the text form to model/table/primitives.h.

#ifndef POWERCUT_MODEL_TABLE_PRIMITIVE_OF_H_
#define POWERCUT_MODEL_TABLE_PRIMITIVE_OF_H_

#include <span>
#include <string>

#include "model/table/primitives.h"
#include "model/words/op.h"

namespace powercut {

// Returns the row that says what `op` promises when it returns with success.
// This is kWrite for ops that promise nothing of their own. Calls that must
// fail have no row of their own, either; what is returned for them means
// nothing. `handle_flags` are the flags of the `open` whose handle the op
// names; empty for a path. `is_directory` says whether that handle or path
// stands for a directory; the operand `volume` is known by its name. A write
// takes the strongest of what it and its handle ask for.
// Requires: the op follows its signature (model/words/op.h).
Primitive PrimitiveOf(const Op& op, std::span<const std::string> handle_flags,
                      bool is_directory);

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVE_OF_H_
