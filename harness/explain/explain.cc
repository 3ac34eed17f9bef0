// Explains a crash state in three steps after it was replayed: the history up
// to the crash says what had returned and what was promised; the trace says,
// for each lost version, why no persist event made it safe; and the outcome is
// judged again with each switch flipped and under each other profile.
//
// Why a version is lost: it starts at the layer of its write, and each later
// persist event up to the crash point either carries it on to a deeper layer or
// fails for a reason (other sectors, a limit before the write, a layer that was
// skipped). A version is safe once it is at the layer that survives the crash.
//
// Example: event 5 writes sector 8 at the host, event 6 persists sector 9 to
// the device, event 7 persists everything at the device to the media. For a
// power loss after event 7 the reason is "persist event 6 names other sectors":
// had event 6 carried sector 8, event 7 would have made it safe.

#include "harness/explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "harness/judge/judge.h"
#include "model/table/primitive_of.h"
#include "model/table/primitive_text.h"

namespace powercut {
namespace {

// Says why what an event wrote could be lost, by following it through the
// persist events after it.
class LossReader {
 public:
  LossReader(const Trace& trace, EventNumber point, CrashKind kind)
      : trace_(trace), point_(point), needed_(SurvivingLayer(kind)) {}

  // Returns the reason. `range` has the sectors of the disk that the event
  // wrote and that are lost.
  std::string Why(EventNumber event, const SectorRange& range) const {
    Layer reached = trace_.event(event).layer;
    std::string why;
    for (EventNumber p = event + 1; p <= point_; ++p) {
      const DiskEvent& persist = trace_.event(p);
      if (persist.kind != DiskEvent::kPersist) continue;
      const std::string failing = WhyNot(persist, event, range, reached);
      if (!failing.empty()) {
        // The first persist that failed is the flush that one would look at
        // first; the failures of later ones mostly repeat it.
        if (why.empty()) why = fmt::format("persist event {} {}", p, failing);
        continue;
      }
      reached = std::max(reached, persist.layer);
      if (reached < needed_) {
        why = fmt::format("persist event {} stops at the {}", p,
                          LayerName(reached));
      }
    }
    if (why.empty()) {
      return fmt::format("no persist event follows; it is at the {}",
                         LayerName(reached));
    }
    return why;
  }

 private:
  // Returns why a persist event does not carry what `event` wrote to `range`
  // and what is at the layer `reached` by then. Empty if it carries all of it.
  std::string WhyNot(const DiskEvent& persist, EventNumber event,
                     const SectorRange& range, Layer reached) const {
    if (persist.upto < event) {
      return fmt::format("carries only what was written up to event {}",
                         persist.upto);
    }
    if (!persist.scope) {
      // A persist of the whole disk, such as a flush of the device's cache,
      // sees only what lies in the layer just before its own.
      const auto before =
          static_cast<Layer>(static_cast<uint8_t>(persist.layer) - 1);
      if (reached < before) {
        return fmt::format("carries only what is at the {}; this is at the {}",
                           LayerName(before), LayerName(reached));
      }
      return "";
    }
    const SectorSet& scope = trace_.scope(persist);
    for (uint64_t s = range.first; s < range.end(); ++s) {
      if (!scope.Contains(s)) return "names other sectors";
    }
    return "";
  }

  const Trace& trace_;
  EventNumber point_;
  Layer needed_;
};

// Fills in the explanation of one replayed state.
class Explainer {
 public:
  Explainer(const RecordedRun& run, const ReplayedState& replayed)
      : run_(run),
        replayed_(replayed),
        space_(run.trace(), run.setting.atomic_bytes),
        cursor_(space_, replayed.state.kind) {
    cursor_.MoveTo(replayed.state.point);
  }

  StateExplanation Run() {
    out_.point = replayed_.state.point;
    out_.kind = replayed_.state.kind;
    out_.id = StateIdText({{CanonicalStep(replayed_.state, cursor_)},
                           run_.recording.trace.Digest()});
    ReadHistory();
    ReadLosses();
    TurnSwitches();
    out_.replayed = replayed_;
    return std::move(out_);
  }

