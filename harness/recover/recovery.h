// One recovery of a backend on a crash image, in up to three steps: recover
// (mount), observe (the tree with contents) and, when asked, probe (use the
// volume, and look again). A check takes the place of the last two steps. All
// happens in this process; harness/worker/worker_pool.h isolates it.

#ifndef POWERCUT_HARNESS_RECOVER_RECOVERY_H_
#define POWERCUT_HARNESS_RECOVER_RECOVERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/backend.h"
#include "harness/record/oracle.h"
#include "harness/recover/crash_disk.h"
#include "model/words/observation.h"
#include "model/words/workload.h"

namespace powercut {

struct RecoveryOptions {
  // Whether the volume is used after it was observed (harness/recover/probe.h).
  // The probe creates a file, fills it, syncs, remounts and looks again. If the
  // storage keeps logs and no files, the probe appends a record to each log,
  // flushes, remounts and looks again: the record must be the last one, and the
  // others must be as before.
  bool probe = false;
  // The paths to look up by name if the tree does not list them, sorted: those
  // that the workload uses.
  std::vector<std::string> paths;
  // `std::nullopt` if the model judges. If a check has a command, its verdict
  // is the outcome (RecoveryOutcome::check), and the tree is not observed.
  std::optional<CheckOracle> check{};
  // What the command is told: the acks in force, and what had been attempted,
  // one a line. The texts must last as long as the recovery.
  std::string_view acked{};
  std::string_view attempted{};
  // The workload's faults. The faults in=recovery are armed from the start of
  // each recovery until the volume has been observed and used.
  // Requires: CheckFaultIsOffered() succeeds for each.
  std::vector<Op> faults = {};
};

// The paths that the ops of a workload name, without duplicates, sorted.
std::vector<std::string> PathsNamedBy(const Workload& workload);

// How a recovery ended, as a value that can cross processes.
struct RecoveryOutcome {
  enum Kind : uint8_t {
    // Recovery came to an end, even if the volume is unreadable.
    kObserved,
    // Recovery crashed; `detail` names the signal or the exit status. If
    // Recover() itself returns it, a helper process of the backend ended
    // (Backend::HelperExitStatus()).
    kDied,
    // Recovery passed a bound; `detail` names the bound.
    kHung,
    // The backend lacked something (Backend::MissingResource()), or a program
    // could not be started; `detail` says so. The outcome says nothing about
    // the state.
    kNotRun,
    // Recovery failed a POWERCUT_CHECK: powercut itself is at fault. The
    // outcome says nothing about the state.
    kOwnBug,
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
  static RecoveryOutcome OwnBug() {
    return {kOwnBug, "failed an internal check of powercut", {}};
  }

  Kind kind = kObserved;
  // Empty if `kind` is kObserved.
  std::string detail;

  // The fields below are filled in for kObserved only.
  Observation observation;
  // How the check's command failed, in one line; empty if it ended with exit
  // status 0 or did not run.
  std::string check = {};
  // What the storage's own checker found after the mount had ended, in one
  // line; empty if it found nothing or did not run. It does not run if the
  // volume did not mount or a fault of recovery fell.
  std::string fsck = {};
  // The numbers of the faults that fell on a request, among
  // RecoveryOptions::faults, from 1; ascending.
  std::vector<uint32_t> faults_fired = {};

  bool operator==(const RecoveryOutcome&) const = default;
};

// Runs the steps on `disk`, which keeps the reads and writes that recovery made
// until its Reset(). The result depends on the arguments alone: what ran before
// in this process does not matter.
// Requires: `disk` is new, or was Reset() after its last recovery.
RecoveryOutcome Recover(Backend& backend, CrashDisk& disk,
                        const RecoveryOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_RECOVERY_H_
