// The calls of programs that simfs has no op for: chmod, chown, extended
// attributes, symbolic links and special files.

#ifndef POWERCUT_PROGRAMS_ATTRIBUTE_CALLS_H_
#define POWERCUT_PROGRAMS_ATTRIBUTE_CALLS_H_

#include "library/calls/call.h"

namespace powercut::programs {

// On simfs such a call is a change of times, or the making of a file. Says in
// Call::text what the program asked for, as far as the attributes tell that it
// was something else.
// Requires: the attributes of the calls are those that WriteAttributes() makes.
void NameAttributeCalls(Calls& calls);

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_ATTRIBUTE_CALLS_H_
