// DataAtomsApart(): whether the model judges data atom by atom. If it does, the
// versions of data that a crash may leave need not be tried in combination.

#ifndef POWERCUT_MODEL_FILES_DATA_ATOMS_H_
#define POWERCUT_MODEL_FILES_DATA_ATOMS_H_

#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// Returns true only if Model::Check() judges each data atom by itself, given
// everything else that an observation shows (names, which names are one file,
// sizes, valid lengths, times). More exactly: at every moment of `run`, if an
// observation is inadmissible and differs from an admissible one in the bytes
// of several atoms alone, atoms of files or raw sectors, then one of these
// differences alone is inadmissible, too. The result false does not say that
// atoms are tied. data_atoms.cc explains what can tie atoms.
// Requires: the model that judges goes by the profile's own table
// (PromisesOf()), and ops end as the workload says, or fail.
// Cost: that of running the workload through a model.
bool DataAtomsApart(const Profile& profile, const Workload& workload);

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_DATA_ATOMS_H_
