#include "harness/explore/nested_crashes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/explore/point_walk.h"
#include "harness/explore/tree_walk.h"

namespace powercut {
namespace {

constexpr uint64_t kNestedCacheBytes = uint64_t{64} << 20;

// One recovery's crashes.
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
        pool_(backend, inner_.space(), PoolOptions()),
        scheduler_(pool_, contents_,
                   {.copied = options.copied,
                    .cache_bytes = kNestedCacheBytes,
                    .max_runs = std::nullopt,
                    .doublecheck = 0,
                    .seed = options.seed,
                    .journal = nullptr,
                    .stop = options.stop},
                   [this](const StateRequest& q, const StateOutcome& a) {
                     Take(q, a);
                   }) {}

  bool Run() { return WalkPoints() && ExploreDeeper(); }

  uint64_t runs() const { return scheduler_.runs() + deeper_runs_; }
  bool contradicted() const { return contradicted_; }

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
    const EventNumber end = inner_.space().trace().event_count();
    for (EventNumber point = inner_.begin() + 1; point <= end; ++point) {
      if (!walk.WalkPoint(point, 0)) return false;
    }
    return scheduler_.RunAll();
  }

  void Take(const StateRequest& request, const StateOutcome& outcome) {
    const CrashState outer = inner_.DecideOuter(request.state);
    const RecoveryOutcome shown = pool_.outcomes()[outcome.id];
    visit_({shown, outer, [&] { return Named(request.state, {}, 0); }});
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
    const TreeWalk walk{contents_, options_.copied, options_.space.torn};
    if (!walk.SubmitNext(request, outcome, scheduler_)) contradicted_ = true;
  }

  // The state in words that name no undecided contents.
  NestedState Named(const CrashState& state, std::vector<CrashStep> behind,
                    uint64_t lost_behind) const {
    const RecoverySpace plain(outer_, inner_.DecideOuter(state),
                              *recovery_.events);
    RecoverySpace::Decided decided = inner_.Decide(state, plain.space());
    PointCursor cursor(plain.space(), kind());
    cursor.MoveTo(decided.inner.point);
    NestedState named;
    named.outer = std::move(decided.outer);
    named.inner = {CanonicalStep(decided.inner, cursor)};
    named.inner_lost = LostBlocks(decided.inner, cursor) + lost_behind;
    named.inner.insert(named.inner.end(), behind.begin(), behind.end());
    return named;
  }

  bool ExploreDeeper() {
    NestedOptions options = options_;
    --options.depth;
    NestedCrashes crashes(backend_, options);
    for (const InterruptedRecovery& recovery : deeper_) {
      const bool go_on = crashes.Explore(
          inner_.space(), recovery, [&](const NestedCrashes::Visited& visited) {
            const CrashState outer = inner_.DecideOuter(visited.outer);
            visit_({visited.outcome, outer, [&] {
                      NestedState state = visited.state();
                      return Named(state.outer, std::move(state.inner),
                                   state.inner_lost);
                    }});
          });
      if (!go_on) return false;
    }
    deeper_runs_ = crashes.runs();
    contradicted_ |= crashes.contradicted();
    return true;
  }

  Backend& backend_;
  const NestedOptions& options_;
  const CrashSpace& outer_;
  const InterruptedRecovery& recovery_;
  const NestedCrashes::Visit& visit_;
  RecoverySpace inner_;
  BlockContents contents_;
  WorkerPool pool_;
  RunScheduler scheduler_;
  std::vector<InterruptedRecovery> deeper_;
  uint64_t deeper_runs_ = 0;
  bool contradicted_ = false;
};

}  // namespace

NestedCrashes::NestedCrashes(Backend& backend, NestedOptions options)
    : backend_(backend), options_(std::move(options)) {}

bool NestedCrashes::Explore(const CrashSpace& outer,
                            const InterruptedRecovery& recovery,
                            const Visit& visit) {
  RecoveryCrashes crashes(backend_, options_, outer, recovery, visit);
  const bool go_on = crashes.Run();
  runs_ += crashes.runs();
  contradicted_ |= crashes.contradicted();
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
    const ContentId content = contents.Of(held);
    std::erase_if(options, [&](const BlockChoice& option) {
      return contents.Of(option) == content;
    });
    if (options.empty()) continue;
    options.insert(options.begin(), held);
    undecided.push_back({slot, std::move(options)});
  }
  return undecided;
}

}  // namespace powercut
