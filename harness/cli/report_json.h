// The JSON report of `check` (design.md section 10).

#ifndef POWERCUT_HARNESS_CLI_REPORT_JSON_H_
#define POWERCUT_HARNESS_CLI_REPORT_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explore.h"

namespace powercut {

// One workload's part of a report.
struct CheckedWorkload {
  std::string file;
  std::string backend;
  std::string profile;
  std::string verdict;  // ok, violation or unknown
  SpaceSpec space;
  uint32_t atomic_bytes = 0;
  Exploration exploration;
  double elapsed_s = 0;
};

// One object in one line, with a line break. Bytes of paths that are no UTF-8
// become U+FFFD.
std::string JsonReport(const std::string& verdict, uint64_t seed,
                       const std::vector<CheckedWorkload>& workloads);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_JSON_H_