 private:
  // Follows the history up to the crash: which ops had returned, which were in
  // flight, and which flushes were in force.
  void ReadHistory() {
    std::map<uint32_t, EventNumber> began;
    bool running = false;
    for (size_t i = 0; i < replayed_.history; ++i) {
      const HistoryEvent& event = run_.recording.history[i];
      if (event.kind == HistoryEvent::kRun) {
        running = true;
        // Crashes begin here, so that no single op of `init` matters: its final
        // sync promises all that they did.
        out_.flushes.push_back({0,
                                "the sync after `init`",
                                event.after,
                                {"everything before `run`"},
                                {}});
      }
      if (event.kind == HistoryEvent::kBegin) {
        began[event.op] = event.after;
        NoteHandle(run_.workload.OpNumber(event.op));
      }
      if (event.kind != HistoryEvent::kEnd) continue;
      if (running) {
        out_.returned.push_back(event.op);
        if (!event.error.empty()) out_.failed.push_back(event.op);
        if (event.error.empty()) AddFlush(event, began[event.op]);
      }
      began.erase(event.op);
    }
    for (const auto& [op, after] : began) out_.in_flight.push_back(op);
  }

  // Keeps the flags of handles by name, and which handles and paths stand for
  // directories, since the row of a flush depends on both.
  void NoteHandle(const Op& op) {
    if (op.kind == OpKind::kOpen) handles_[op.names[0]] = op.flags;
    if (op.kind == OpKind::kOpen && directories_.contains(op.names[1])) {
      directories_.insert(op.names[0]);
    }
    if (op.kind == OpKind::kMkdir) directories_.insert(op.names[0]);
    if (op.kind == OpKind::kRename && directories_.contains(op.names[0])) {
      directories_.insert(op.names[1]);
    }
  }

  void AddFlush(const HistoryEvent& end, EventNumber began) {
    const Op& op = run_.workload.OpNumber(end.op);
    const std::string name = op.names.empty() ? "" : op.names[0];
    const auto handle = handles_.find(name);
    const std::vector<std::string> none;
    const auto& flags = handle == handles_.end() ? none : handle->second;
    const bool directory = name == "/" || directories_.contains(name);
    const Primitive row = PrimitiveOf(op, flags, directory);
    // This row stands for ops that promise nothing of their own.
    if (row == Primitive::kWrite) return;
    ExplainedFlush flush{end.op, OpText(op), end.after, {}, {}};
    flush.promises =
        PromisedBy(row, PromisesOf(*run_.setting.profile)[row], out_.kind);
    for (EventNumber e = began + 1; e <= end.after; ++e) {
      if (run_.recording.trace.event(e).kind == DiskEvent::kPersist) {
        flush.persists.push_back(e);
      }
    }
    out_.flushes.push_back(std::move(flush));
  }

  // Returns what a block holds, whether or not the state lists it.
  BlockChoice ChoiceOf(Slot slot) const {
    const CrashState& state = replayed_.state;
    for (const BlockChoice& choice : state.choices) {
      if (choice.slot == slot) return choice;
    }
    const bool newest = state.origin == CrashState::kNewest;
    return {slot, newest ? cursor_.newest(slot) : cursor_.floor(slot), {}, 0};
  }

  // Goes through all versions that the state's open blocks could hold and do
  // not: every version above the chosen one, and the sectors of a torn version
  // that are missing.
  void ReadLosses() {
    const LossReader reader(run_.recording.trace, out_.point, out_.kind);
    out_.open_blocks = cursor_.open().size();
    out_.lost_blocks = LostBlocks(replayed_.state, cursor_);
    for (const Slot slot : cursor_.open()) {
      const BlockChoice choice = ChoiceOf(slot);
      if (choice.torn.count > 0) {
        ++out_.torn_blocks;
        AddLoss(reader, slot, choice.version, choice.torn);
      }
      for (VersionIndex v = choice.version + 1; v <= cursor_.newest(slot);
           ++v) {
        AddLoss(reader, slot, v, space_.WrittenSectors(slot, v));
      }
    }
    std::sort(out_.lost.begin(), out_.lost.end(),
              [](const LostWrites& a, const LostWrites& b) {
                return std::tie(a.op, a.events[0], a.why) <
                       std::tie(b.op, b.events[0], b.why);
              });
  }

