// Ctrl-C and SIGTERM, for verbs that keep what they know.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_INTERRUPT_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_INTERRUPT_H_

namespace powercut {

// Makes the first Ctrl-C or SIGTERM set a flag instead of ending the process.
// The second ends it at once, with status 130; workers die with it.
void CatchInterrupts();
bool Interrupted();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_INTERRUPT_H_
