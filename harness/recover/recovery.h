// One recovery of a backend on a crash image, in three steps: recover (mount),
// observe (the tree with contents) and, when asked, probe (use it, and look
// again). In this process: harness/worker/worker_pool.h isolates it.

#ifndef POWERCUT_HARNESS_RECOVER_RECOVERY_H_
#define POWERCUT_HARNESS_RECOVER_RECOVERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/backend.h"
#include "harness/record/oracle.h"
#include "harness/recover/crash_disk.h"
#include "model/words/observation.h"
#include "model/words/workload.h"

namespace powercut {

struct RecoveryOptions {
  // Create a file, fill it, sync, remount, look again: cross-linked clusters
  // and wrong bitmaps show only on the next write. Of storage that keeps logs
  // and no files: append a record to each log, flush, remount, look again: it
  // is the last, above all others, and they are as before.
  bool probe = false;
  // Paths to look up by name where the tree does not list them: those that the
  // workload uses. Sorted.
  std::vector<std::string> paths;
  // `std::nullopt` if the model judges. If a check has a command, its verdict
  // is the whole outcome (RecoveryOutcome::check), and nothing is observed.
  std::optional<CheckOracle> check{};
  // What the command is told: the acks in force, a line each.
  std::string acked{};
  // The workload's faults. Those in=recovery are armed from the start of each
  // recovery on, while it is looked at and used, too. Requires: offered.
  std::vector<Op> faults = {};
};

// The paths that the ops of a workload name, without duplicates, sorted.
std::vector<std::string> PathsNamedBy(const Workload& workload);

// How a recovery ended, as a value that can cross processes.
struct RecoveryOutcome {
  enum Kind : uint8_t {
    kObserved,  // recovery came to an end, be it `unreadable`
    // It crashed; `detail` names the signal or exit status. Of Recover()
    // itself: a process of the backend's did (Backend::HelperExitStatus()).
    kDied,
    kHung,  // it passed a bound; `detail` names which
    // The backend lacked something (Backend::MissingResource()); nothing
    // follows.
    kNotRun,
  };

  static RecoveryOutcome Died(std::string detail) {
    return {kDied, std::move(detail), {}};
  }
  static RecoveryOutcome Hung(std::string detail) {
    return {kHung, std::move(detail), {}};
  }
  static RecoveryOutcome NotRun(std::string detail) {
    return {kNotRun, std::move(detail), {}};
  }

  Kind kind = kObserved;
  std::string detail;
  Observation observation;  // kObserved only
  // kObserved only: what the check's command had against the volume, in one
  // line; empty if it had nothing against it, or did not run.
  std::string check = {};
  // kObserved only: what the storage's own checker found afterwards, in one
  // line; empty if it found nothing, or did not run. It does not run where
  // nothing mounted, nor after a fault of recovery.
  std::string fsck = {};
  // kObserved only: the numbers of the faults that fell on a request, among
  // RecoveryOptions::faults from 1; ascending.
  std::vector<uint32_t> faults_fired = {};

  bool operator==(const RecoveryOutcome&) const = default;
};

// Runs the steps on `disk`, which keeps the reads and writes that recovery
// made until its Reset(). Deterministic: nothing that ran before in this
// process matters.
RecoveryOutcome Recover(Backend& backend, CrashDisk& disk,
                        const RecoveryOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_RECOVERY_H_
