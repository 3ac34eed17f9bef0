// Signal handlers for Ctrl-C and SIGTERM. A handler only sets a flag, which
// long work asks for now and then; nothing else is safe in a handler.

#include "harness/cli/terminal/interrupt.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

#include "harness/cli/exit_status.h"

namespace powercut {
namespace {

volatile sig_atomic_t g_interrupted = 0;
// When the first signal came. Only handlers use it, and they block each other.
int64_t g_first_ms = 0;

// Signals that come together are one wish: timeout(1) sends its own to the
// command, and then once more to the group in which the command is.
constexpr int64_t kTogetherMs = 500;

int64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

void CatchInterrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) {
    if (g_interrupted == 0) g_first_ms = NowMs();
    const bool again = NowMs() - g_first_ms > kTogetherMs;
    // exit() would run destructors in the middle of whatever is going on.
    if (again) _exit(kExitInterrupted);
    g_interrupted = 1;
  };
  // Each signal blocks the other while its handler runs. Else the second could
  // interrupt the first before it has noted its time.
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return g_interrupted != 0; }

}  // namespace powercut
