// Prints the progress of long work. Update() may be called as often as the work
// likes; a clock decides which calls print.

#include "harness/cli/terminal/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/cli/terminal/terminal_traits.h"

namespace powercut {
namespace {

constexpr std::string_view kTool = "powercut: ";

// The columns of the terminal less one, since some terminals wrap a line that
// is full. 79 if standard error has no size to tell.
size_t ColumnsToUse() {
  const size_t columns = TerminalColumns(STDERR_FILENO);
  return columns < 2 ? 79 : columns - 1;
}

}  // namespace

ProgressLine::ProgressLine(std::string file, bool quiet)
    : file_(std::move(file)),
      quiet_(quiet),
      redraws_(TakesEscapes(STDERR_FILENO)),
      began_ms_(MonotonicMs()),
      last_ms_(began_ms_),
      samples_(1) {}

ProgressLine::~ProgressLine() { Clear(); }

void ProgressLine::Clear() {
  // The escape sequence erases to the end of the line.
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

double ProgressLine::elapsed_s() const {
  return static_cast<double>(MonotonicMs() - began_ms_) / 1000;
}

bool ProgressLine::IsDue() {
  // A line in a log file stays, so that there must be fewer of them.
  constexpr uint64_t kRedrawMs = 200;
  constexpr uint64_t kLineMs = 5000;
  const uint64_t now = MonotonicMs();
  if (quiet_ || now - last_ms_ < (redraws_ ? kRedrawMs : kLineMs)) {
    return false;
  }
  last_ms_ = now;
  return true;
}

void ProgressLine::Draw(const std::string& line) {
  if (redraws_) {
    std::fprintf(stderr, "\r\033[K%s%s", kTool.data(), line.c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s%s\n", kTool.data(), line.c_str());
  }
  std::fflush(stderr);
}

void ProgressLine::Update(const Progress& progress) {
  constexpr double kWindow_s = 30;
  if (!IsDue()) return;
  const double now_s = elapsed_s();
  // Two samples stay however old they are: one alone has no rate.
  samples_.push_back({now_s, progress});
  while (samples_.size() > 2 &&
         now_s - samples_.front().elapsed_s > kWindow_s) {
    samples_.erase(samples_.begin());
  }
  size_t room = 0;  // 0 means that a log file takes lines of any length
  if (redraws_) {
    const size_t columns = ColumnsToUse();
    room = columns > kTool.size() ? columns - kTool.size() : size_t{1};
  }
  Draw(ProgressText(file_, samples_, room));
}

void ProgressLine::Update(const MinimizeProgress& progress) {
  if (!IsDue()) return;
  Draw(fmt::format("{}: {} {} left, {} tried, {:.0f} s", file_, progress.ops,
                   progress.ops == 1 ? "op" : "ops", progress.tried,
                   elapsed_s()));
}

}  // namespace powercut
