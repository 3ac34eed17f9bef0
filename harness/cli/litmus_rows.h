// The rows of the litmus matrix: each test on each backend under each profile,
// run in a few processes.

#ifndef POWERCUT_HARNESS_CLI_LITMUS_ROWS_H_
#define POWERCUT_HARNESS_CLI_LITMUS_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/litmus.h"
#include "model/workload.h"

namespace powercut {

struct LitmusTask {
  const Workload* workload = nullptr;
  std::string backend;
  std::string profile;
  std::optional<uint32_t> atomic_bytes;  // nothing: as the file or backend says
};

struct LitmusRow {
  // Without its findings: they are in `failures`, as failure blocks.
  LitmusRun run;
  std::string failures;
  // It could not be run; nothing else is set then.
  std::optional<Error> error;
};

// Runs the tasks in up to `jobs` processes; the rows come in the order of the
// tasks and do not depend on `jobs`. A process that dies costs the task it was
// at, and those that were to follow: they have an error.
// Ends early when Interrupted(); the rows that are missing then are nothing.
std::vector<std::optional<LitmusRow>> RunLitmusTasks(
    const std::vector<LitmusTask>& tasks, uint32_t jobs);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_LITMUS_ROWS_H_
