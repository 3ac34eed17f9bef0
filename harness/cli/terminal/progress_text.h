// The text of a progress line, as a function of samples: there is no clock and
// no terminal in it, so that tests can hold every word.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_TEXT_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/explore/explore.h"

namespace powercut {

// The progress of an exploration at one moment.
struct ProgressSample {
  double elapsed_s = 0;  // since the exploration began
  Progress progress;
};

// Returns the seconds from the last sample to the end, if the share goes on to
// grow as it did over the later half of the samples.
//
// `std::nullopt` while an estimate would be a guess: there are less than three
// samples; they cover less than five seconds; less than a hundredth is done;
// one half of the samples grew more than twice as fast as the other (prefixes
// take far less time than the states after them); or the end is more than a
// week away. The cost is linear in the number of samples.
// Requires: the samples are in the order of time.
std::optional<double> SecondsLeft(const std::vector<ProgressSample>& samples);

// Returns a line such as
// `FILE: 42 %, 1200 states (60/s), 300 runs (15/s), 2 causes, 1 min 5 s left`.
//
// Rates are averages over the samples. A share of 0 is not known and left out;
// the time left is shown where SecondsLeft() has one. If `columns` > 0, the
// line has at most that many bytes: the beginning of the file's name is cut
// first, then the end of the line. Requires: at least one sample, in the order
// of time.
std::string ProgressText(const std::string& file,
                         const std::vector<ProgressSample>& samples,
                         size_t columns);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_TEXT_H_
