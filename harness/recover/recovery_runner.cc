// Keeps one image for each crash kind, made when it is first needed, and moves
// it from state to state, so that a run costs what changed between the states.
// The recovery's own writes are taken back before the image moves on.

#include "harness/recover/recovery_runner.h"

#include <utility>

#include "harness/fault/fault_disk.h"

namespace powercut {

// After so many recoveries that lost requests of their lent disks, disks are
// lent no more, since what loses requests may do so again.
constexpr int kLossesMax = 3;

// An image with the disk that lends it to recoveries.
struct RecoveryRunner::Stage {
  Stage(const CrashSpace& space, CrashKind kind, const WorkerOptions& options)
      : image(space, kind),
        disk(image.bytes(), space.trace().geometry(), space.block_bytes(),
             options.limits.requests) {
    disk.set_keep_events(options.report_writes);
    disk.set_parts(options.parts.get());
  }

  CrashImage image;
  CrashDisk disk;
};

WorkerOptions WorkerOptionsOf(const RecordedRun& run,
                              const RunOptions& options) {
  WorkerOptions worker;
  worker.recovery.probe = options.probe;
  worker.recovery.paths = PathsNamedBy(run.workload);
  worker.recovery.faults = run.workload.faults;
  worker.limits = options.limits;
  if (const CheckOracle* check = CheckOf(run.setting.oracle)) {
    worker.recovery.check = *check;
    // The programs have a bound of their own. It must be passed first, so that
    // the outcome says which program hung.
    worker.limits.wall_ms += check->programs() * check->timeout_ms;
  }
  return worker;
}

RecoveryRunner::RecoveryRunner(Backend& backend, const CrashSpace& space,
                               WorkerOptions options)
    : backend_(backend),
      space_(space),
      options_(std::move(options)),
      touched_(space),
      faulty_(
          !FaultsIn(options_.recovery.faults, FaultPhase::kRecovery).empty()),
      studied_(backend, space.trace()) {
  if (options_.report_writes) backend.LetRecoveriesPersist();
  const auto& check = options_.recovery.check;
  if (check && !check->command.empty()) {
    acks_.emplace(space.trace(), ProgramLine::kAck);
    attempts_.emplace(space.trace(), ProgramLine::kAttempt);
  }
}

RecoveryRunner::~RecoveryRunner() = default;

RecoveryRunner::Stage& RecoveryRunner::StageFor(CrashKind kind) {
  std::unique_ptr<Stage>& stage = stages_[static_cast<size_t>(kind)];
  if (stage == nullptr) stage = std::make_unique<Stage>(space_, kind, options_);
  return *stage;
}

void RecoveryRunner::Approach(const CrashState& state) {
  StageFor(state.kind).image.Become(state);
}

EventNumber RecoveryRunner::LastPointOf(EventNumber point) const {
  return options_.last_points == nullptr ? space_.trace().event_count()
                                         : (*options_.last_points)[point];
}

void RecoveryRunner::TellReads(std::function<void(uint64_t)> seen) {
  read_seen_ = [this, seen = std::move(seen)](uint64_t block) {
    if (options_.all_reads || touched_.Contains(block)) seen(block);
  };
}

RecoveryOutcome RecoveryRunner::Run(const CrashState& state, RunAccess& access,
                                    const std::function<void()>& run_again) {
  Stage& stage = StageFor(state.kind);
  stage.image.Become(state);
  stage.disk.set_read_seen(read_seen_);
  // Other acks are in force at each point.
  if (acks_) {
    options_.recovery.acked = acks_->UpTo(state.point);
    options_.recovery.attempted = attempts_->UpTo(state.point);
  }
  const auto recover = [&] {
    // A fault can fall on any read, so that its recovery makes the same
    // requests wherever it runs.
    if (!faulty_) {
      backend_.ExpectCrashOf(space_.trace(), LastPointOf(state.point));
    }
    return Recover(backend_, stage.disk, options_.recovery);
  };
  stage.disk.set_lends(losses_ < kLossesMax);
  RecoveryOutcome outcome = recover();
  if (stage.disk.lost()) {
    ++losses_;
    if (run_again) run_again();
    stage.disk.Reset();
    stage.disk.set_lends(false);
    outcome = recover();
  }
  if (options_.report_reads) {
    access.reads = stage.disk.Reads(outcome.observation);
    if (!options_.all_reads) touched_.RemoveUntouched(access.reads);
  }
  // Reset() forgets the events, so they are copied before.
  if (options_.report_writes) access.writes = stage.disk.events();
  stage.disk.Reset();
  return outcome;
}

Result<RunAccess> RecoveryRunner::AccessOf(std::string_view bytes) const {
  if (!tells()) return RunAccess{};
  POWERCUT_ASSIGN(RunAccess access,
                  DecodeRunAccess(bytes, {space_.trace().geometry(),
                                          space_.block_bytes()}));
  const uint32_t parts =
      options_.parts == nullptr ? 0 : options_.parts->count();
  for (const BlockPart& read : access.reads.parts) {
    if (read.part <= parts) continue;
    return Error{ErrorCode::kInternal, "a worker told of other parts"};
  }
  if (options_.all_reads) return access;
  const RunReads told = access.reads;
  touched_.RemoveUntouched(access.reads);
  // A worker removes untouched blocks itself; one that did not was damaged.
  if (access.reads == told) return access;
  return Error{ErrorCode::kInternal, "a worker told of other blocks"};
}

}  // namespace powercut
