// Litmus tests on the model itself; see litmus.h.

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/litmus.h"
#include "model/admissible.h"
#include "model/model.h"
#include "model/profile.h"

namespace powercut {
namespace {

// Choices of versions at one moment.
constexpr size_t kChoicesMax = size_t{1} << 20;

class ModelLitmus {
 public:
  ModelLitmus(const Workload& workload, const Profile& profile, LitmusRun& run)
      : workload_(workload), model_(workload, profile), run_(run) {
    crash_kinds_ = workload.crash_kinds;
    if (crash_kinds_.empty()) crash_kinds_ = {CrashKind::kPower};
  }

  Status Run() {
    for (const Op& op : workload_.init) POWERCUT_TRY(Step(op));
    model_.EndInit();
    POWERCUT_ASSIGN(
        std::vector<Observation> before,
        AdmissibleObservations(model_, CrashKind::kPower, kChoicesMax));
    // All is promised then, so that there is one; where it shows "anything",
    // that is no `old`.
    if (!before.empty()) before_ = std::move(before.front());
    running_ = true;
    counting_ = workload_.cut == 0;
    POWERCUT_TRY(Moment());
    for (const Op& op : workload_.run) POWERCUT_TRY(Step(op));
    return Ok{};
  }

 private:
  Status Step(const Op& op) {
    const OpPlan plan = model_.Plan(op);
    const bool must_fail = !plan.error.empty();
    const bool expected_to = op.expected.kind != ExpectedResult::kOk;
    if (must_fail != expected_to) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("{}:{}: `{}` {}", workload_.file, op.line, OpText(op),
                      must_fail ? "must fail with " + plan.error +
                                      "; write `-> " + plan.error + "`"
                                : "need not fail; the model shows only "
                                  "failures that must be")};
    }
    POWERCUT_TRY(Begin(op.number));
    if (op.start) {
      started_[*op.start] = {op.number, !must_fail};
      return Ok{};
    }
    if (op.kind == OpKind::kWait) {
      const auto [number, ok] = started_[op.numbers[0]];
      POWERCUT_TRY(End(number, ok));
    }
    return End(op.number, !must_fail);
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

  // What the model admits now, counted.
  Status Moment() {
    if (!running_ || !counting_) return Ok{};
    for (const CrashKind kind : crash_kinds_) {
      POWERCUT_ASSIGN(const std::vector<Observation> admissible,
                      AdmissibleObservations(model_, kind, kChoicesMax));
      for (const Observation& observation : admissible) {
        CountObservation(workload_, observation, before_, 1, run_);
      }
      run_.states += admissible.size();
    }
    return Ok{};
  }

  const Workload& workload_;
  Model model_;
  LitmusRun& run_;
  std::vector<CrashKind> crash_kinds_;
  Observation before_;
  bool running_ = false;   // `init` is over
  bool counting_ = false;  // the op in front of `cut` has returned
  // Ops under way, with whether they will succeed, by the N of `start N`.
  std::map<uint64_t, std::pair<uint32_t, bool>> started_;
};

}  // namespace

Result<LitmusRun> RunLitmusOnModel(const Workload& workload,
                                   const std::string& profile) {
  const Profile* found = FindProfile(profile);
  CHECK(found != nullptr);
  LitmusRun run;
  run.backend = kModelBackend;
  run.profile = profile;
  run.outcomes = OutcomesUnder(workload, profile);
  if (!workload.faults.empty()) {
    run.verdict = LitmusRun::kUnsupported;
    run.reason = "the model knows no faults of devices";
    return run;
  }
  const auto status = ModelLitmus(workload, *found, run).Run();
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
