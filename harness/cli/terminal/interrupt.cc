// Signal handlers for Ctrl-C and SIGTERM. A handler only sets a flag, which
// long work asks for now and then; nothing else is safe in a handler.

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
    // exit() would run destructors in the middle of whatever is going on.
    if (g_interrupted != 0) _exit(kExitInterrupted);
    g_interrupted = 1;
  };
  // Each signal blocks the other while its handler runs. Else the second could
  // interrupt the first before the flag is set, and neither would end the
  // process.
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return g_interrupted != 0; }

}  // namespace powercut
