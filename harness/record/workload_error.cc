// Puts the place before a message, in the form that editors jump to.

#include "harness/record/workload_error.h"

#include <fmt/format.h>

namespace powercut {

Error WorkloadError(const Workload& workload, int line, ErrorCode code,
                    const std::string& what) {
  return {code, fmt::format("{}:{}: {}", workload.file, line, what)};
}

Error FaultError(const Workload& workload, const Op& fault, ErrorCode code,
                 const std::string& what) {
  if (fault.line > 0) return WorkloadError(workload, fault.line, code, what);
  return {code, fmt::format("{}: --fault: {}", workload.file, what)};
}

}  // namespace powercut
