// The state behind Model, shared by its two halves: model.cc (what ops do) and
// check.cc (what may be found).

#ifndef POWERCUT_MODEL_MODEL_STATE_H_
#define POWERCUT_MODEL_MODEL_STATE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "model/model.h"
#include "model/objects.h"

namespace powercut {

// The course of one op. Times count begins and returns in one sequence.
struct OpCourse {
  uint64_t began = 0;     // 0: not yet
  uint64_t returned = 0;  // 0: not yet
  bool ok = false;        // returned with success
};

struct Model::State {
  State(const Workload& w, const Profile& p)
      : workload(&w), profile(&p), courses(w.init.size() + w.run.size() + 1) {}

  const Workload* workload;
  const Profile* profile;
  Tree tree;
  std::vector<OpCourse> courses;  // by op number; [0] is unused
  uint64_t now = 0;
  uint32_t last_begun = 0;
  // The last flush that returned, for the volume as a whole.
  std::optional<uint32_t> last_flush;

  const Op& OpOf(uint32_t number) const { return workload->OpNumber(number); }

  // The op in flight that began last, or else the last one that began.
  uint32_t CurrentOp() const {
    for (uint32_t n = last_begun; n > 0; --n) {
      if (courses[n].began > 0 && courses[n].returned == 0) return n;
    }
    return last_begun;
  }
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_MODEL_STATE_H_
