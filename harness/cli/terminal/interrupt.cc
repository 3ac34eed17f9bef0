#include "harness/cli/terminal/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "harness/cli/exit_status.h"

namespace powercut {
namespace {

volatile sig_atomic_t g_interrupted = 0;

}  // namespace

void CatchInterrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) {
    if (g_interrupted != 0) _exit(kExitInterrupted);
    g_interrupted = 1;
  };
  // Together: one must not come in the middle of the other.
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return g_interrupted != 0; }

}  // namespace powercut
