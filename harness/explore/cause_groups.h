// CauseGroups: violating states by cause, the simplest of each kept, so that a
// thousand states with one cause are one finding.

#ifndef POWERCUT_HARNESS_EXPLORE_CAUSE_GROUPS_H_
#define POWERCUT_HARNESS_EXPLORE_CAUSE_GROUPS_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/judge/finding.h"
#include "harness/judge/judge.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// A state of a violation.
struct ViolatingState {
  CrashState state;
  size_t history = 0;  // how much of it had happened
  OutcomeId outcome = 0;
  // The crashes during its recovery, and how many blocks they lost.
  std::vector<CrashStep> inner;
  uint64_t inner_lost = 0;
};

// Its id, with what orders ids: by kind, point, marks and text.
struct ListedState {
  CrashKind kind = CrashKind::kPower;
  EventNumber point = 0;
  uint32_t marks = 0;
  std::string id;

  auto operator<=>(const ListedState&) const = default;
};

class CauseGroups {
 public:
  struct Context {
    RecordedRun run;
    const CrashSpace& space;
    // Whether the ids of all states are kept.
    bool list_states = false;
  };

  // What `context` refers to must outlive this object.
  explicit CauseGroups(const Context& context);

  // Takes a state in, and keeps it if it is simpler than the one kept: fewer
  // crashes, then fewer blocks lost, then an earlier point, then the first id.
  // `counted`: it was counted for this cause before. True for the first state
  // of its cause.
  bool Add(const Violation& violation, const ViolatingState& at, bool counted);

  size_t size() const { return groups_.size(); }

  // The findings by cause, each shown state run again alone in a fresh worker;
  // what came out otherwise is a finding of kind `nondeterministic`.
  std::vector<Finding> Confirmed(WorkerPool& pool, const Judge& judge);

 private:
  struct Group {
    uint64_t count = 0;
    std::vector<ListedState> states;
    uint64_t lost_blocks = 0;
    ViolatingState shown;
    std::string step;  // text of the shown state's, once it had to be compared
    Violation violation;
  };

  // At the point of a state.
  PointCursor& CursorAt(const CrashState& state);
  bool IsSimpler(const ViolatingState& at, uint64_t lost, Group& group);
  // The text of its id, without the digest.
  std::string TextOf(const ViolatingState& at);
  void List(const ViolatingState& at, Group& group);
  void Confirm(Group& group, WorkerPool& pool);
  static void Merge(std::map<std::string, Group>& groups, Group group);
  void Disbelieve(Group& group, const std::string& found) const;
  std::vector<std::string> ExcusesOf(const Group& group, const WorkerPool& pool,
                                     const Judge& judge) const;

  Context context_;
  std::map<std::string, Group> groups_;
  std::array<std::unique_ptr<PointCursor>, kCrashKinds.size()> cursors_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_CAUSE_GROUPS_H_
