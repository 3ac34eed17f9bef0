#include "harness/cli/progress_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "harness/base/monotonic_clock.h"

namespace powercut {
namespace {

// Columns of the terminal, less one: a full line would wrap on some.
size_t ColumnsToUse() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) {
    return 79;
  }
  return size.ws_col - 1u;
}

}  // namespace

ProgressLine::ProgressLine(std::string file, bool quiet)
    : file_(std::move(file)),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      began_ms_(MonotonicMs()),
      last_ms_(began_ms_),
      samples_(1) {}

ProgressLine::~ProgressLine() { Clear(); }

void ProgressLine::Clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

double ProgressLine::elapsed_s() const {
  return static_cast<double>(MonotonicMs() - began_ms_) / 1000;
}

void ProgressLine::Update(const Progress& progress) {
  constexpr uint64_t kRedrawMs = 200;
  constexpr uint64_t kLineMs = 5000;
  constexpr double kWindow_s = 30;
  const uint64_t now = MonotonicMs();
  if (quiet_ || now - last_ms_ < (terminal_ ? kRedrawMs : kLineMs)) return;
  last_ms_ = now;
  const double elapsed_s = static_cast<double>(now - began_ms_) / 1000;
  samples_.push_back({elapsed_s, progress});
  while (samples_.size() > 2 &&
         elapsed_s - samples_.front().elapsed_s > kWindow_s) {
    samples_.erase(samples_.begin());
  }
  constexpr std::string_view kTool = "powercut: ";
  if (terminal_) {
    const size_t columns = ColumnsToUse();
    const size_t room =
        columns > kTool.size() ? columns - kTool.size() : size_t{1};
    std::fprintf(stderr, "\r\033[K%s%s", kTool.data(),
                 ProgressText(file_, samples_, room).c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s%s\n", kTool.data(),
                 ProgressText(file_, samples_, 0).c_str());
  }
  std::fflush(stderr);
}

}  // namespace powercut
