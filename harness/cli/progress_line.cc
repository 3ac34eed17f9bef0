#include "harness/cli/progress_line.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "harness/base/monotonic_clock.h"

namespace powercut {
namespace {

volatile sig_atomic_t g_interrupted = 0;

}  // namespace

ProgressLine::ProgressLine(std::string file, bool quiet)
    : file_(std::move(file)),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      began_ms_(MonotonicMs()),
      last_ms_(began_ms_) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

double ProgressLine::elapsed_s() const {
  return static_cast<double>(MonotonicMs() - began_ms_) / 1000;
}

bool ProgressLine::IsDue() {
  constexpr uint64_t kRedrawMs = 200;
  constexpr uint64_t kLineMs = 5000;
  const uint64_t now = MonotonicMs();
  if (quiet_ || now - last_ms_ < (terminal_ ? kRedrawMs : kLineMs)) {
    return false;
  }
  last_ms_ = now;
  return true;
}

void ProgressLine::Draw(const std::string& line) {
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

void ProgressLine::Update(const Progress& progress) {
  if (!IsDue()) return;
  const double seconds = elapsed_s();
  std::string left;
  if (progress.share > 0.02) {
    left = fmt::format(", {:.0f} s left",
                       seconds / progress.share * (1 - progress.share));
  }
  Draw(fmt::format(
      "powercut: {}: {:.0f} %, {} states, {} runs ({:.0f}/s), {} {}{}", file_,
      progress.share * 100, progress.states, progress.runs,
      static_cast<double>(progress.runs) / seconds, progress.causes,
      progress.causes == 1 ? "cause" : "causes", left));
}

void ProgressLine::Update(const MinimizeProgress& progress) {
  if (!IsDue()) return;
  Draw(fmt::format("powercut: {}: {} {} left, {} tried, {:.0f} s", file_,
                   progress.ops, progress.ops == 1 ? "op" : "ops",
                   progress.tried, elapsed_s()));
}

void CatchInterrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) { g_interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return g_interrupted != 0; }

}  // namespace powercut
