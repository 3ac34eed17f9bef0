// Turns an exploration into an exit status and a text.
//
// Each finding is expected by the file, known from the baseline, or neither; a
// violation is what is neither, or an expectation that was not met. For
// instance, a file with `expect violation name /a` in which `name /a` is found
// holds: its finding is printed, and the summary says `1 cause, 1 expected`.

#include "harness/cli/report/checked_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/cli/report/baseline.h"
#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

// An expectation without a path matches any path.
bool Matches(const Expectation& expectation, const Finding& finding) {
  return !expectation.ok &&
         expectation.kind == ViolationKindName(finding.violation.kind) &&
         (expectation.path.empty() ||
          expectation.path == finding.violation.path);
}

// The findings, compared with the expectations and the baseline.
struct Comparison {
  size_t unexpected = 0;
  size_t known = 0;                 // in the baseline, and not expected
  std::vector<Standing> standings;  // of each finding
  // How many causes were not confirmed and are not in the baseline.
  size_t unshown = 0;
  std::vector<UnmetExpectation> unmet;
};

Comparison Compare(const CheckedWorkload& checked,
                   const std::set<std::string>& baseline) {
  const std::vector<Finding>& findings = checked.exploration.findings;
  const std::vector<Expectation>& expectations = checked.expectations;
  Comparison result;
  for (const Finding& finding : findings) {
    const bool expected =
        std::any_of(expectations.begin(), expectations.end(),
                    [&](const Expectation& e) { return Matches(e, finding); });
    const bool known = IsKnown(baseline, finding.violation.cause);
    result.standings.push_back(expected ? Standing::kExpected
                               : known  ? Standing::kKnown
                                        : Standing::kNew);
    if (expected) continue;
    ++(known ? result.known : result.unexpected);
  }
  for (const UnshownCause& one : checked.exploration.unshown) {
    result.unshown += IsKnown(baseline, one.cause) ? 0 : 1;
  }
  // What this shard does not find may be in another one.
  if (checked.shard.count > 1) return result;
  for (const Expectation& e : expectations) {
    const bool met =
        e.ok || std::any_of(findings.begin(), findings.end(),
                            [&](const Finding& f) { return Matches(e, f); });
    if (met) continue;
    result.unmet.push_back(
        {e.line, fmt::format("expected violation {}{}{} was not found", e.kind,
                             e.path.empty() ? "" : " ", e.path)});
  }
  return result;
}

// An expectation that is not met counts only if every state was judged: a bound
// may have kept the finding from being seen. A cause that was not confirmed is
// no finding, but nothing holds while there is one.
ExitStatus StatusOf(const Exploration& exploration,
                    const Comparison& comparison) {
  if (exploration.interrupted) return kExitInterrupted;
  if (comparison.unexpected > 0) return kExitViolation;
  if (!exploration.exhausted || comparison.unshown > 0) return kExitUnknown;
  return comparison.unmet.empty() ? kExitHolds : kExitViolation;
}

// One line for each fault with how often it fired: a test under a fault that
// never fired shows nothing about that fault.
std::string FaultLines(const CheckedWorkload& checked) {
  std::string text;
  for (const FaultCount& fault : checked.exploration.faults) {
    // A fault without a line came from the command line.
    text += fault.line > 0 ? fmt::format("{}:{}: fault {}: ", checked.file,
                                         fault.line, fault.text)
                           : fmt::format("{}: --fault {}: ", checked.file,
                                         ShellWord(fault.text));
    if (fault.fired == 0) {
      text += "never fired: no recovery made such a request\n";
      continue;
    }
    text += fmt::format("fired in {} {}{}\n", fault.fired,
                        fault.recovery ? "visited state" : "request",
                        fault.fired == 1 ? "" : "s");
  }
  return text;
}

// Says that there are more causes than are shown, and what to do about it.
std::string UnshownLine(const CheckedWorkload& checked,
                        const Comparison& comparison) {
  const size_t all = checked.exploration.unshown.size();
  if (all == 0) return {};
  const std::string known = all == comparison.unshown
                                ? ""
                                : fmt::format(", {} of them in the baseline",
                                              all - comparison.unshown);
  return fmt::format(
      "{}: {} more {}{}, not confirmed and not shown, since {} are; --json "
      "lists all. Let the check print the same line for the same kind of "
      "failure.\n",
      checked.file, all, all == 1 ? "cause" : "causes", known, kCausesShownMax);
}

