// WholeRun: the model after all ops of a workload. Ops only add what can tie
// objects to each other, so that what is not tied at the end is never tied.
// This header is internal to the model.

#ifndef POWERCUT_MODEL_FILES_WHOLE_RUN_H_
#define POWERCUT_MODEL_FILES_WHOLE_RUN_H_

#include <cstdint>
#include <map>
#include <vector>

#include "model/files/chain.h"
#include "model/files/model.h"

namespace powercut {

class WholeRun {
 public:
  // `profile` and `workload` must outlive this object.
  // Requires: ops end as the workload says, or fail.
  // Cost: that of running the workload through a model.
  WholeRun(const Profile& profile, const Workload& workload);

  const Model::State& state() const { return model_.state(); }

  // The oldest version that any crash in `run` can leave. Objects that are made
  // in `run` have no floor at its beginning.
  uint32_t FloorOf(ChainId id) const {
    return id < floors_.size() ? floors_[id] : 0;
  }

 private:
  void Step(const Op& op, bool may_succeed);

  Model model_;
  std::vector<uint32_t> floors_;
  // The op's number, by the N of `start N`.
  std::map<uint64_t, uint32_t> started_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_WHOLE_RUN_H_
