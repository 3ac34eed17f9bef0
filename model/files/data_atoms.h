// Whether data is judged atom by atom: then the versions of data that a crash
// may leave need not be tried together.

#ifndef POWERCUT_MODEL_FILES_DATA_ATOMS_H_
#define POWERCUT_MODEL_FILES_DATA_ATOMS_H_

#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// True only if Model::Check() judges each data atom by itself, given all else
// that an observation shows (names, which are one file, sizes, valid lengths,
// times): at every moment of `run`, if an observation is inadmissible and
// differs from an admissible one in the bytes of several atoms only, files' or
// raw sectors', then one of those differences alone is inadmissible, too.
// False says nothing. data_atoms.cc has what can tie atoms. Requires: the
// profile is judged by its own table (PromisesOf()); ops end as the workload
// says, or fail. Cost: as running the workload through a model.
bool DataAtomsApart(const Profile& profile, const Workload& workload);

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_DATA_ATOMS_H_
