// Tries one workload: leaves out ops that cannot stay by the text alone,
// records the workload, leaves out the op that ends otherwise than its line
// says, and so on; what can be recorded is explored until the cause is seen.
// Texts that were refused are kept, since shrinking tries many workloads more
// than once.
//
// Example: without `create /a`, a later `write /a 0 512` fails. The text allows
// this op, so that only recording shows the failure; then the write is left out
// and the workload recorded again.

#include "harness/minimize/cause_check.h"

#include <utility>

#include "harness/minimize/shrink.h"
#include "model/pcut/pcut_scope.h"

namespace powercut {
namespace {

// Is shown the ops of a workload in order, and knows what the ops that stay
// have made and started.
class OrphanFilter {
 public:
  bool CanStay(const Op& op) {
    const bool wait = op.kind == OpKind::kWait;
    if (wait && !started_.contains(op.numbers[0])) return false;
    if (op.start && started_.contains(*op.start)) return false;
    if (scope_.Add(op)) return false;
    if (wait) started_.erase(op.numbers[0]);
    if (op.start) started_.insert(*op.start);
    return true;
  }

 private:
  PcutScope scope_;
  std::set<uint64_t> started_;
};

}  // namespace

Pcut WithoutOrphans(const Pcut& pcut) {
  Pcut left = pcut;
  OrphanFilter filter;
  for (uint32_t number = 1; number <= CountOps(left);) {
    const size_t place = PlaceOfOp(left, number);
    if (filter.CanStay(left.statements[place].op)) {
      ++number;
    } else {
      // The next op has this number now.
      left = WithoutStatement(std::move(left), place);
    }
  }
  return left;
}

CauseCheck::CauseCheck(Backend& backend, RunSetting setting,
                       ExploreOptions options, std::string cause,
                       std::function<bool()> interrupted)
    : backend_(backend),
      setting_(std::move(setting)),
      options_(std::move(options)),
      cause_(std::move(cause)),
      interrupted_(std::move(interrupted)) {}

std::optional<Pcut> CauseCheck::ReduceIfShown(const Pcut& pcut) {
  const std::string text = PrintPcut(pcut);
  if (refused_.contains(text)) return std::nullopt;
  std::optional<Pcut> kept = KeepRecorded(WithoutOrphans(pcut));
  // If the attempt was interrupted, the workload may show the cause all the
  // same.
  if (!kept && !Interrupted()) refused_.insert(text);
  return kept;
}

std::optional<Pcut> CauseCheck::KeepRecorded(Pcut pcut) {
  while (!Interrupted()) {
    const std::string text = PrintPcut(pcut);
    if (refused_.contains(text)) return std::nullopt;
    // The printed text is what will be written to the file, with its lines.
    const auto workload = ParseWorkload(text, "minimized");
    if (!workload) return std::nullopt;
    ++tried_;
    uint32_t unexpected_op = 0;
    const auto recording =
        Record(backend_, *workload, setting_, &unexpected_op);
    if (recording) {
      std::optional<Finding> finding = FindCause(*workload, *recording);
      if (finding) {
        last_finding_ = std::move(finding);
        return pcut;
      }
      if (!Interrupted()) refused_.insert(text);
      return std::nullopt;
    }
    // If no op is to blame, leaving out ops cannot help.
    if (unexpected_op == 0) return std::nullopt;
    const size_t place = PlaceOfOp(pcut, unexpected_op);
    pcut = WithoutOrphans(WithoutStatement(std::move(pcut), place));
  }
  return std::nullopt;
}

std::optional<Finding> CauseCheck::FindCause(const Workload& workload,
                                             const Recording& recording) {
  // The answer is yes or no, so that the rest of the space need not be visited.
  bool seen = false;
  ExploreOptions options = options_;
  options.hooks.cause_seen = [&](const std::string& cause) {
    seen = seen || cause == cause_;
  };
  options.hooks.interrupted = [&] { return seen || Interrupted(); };
  const auto exploration =
      Explore({backend_, workload, setting_, recording}, options);
  if (!exploration) return std::nullopt;
  for (const Finding& finding : exploration->findings) {
    if (finding.violation.cause == cause_) return finding;
  }
  return std::nullopt;
}

}  // namespace powercut