  // Adds lost sectors of a version to the group of their op and reason.
  // `within` counts sectors from the block's first.
  void AddLoss(const LossReader& reader, Slot slot, VersionIndex version,
               const SectorRange& within) {
    const EventNumber event = space_.versions(slot)[version].event;
    const DiskEvent& write = run_.recording.trace.event(event);
    const SectorRange range{
        space_.block(slot) * space_.sectors_per_block() + within.first,
        within.count};
    const uint32_t op = OpRunningAt(run_.recording.history, event);
    const std::string why = reader.Why(event, range);
    const bool discard = write.kind == DiskEvent::kDiscard;
    auto found = std::find_if(
        out_.lost.begin(), out_.lost.end(), [&](const LostWrites& group) {
          return group.op == op && group.why == why &&
                 group.layer == write.layer && group.discard == discard;
        });
    if (found == out_.lost.end()) {
      LostWrites group;
      group.op = op;
      if (op > 0) {
        group.line = run_.workload.OpNumber(op).line;
        group.text = OpText(run_.workload.OpNumber(op));
      }
      group.discard = discard;
      group.layer = write.layer;
      group.why = why;
      found = out_.lost.insert(out_.lost.end(), std::move(group));
    }
    found->sectors += within.count;
    const auto at =
        std::lower_bound(found->events.begin(), found->events.end(), event);
    if (at == found->events.end() || *at != event) {
      found->events.insert(at, event);
    }
  }

  std::vector<Violation> ViolationsOf(const Judge& judge,
                                      const Profile& profile) const {
    return judge.ViolationsUnder(profile, replayed_.outcome, replayed_.history,
                                 out_.kind);
  }

  // Judges the outcome anew under each changed profile. The recovery does not
  // run again: the storage stays formatted as it was, and only the profile that
  // judges it changes.
  void TurnSwitches() {
    // ViolationsUnder() is given the outcome itself and looks none up.
    const OutcomeTable no_outcomes;
    const Judge judge(run_, no_outcomes);
    const bool wrong = !ViolationsOf(judge, *run_.setting.profile).empty();
    const auto turned = [&](const std::vector<Violation>& violations) {
      return violations.empty() == wrong;
    };
    for (const ProfileSwitch& flip : ProfileSwitches()) {
      Profile profile = *run_.setting.profile;
      profile.*flip.member = !(profile.*flip.member);
      const auto violations = ViolationsOf(judge, profile);
      if (!turned(violations)) continue;
      std::string found;
      if (!violations.empty()) {
        found = fmt::format("{} {}", ViolationKindName(violations[0].kind),
                            violations[0].path);
      }
      out_.switches.push_back(
          {std::string(flip.name), profile.*flip.member, std::move(found)});
    }
    for (const Profile& profile : Profiles()) {
      if (profile.name == run_.setting.profile->name) continue;
      if (turned(ViolationsOf(judge, profile)))
        out_.profiles.push_back(profile.name);
    }
  }

  const RecordedRun run_;
  const ReplayedState& replayed_;
  CrashSpace space_;
  PointCursor cursor_;
  std::map<std::string, std::vector<std::string>> handles_;
  std::set<std::string> directories_;
  StateExplanation out_;
};

}  // namespace

Result<StateExplanation> Explain(const RecordedRun& run, const StateId& id,
                                 const RunOptions& options) {
  POWERCUT_ASSIGN(const ReplayedState replayed, Replay(run, id, options));
  return Explainer(run, replayed).Run();
}

}  // namespace powercut
