// If a finding is in a recording or in a recovery that cannot be made again,
// that is saved, so that the replay line can name it.

#ifndef POWERCUT_HARNESS_CLI_INPUT_KEPT_TRACE_H_
#define POWERCUT_HARNESS_CLI_INPUT_KEPT_TRACE_H_

#include <string>

#include "harness/base/result.h"
#include "harness/judge/finding.h"
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

// Saves the recovery of a finding in the current folder as
// `STEM-recovery-DIGEST.trace`, and sets Finding::recovery_file. Does nothing
// if the finding has none. Errors: those of SaveTrace().
Status KeepRecovery(const std::string& file, const std::string& backend,
                    Finding& finding);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_KEPT_TRACE_H_
