// LitmusRunner: the rows of the litmus matrix, which has each test on each
// backend under each profile.

#ifndef POWERCUT_HARNESS_CLI_REPORT_LITMUS_ROWS_H_
#define POWERCUT_HARNESS_CLI_REPORT_LITMUS_ROWS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/base/result.h"
#include "harness/litmus/litmus.h"
#include "model/words/workload.h"

namespace powercut {

// One row to run. The pointers are not owned and not `nullptr`.
struct LitmusTask {
  const Workload* workload = nullptr;
  const std::string* text = nullptr;  // of the `.pcut`, with all its faults
  std::string backend;
  std::string profile;
  // `std::nullopt` if the file or the backend decides.
  std::optional<uint32_t> atomic_bytes;
  // The same for all tasks of one backend.
  FormatOptions format;
  // The faults of the command line as flags, ` --fault ...`.
  std::string fault_flags;
};

struct LitmusRow {
  // Its findings and their recording were removed to save memory.
  LitmusRun run;
  // The failure blocks of the findings.
  std::string failures;
  // Why the task could not be run; nothing else is set then. `std::nullopt` if
  // it ran.
  std::optional<Error> error;
};

// Runs tasks one after another, and keeps the backends for later tasks.
class LitmusRunner {
 public:
  // `jobs` is the number of workers for storage other than powercut's own,
  // which runs in this process. The rows do not depend on it.
  explicit LitmusRunner(uint32_t jobs) : jobs_(jobs) {}

  // Runs one task, and ends early if Interrupted(). If a violation is in a
  // recording that cannot be made again, saves that recording
  // (harness/cli/input/kept_trace.h).
  LitmusRow Run(const LitmusTask& task);

 private:
  Result<LitmusRun> TryRun(const LitmusTask& task);
  // The failure blocks of a run, which may save its recording.
  Result<std::string> Failures(const LitmusTask& task, const LitmusRun& run);

  uint32_t jobs_;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_LITMUS_ROWS_H_
