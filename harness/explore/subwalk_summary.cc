// Writes the fields in the order of their declaration. No storage code runs in
// the process that writes, so that the bytes are damaged only if that process
// was killed.

#include "harness/explore/subwalk_summary.h"

#include <cstring>
#include <initializer_list>
#include <utility>

#include "harness/recover/outcome_codec.h"
#include "harness/system/packed_bytes.h"
#include "harness/worker/state_codec.h"

namespace powercut {
namespace {

class Writer {
 public:
  Writer(std::string& bytes, const OutcomeTable& outcomes)
      : out_(bytes), outcomes_(outcomes) {}

  void Numbers(std::initializer_list<uint64_t> numbers) {
    for (const uint64_t number : numbers) out_.Number(number);
  }
  void Text(std::string_view text) { out_.Text(text); }
  void Keys(const std::vector<Hash128>& keys) {
    out_.Text({reinterpret_cast<const char*>(keys.data()),
               keys.size() * sizeof(Hash128)});
  }
  void Outcome(OutcomeId id) { out_.Text(EncodeOutcome(outcomes_[id])); }

  void State(const CrashState& state) { WriteState(out_, state); }

  void Cause(const CauseSummary& cause) {
    Numbers({cause.count, cause.states.size()});
    for (const ListedState& listed : cause.states) {
      Numbers({static_cast<uint64_t>(listed.kind), listed.point, listed.marks});
      Text(listed.id);
      Text(listed.found);
    }
    State(cause.shown.state);
    Numbers({cause.shown.history});
    Outcome(cause.shown.outcome);
    Numbers({cause.lost_blocks});
    const Violation& violation = cause.violation;
    Numbers({static_cast<uint64_t>(violation.kind), violation.op,
             violation.op_returned ? 1u : 0u, violation.promise.effect_op});
    out_.MaybeNumber(violation.promise.flush_op);
    for (const std::string* text : {&violation.cause, &violation.path,
                                    &violation.admissible, &violation.found}) {
      Text(*text);
    }
  }

 private:
  PackedWriter out_;
  const OutcomeTable& outcomes_;
};

class Reader {
 public:
  Reader(std::string_view bytes, WorkerPool& pool) : in_(bytes), pool_(pool) {}

  template <class T>
  void Number(T& number) {
    number = static_cast<T>(in_.Number());
  }
  uint64_t Count() { return in_.Count(1); }
  void Text(std::string& text) { text = in_.Text(); }
  bool Finished() const { return in_.Finished(); }

  void Keys(std::vector<Hash128>& keys) {
    const std::string_view bytes = in_.Text();
    in_.Require(bytes.size() % sizeof(Hash128) == 0);
    keys.resize(bytes.size() / sizeof(Hash128));
    if (!keys.empty()) std::memcpy(keys.data(), bytes.data(), bytes.size());
  }

  void Outcome(OutcomeId& id) {
    Result<RecoveryOutcome> outcome = DecodeOutcome(in_.Text());
    in_.Require(outcome.has_value());
    if (outcome) id = pool_.AddOutcome(std::move(*outcome));
  }

  void State(CrashState& state) { state = ReadState(in_); }

  void Cause(CauseSummary& cause) {
    Number(cause.count);
    cause.states.resize(Count());
    for (ListedState& listed : cause.states) {
      Number(listed.kind);
      Number(listed.point);
      Number(listed.marks);
      Text(listed.id);
      Text(listed.found);
    }
    State(cause.shown.state);
    Number(cause.shown.history);
    Outcome(cause.shown.outcome);
    Number(cause.lost_blocks);
    Violation& violation = cause.violation;
    Number(violation.kind);
    Number(violation.op);
    violation.op_returned = in_.Number() == 1;
    Number(violation.promise.effect_op);
    violation.promise.flush_op = in_.MaybeNumber();
    for (std::string* text : {&violation.cause, &violation.path,
                              &violation.admissible, &violation.found}) {
      Text(*text);
    }
  }

 private:
  PackedReader in_;
  WorkerPool& pool_;
};

}  // namespace

std::string EncodeSubwalkSummary(const SubwalkSummary& summary,
                                 const OutcomeTable& outcomes) {
  std::string bytes;
  Writer out(bytes, outcomes);
  out.Numbers({summary.states, summary.faults_fired.size()});
  for (const uint64_t fired : summary.faults_fired) out.Numbers({fired});
  const RunCounts& counts = summary.counts;
  out.Numbers({counts.recoveries.needed, counts.recoveries.repeated,
               counts.recoveries.canaries, counts.recoveries.doublechecks,
               counts.reordered_runs, counts.evicted});
  out.Keys(counts.run_keys);
  out.Numbers({counts.contradiction ? 1u : 0u});
  if (counts.contradiction) {
    out.State(counts.contradiction->state);
    out.Outcome(counts.contradiction->earlier);
    out.Outcome(counts.contradiction->later);
  }
  out.Numbers({summary.unexplained_deaths, summary.causes.size()});
  for (const CauseSummary& cause : summary.causes) out.Cause(cause);
  out.Numbers({summary.finished ? 1u : 0u});
  out.Text(summary.bound);
  out.Numbers({summary.not_run ? 1u : 0u});
  if (summary.not_run) out.Outcome(*summary.not_run);
  return bytes;
}

std::optional<SubwalkSummary> DecodeSubwalkSummary(std::string_view bytes,
                                                   WorkerPool& pool) {
  SubwalkSummary summary;
  Reader in(bytes, pool);
  in.Number(summary.states);
  summary.faults_fired.resize(in.Count());
  for (uint64_t& fired : summary.faults_fired) in.Number(fired);
  RunCounts& counts = summary.counts;
  in.Number(counts.recoveries.needed);
  in.Number(counts.recoveries.repeated);
  in.Number(counts.recoveries.canaries);
  in.Number(counts.recoveries.doublechecks);
  in.Number(counts.reordered_runs);
  in.Number(counts.evicted);
  in.Keys(counts.run_keys);
  uint64_t there = 0;
  in.Number(there);
  if (there == 1) {
    Contradiction& contradiction = counts.contradiction.emplace();
    in.State(contradiction.state);
    in.Outcome(contradiction.earlier);
    in.Outcome(contradiction.later);
  }
  in.Number(summary.unexplained_deaths);
  summary.causes.resize(in.Count());
  for (CauseSummary& cause : summary.causes) in.Cause(cause);
  in.Number(there);
  summary.finished = there == 1;
  in.Text(summary.bound);
  in.Number(there);
  if (there == 1) in.Outcome(summary.not_run.emplace());
  if (!in.Finished()) return std::nullopt;
  return summary;
}

}  // namespace powercut
