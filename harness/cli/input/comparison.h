// --compare: a check that nobody has to write. A command dumps what the program
// stores; after a crash, the dump must be that of some moment of the recorded
// run at which every ack in force had been given.

#ifndef POWERCUT_HARNESS_CLI_INPUT_COMPARISON_H_
#define POWERCUT_HARNESS_CLI_INPUT_COMPARISON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"
#include "harness/trace/trace.h"

namespace powercut {

// A moment of a recorded run, between two calls of the program.
struct RunMoment {
  // The number of disk events so far.
  EventNumber point = 0;
  // How many acks the program had given.
  uint64_t acks = 0;
};

// Runs `dump` in the volume of each moment with no crash, and returns a check
// for a shell that compares with these dumps. What the command prints and its
// exit status make the dump; what it prints to standard error does not count.
// Requires: `moments` is not empty, and its points ascend; the backend has no
// mount.
// Errors: kMissing or kIo if the command cannot be run there; kUsage if it
// fails at the last moment, or prints something else when it runs again there,
// or if there are too many different dumps for a check.
Result<std::string> CheckByComparison(const std::string& dump,
                                      const Trace& trace,
                                      const std::vector<RunMoment>& moments,
                                      uint32_t timeout_ms, Backend& backend);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_COMPARISON_H_
