// Errors that name the place in a workload.

#ifndef POWERCUT_HARNESS_RECORD_WORKLOAD_ERROR_H_
#define POWERCUT_HARNESS_RECORD_WORKLOAD_ERROR_H_

#include <string>

#include "harness/base/result.h"
#include "model/words/workload.h"

namespace powercut {

// `FILE:LINE: what`.
Error WorkloadError(const Workload& workload, int line, ErrorCode code,
                    const std::string& what);

// The same for a fault. A fault that came from the command line has no line and
// is called `FILE: --fault: what`.
Error FaultError(const Workload& workload, const Op& fault, ErrorCode code,
                 const std::string& what);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_WORKLOAD_ERROR_H_
