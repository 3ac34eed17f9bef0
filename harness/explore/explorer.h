// Explorer: one exploration of one recorded run, from the first prefix to the
// confirmed findings. Use it through Explore().

#ifndef POWERCUT_HARNESS_EXPLORE_EXPLORER_H_
#define POWERCUT_HARNESS_EXPLORE_EXPLORER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/explore/bound_watch.h"
#include "harness/explore/cause_groups.h"
#include "harness/explore/exploration.h"
#include "harness/explore/explore_options.h"
#include "harness/explore/judging_tasks.h"
#include "harness/explore/recoveries_to_crash.h"
#include "harness/explore/run_contexts.h"
#include "harness/explore/run_scheduler.h"
#include "harness/explore/subwalks.h"
#include "harness/explore/tree_walk.h"
#include "harness/judge/judge.h"
#include "harness/space/explored_points.h"
#include "harness/worker/forked_tasks.h"
#include "harness/worker/worker_pool.h"
#include "model/files/independent_parts.h"

namespace powercut {

// Not thread-safe; runs once.
class Explorer {
 public:
  // What `run` refers to, and the other arguments, must outlive this object.
  // `journal` may be `nullptr`.
  Explorer(const RecordedRun& run, const ExploreOptions& options,
           RunJournal* journal);
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;

  // Errors: kMissing: a recovery could not be run.
  Result<Exploration> Run();

 private:
  // --- what is explored
  WorkerPool::Options PoolOptions() const;
  NestedOptions OptionsOfNested();
  void Describe();
  bool PrefixesOnly() const;
  void ChooseSpace();
  void ChooseCopyMode();
  void ChooseParts();
  bool IsOurs(size_t index) const;
  // A crash point to be walked.
  struct PointVisit {
    CrashKind kind = CrashKind::kPower;
    uint32_t point_index = 0;
  };
  // The crash points of this shard, by kind.
  std::vector<PointVisit> OurVisits() const;

  // --- walking; each returns false if a bound ended it
  bool ExplorePrefixes();
  bool ExploreBeyondPrefixes();
  bool WalkPoints(const ExplorationSpace& space, bool prefixes_done);
  bool WalkVisits(const ExplorationSpace& space, bool prefixes_done,
                  std::span<const PointVisit> visits);
  bool SubmitState(const CrashState& state, const Hash128& disk,
                   uint32_t index);

  // --- walking decision trees in several processes (explorer_walks.cc)
  bool MayWalkApart(const ExplorationSpace& space, bool prefixes_done) const;
  bool WalkApart(Subwalk requests, std::span<const PointVisit> visits);
  bool Expand(Subwalk requests, Subwalk& next);
  bool ExpandRoots(std::span<const PointVisit>& visits, Subwalk& next);
  std::optional<std::vector<RequestGroup>> Split(Subwalk open);
  bool WalkEach(const std::vector<Subwalk>& subwalks);
  bool WalkRequests(Subwalk requests, std::span<const PointVisit> visits);
  std::string WalkInCopy(const Subwalk& subwalk);
  bool TakeSummary(std::string_view bytes, bool& finished);

  // --- visiting
  void OnOutcome(const StateRequest& request, const StateOutcome& outcome);
  void Visit(const CrashState& state, const CrashPoint& point,
             OutcomeId outcome);
  void VisitNested(const CrashPoint& point,
                   const NestedCrashes::Visited& visited);
  void JudgeVisited(const CrashState& state, const CrashPoint& point,
                    OutcomeId outcome);
  template <class MakeState>
  void JudgeHistories(const CrashPoint& point, CrashKind kind,
                      OutcomeId outcome, std::optional<OutcomeId> once,
                      const MakeState& state);
  void CountFaults(const RecoveryOutcome& outcome);

  // --- bounds and the end
  uint64_t runs() const;
  bool MustStop();
  void ReportPoint();
  void ReportProgress(uint64_t runs_elsewhere);
  void Finish();
  void CheckObligations();
  void ReportContradictions();
  void ReportContradiction(const CrashState& state, const std::string& found);
  CrashState FirstState() const;

  const RecordedRun run_;
  const ExploreOptions& options_;
  CrashSpace space_;
  BlockContents contents_;
  std::vector<CrashPoint> crash_points_;
  const ExploredPoints explored_;
  const RunContexts contexts_;
  // `nullptr` if none are explored apart.
  std::shared_ptr<const IndependentParts> parts_;
  WorkerPool pool_;
  Judge judge_;
  CauseGroups groups_;
  BoundWatch bounds_;
  // `std::nullopt` if this process judges: with few workers, or where a check
  // judges.
  std::optional<JudgingTasks> judging_;
  std::optional<RunScheduler> scheduler_;
  // These are made when the space is known.
  std::optional<TreeWalk> walk_;
  std::optional<RecoveriesToCrash> recoveries_;

  // Made when a walk is cut.
  std::optional<ForkedTasks> tasks_;
  // Whether this process is a copy that walks a part.
  bool in_copy_ = false;
  // Where the states that follow from another one go, if not to the scheduler.
  Subwalk* next_ = nullptr;
  // The bound that ended a subwalk, and its deaths.
  std::string bound_of_subwalk_;
  uint64_t deaths_of_subwalks_ = 0;

  Exploration result_;
  // How many visits of points there are in all passes, and how many are done.
  uint64_t visits_ = 1;
  uint64_t visits_done_ = 0;
  // Outcomes by image, so that a state that leaves the same disk as an earlier
  // one needs no lookup.
  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> outcome_of_image_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_EXPLORER_H_
