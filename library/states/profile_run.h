// ProfileRun: calls that were recorded under one profile, ready to be explored.

#ifndef POWERCUT_LIBRARY_STATES_PROFILE_RUN_H_
#define POWERCUT_LIBRARY_STATES_PROFILE_RUN_H_

#include <memory>
#include <optional>
#include <string>

#include "harness/backend.h"
#include "harness/record/recorded_run.h"
#include "library/calls/call.h"
#include "library/calls/record_calls.h"
#include "library/states/state_backend.h"
#include "library/states/state_loop.h"

namespace powercut {

class ProfileRun {
 public:
  // Records the calls on simfs under a profile, on a raw disk or on logs.
  // `look` is called with what each crash left. With LoopOptions::disk_bytes at
  // 0 the disk is made larger until the calls fit. Errors: kUsage for an
  // unknown profile or block size; those of RecordCalls().
  static Result<std::unique_ptr<ProfileRun>> Record(const Calls& calls,
                                                    const LoopOptions& options,
                                                    const std::string& profile,
                                                    StateBackend::Look look);
  ProfileRun(const ProfileRun&) = delete;
  ProfileRun& operator=(const ProfileRun&) = delete;

  const Calls& calls() const { return calls_; }
  const RecordedCalls& recorded() const { return recorded_; }
  IssuedCalls issued() const { return {calls_, recorded_.events_after}; }
  const Trace& trace() const { return recorded_.recording.trace; }
  // Valid as long as this object.
  RecordedRun run() {
    return {backend_, workload_, setting_, recorded_.recording};
  }

 private:
  ProfileRun(const Calls& calls, const LoopOptions& options,
             StateBackend::Look look);

  const Calls calls_;
  std::unique_ptr<Backend> storage_;
  StateBackend backend_;
  Workload workload_;
  RunSetting setting_;
  RecordedCalls recorded_;
  // Explorations, and the states that run before and after them, need the trace
  // studied: it is done once. `std::nullopt` until it is recorded.
  std::optional<StudiedTrace> studied_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_PROFILE_RUN_H_
