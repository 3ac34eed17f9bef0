// Ctrl-C and SIGTERM for verbs that print and write what they found so far.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_INTERRUPT_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_INTERRUPT_H_

namespace powercut {

// Makes the first Ctrl-C or SIGTERM set a flag instead of ending the process.
// A signal that comes more than 500 ms after it ends the process at once, with
// exit status 130; its workers end with it. Those that come sooner do nothing,
// since some programs send a signal twice to be sure. The handlers stay for the
// rest of the process.
void CatchInterrupts();

// Whether a signal came since CatchInterrupts().
bool Interrupted();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_INTERRUPT_H_
