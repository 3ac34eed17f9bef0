// Finds the op that has a number. Numbers run over `init` and `run` together.

#include "model/words/workload.h"

#include "harness/base/check.h"

namespace powercut {

const Op& Workload::OpNumber(uint32_t number) const {
  POWERCUT_CHECK(number >= 1 && number <= init.size() + run.size());
  const size_t place = number - 1;
  return place < init.size() ? init[place] : run[place - init.size()];
}

}  // namespace powercut
