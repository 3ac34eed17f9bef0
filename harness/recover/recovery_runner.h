// RecoveryRunner: recoveries of states in this process, on one image a crash
// kind that goes from state to state.

#ifndef POWERCUT_HARNESS_RECOVER_RECOVERY_RUNNER_H_
#define POWERCUT_HARNESS_RECOVER_RECOVERY_RUNNER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "harness/backend.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/crash_disk.h"
#include "harness/recover/outcome_codec.h"
#include "harness/recover/recovery.h"
#include "harness/recover/run_reads.h"
#include "harness/space/crash_image.h"

namespace powercut {

struct WorkerLimits {
  // Device requests of one recovery. A mount with a walk of a small tree makes
  // about a hundred; a million is a loop.
  uint64_t requests = 1'000'000;
  // CPU time of one recovery.
  uint32_t cpu_ms = 10'000;
  // Wall clock of one recovery: the last resort.
  uint32_t wall_ms = 100'000;
  // Memory a worker may take in addition to what it inherits.
  uint64_t memory_bytes = uint64_t{2} << 30;
};

// How each state of a recorded run is run.
struct RunOptions {
  // Use the volume after recovery, and look again (harness/recover/probe.h).
  bool probe = false;
  WorkerLimits limits;
};

struct WorkerOptions {
  // 0: no workers; states run in this process, in Submit(), without
  // isolation and without bounds but that on requests. For fuzz targets,
  // where a crash is the fuzzer's to catch.
  uint32_t jobs = 1;
  RecoveryOptions recovery;
  WorkerLimits limits;
  // Fill in RunResult::reads and RunResult::writes.
  bool report_reads = false;
  bool report_writes = false;
  // Report the reads of every block, not only of those that the trace
  // touches.
  bool all_reads = false;
};

// The options under which the states of a recorded run are run in one process,
// and nothing but the outcome is reported. The wall clock limit grows by what
// the programs of a check may take.
WorkerOptions WorkerOptionsOf(const RecordedRun& run,
                              const RunOptions& options);

class RecoveryRunner {
 public:
  // `backend` and `space` must outlive this object.
  RecoveryRunner(Backend& backend, const CrashSpace& space,
                 WorkerOptions options);
  RecoveryRunner(const RecoveryRunner&) = delete;
  RecoveryRunner& operator=(const RecoveryRunner&) = delete;
  ~RecoveryRunner();

  const WorkerOptions& options() const { return options_; }
  // Whether anyone asked for more than outcomes.
  bool tells() const { return options_.report_reads || options_.report_writes; }

  // Moves the image to the state, so that a run of a near one costs little,
  // here and in processes forked from this one.
  void Approach(const CrashState& state);

  // Bounded by device requests only. Fills in `access` as the options say.
  RecoveryOutcome Run(const CrashState& state, RunAccess& access);

  // How a process ended that the last run needed; see Backend.
  std::optional<int> HelperExitStatus() const {
    return backend_.HelperExitStatus();
  }

  // Calls `seen` with each block that a run reads and that is to be reported,
  // as it happens, copied or not.
  void TellReads(std::function<void(uint64_t block)> seen);

  // What another process with these options says of a run.
  // Errors: kInternal: it cannot be (the process wrote wild).
  Result<RunAccess> AccessOf(std::string_view bytes) const;

 private:
  struct Stage;
  Stage& StageFor(CrashKind kind);
  // Whether a command runs that must be told the acks.
  bool NeedsAcks() const;
  // The options with the acks of the state's crash point.
  RecoveryOptions OptionsAt(const CrashState& state) const;

  Backend& backend_;
  const CrashSpace& space_;
  WorkerOptions options_;
  TouchedBlocks touched_;
  std::function<void(uint64_t)> read_seen_;
  // By kind, made on demand.
  std::array<std::unique_ptr<Stage>, kCrashKinds.size()> stages_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_RECOVERY_RUNNER_H_
