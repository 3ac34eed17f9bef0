// An event of the trace belongs to the call that had not returned before it. A
// state that lost what an event wrote lost something of that call, and the kind
// of the call says which guarantee would have kept it.
//
// Example: event 4 belongs to `write /f 0 4 (sh)`, and a state without event 4
// lost data, which an fsync or an fdatasync of /f promises to keep.

#include "harness/cli/input/losses_by_calls.h"

#include <fmt/format.h>

#include <string_view>

#include "harness/explain/file_losses.h"
#include "harness/space/crash_state.h"
#include "library/states/lost_calls.h"
#include "model/table/primitives.h"

namespace powercut {
namespace {

constexpr size_t kLinesShown = 8;

// Counts the last lines if there are too many.
void Shorten(std::vector<std::string>& lines) {
  if (lines.size() <= kLinesShown) return;
  const size_t more = lines.size() - kLinesShown + 1;
  lines.resize(kLinesShown - 1);
  lines.push_back(fmt::format("{} more", more));
}

// Which kinds of things a state lost.
struct LostThings {
  bool data = false;
  bool names = false;
  bool attributes = false;
};

LostThings ThingsOf(const std::vector<OpKind>& kinds) {
  LostThings things;
  for (const OpKind kind : kinds) {
    const bool data = kind == OpKind::kWrite || kind == OpKind::kTruncate ||
                      kind == OpKind::kFallocate;
    const bool attributes = kind == OpKind::kSetTimes;
    things.data |= data;
    things.attributes |= attributes;
    things.names |= !data && !attributes;
  }
  return things;
}

std::string_view SourceOf(Primitive primitive) {
  return PrimitiveRows()[static_cast<size_t>(primitive)].source;
}

}  // namespace

RunWithLosses::RunWithLosses(const RecordedRun& run,
                             const std::optional<ReturnedCalls>& returned)
    : run_(run) {
  if (!returned) return;
  losses_.emplace(IssuedCalls{returned->calls, returned->events_after},
                  run.trace(), run.profile());
  run_.losses = &*losses_;
}

void NameByCalls(const RecordedRun& run, const ReturnedCalls& returned,
                 std::span<Finding> findings) {
  const IssuedCalls issued{returned.calls, returned.events_after};
  const CallLosses losses(issued, run.trace(), run.profile());
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  for (Finding& finding : findings) {
    const auto id = ParseStateId(finding.id);
    POWERCUT_CHECK(id);
    PointCursor cursor(space, id->steps[0].kind);
    const auto state = ResolveStep(id->steps[0], cursor);
    POWERCUT_CHECK(state);
    finding.op_text = fmt::format("{:<10} {}", "program",
                                  CrashText(issued, *state, id->steps.size()));
    finding.lost_files = LostCalls(issued, *state, cursor);
    Shorten(finding.lost_files);
    if (!finding.loss) continue;
    finding.missing = losses.MissingSyncs(*finding.loss, *state, cursor);
    Shorten(finding.missing);
    if (finding.loss->empty()) {
      finding.missing = {
          "no sync: it fails with everything kept that was issued"};
    }
  }
}

Status NameLosses(const RecordedRun& run,
                  const std::optional<ReturnedCalls>& returned,
                  std::span<Finding> findings) {
  if (!returned) return AddFileNames(run, findings);
  NameByCalls(run, *returned, findings);
  return Ok{};
}

Result<std::vector<LossRule>> RulesOfLoss(const RecordedRun& run,
                                          const ReturnedCalls& returned,
                                          const StateId& id) {
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  POWERCUT_ASSIGN(const CrashState state, ResolveStep(id.steps[0], cursor));
  const IssuedCalls issued{returned.calls, returned.events_after};
  const LostThings lost = ThingsOf(LostKinds(issued, state, cursor));
  std::vector<LossRule> rules;
  if (lost.data) {
    rules.push_back(
        {"data, sizes",
         fmt::format("promised by an fsync or an fdatasync of the file ({})",
                     SourceOf(Primitive::kFsync))});
  }
  if (lost.names) {
    const PromiseTable promises = PromisesOf(run.profile());
    const bool by_file = promises[Primitive::kFsync].names != Reach::kNone;
    rules.push_back(
        {"names", fmt::format("promised by an fsync of {}the directory ({})",
                              by_file ? "the file or of " : "",
                              SourceOf(Primitive::kFsyncDirectory))});
  }
  if (lost.attributes) {
    rules.push_back({"permissions, owners, times",
                     fmt::format("promised by an fsync of the file ({})",
                                 SourceOf(Primitive::kFsync))});
  }
  return rules;
}

}  // namespace powercut
