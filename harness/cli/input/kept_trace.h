// KeepTrace: if a finding is in a recording that cannot be made again, the
// recording is saved, so that the replay line can name it.

#ifndef POWERCUT_HARNESS_CLI_INPUT_KEPT_TRACE_H_
#define POWERCUT_HARNESS_CLI_INPUT_KEPT_TRACE_H_

#include <string>

#include "harness/base/result.h"
#include "harness/record/recording.h"

namespace powercut {

// Saves a recording of `file` on `backend` in the current folder as
// `STEM-BACKEND-DIGEST.trace`, and returns that name. `text` is that of the
// `.pcut`, with all the faults that the run had.
// Errors: those of SaveTrace().
Result<std::string> KeepTrace(const std::string& file,
                              const std::string& backend,
                              const Recording& recording,
                              const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_KEPT_TRACE_H_
