// CauseGroups: violating states by cause. The simplest state of each cause is
// kept, so that a thousand states with one cause are one finding. Where it is
// known what a crash takes of a recorded program, the cause of a check that
// failed names the smallest loss that makes it fail (smallest_loss.h).

#ifndef POWERCUT_HARNESS_EXPLORE_CAUSE_GROUPS_H_
#define POWERCUT_HARNESS_EXPLORE_CAUSE_GROUPS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/judge/finding.h"
#include "harness/judge/judge.h"
#include "harness/judge/smallest_loss.h"
#include "harness/worker/state_chain.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// A state that shows a violation.
struct ViolatingState {
  CrashState state;
  // The length of the history that the state was judged with.
  size_t history = 0;
  OutcomeId outcome = 0;
  // The crashes during the state's recovery, and how many blocks they lost.
  std::vector<CrashStep> inner;
  uint64_t inner_lost = 0;
  // For storage that does not recover twice in the same way: the recovery that
  // the last crash interrupted (NestedState::recovery). `nullptr` otherwise.
  std::shared_ptr<const Trace> recovery = {};
};

// The id of a violating state, with what orders ids: kind, point, marks, text.
struct ListedState {
  CrashKind kind = CrashKind::kPower;
  EventNumber point = 0;
  uint32_t marks = 0;
  std::string id;
  // What was found there, cut to kFoundBytesMax.
  std::string found;

  auto operator<=>(const ListedState&) const = default;
};

// The violating states of one cause, as another process found them.
struct CauseSummary {
  uint64_t count = 0;
  // Empty if states are not listed.
  std::vector<ListedState> states;
  // The simplest state, and how many blocks it lost.
  ViolatingState shown;
  uint64_t lost_blocks = 0;
  // What was wrong with it.
  Violation violation;
};

// How many parts of losses are run for all causes together. A count and not a
// time, so that the causes follow from the states.
inline constexpr uint64_t kPartRunsMax = 500;

struct ConfirmedCauses {
  // How many recoveries it took.
  uint64_t recoveries = 0;
  // In order of their cause, at most kCausesShownMax.
  std::vector<Finding> findings;
  // The causes that come after them.
  std::vector<UnshownCause> unshown;
};

// Not thread-safe.
class CauseGroups {
 public:
  struct Context {
    RecordedRun run;
    const CrashSpace& space;
    // Whether Finding::states and found_at are filled in.
    bool list_states = false;
  };

  // What `context` refers to must outlive this object.
  explicit CauseGroups(const Context& context);

  // Adds a state, and keeps it if it is simpler than the state that is kept:
  // fewer crashes, then fewer blocks lost, then an earlier point, then fewer
  // marks, then the first text. If `counted`, the state was counted for this
  // cause before, with another history. True if no state of this cause was
  // known.
  bool Add(const Violation& violation, const ViolatingState& at, bool counted);

  // All groups, by cause.
  std::vector<CauseSummary> Summaries() const;
  // Adds the states of a group, which were not added before. True if no state
  // of this cause was known.
  bool AddSummary(CauseSummary summary);
  // Forgets all states.
  void Clear() {
    groups_.clear();
    causes_.clear();
  }

  // The number of causes. Losses, which Confirmed() names, are not counted yet.
  size_t size() const { return causes_.size(); }

  // Confirms the first kCausesShownMax causes in order of their names, and
  // counts the states of the others. The shown state of each cause is run
  // again, alone in a fresh worker, twice. The finding is then
  //  * as it was, if the results are the same (SameResult());
  //  * of the cause `.../(varies)`, if only the last line of the user's check
  //    is another one, and the check ended badly in the same way;
  //  * of kind `nondeterministic` otherwise.
  // In the last two cases it says what was found each time. `pool` is the pool
  // that ran the states, and `judge` judged their outcomes. If not
  // `all_visited`, some states were not visited that lose less than one that
  // was: then the parts of the loss of each shown state are run to find the
  // smallest (SmallestLoss()), at most kPartRunsMax for all causes and none
  // once `stop_naming`, if not empty, returned true; a loss that was not made
  // smaller by then is named as it is. The groups are used up. If
  // `runs_are_over`, no state runs again, and each finding is as it was.
  ConfirmedCauses Confirmed(WorkerPool& pool, Judge& judge, bool all_visited,
                            const std::function<bool()>& stop_naming,
                            bool runs_are_over = false);

 private:
  // What the states of a group have in common.
  struct Key {
    std::string cause;  // without a loss
    // Whether the cause is to name a loss, at which point the crash came, and
    // what it took, with LossOfRecovery() if a recovery crashed, too, and in
    // how many sectors. Zero and empty if not.
    bool by_loss = false;
    EventNumber point = 0;
    LossSet lost;
    size_t sectors = 0;

    auto operator<=>(const Key&) const = default;
  };
  struct Group {
    // The smallest loss with which the check fails in this way, and whether it
    // is to be named.
    LossSet lost;
    bool by_loss = false;
    // What of it the cause names, once that is known.
    LossSet named;
    uint64_t count = 0;
    std::vector<ListedState> states;
    uint64_t lost_blocks = 0;
    ViolatingState shown;
    // The text of the shown state; empty until it had to be compared.
    std::string step;
    Violation violation;
  };

  Key KeyOf(const Violation& violation, const ViolatingState& at);
  // What runs the parts of losses.
  struct Naming {
    WorkerPool& pool;
    Judge& judge;
    const std::function<bool()>& stop;
    // How many parts were run.
    uint64_t recoveries = 0;
  };
  std::map<std::string, Group> GroupsByCause(Naming& naming, bool all_visited);
  static std::string CauseOf(const Group& group);
  static bool LostLess(const Key& a, const Key& b);
  void JoinPoint(std::map<Key, Group>::iterator begin,
                 std::map<Key, Group>::iterator end,
                 std::map<std::string, Group>& groups);
  LossSet NamedLoss(const CrashState& only, const LossSet& lost);
  CrashState StateLosing(const Group& group);
  bool Fails(const CrashState& state, const Group& group, Naming& naming);
  void NameSmallestLoss(Group& group, Naming& naming);
  // A cursor at the state's point and kind. Valid until the next call.
  PointCursor& CursorAt(const CrashState& state);
  bool IsSimpler(const ViolatingState& at, uint64_t lost, Group& group);
  // The text of the state's id, except the digest.
  std::string TextOf(const ViolatingState& at);
  void List(const Violation& violation, const ViolatingState& at, Group& group);
  void Confirm(Group& group, WorkerPool& pool);
  // How many recoveries Confirm() runs.
  static uint64_t RecoveriesToConfirm(const ViolatingState& shown,
                                      const WorkerPool& pool);
  Result<ChainResult> RunAgain(const ViolatingState& shown,
                               const WorkerPool::Options& options) const;
  void Merge(std::map<std::string, Group>& groups, Group group);
  Finding FindingOf(Group& group, const WorkerPool& pool, const Judge& judge);
  void Disbelieve(Group& group, const std::string& found) const;
  std::vector<std::string> ExcusesOf(const Group& group, const WorkerPool& pool,
                                     const Judge& judge) const;

  Context context_;
  std::map<Key, Group> groups_;
  std::set<std::string> causes_;
  std::array<std::unique_ptr<PointCursor>, kCrashKinds.size()> cursors_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_CAUSE_GROUPS_H_
