// The rows of the litmus matrix: each test on each backend under each profile.

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

struct LitmusTask {
  const Workload* workload = nullptr;
  const std::string* text = nullptr;  // of the `.pcut`, with all its faults
  std::string backend;
  std::string profile;
  std::optional<uint32_t> atomic_bytes;  // nothing: as the file or backend says
  FormatOptions format;                  // one for all tasks of a backend
  std::string fault_flags;  // ` --fault ...`, as the workload was given them
};

struct LitmusRow {
  // Without its findings and their recording: they are in `failures`, as
  // failure blocks.
  LitmusRun run;
  std::string failures;
  // It could not be run; nothing else is set then.
  std::optional<Error> error;
};

// Runs tasks, and keeps the backends it made.
class LitmusRunner {
 public:
  // `jobs`: workers for storage that is not our own; the rows do not depend on
  // it.
  explicit LitmusRunner(uint32_t jobs) : jobs_(jobs) {}

  // Ends early when Interrupted(). Violations of what cannot be recorded again
  // save their trace (harness/cli/input/kept_trace.h).
  LitmusRow Run(const LitmusTask& task);

 private:
  Result<LitmusRun> TryRun(const LitmusTask& task);
  // The failure blocks of a run.
  Result<std::string> Failures(const LitmusTask& task, const LitmusRun& run);

  uint32_t jobs_;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_LITMUS_ROWS_H_
