// LoopRunner: all explorations of one loop, one after the other. It runs on the
// loop's fiber.

#ifndef POWERCUT_LIBRARY_STATES_LOOP_RUNNER_H_
#define POWERCUT_LIBRARY_STATES_LOOP_RUNNER_H_

#include <memory>
#include <string>

#include "harness/explore/explore.h"
#include "harness/explore/sync_audit.h"
#include "library/states/profile_run.h"
#include "library/states/state_loop.h"

namespace powercut {

class LoopRunner {
 public:
  // `loop` must outlive this object.
  explicit LoopRunner(StateLoop& loop) : loop_(loop) {}

  // Explores under each profile, and fills in the loop's report.
  void Run();

 private:
  void RunProfile(const std::string& profile);
  void RunOneState();
  void RunOneState(ProfileRun& run, const StateId& id, LoopPart& part);
  Result<std::unique_ptr<ProfileRun>> RecordAs(const Calls& calls,
                                               const std::string& profile);
  ExploreOptions OptionsOfExploration() const;
  // Runs the user's loop on what each prefix of the attempts gives. Returns
  // false if something is wrong there, which is then in the report.
  bool MakeDumps(ProfileRun& run, PrefixDumps& dumps, LoopPart& part);
  // What the user's loop says of one state that is run alone, with the crashes
  // during its recovery.
  std::string ResultOf(ProfileRun& run, const StateId& id);
  LoopFinding Described(ProfileRun& run, const Finding& finding);
  // A sync that makes the cause go away; empty if none was found.
  std::string RemedyFor(ProfileRun& run, const std::string& cause,
                        const CrashState& state);
  void Audit(ProfileRun& run, const std::string& profile);
  // Explores these calls until one cause is seen.
  SyncTrial TryCalls(const Calls& calls, const std::string& profile);

  StateLoop& loop_;
  // What each exploration explores, those of remedies and audits, too.
  ExplorationSpace space_{ExplorationSpace::kExhaustive, 0, 0};
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_LOOP_RUNNER_H_
