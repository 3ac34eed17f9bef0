// The options of the C interface: whether they are right, and what they mean.

#ifndef POWERCUT_LIBRARY_C_OPTIONS_H_
#define POWERCUT_LIBRARY_C_OPTIONS_H_

#include <string>
#include <vector>

#include "library/c_handles.h"
#include "library/include/powercut/powercut.h"
#include "library/states/state_loop.h"

namespace powercut::c_interface {

// Whether each field is in its range, which powercut.h says.
bool AreValid(const pc_world_options& options);

// The names of all profiles, in the order of pc_profile().
std::vector<std::string> AllProfiles();

// What the options mean for the loop. Throws std::invalid_argument, which says
// which field is wrong and what there is, unless that is the name of a profile
// or of a space: the report of the loop says that.
LoopOptions LoopOptionsOf(const pc_world& world,
                          const pc_explore_options& asked);

}  // namespace powercut::c_interface

#endif  // POWERCUT_LIBRARY_C_OPTIONS_H_
