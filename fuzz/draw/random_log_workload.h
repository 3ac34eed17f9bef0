// Random workloads over every op of logs, each op with the result it must
// have.

#ifndef POWERCUT_FUZZ_DRAW_RANDOM_LOG_WORKLOAD_H_
#define POWERCUT_FUZZ_DRAW_RANDOM_LOG_WORKLOAD_H_

#include <cstddef>

#include "fuzz/draw/chooser.h"
#include "model/words/workload.h"

namespace powercut {

struct RandomLogKnobs {
  // Ops of `run`, from 3 to this.
  size_t run_ops_max = 7;
  // The log is opened again in the middle of `run`.
  bool remount = false;
};

// The same choices and knobs give the same workload, of one log `L` with at
// most one op under way beside the others. It prints as text that parses back
// to it (fuzz/draw/workload_text.h).
Workload RandomLogWorkload(Chooser& chooser, const RandomLogKnobs& knobs);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_RANDOM_LOG_WORKLOAD_H_
