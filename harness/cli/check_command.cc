// `powercut check`: explores each workload's crashes and judges them.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "harness/cli/baseline.h"
#include "harness/cli/commands.h"
#include "harness/cli/progress_line.h"
#include "harness/cli/report_json.h"
#include "harness/cli/sources.h"
#include "harness/report.h"

namespace powercut {
namespace {

bool Matches(const Expectation& expectation, const Finding& finding) {
  return !expectation.ok &&
         expectation.kind == ViolationKindName(finding.violation.kind) &&
         (expectation.path.empty() ||
          expectation.path == finding.violation.path);
}

// What was found, held against what was expected.
struct Comparison {
  size_t unexpected = 0;
  size_t known = 0;                // in the baseline
  std::vector<std::string> unmet;  // expectations that nothing matched
};

Comparison Compare(const Workload& workload, const Exploration& exploration,
                   const std::set<std::string>& baseline) {
  Comparison result;
  for (const Finding& finding : exploration.findings) {
    const bool expected =
        std::any_of(workload.expectations.begin(), workload.expectations.end(),
                    [&](const Expectation& e) { return Matches(e, finding); });
    if (expected) continue;
    const bool known = baseline.contains(finding.violation.cause);
    ++(known ? result.known : result.unexpected);
  }
  for (const Expectation& e : workload.expectations) {
    const bool met =
        e.ok ||
        std::any_of(exploration.findings.begin(), exploration.findings.end(),
                    [&](const Finding& f) { return Matches(e, f); });
    if (met) continue;
    result.unmet.push_back(fmt::format(
        "{}:{}: expected violation {}{}{} was not found", workload.file, e.line,
        e.kind, e.path.empty() ? "" : " ", e.path));
  }
  return result;
}

ExitStatus StatusOf(const Exploration& exploration,
                    const Comparison& comparison) {
  if (exploration.interrupted) return kExitInterrupted;
  if (comparison.unexpected > 0) return kExitViolation;
  if (!exploration.exhausted) return kExitUnknown;
  return comparison.unmet.empty() ? kExitHolds : kExitViolation;
}

const char* VerdictOf(ExitStatus status) {
  if (status == kExitHolds) return "ok";
  return status == kExitViolation ? "violation" : "unknown";
}

void PrintSummary(const CheckedWorkload& checked,
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
  if (!e.bound.empty()) extra += "; not exhausted: " + e.bound;
  std::printf("%s\n",
              fmt::format("{}: {}: {} on {}, {} of 2^{:.1f} states of {} crash "
                          "points visited ({}, {}-byte blocks), {} runs{}",
                          checked.file, checked.verdict, checked.profile,
                          checked.backend, e.states, e.space_log2,
                          e.crash_points, SpaceSpecText(checked.space),
                          checked.atomic_bytes, e.runs, extra)
                  .c_str());
}

// A regression's own state first: it says at once whether the bug is back.
void ReplayOwnState(Source& source, const Recording& recording) {
  if (source.workload.at.empty()) return;
  const auto id = ParseStateId(source.workload.at);
  if (id && id->digest == recording.trace.Digest()) return;
  std::fprintf(stderr,
               "powercut: %s: note: `at %s` belongs to another recording (%s "
               "here); its space is explored instead\n",
               source.workload.file.c_str(), source.workload.at.c_str(),
               fmt::format("{:08x}", recording.trace.Digest()).c_str());
}

class Checker {
 public:
  Checker(const CheckFlags& flags, const std::set<std::string>& baseline)
      : flags_(flags), baseline_(baseline) {}

  ExitStatus CheckFile(const std::string& file) {
    auto checked = Check(file);
    if (!checked) return Fail(checked.error());
    return *checked;
  }

  std::string Json(ExitStatus status) const {
    return JsonReport(VerdictOf(status), flags_.common.seed, checked_);
  }

 private:
  Result<ExitStatus> Check(const std::string& file) {
    POWERCUT_ASSIGN(Source source, OpenSource(file, flags_.common));
    ProgressLine progress(file, flags_.common.quiet);
    POWERCUT_ASSIGN(const Recording recording, RecordingOf(source));
    ReplayOwnState(source, recording);
    source.options.progress = [&](const Progress& p) { progress.Update(p); };
    source.options.interrupted = Interrupted;
    POWERCUT_ASSIGN(Exploration exploration,
                    Explore(*source.backend, source.workload, source.setting,
                            recording, source.options));
    const Comparison comparison =
        Compare(source.workload, exploration, baseline_);
    const ExitStatus status = StatusOf(exploration, comparison);
    CheckedWorkload checked{file,
                            source.backend->traits().name,
                            source.setting.profile->name,
                            VerdictOf(status),
                            source.options.space,
                            source.setting.atomic_bytes,
                            std::move(exploration),
                            progress.elapsed_s()};
    Print(checked, comparison);
    checked_.push_back(std::move(checked));
    return status;
  }

  void Print(const CheckedWorkload& checked, const Comparison& comparison) {
    const std::string replay_flags = ReplayFlagsText(flags_.common);
    for (const Finding& finding : checked.exploration.findings) {
      if (baseline_.contains(finding.violation.cause)) continue;
      std::fputs(FailureBlock(finding, checked.file, replay_flags).c_str(),
                 stdout);
    }
    for (const std::string& line : comparison.unmet) {
      std::printf("%s\n", line.c_str());
    }
    PrintSummary(checked, comparison);
    std::fflush(stdout);
  }

  const CheckFlags& flags_;
  const std::set<std::string>& baseline_;
  std::vector<CheckedWorkload> checked_;
};

}  // namespace

ExitStatus RunCheck(const CheckFlags& flags) {
  std::set<std::string> baseline;
  if (!flags.baseline.empty()) {
    auto read = ReadBaseline(flags.baseline);
    if (!read) return Fail(read.error());
    baseline = std::move(*read);
  }
  // Before hours of work, not after.
  if (!flags.json.empty()) {
    if (auto writable = CheckWritable(flags.json); !writable) {
      return Fail(writable.error());
    }
  }
  CatchInterrupts();
  Checker checker(flags, baseline);
  ExitStatus status = kExitCannotRun;
  for (const std::string& file : flags.files) {
    status = WorseStatus(status, checker.CheckFile(file));
    if (Interrupted()) break;
  }
  if (!flags.json.empty()) {
    if (auto written = WriteFile(flags.json, checker.Json(status)); !written) {
      return WorseStatus(status, Fail(written.error()));
    }
  }
  return status;
}

}  // namespace powercut
