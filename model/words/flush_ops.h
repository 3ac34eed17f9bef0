// Which ops are flushes.

#ifndef POWERCUT_MODEL_WORDS_FLUSH_OPS_H_
#define POWERCUT_MODEL_WORDS_FLUSH_OPS_H_

#include "model/words/op.h"

namespace powercut {

// Whether the op changes nothing and only promises.
bool IsFlush(OpKind kind);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_FLUSH_OPS_H_
