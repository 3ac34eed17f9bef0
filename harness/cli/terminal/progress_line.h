// ProgressLine: the progress of exploring or minimizing on standard error. On a
// terminal that takes escape sequences it is one line that is redrawn;
// elsewhere a new line is printed every five seconds.

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
  // `file` is the name shown. A quiet line never prints, but keeps the time.
  ProgressLine(std::string file, bool quiet);
  // Clears the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Shows the progress if it is time for it: at most five times a second on a
  // terminal, every five seconds elsewhere.
  void Update(const Progress& progress);
  void Update(const MinimizeProgress& progress);

  // Removes the line from the terminal, before something else is printed there.
  void Clear();

  // Seconds since this object was made.
  double elapsed_s() const;

 private:
  // Whether a line may be printed now. If so, the clock starts again.
  bool IsDue();
  void Draw(const std::string& line);

  std::string file_;
  bool quiet_;
  bool redraws_;
  bool drawn_ = false;
  uint64_t began_ms_;
  uint64_t last_ms_;
  // The samples of the last half minute, so that rates are those of the present
  // work: prefixes take far less time than the states after them.
  std::vector<ProgressSample> samples_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_PROGRESS_LINE_H_
