// Says what became of a regression.
//
// The file says what to expect: an `expect violation` line is a bug that was
// still there when the file was committed, and a file without such a line is
// one whose bug was fixed. Conclude() has compared the findings with these
// lines; here its answer gets a name. The `at` line adds one state that was
// seen to fail: it may belong to another recording, or be admissible by now.

#include "harness/cli/report/regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "harness/base/check.h"

namespace powercut {
namespace {

// By Regression::Kind.
constexpr std::array<const char*, 5> kNames = {"holds", "fixed", "back",
                                               "stale", "unknown"};

std::string WhyItHolds(const CheckedWorkload& checked) {
  const auto& standings = checked.standings;
  if (standings.empty()) return "no violation";
  const auto known = std::ranges::count(standings, Standing::kKnown);
  return fmt::format(
      "{} {}, {}", standings.size(), standings.size() == 1 ? "cause" : "causes",
      known == 0 ? "as expected" : fmt::format("{} in the baseline", known));
}

}  // namespace

std::string RegressionKindName(Regression::Kind kind) { return kNames[kind]; }

std::optional<Regression::Kind> RegressionKindFromName(
    const std::string& name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Regression::Kind>(std::distance(kNames.begin(), found));
}

Regression RegressionOf(const CheckedWorkload& checked, NamedState named,
                        const std::string& at) {
  const Exploration& e = checked.exploration;
  POWERCUT_CHECK(checked.standings.size() == e.findings.size());
  Regression regression{checked.file, Regression::kHolds, {}};
  const auto add = [&](Regression::Kind kind, std::string reason) {
    if (regression.kind == Regression::kHolds) regression.kind = kind;
    if (regression.kind != kind) {
      reason = fmt::format("also {}: {}", RegressionKindName(kind), reason);
    }
    regression.reasons.push_back(std::move(reason));
  };
  for (size_t i = 0; i < e.findings.size(); ++i) {
    if (checked.standings[i] != Standing::kNew) continue;
    add(Regression::kBack, fmt::format("{}, which the file does not expect: {}",
                                       ViolationTitle(e.findings[i].violation),
                                       e.findings[i].violation.cause));
  }
  // What was not found may be in a state that was not judged.
  if (e.exhausted) {
    for (const UnmetExpectation& unmet : checked.unmet) {
      add(Regression::kFixed, UnmetText(checked, unmet));
    }
  }
  if (named == NamedState::kAdmissible) {
    add(Regression::kFixed, fmt::format("`at {}` is admissible now", at));
  }
  if (named == NamedState::kOtherRecording) {
    add(Regression::kStale,
        fmt::format("`at {}` belongs to another recording ({:08x} here)", at,
                    e.digest));
  }
  if (e.interrupted || !e.exhausted || !e.unshown.empty()) {
    add(Regression::kUnknown, UnknownReason(checked));
  }
  if (regression.reasons.empty()) {
    add(Regression::kHolds, WhyItHolds(checked));
  }
  return regression;
}

ExitStatus StatusOf(const Regression& regression) {
  switch (regression.kind) {
    case Regression::kHolds:
      return kExitHolds;
    case Regression::kFixed:
    case Regression::kBack:
      return kExitViolation;
    case Regression::kStale:
    case Regression::kUnknown:
      return kExitUnknown;
  }
  return kExitInternal;
}

std::string RegressionsSummary(const std::vector<Regression>& regressions) {
  std::array<size_t, kNames.size()> counts{};
  for (const Regression& one : regressions) ++counts[one.kind];
  return fmt::format(
      "regress: {} {}: {} hold, {} fixed, {} back, {} stale, {} unknown\n",
      regressions.size(), regressions.size() == 1 ? "file" : "files",
      counts[Regression::kHolds], counts[Regression::kFixed],
      counts[Regression::kBack], counts[Regression::kStale],
      counts[Regression::kUnknown]);
}

}  // namespace powercut
