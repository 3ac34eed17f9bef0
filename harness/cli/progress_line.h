// The progress of an exploration, or of minimizing, on standard error: one line
// redrawn on a terminal, a line every few seconds elsewhere.

#ifndef POWERCUT_HARNESS_CLI_PROGRESS_LINE_H_
#define POWERCUT_HARNESS_CLI_PROGRESS_LINE_H_

#include <cstdint>
#include <string>

#include "harness/explore.h"
#include "harness/minimize.h"

namespace powercut {

class ProgressLine {
 public:
  // Prints nothing at all if `quiet`.
  ProgressLine(std::string file, bool quiet);
  // Clears a line that was drawn.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Update(const Progress& progress);
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
};

// Makes Ctrl-C and SIGTERM set a flag instead of ending the process.
void CatchInterrupts();
bool Interrupted();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_PROGRESS_LINE_H_
