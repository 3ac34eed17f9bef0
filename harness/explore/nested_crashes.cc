// Explores the crashes during one recovery with the same parts that explore a
// recording, and goes deeper by recursion:
//
// 1. RecoverySpace makes a trace of what the recovery did, over the crash image
//    on which it began. Undecided blocks get all their contents as writes that
//    come before the recovery's own events.
// 2. A PointWalk with a scheduler and a pool of its own visits the states after
//    each event of the recovery.
// 3. If the depth allows it, each of these runs is a recovery that is crashed
//    in turn, in a space over this space (ExploreDeeper).
// 4. A visited state is named in steps that hold no undecided contents, on
//    demand (Named), because naming costs about as much as a run.
//
// Example: the first crash lost write 9 (`12p-w9`), and its recovery did a
// write and a flush. The crash points are those after event 1 and after event
// 2. After event 1 the written block is open, so that there are two states,
// `12p-w9/1p` and `12p-w9/1p-w1`; after event 2 there is `12p-w9/2p` alone.

#include "harness/explore/nested_crashes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/explore/point_walk.h"
#include "harness/explore/tree_walk.h"
#include "harness/judge/stability.h"
#include "harness/space/explored_points.h"

namespace powercut {
namespace {

// The most memory that the cache of one recovery's crashes may take. Each
// recovery has a cache of its own, since it has a crash space of its own.
constexpr uint64_t kNestedCacheBytes = uint64_t{64} << 20;

// The crashes during one recovery.
class RecoveryCrashes {
 public:
  RecoveryCrashes(Backend& backend, const NestedOptions& options,
                  const CrashSpace& outer, const InterruptedRecovery& recovery,
                  const NestedCrashes::Visit& visit)
      : backend_(backend),
        options_(options),
        outer_(outer),
        recovery_(recovery),
        visit_(visit),
        inner_(outer, recovery.state, *recovery.events, recovery.undecided),
        contents_(inner_.space(), inner_.begin()),
        max_runs_(options.runs_left ? std::optional(options.runs_left())
                                    : std::nullopt),
        pool_(backend, inner_.space(), PoolOptions()),
        scheduler_(pool_, contents_,
                   {.copied = options.copied,
                    .cache_bytes = kNestedCacheBytes,
                    .max_runs = max_runs_,
                    .doublecheck = options.doublecheck,
                    .seed = options.seed,
                    .journal = nullptr,
                    .stop = options.stop,
                    .context_of = {}},
                   [this](const StateRequest& q, const StateOutcome& a) {
                     Take(q, a);
                   }) {}

  bool Run() {
    const bool done = WalkPoints() && ExploreDeeper();
    if (const auto& two = scheduler_.contradiction()) {
      contradiction_ = {
          inner_.DecideOuter(two->state),
          DifferenceInWords(pool_.outcomes()[two->earlier],
                            pool_.outcomes()[two->later], "earlier", "later")};
    }
    return done;
  }

  RecoveryCounts counts() const {
    RecoveryCounts all = scheduler_.recoveries();
    all += deeper_counts_;
    return all;
  }
  const std::optional<NestedContradiction>& contradiction() const {
    return contradiction_;
  }

 private:
  WorkerPool::Options PoolOptions() const {
    WorkerPool::Options pool = options_.pool;
    pool.report_reads = true;
    pool.report_writes = options_.depth > 1;
    return pool;
  }

  CrashKind kind() const { return recovery_.state.kind; }

  bool WalkPoints() {
    PointWalk walk(inner_.space(), kind(),
                   {options_.space, options_.seed, /*prefixes_done=*/false},
                   scheduler_);
    const Trace& trace = inner_.space().trace();
    const EventNumber end = trace.event_count();
    const ExploredPoints explored(trace, options_.finishes_calls);
    // A crash before the recovery's first event leaves what the first crash
    // left, and that state was visited.
    for (EventNumber point = inner_.begin() + 1; point <= end; ++point) {
      if (!explored.Has(kind(), point)) continue;
      if (!walk.WalkPoint(point, 0)) return false;
    }
    return scheduler_.RunAll();
  }

  void Take(const StateRequest& request, const StateOutcome& outcome) {
    const CrashState outer = inner_.DecideOuter(request.state);
    const RecoveryOutcome shown = pool_.outcomes()[outcome.id];
    visit_({shown, outer, [&] { return Named(request.state, {}); }});
    if (options_.depth > 1 && outcome.events != nullptr &&
        !outcome.events->empty()) {
      InterruptedRecovery deeper{request.state, outcome.events, {}};
      if (request.expand) {
        deeper.undecided =
            UndecidedBlocks(contents_, request.state, outcome.path);
      }
      deeper_.push_back(std::move(deeper));
    }
    if (!request.expand) return;
    walk_.SubmitNext(request, outcome, [this](StateRequest next) {
      scheduler_.Submit(std::move(next));
    });
  }

