// Explains a crash state in three steps after it was replayed: the history up
// to the crash says what had returned and what was promised; the trace says,
// for each lost version, why no persist event made it safe; and the outcome is
// judged again with each switch flipped and under each other profile.

#include "harness/explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "harness/explain/loss_reader.h"
#include "harness/judge/judge.h"
#include "model/table/primitive_of.h"
#include "model/table/primitive_text.h"

namespace powercut {
namespace {

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
    if (op.kind == OpKind::kExchange &&
        directories_.contains(op.names[0]) !=
            directories_.contains(op.names[1])) {
      const bool first = directories_.contains(op.names[0]);
      directories_.erase(op.names[first ? 0 : 1]);
      directories_.insert(op.names[first ? 1 : 0]);
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

  void ReadLosses() {
    const LossReader reader(run_.recording.trace, out_.point, out_.kind);
    out_.open_blocks = cursor_.open().size();
    out_.lost_blocks = LostBlocks(replayed_.state, cursor_);
    out_.torn_blocks = TornBlocks(replayed_.state, cursor_);
    for (const LostSectors& lost : LostSectorsOf(replayed_.state, cursor_)) {
      AddLoss(reader, lost.event, lost.range);
    }
    std::sort(out_.lost.begin(), out_.lost.end(),
              [](const LostWrites& a, const LostWrites& b) {
                return std::tie(a.op, a.events[0], a.why) <
                       std::tie(b.op, b.events[0], b.why);
              });
  }

  // Adds lost sectors of an event to the group of their op and reason.
  void AddLoss(const LossReader& reader, EventNumber event,
               const SectorRange& range) {
    const DiskEvent& write = run_.recording.trace.event(event);
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
    found->sectors += range.count;
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
  StateExplanation explanation = Explainer(run, replayed).Run();
  explanation.inner.assign(id.steps.begin() + 1, id.steps.end());
  return explanation;
}

}  // namespace powercut
