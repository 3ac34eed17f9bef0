// RandomLogWorkload draws workloads over every op of logs, each op with the
// result that it must have.

#ifndef POWERCUT_FUZZ_DRAW_RANDOM_LOG_WORKLOAD_H_
#define POWERCUT_FUZZ_DRAW_RANDOM_LOG_WORKLOAD_H_

#include <cstddef>

#include "fuzz/draw/chooser.h"
#include "model/words/workload.h"

namespace powercut {

struct RandomLogKnobs {
  // How many ops `run` has at most; it has 3 at least, unless the choices are
  // used up. Requires: at least 3.
  size_t run_ops_max = 7;
  // Whether `run` goes on after a `remount`, with as many ops again.
  bool remount = false;
};

// Returns a workload for clfs. It has one log, `L`, and at most one op is under
// way beside the others. The same choices and knobs give the same workload. It
// prints as text that parses back to it (fuzz/draw/workload_text.h).
Workload RandomLogWorkload(Chooser& chooser, const RandomLogKnobs& knobs);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_RANDOM_LOG_WORKLOAD_H_
