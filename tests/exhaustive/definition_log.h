// The definition, fourth part: what the log of a sync may hold under
// metadata_committed, written anew from O-LOGGED (docs/semantics.md 2.4).

#ifndef POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_LOG_H_
#define POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_LOG_H_

#include <set>

#include "tests/exhaustive/definition_effects.h"

namespace powercut::definition {

// The changes of names, sizes and times, in no commit yet, that the log may
// hold once these files and directories were synced.
std::set<Index> LoggedChanges(const Effects& effects,
                              const std::set<Index>& synced);

}  // namespace powercut::definition

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_LOG_H_
