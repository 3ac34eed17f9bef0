// RecoveryRunner: recoveries of states in this process, on one image for each
// crash kind, which moves from state to state.

#ifndef POWERCUT_HARNESS_RECOVER_RECOVERY_RUNNER_H_
#define POWERCUT_HARNESS_RECOVER_RECOVERY_RUNNER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/backend.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/crash_disk.h"
#include "harness/recover/outcome_codec.h"
#include "harness/recover/recovery.h"
#include "harness/recover/run_reads.h"
#include "harness/space/crash_image.h"
#include "harness/trace/acks.h"
#include "model/files/independent_parts.h"

namespace powercut {

// The bounds of one recovery (docs/crash_model.md 8).
struct WorkerLimits {
  // Device requests of one recovery. A mount with a walk of a small tree makes
  // about a hundred; a million is a loop.
  uint64_t requests = 1'000'000;
  // CPU time of one recovery.
  uint32_t cpu_ms = 10'000;
  // Wall clock of one recovery: the last resort.
  uint32_t wall_ms = 100'000;
  // The memory that a worker may take in addition to what it inherits.
  uint64_t memory_bytes = uint64_t{2} << 30;
};

// How each state of a recorded run is run.
struct RunOptions {
  // Whether to use the volume after recovery, and to look again
  // (harness/recover/probe.h).
  bool probe = false;
  WorkerLimits limits;
};

struct WorkerOptions {
  // The number of worker processes. With 0, states run in this process, in
  // WorkerPool::Submit(), with no isolation and no bound except the one on
  // requests. This is for fuzz targets, where the fuzzer catches crashes.
  uint32_t jobs = 1;
  RecoveryOptions recovery;
  WorkerLimits limits;
  // Whether RunResult::reads and RunResult::writes are filled in. For the
  // writes, the backend lets recoveries persist from then on.
  bool report_reads = false;
  bool report_writes = false;
  // Whether reads of every block are reported, not only of the blocks that the
  // trace touches.
  bool all_reads = false;
  // The parts of the observation for which reads are noted; `nullptr` if none
  // are.
  std::shared_ptr<const IndependentParts> parts = nullptr;
  // By crash point: the last point at which a run at this one may decide a
  // state. `nullptr` if all may be decided.
  std::shared_ptr<const std::vector<EventNumber>> last_points = nullptr;
};

// The options under which the states of a recorded run are run by one worker,
// which reports the outcomes only. The bound on wall clock time grows by what
// the programs of a check may take.
WorkerOptions WorkerOptionsOf(const RecordedRun& run,
                              const RunOptions& options);

// Not thread-safe.
class RecoveryRunner {
 public:
  // `backend` and `space` must outlive this object.
  RecoveryRunner(Backend& backend, const CrashSpace& space,
                 WorkerOptions options);
  RecoveryRunner(const RecoveryRunner&) = delete;
  RecoveryRunner& operator=(const RecoveryRunner&) = delete;
  ~RecoveryRunner();

  const WorkerOptions& options() const { return options_; }
  uint64_t disk_bytes() const { return space_.trace().geometry().size_bytes(); }
  // Whether the options ask for more than outcomes.
  bool tells() const { return options_.report_reads || options_.report_writes; }

  // Moves the image to the state, so that running a state close to it costs
  // little, here and in processes forked from this one.
  void Approach(const CrashState& state);

  // Runs the state. The bound on device requests is the only one that holds
  // here. Fills in `access` as the options say. If the backend lost requests of
  // a disk that was lent to it (harness/disk/lent_disk.h), the recovery runs
  // once more on a disk that is not, with the bounds of a new one, and
  // `run_again` is called before.
  RecoveryOutcome Run(const CrashState& state, RunAccess& access,
                      const std::function<void()>& run_again = {});

  // The exit status of a helper process that the last run depended on;
  // `std::nullopt` while all helpers are alive (Backend::HelperExitStatus()).
  std::optional<int> HelperExitStatus() const {
    return backend_.HelperExitStatus();
  }

  // From now on calls `seen` with each block that a run reads, copied or not,
  // at its first read, if the block is one that is reported.
  void TellReads(std::function<void(uint64_t block)> seen);

  // Decodes what another process with these options reported of a run. Empty if
  // the options ask for outcomes only.
  // Errors: kInternal if no run can have done this, because the process was
  // damaged.
  Result<RunAccess> AccessOf(std::string_view bytes) const;

 private:
  struct Stage;
  Stage& StageFor(CrashKind kind);
  // The last crash point at which a run at this one may decide a state.
  EventNumber LastPointOf(EventNumber point) const;

  Backend& backend_;
  const CrashSpace& space_;
  WorkerOptions options_;
  TouchedBlocks touched_;
  // Whether faults of recovery are armed.
  bool faulty_;
  StudiedTrace studied_;
  // `std::nullopt` if no check command runs, which must be told the acks.
  std::optional<LineText> acks_;
  std::optional<LineText> attempts_;
  std::function<void(uint64_t)> read_seen_;
  // How many recoveries lost requests of a lent disk.
  int losses_ = 0;
  // The image and the disk of each kind, made on demand.
  std::array<std::unique_ptr<Stage>, kCrashKinds.size()> stages_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_RECOVERY_RUNNER_H_
