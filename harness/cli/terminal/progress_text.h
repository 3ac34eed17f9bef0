// The words of a progress line. Pure: no clock, no terminal.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_TEXT_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/explore/explore.h"

namespace powercut {

// How far an exploration was at a moment.
struct ProgressSample {
  double elapsed_s = 0;  // since it began
  Progress progress;
};

// How long it will take from the last sample on, in seconds, if the share grows
// as it did over the later half of these samples. Nothing while that means
// nothing: with less than three samples, over less than five seconds, less than
// a hundredth of the whole, with one half more than twice as fast as the other
// (prefixes take far less time than what comes behind them), or without an end
// in a week.
std::optional<double> SecondsLeft(const std::vector<ProgressSample>& samples);

// `FILE: 42 %, 1200 states (60/s), 300 runs (15/s), 2 causes, 1 min 5 s left`.
// Rates are those over the samples. The share is left out where it is not
// known (0), the time left where SecondsLeft() has none. If `columns` > 0, the
// beginning of the file's name gives way, so that the line fits into them.
// Requires: at least one sample, in the order of time.
std::string ProgressText(const std::string& file,
                         const std::vector<ProgressSample>& samples,
                         size_t columns);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_TEXT_H_
