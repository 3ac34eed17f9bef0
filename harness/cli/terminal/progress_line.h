// The progress of an exploration, or of minimizing, on standard error: one line
// redrawn on a terminal, a line every few seconds elsewhere.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_LINE_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_LINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/cli/terminal/progress_text.h"
#include "harness/minimize/minimize.h"

namespace powercut {

class ProgressLine {
 public:
  // Prints nothing at all if `quiet`.
  ProgressLine(std::string file, bool quiet);
  // Clears a line that was drawn.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Draws now and then, however often it is called.
  void Update(const Progress& progress);
  // Takes a line that was drawn off the terminal, before something else is
  // printed there.
  void Clear();
  void Update(const MinimizeProgress& progress);

  double elapsed_s() const;

 private:
  // True if a line may be printed now; counts as printed then.
  bool IsDue();
  void Draw(const std::string& line);

  std::string file_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  uint64_t began_ms_;
  uint64_t last_ms_;
  // Of the last half minute, so that rates follow what goes on now: prefixes
  // take far less time than what comes behind them.
  std::vector<ProgressSample> samples_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_LINE_H_
