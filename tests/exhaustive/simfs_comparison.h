// simfs beside the model, as sets, on one workload after another.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_SIMFS_COMPARISON_H_
#define POWERCUT_TESTS_EXHAUSTIVE_SIMFS_COMPARISON_H_

#include <cstddef>
#include <string>

#include "fuzz/draw/chooser.h"
#include "harness/backend.h"
#include "model/table/profile.h"
#include "model/words/workload.h"
#include "tests/exhaustive/crash_states.h"

namespace powercut {

struct ComparisonCounts {
  size_t moments = 0;
  size_t too_large = 0;
  size_t states = 0;
  size_t recovered = 0;
  size_t observations = 0;
};

// A tiny workload for such a comparison.
Workload WorkloadToCompare(Chooser& chooser, const Profile& profile);

// One that cuts files, lets them grow again, and renames them.
Workload CutsToCompare(Chooser& chooser, const Profile& profile);

class SimfsComparison {
 public:
  // All must outlive this object.
  SimfsComparison(Backend& backend, const Profile& profile,
                  ComparisonCounts& counts)
      : backend_(backend), profile_(profile), counts_(counts) {}

  // What is wrong with a workload; empty if at every moment what crashes leave
  // is what the model admits. Moments with too many states are counted only.
  std::string Judge(const Workload& workload);

 private:
  std::string JudgeMoment(const Model& model, CrashKind kind,
                          CrashStates& states, const PointRange& points);

  Backend& backend_;
  const Profile& profile_;
  ComparisonCounts& counts_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_SIMFS_COMPARISON_H_
