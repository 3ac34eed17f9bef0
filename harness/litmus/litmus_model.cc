// Runs a litmus test on the model itself (RunLitmusOnModel()). The ops of the
// test begin and return in the model as they would on storage; at each such
// moment from `cut` on, the model lists every observation that it admits, and
// each of these counts like a crash state.
//
// Some atoms of a listed observation stand for any bytes (kAnyByte). For each
// of them the contents that the conditions ask for are put in, one combination
// after the other, and the observation satisfies what any combination
// satisfies. Example: for `allow /f[0] = 3` and an atom 0 that may be anything,
// fill 3 is put in, so that the condition counts as seen.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/litmus/litmus.h"
#include "model/files/admissible.h"
#include "model/files/model.h"
#include "model/table/profile.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// The most choices of versions at one moment.
constexpr size_t kChoicesMax = size_t{1} << 20;

// Puts what the conditions of a test ask for in the place of atoms that may be
// anything.
class AnythingFiller {
 public:
  AnythingFiller(const Workload& workload, const Observation& before)
      : before_(before) {
    for (const Outcome& outcome : workload.outcomes) {
      Gather(outcome.condition);
    }
  }

  // Calls `use` with the observation, and with each way to fill its atoms.
  // There are up to 2^n ways for n tests of such atoms.
  void ForEach(const Observation& observation,
               const std::function<void(const Observation&)>& use) const {
    Observation filled = observation;
    Fill(0, filled, use);
  }

 private:
  // Collects the tests of atoms in a condition.
  void Gather(const Condition& condition) {
    if (condition.kind == Condition::kAtom) atoms_.push_back(&condition);
    for (const Condition& operand : condition.operands) Gather(operand);
  }

  // Returns the content that a test asks for, cut or filled up to the length of
  // the atom.
  std::string Wanted(const Condition& test, size_t bytes) const {
    const uint64_t offset = test.number * kAtomBytes;
    std::string content;
    if (test.word == Condition::kNumber) {
      // A condition asks for a fill, and not for the file or the op that wrote
      // it, so that any of these will do.
      content = MakeContent(
          1,
          static_cast<uint16_t>(std::max<uint64_t>(1, test.value % UINT16_MAX)),
          static_cast<uint32_t>(test.value), {offset, kAtomBytes});
    } else if (test.word == Condition::kOld) {
      const ObservedEntry* old = before_.Find(test.path);
      if (old != nullptr && offset <= old->content.size()) {
        content = old->content.substr(offset, kAtomBytes);
      }
    }
    content.resize(bytes);
    return content;
  }

  // Goes through the tests from `next` on, and leaves or fills the atom of
  // each.
  void Fill(size_t next, Observation& filled,
            const std::function<void(const Observation&)>& use) const {
    if (next == atoms_.size()) return use(filled);
    Fill(next + 1, filled, use);
    const Condition& test = *atoms_[next];
    for (ObservedEntry& entry : filled.entries) {
      const uint64_t offset = test.number * kAtomBytes;
      if (entry.path != test.path || offset >= entry.content.size()) continue;
      const std::string atom = entry.content.substr(offset, kAtomBytes);
      if (atom.find_first_not_of(kAnyByte) != std::string::npos) return;
      entry.content.replace(offset, atom.size(), Wanted(test, atom.size()));
      Fill(next + 1, filled, use);
      entry.content.replace(offset, atom.size(), atom);
    }
  }

  const Observation& before_;
  std::vector<const Condition*> atoms_;
};

// One test on the model, from its first op to its last.
class ModelLitmus {
 public:
  ModelLitmus(const Workload& workload, const Profile& profile,
              const PromiseTable& promises, LitmusRun& run)
      : workload_(workload), model_(workload, profile, promises), run_(run) {
    crash_kinds_ = workload.crash_kinds;
    if (crash_kinds_.empty()) crash_kinds_ = {CrashKind::kPower};
  }

