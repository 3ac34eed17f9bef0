// LoopRunner: all explorations of one loop, one after the other. It runs on the
// loop's fiber.

#ifndef POWERCUT_LIBRARY_STATES_LOOP_RUNNER_H_
#define POWERCUT_LIBRARY_STATES_LOOP_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/explain/replay.h"
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
  // The recording that an id belongs to, with its profile and what ran in the
  // part; `nullptr` if there is none.
  std::unique_ptr<ProfileRun> RunOf(const StateId& id, LoopPart& part);
  void RunOneState(ProfileRun& run, const StateId& id, LoopPart& part);
  Result<std::unique_ptr<ProfileRun>> RecordAs(const Calls& calls,
                                               const std::string& profile);
  ExploreOptions OptionsOfExploration() const;
  // Runs the user's loop on what each prefix of the attempts gives. Returns
  // false if something is wrong there, which is then in the report.
  // Workers run it, unless `here`.
  bool MakeDumps(ProfileRun& run, PrefixDumps& dumps, LoopPart& part,
                 bool here);
  // Runs states in order, in one worker or here, and calls `done` with each
  // outcome.
  static void RunStates(
      ProfileRun& run, const ExploreOptions& explore,
      std::vector<CrashState> all,
      const std::function<void(size_t, const RecoveryOutcome&)>& done);
  // Runs one state alone in a worker, with the crashes during its recovery, and
  // lets the user's loop tell all that is wrong.
  Result<ReplayedState> RunAlone(ProfileRun& run, const StateId& id);
  // What the user's code said of the state that a finding shows; empty if it
  // said nothing.
  std::vector<SaidViolation> WordsOf(ProfileRun& run, const Finding& finding,
                                     const StateId& id);
  void LeaveOutUnseen(Exploration& explored);
  LoopFinding Described(ProfileRun& run, const Finding& finding);
  // A sync that makes the cause go away; empty if none was found.
  std::string RemedyFor(ProfileRun& run, const std::string& cause,
                        const CrashState& state);
  // Whether the cause is gone if the calls of these numbers each have a sync of
  // the path behind them; `std::nullopt` if a bound came before an answer.
  std::optional<bool> SavesIt(const Calls& calls, const std::string& path,
                              const std::vector<size_t>& after,
                              const std::string& cause);
  void Audit(ProfileRun& run, const std::string& profile);
  void AuditAll(const Calls& calls, const std::string& profile);
  // The recording without one of the syncs, as the audit makes it, that has
  // this digest; `nullptr` if none has. Says in the part which sync that is.
  std::unique_ptr<ProfileRun> RunWithoutASync(const std::string& profile,
                                              uint32_t digest, LoopPart& part);
  // Explores these calls until one cause is seen.
  SyncTrial TryCalls(const Calls& calls, const std::string& profile);

  StateLoop& loop_;
  // What each exploration explores, those of remedies and audits, too.
  ExplorationSpace space_{ExplorationSpace::kExhaustive, 0, 0};
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_LOOP_RUNNER_H_
