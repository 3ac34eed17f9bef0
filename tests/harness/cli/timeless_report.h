// Timeless(): a report without what differs from run to run.

#ifndef POWERCUT_TESTS_HARNESS_CLI_TIMELESS_REPORT_H_
#define POWERCUT_TESTS_HARNESS_CLI_TIMELESS_REPORT_H_

#include <string>

#include <nlohmann/json.hpp>

namespace powercut {

// The report without the elapsed time, and without the recoveries, which are
// those of all shards.
inline std::string Timeless(const std::string& text) {
  nlohmann::ordered_json report = nlohmann::ordered_json::parse(text);
  for (auto& workload : report["workloads"]) {
    workload["elapsed_s"] = 0;
    workload.erase("recoveries");
  }
  return report.dump();
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_TIMELESS_REPORT_H_