  Status Run() {
    for (const Op& op : workload_.init) POWERCUT_TRY(Step(op));
    model_.EndInit();
    POWERCUT_ASSIGN(
        std::vector<Observation> before,
        AdmissibleObservations(model_, CrashKind::kPower, kChoicesMax));
    // Everything is promised at this moment, so that there is one observation.
    // An atom of it that may be anything has no content that `old` could mean.
    if (!before.empty()) before_ = std::move(before.front());
    running_ = true;
    counting_ = workload_.cut == 0;
    POWERCUT_TRY(Moment());
    for (const Op& op : workload_.run) POWERCUT_TRY(Step(op));
    return Ok{};
  }

 private:
  // Begins and returns an op. An op that was begun by `start` returns at its
  // `wait`.
  Status Step(const Op& op) {
    const OpPlan plan = model_.Plan(op);
    const bool must_fail = !plan.error.empty();
    const bool expected_to = op.expected.kind != ExpectedResult::kOk;
    // The model knows no faults, so that the file alone says what they make
    // fail.
    const bool faulty = expected_to && !workload_.faults.empty();
    if (must_fail != expected_to && !faulty) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("{}:{}: `{}` {}", workload_.file, op.line, OpText(op),
                      must_fail ? "must fail with " + plan.error +
                                      "; write `-> " + plan.error + "`"
                                : "need not fail; the model shows only "
                                  "failures that must be")};
    }
    POWERCUT_TRY(Begin(op.number));
    if (op.start && !must_fail) {
      started_[*op.start] = op.number;
      return Ok{};
    }
    if (op.kind == OpKind::kWait) {
      const uint32_t number = started_[op.numbers[0]];
      POWERCUT_TRY(End(number, true));
    }
    return End(op.number, !must_fail && !faulty);
  }

  Status Begin(uint32_t op) {
    model_.Begin(op);
    return Moment();
  }

  Status End(uint32_t op, bool ok) {
    model_.End(op, ok);
    if (op == workload_.init.size() + workload_.cut) counting_ = true;
    return Moment();
  }

  // Counts what the model admits now, if counting has begun.
  Status Moment() {
    if (!running_ || !counting_) return Ok{};
    for (const CrashKind kind : crash_kinds_) {
      POWERCUT_ASSIGN(const std::vector<Observation> admissible,
                      AdmissibleObservations(model_, kind, kChoicesMax));
      for (const Observation& observation : admissible) {
        CountStates(SatisfiedByAny(observation), 1, run_);
      }
      run_.states += admissible.size();
    }
    return Ok{};
  }

  // Returns which conditions an observation can satisfy, if atoms that may be
  // anything hold what is asked for.
  std::vector<bool> SatisfiedByAny(const Observation& observation) const {
    std::vector<bool> satisfied(workload_.outcomes.size());
    const AnythingFiller filler(workload_, before_);
    filler.ForEach(observation, [&](const Observation& filled) {
      const auto more = SatisfiedBy(workload_, filled, before_, run_);
      for (size_t i = 0; i < more.size(); ++i) {
        satisfied[i] = satisfied[i] || more[i];
      }
    });
    return satisfied;
  }

  const Workload& workload_;
  Model model_;
  LitmusRun& run_;
  std::vector<CrashKind> crash_kinds_;
  Observation before_;
  bool running_ = false;   // Whether `init` is over.
  bool counting_ = false;  // Whether the op before `cut` has returned.
  // The ops that were begun by `start N` and have not returned, by N.
  std::map<uint64_t, uint32_t> started_;
};

}  // namespace

Result<LitmusRun> RunLitmusOnModel(const Workload& workload,
                                   const Profile& profile,
                                   const PromiseTable& promises) {
  LitmusRun run;
  run.backend = kModelBackend;
  run.profile = profile.name;
  run.outcomes = OutcomesUnder(workload, profile.name);
  run.reason = UnofferedByProfile(workload, profile);
  if (!run.reason.empty()) {
    run.verdict = LitmusRun::kUnsupported;
    return run;
  }
  // A test with too many choices of versions is beyond the model, not wrong.
  const auto status = ModelLitmus(workload, profile, promises, run).Run();
  if (!status && status.error().code == ErrorCode::kUnsupported) {
    run.verdict = LitmusRun::kUnsupported;
    run.reason = status.error().message;
    return run;
  }
  if (!status) return status.error();
  run.verdict = VerdictOf(run);
  return run;
}

}  // namespace powercut
