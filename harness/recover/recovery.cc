// Recovers in one process: opens the volume, then lets the user's command look
// at it, or observes it and, when asked, uses it. Faults that are armed for
// recovery stand between the backend and the crash disk all the while. The
// storage's own checker comes last, after the mount has ended.
//
// What is believed goes the other way round: a missing prerequisite or a helper
// process that ended makes everything else worthless, so both are looked at
// before the observation is.

#include "harness/recover/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "harness/fault/fault_disk.h"
#include "harness/recover/probe.h"

namespace powercut {
namespace {

// What was found in a volume, and what the checks said of it.
struct Looked {
  ProbedVolume volume;
  // Which program did not end in time. Empty if all ended.
  std::string hung = {};
  // RecoveryOutcome::check and fsck.
  std::string check = {};
  std::string fsck = {};
  // Why no program could be started, which says nothing about the storage.
  // Empty if all were.
  std::string not_started = {};
};

std::string HungText(std::string_view what, const CommandEnd& end) {
  return fmt::format("{}: {} (--check-timeout)", what, end.detail);
}

// Runs the user's command in the volume. Its verdict takes the place of an
// observation.
Looked RunCheck(Mount& mount, const RecoveryOptions& options) {
  Looked checked;
  Mount::Command command;
  command.words = {"/bin/sh", "-c", options.check->command};
  command.acked = options.acked;
  command.attempted = options.attempted;
  command.quiet = true;
  command.timeout_ms = options.check->timeout_ms;
  const auto end = mount.RunCommand(command);
  if (end && end->kind == CommandEnd::kNotStarted) {
    checked.not_started = end->detail;
  } else if (end && end->kind == CommandEnd::kTimedOut) {
    checked.hung = HungText("the check", *end);
  } else {
    checked.check = end ? end->detail : end.error().message;
  }
  // The checker needs a volume that was unmounted cleanly.
  if (!options.check->fsck) return checked;
  const OpResult shut = mount.Shutdown();
  if (!shut.ok()) checked.volume.told.push_back(shut.error);
  return checked;
}

// Runs the storage's own checker. Requires: the mount has ended.
void RunChecker(Backend& backend, VirtualDisk& disk,
                const RecoveryOptions& options, Looked& looked) {
  const auto end = backend.RunChecker(disk, options.check->timeout_ms);
  if (end && end->kind == CommandEnd::kNotStarted) {
    looked.not_started = end->detail;
  } else if (end && end->kind == CommandEnd::kTimedOut) {
    looked.hung = HungText("the storage's own checker", *end);
  } else {
    looked.fsck = end ? end->detail : end.error().message;
  }
}

// Opens the volume on `disk`, which is `crash` or a layer over it, and looks at
// what is there. The mount has ended on return.
Looked OpenAndLook(Backend& backend, CrashDisk& crash, VirtualDisk& disk,
                   const RecoveryOptions& options) {
  MountResult mounted = backend.Open(disk);
  const bool command = options.check && !options.check->command.empty();
  // A program recovers its files when the check opens them, so that nested
  // crashes interrupt the check and what the storage writes until the mount has
  // ended. Where no program runs, only what Open() did is the recovery.
  if (!command) crash.ObservationBegins();
  if (mounted.mount == nullptr) {
    Looked nothing;
    nothing.volume.seen.unreadable = mounted.failure;
    return nothing;
  }
  if (command) {
    return RunCheck(*mounted.mount, options);
  }
  Looked looked;
  looked.volume.seen = LookAt(*mounted.mount, options.paths);
  if (options.probe && looked.volume.seen.unreadable.empty()) {
    looked.volume =
        UseVolume(backend, disk, options.paths, std::move(mounted.mount),
                  std::move(looked.volume.seen));
  }
  return looked;
}

}  // namespace

std::vector<std::string> PathsNamedBy(const Workload& workload) {
  std::set<std::string> paths;
  for (const auto* section : {&workload.init, &workload.run}) {
    for (const Op& op : *section) {
      for (const std::string& name : op.names) {
        // Only paths begin with a slash, and the root is always there.
        if (name.starts_with('/') && name != "/") paths.insert(name);
      }
    }
  }
  return {paths.begin(), paths.end()};
}

RecoveryOutcome Recover(Backend& backend, CrashDisk& disk,
                        const RecoveryOptions& options) {
  RecoveryOutcome outcome;
  Looked looked;
  if (FaultsIn(options.faults, FaultPhase::kRecovery).empty()) {
    looked = OpenAndLook(backend, disk, disk, options);
  } else {
    FaultDisk faulty(disk, options.faults, FaultPhase::kRecovery);
    faulty.Arm();
    looked = OpenAndLook(backend, disk, faulty, options);
    outcome.faults_fired = faulty.Fired();
  }
  disk.ObservationBegins();
  // After a fault of recovery the checker's complaints would be the disk's
  // fault.
  const bool mounted =
      looked.volume.seen.unreadable.empty() && looked.hung.empty();
  if (options.check && options.check->fsck && mounted &&
      outcome.faults_fired.empty() && !backend.HelperExitStatus() &&
      !backend.MissingResource()) {
    RunChecker(backend, disk, options, looked);
  }
  if (const auto lacks = backend.MissingResource()) {
    return RecoveryOutcome::NotRun(lacks->message);
  }
  if (!looked.not_started.empty()) {
    return RecoveryOutcome::NotRun(looked.not_started);
  }
  if (backend.HelperExitStatus()) {
    return RecoveryOutcome::Died("a process that the storage needs is gone");
  }
  if (!looked.hung.empty()) {
    return RecoveryOutcome::Hung(looked.hung);
  }
  outcome.observation = std::move(looked.volume.seen);
  outcome.check = std::move(looked.check);
  outcome.fsck = std::move(looked.fsck);
  // On a disk that breaks, storage may say that something failed; on any other
  // disk this is a violation.
  if (outcome.faults_fired.empty()) {
    auto& failures = outcome.observation.probe_failures;
    failures.insert(failures.begin(), looked.volume.told.begin(),
                    looked.volume.told.end());
  }
  // The probe compares the contents of two observations, so that copied bytes
  // decide what it reports.
  if (options.probe) disk.CountCopiesAsRead();
  if (disk.limit_reached()) {
    return RecoveryOutcome::Hung("too many device requests");
  }
  return outcome;
}

}  // namespace powercut