// How much of the crash space was looked at. An exhausted space is decided as a
// whole, although fewer states are visited: those that no recovery tells apart
// are visited as one.
std::string StatesText(const CheckedWorkload& checked) {
  const Exploration& e = checked.exploration;
  const uint64_t visited = e.states - e.nested_states;
  const double log2 = ShownLog2(e.space_log2);
  const bool all =
      e.exhausted && checked.space.mode == ExplorationSpace::kExhaustive;
  // The size is that of the space without torn writes.
  const char* const torn =
      checked.space.torn > 0 ? " and those with torn writes" : "";
  if (all && checked.shard.count == 1) {
    return fmt::format("all 2^{:.1f} crash states{}, decided by visiting {},",
                       log2, torn, visited);
  }
  if (all) {
    return fmt::format(
        "all crash states{} of this shard, decided by visiting {} (all shards "
        "have 2^{:.1f}),",
        torn, visited, log2);
  }
  return fmt::format("{} of 2^{:.1f} crash states{} visited", visited, log2,
                     torn);
}

// What the verdict does not speak of. A recording is one schedule of the
// kernel's writeback, and where nothing was open, or all was written by the
// unmount, it says little of what a crash can do.
std::string ScheduleText(const CheckedWorkload& checked) {
  std::string text;
  if (checked.exploration.open_points == 0) {
    text +=
        "; nothing was open at any crash point, so that no write could be "
        "lost";
  }
  if (checked.writeback.empty()) return text;
  text += "; one schedule of writeback";
  if (checked.writeback != "kernel") text += " (" + checked.writeback + ")";
  if (checked.unmount_only) {
    text += ", in which nothing reached the disk before the program had ended";
  }
  return text;
}

// The last line of a workload. What is zero or the default is left out, so that
// the usual line is short.
std::string SummaryText(const CheckedWorkload& checked,
                        const Comparison& comparison) {
  const Exploration& e = checked.exploration;
  std::string extra;
  if (!e.findings.empty()) {
    const size_t expected =
        e.findings.size() - comparison.unexpected - comparison.known;
    extra = fmt::format("; {} {}", e.findings.size(),
                        e.findings.size() == 1 ? "cause" : "causes");
    if (expected > 0) extra += fmt::format(", {} expected", expected);
    if (comparison.known > 0) {
      extra += fmt::format(", {} in the baseline", comparison.known);
    }
  }
  if (!checked.from.empty()) extra += "; crashes from mark " + checked.from;
  if (checked.nested > 0) {
    extra +=
        fmt::format("; {} states of crashes during recovery", e.nested_states);
  }
  if (e.doublechecked > 0) {
    extra += fmt::format("; {} cached answers run again", e.doublechecked);
  }
  if (e.reordered_runs > 0) {
    extra +=
        fmt::format("; {} recoveries read in another order", e.reordered_runs);
  }
  if (e.evicted > 0) {
    extra += fmt::format("; {} runs dropped from the cache (--cache-size)",
                         e.evicted);
  }
  if (e.copied == CopyMode::kVaryEach) extra += "; copied data varied apart";
  if (e.parts_apart > 0) {
    extra += fmt::format("; {} parts varied apart", e.parts_apart);
  }
  if (!e.bound.empty()) extra += "; not exhausted: " + e.bound;
  extra += ScheduleText(checked);
  if (checked.shard.count > 1) {
    extra +=
        fmt::format("; shard {}/{}", checked.shard.index, checked.shard.count);
  }
  return fmt::format(
      "{}: {}: {} under profile {}: {} at {} crash points (space {}, blocks of "
      "{} bytes), {} recoveries run{}\n",
      checked.file, checked.verdict, checked.backend, checked.profile,
      StatesText(checked), e.crash_points, ExplorationSpaceText(checked.space),
      checked.atomic_bytes, e.runs, extra);
}

}  // namespace

std::string_view StandingName(Standing standing) {
  switch (standing) {
    case Standing::kNew:
      return "new";
    case Standing::kExpected:
      return "expected";
    case Standing::kKnown:
      break;
  }
  return "known";
}

std::optional<Standing> StandingFromName(std::string_view name) {
  for (const Standing standing :
       {Standing::kNew, Standing::kExpected, Standing::kKnown}) {
    if (StandingName(standing) == name) return standing;
  }
  return std::nullopt;
}

