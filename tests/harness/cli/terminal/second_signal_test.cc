// A signal that comes some time after the first one ends the process at once.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "harness/cli/exit_status.h"
#include "harness/cli/terminal/interrupt.h"

namespace powercut {
namespace {

TEST(InterruptDeathTest, ALaterSignalEndsTheProcessAtOnce) {
  for (const int second : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          CatchInterrupts();
          raise(SIGTERM);
          usleep(600'000);
          raise(second);
          _exit(7);
        },
        testing::ExitedWithCode(kExitInterrupted), "");
  }
}

TEST(InterruptDeathTest, TheFirstSignalsAreOne) {
  EXPECT_EXIT(
      {
        CatchInterrupts();
        sigset_t both;
        sigemptyset(&both);
        sigaddset(&both, SIGINT);
        sigaddset(&both, SIGTERM);
        sigprocmask(SIG_BLOCK, &both, nullptr);
        raise(SIGINT);
        raise(SIGTERM);
        sigprocmask(SIG_UNBLOCK, &both, nullptr);
        _exit(Interrupted() ? 7 : 8);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace powercut
