#include "harness/cli/progress_line.h"

#include <fmt/format.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace powercut {
namespace {

volatile sig_atomic_t g_interrupted = 0;

uint64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 +
         static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

ProgressLine::ProgressLine(std::string file, bool quiet)
    : file_(std::move(file)),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      began_ms_(NowMs()),
      last_ms_(began_ms_) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

double ProgressLine::elapsed_s() const {
  return static_cast<double>(NowMs() - began_ms_) / 1000;
}

void ProgressLine::Update(const Progress& progress) {
  constexpr uint64_t kRedrawMs = 200;
  constexpr uint64_t kLineMs = 5000;
  const uint64_t now = NowMs();
  if (quiet_ || now - last_ms_ < (terminal_ ? kRedrawMs : kLineMs)) return;
  last_ms_ = now;
  const double seconds = static_cast<double>(now - began_ms_) / 1000;
  std::string left;
  if (progress.share > 0.02) {
    left = fmt::format(", {:.0f} s left",
                       seconds / progress.share * (1 - progress.share));
  }
  const std::string line = fmt::format(
      "powercut: {}: {:.0f} %, {} states, {} runs ({:.0f}/s), {} {}{}", file_,
      progress.share * 100, progress.states, progress.runs,
      static_cast<double>(progress.runs) / seconds, progress.causes,
      progress.causes == 1 ? "cause" : "causes", left);
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

void CatchInterrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) { g_interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return g_interrupted != 0; }

}  // namespace powercut