  // Names a state of this recovery by decided states only. `deeper` has what
  // deeper crashes add, with no outer state. The writes that stand for
  // undecided contents have no place in an id, so the step is written in the
  // space of the same recovery begun on a decided state.
  NestedState Named(const CrashState& visited, NestedState deeper) const {
    const CrashState state = FromNewest(visited);
    const RecoverySpace plain(outer_, inner_.DecideOuter(state),
                              *recovery_.events);
    RecoverySpace::Decided decided = inner_.Decide(state, plain.space());
    PointCursor cursor(plain.space(), kind());
    cursor.MoveTo(decided.inner.point);
    NestedState named = std::move(deeper);
    named.outer = std::move(decided.outer);
    named.inner.insert(named.inner.begin(),
                       CanonicalStep(decided.inner, cursor));
    named.inner_lost += LostBlocks(decided.inner, cursor);
    if (named.recovery == nullptr) named.recovery = plain.trace();
    return named;
  }

  // `epoch:K` lists states from the floor, too, and Decide() leaves out the
  // choices that are newest.
  CrashState FromNewest(const CrashState& state) const {
    if (state.origin == CrashState::kNewest) return state;
    PointCursor cursor(inner_.space(), kind());
    cursor.MoveTo(state.point);
    return FromOrigin(state, CrashState::kNewest, cursor);
  }

  bool ExploreDeeper() {
    // The outer state of a deeper crash is a state of this space. It is
    // translated at each level on the way up, so that the caller sees states of
    // its own space.
    NestedOptions options = options_;
    --options.depth;
    const NestedCrashes* deeper = nullptr;
    if (max_runs_) {
      options.runs_left = [&] {
        const uint64_t used = scheduler_.runs() + deeper->runs();
        return *max_runs_ - std::min(*max_runs_, used);
      };
    }
    NestedCrashes crashes(backend_, options);
    deeper = &crashes;
    bool go_on = true;
    for (const InterruptedRecovery& recovery : deeper_) {
      go_on = crashes.Explore(
          inner_.space(), recovery, [&](const NestedCrashes::Visited& visited) {
            const CrashState outer = inner_.DecideOuter(visited.outer);
            visit_({visited.outcome, outer, [&] {
                      NestedState state = visited.state();
                      return Named(state.outer, state);
                    }});
          });
      if (!go_on) break;
    }
    // What was done before a bound ended the work counts, too.
    deeper_counts_ = crashes.counts();
    if (const auto& two = crashes.contradiction()) {
      contradiction_ = {inner_.DecideOuter(two->outer), two->found};
    }
    return go_on;
  }

  Backend& backend_;
  const NestedOptions& options_;
  const CrashSpace& outer_;
  const InterruptedRecovery& recovery_;
  const NestedCrashes::Visit& visit_;
  RecoverySpace inner_;
  BlockContents contents_;
  // How many recoveries the crashes of this one may run, deeper ones included.
  const std::optional<uint64_t> max_runs_;
  WorkerPool pool_;
  RunScheduler scheduler_;
  TreeWalk walk_{contents_, {options_.copied, options_.space.torn, 0}};
  std::vector<InterruptedRecovery> deeper_;
  RecoveryCounts deeper_counts_;
  std::optional<NestedContradiction> contradiction_;
};

}  // namespace

NestedCrashes::NestedCrashes(Backend& backend, NestedOptions options)
    : backend_(backend), options_(std::move(options)) {}

bool NestedCrashes::Explore(const CrashSpace& outer,
                            const InterruptedRecovery& recovery,
                            const Visit& visit) {
  RecoveryCrashes crashes(backend_, options_, outer, recovery, visit);
  const bool go_on = crashes.Run();
  counts_ += crashes.counts();
  if (!contradiction_) contradiction_ = crashes.contradiction();
  return go_on;
}

std::vector<UndecidedBlock> UndecidedBlocks(BlockContents& contents,
                                            const CrashState& state,
                                            std::span<const ContentId> read) {
  std::vector<bool> decided(contents.space().slot_count());
  for (const ContentId id : read) decided[contents.slot(id)] = true;
  std::vector<UndecidedBlock> undecided;
  for (Slot slot = 0; slot < contents.space().slot_count(); ++slot) {
    if (decided[slot]) continue;
    const BlockChoice held = contents.ChoiceIn(state, slot);
    auto options =
        contents.Options(state.point, state.kind, slot, /*torn=*/false);
    // Versions with the content that the block holds would be the same disk.
    const ContentId content = contents.Of(held);
    std::erase_if(options, [&](const BlockChoice& option) {
      return contents.Of(option) == content;
    });
    if (options.empty()) continue;
    // RecoverySpace wants what the block holds first.
    options.insert(options.begin(), held);
    undecided.push_back({slot, std::move(options)});
  }
  return undecided;
}

}  // namespace powercut
