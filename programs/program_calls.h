// The calls of a recorded program as bytes, which a trace keeps: so one
// recording can be explored under every profile.

#ifndef POWERCUT_PROGRAMS_PROGRAM_CALLS_H_
#define POWERCUT_PROGRAMS_PROGRAM_CALLS_H_

#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "library/calls/call.h"

namespace powercut::programs {

// O(bytes of the calls).
std::string EncodeCalls(const Calls& calls);

// Errors: kBadInput if EncodeCalls() did not make the bytes. Calls that it
// could have made are accepted whatever they would do.
Result<Calls> DecodeCalls(std::string_view bytes);

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_PROGRAM_CALLS_H_