Conclusion Conclude(CheckedWorkload& checked,
                    const std::set<std::string>& baseline) {
  const Comparison comparison = Compare(checked, baseline);
  Conclusion conclusion;
  conclusion.status = StatusOf(checked.exploration, comparison);
  checked.verdict = VerdictOf(conclusion.status);
  checked.standings = comparison.standings;
  checked.unmet = comparison.unmet;
  for (const Finding& finding : checked.exploration.findings) {
    if (IsKnown(baseline, finding.violation.cause) ||
        checked.shown_before.contains(finding.violation.cause)) {
      continue;
    }
    conclusion.text += FailureBlock(finding, checked.file, checked.replay_flags,
                                    checked.replay_file);
  }
  for (const UnmetExpectation& unmet : comparison.unmet) {
    conclusion.text += UnmetText(checked, unmet) + "\n";
  }
  conclusion.text += UnshownLine(checked, comparison);
  conclusion.text += FaultLines(checked);
  if (!checked.profile_note.empty()) {
    conclusion.text +=
        fmt::format("{}: note: {}\n", checked.file, checked.profile_note);
  }
  conclusion.text += SummaryText(checked, comparison);
  return conclusion;
}

std::string UnmetText(const CheckedWorkload& checked,
                      const UnmetExpectation& unmet) {
  const std::string line = unmet.line > 0 ? fmt::format("{}:", unmet.line) : "";
  return fmt::format("{}:{} {}", checked.file, line, unmet.what);
}

std::string ViolationTitle(const Violation& violation) {
  return fmt::format("{}{}{}: {}", ViolationKindName(violation.kind),
                     violation.path.empty() ? "" : " ", violation.path,
                     violation.found);
}

std::string UnknownReason(const CheckedWorkload& checked) {
  const Exploration& e = checked.exploration;
  if (e.interrupted) return "interrupted";
  if (!e.bound.empty()) return "not exhausted: " + e.bound;
  if (!e.exhausted) return "not exhausted";
  return fmt::format("{} {} not confirmed", e.unshown.size(),
                     e.unshown.size() == 1 ? "cause was" : "causes were");
}

std::set<std::string> CausesShown(
    const std::vector<CheckedWorkload>& workloads) {
  std::set<std::string> causes;
  for (const CheckedWorkload& checked : workloads) {
    if (!checked.program) continue;
    for (const Finding& finding : checked.exploration.findings) {
      causes.insert(finding.violation.cause);
    }
  }
  return causes;
}

std::string RecordingsText(const std::vector<CheckedWorkload>& workloads,
                           const std::set<std::string>& baseline) {
  // What is known of one cause over all recordings.
  struct Total {
    size_t recordings = 0;
    uint64_t states = 0;
    std::string first;
  };
  std::map<std::string, Total> causes;
  std::set<std::string> schedules;
  size_t recordings = 0;
  bool unknown = false;
  for (const CheckedWorkload& checked : workloads) {
    if (checked.writeback.empty()) continue;
    ++recordings;
    schedules.insert(checked.schedule);
    unknown |= checked.verdict == "unknown";
    for (const Finding& finding : checked.exploration.findings) {
      if (IsKnown(baseline, finding.violation.cause)) continue;
      Total& total = causes[finding.violation.cause];
      if (total.recordings++ == 0) total.first = checked.file;
      total.states += finding.count;
    }
  }
  if (recordings < 2) return {};
  std::string text = fmt::format(
      "{} recordings, {} different schedule{} of writeback: {}\n", recordings,
      schedules.size(), schedules.size() == 1 ? "" : "s",
      !causes.empty() ? "violation"
      : unknown       ? "unknown"
                      : "ok");
  for (const auto& [cause, total] : causes) {
    text +=
        fmt::format("  {}   in {} of {} recordings, {} state{}, first in {}\n",
                    cause, total.recordings, recordings, total.states,
                    total.states == 1 ? "" : "s", total.first);
  }
  return text;
}

double ShownLog2(double log2) { return std::round(log2 * 100) / 100; }

const char* VerdictOf(ExitStatus status) {
  if (status == kExitHolds) return "ok";
  return status == kExitViolation ? "violation" : "unknown";
}

}  // namespace powercut
