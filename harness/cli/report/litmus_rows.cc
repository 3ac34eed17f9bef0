// Runs one row of the litmus matrix: on the model, which has no disk, or on a
// backend. A violation becomes a failure block whose replay line names the
// backend and the profile, since a test file names several.

#include "harness/cli/report/litmus_rows.h"

#include <fmt/format.h>

#include <utility>

#include "backends/registry.h"
#include "harness/cli/input/kept_trace.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/judge/failure_block.h"

namespace powercut {

LitmusRow LitmusRunner::Run(const LitmusTask& task) {
  LitmusRow row;
  auto run = TryRun(task);
  if (!run) {
    row.error = run.error();
    return row;
  }
  auto failures = Failures(task, *run);
  if (!failures) {
    row.error = failures.error();
    return row;
  }
  // Recordings and findings may be large, and a matrix may have many rows.
  row.run = std::move(*run);
  row.failures = std::move(*failures);
  row.run.findings.clear();
  row.run.recording.reset();
  return row;
}

Result<std::string> LitmusRunner::Failures(const LitmusTask& task,
                                           const LitmusRun& run) {
  std::string flags = fmt::format(
      " --backend {}{} --profile {}{}", task.backend,
      FormatFlagsText(task.format), task.profile,
      task.atomic_bytes ? fmt::format(" --atomic {}", *task.atomic_bytes) : "");
  std::string kept;
  if (run.recording) {
    POWERCUT_ASSIGN(kept, KeepTrace(task.workload->file, task.backend,
                                    *run.recording, *task.text));
  } else {
    // A saved recording has the faults in its text.
    flags += task.fault_flags;
  }
  std::string failures;
  for (const Finding& finding : run.findings) {
    failures += FailureBlock(finding, task.workload->file, flags, kept);
  }
  return failures;
}

Result<LitmusRun> LitmusRunner::TryRun(const LitmusTask& task) {
  if (task.backend == kModelBackend) {
    const Profile& profile = *FindProfile(task.profile);
    return RunLitmusOnModel(*task.workload, profile, PromisesOf(profile));
  }
  std::unique_ptr<Backend>& backend = backends_[task.backend];
  if (backend == nullptr) {
    POWERCUT_ASSIGN(backend, MakeBackend(task.backend, task.format));
  }
  LitmusOptions options;
  // No workers: powercut's own storage needs no process around it.
  options.jobs = ShowsAllThatIsAllowed(task.backend) ? 0 : jobs_;
  options.interrupted = Interrupted;
  options.atomic_bytes = task.atomic_bytes;
  return RunLitmus(*backend, *task.workload, task.profile, options);
}

}  // namespace powercut
