// Regression: what became of a file that `powercut regress` replayed.

#ifndef POWERCUT_HARNESS_CLI_REPORT_REGRESSION_H_
#define POWERCUT_HARNESS_CLI_REPORT_REGRESSION_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/exit_status.h"
#include "harness/cli/report/checked_workload.h"

namespace powercut {

struct Regression {
  enum Kind {
    kHolds,    // shows what it expects, and nothing else
    kFixed,    // an expected violation is not found any more
    kBack,     // shows a violation that it does not expect
    kStale,    // does not fit what is here, so that it says nothing any more
    kUnknown,  // a bound or an interrupt came before the answer
  };

  std::string file;  // as the user named it
  Kind kind = kHolds;
  // Why, for people, a line each. At least one.
  std::vector<std::string> reasons;

  bool operator==(const Regression&) const = default;
};

// What the `at` line of a file is worth today.
enum class NamedState {
  kNone,  // there is no such line
  kOtherRecording,
  kAdmissible,
  kViolates,
};

// `holds`, `fixed`, `back`, `stale` or `unknown`.
std::string RegressionKindName(Regression::Kind kind);
// The inverse; `std::nullopt` for any other text.
std::optional<Regression::Kind> RegressionKindFromName(const std::string& name);

// Judges a file that was checked. Of several kinds that apply, the first of
// back, fixed, stale and unknown counts, and the reasons of all are given:
// those of another kind begin with `also KIND: `. `at` is the text of the `at`
// line. Requires: Conclude() was called.
Regression RegressionOf(const CheckedWorkload& checked, NamedState named,
                        const std::string& at);

// The exit status that this file alone would give.
ExitStatus StatusOf(const Regression& regression);

// How many files became what, in one line with its end.
std::string RegressionsSummary(const std::vector<Regression>& regressions);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_REGRESSION_H_
