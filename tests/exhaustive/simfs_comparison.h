// SimfsComparison: what the crashes of simfs leave, compared as a set with what
// the model admits, for one workload after another.

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

// A random workload that is small enough for such a comparison.
Workload WorkloadToCompare(Chooser& chooser, const Profile& profile);

// A small random workload that changes names in several directories, with syncs
// of one of them.
Workload NamesToCompare(Chooser& chooser, const Profile& profile);

// A small random workload that cuts files, lets them grow again, and renames
// them.
Workload CutsToCompare(Chooser& chooser, const Profile& profile);
// The same of two files whose names are exchanged.
Workload ExchangesToCompare(Chooser& chooser, const Profile& profile);

class SimfsComparison {
 public:
  // simfs leaves nothing of what left_name_shows_old admits, so that it is held
  // to the profile without that switch.
  // Requires: the backend and the counts outlive this object.
  SimfsComparison(Backend& backend, const Profile& profile,
                  ComparisonCounts& counts)
      : backend_(backend), profile_(profile), counts_(counts) {
    profile_.left_name_shows_old = false;
  }

  // Says what is wrong with a workload; empty if crashes leave exactly what the
  // model admits at every moment. Moments with too many states are counted and
  // not compared.
  std::string Judge(const Workload& workload);

 private:
  std::string JudgeMoment(const Model& model, CrashKind kind,
                          CrashStates& states, const PointRange& points);

  Backend& backend_;
  Profile profile_;
  ComparisonCounts& counts_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_SIMFS_COMPARISON_H_
