// Runs a program of the user in a folder, to its end.

#ifndef POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_
#define POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "backends/kernel/call_catcher.h"
#include "backends/kernel/call_tracer.h"
#include "harness/backend.h"

namespace powercut::kernel {

struct UserCommand {
  // The program, which is searched in $PATH, and its arguments. Not empty.
  std::vector<std::string> words;
  // Where it runs.
  std::string folder;
  // NAME=VALUE, in addition to the environment of this process.
  std::vector<std::string> environment;
  // The file that gets what the program prints; the program then reads nothing.
  // If it is empty, the program prints where this process does.
  std::string output;
  // The file that gets what the program prints to standard output. If it is
  // empty, `output` decides.
  std::string standard_output;
  // Milliseconds of the wall clock. 0 means no limit.
  uint32_t timeout_ms = 0;
  // What traces the program. `nullptr` if nothing does.
  CallTracer* tracer = nullptr;
  // What hears of calls of the program that no file system hears of. `nullptr`
  // if nothing does.
  // Requires: there is no tracer.
  CallCatcher* catcher = nullptr;
};

// Runs the program and returns how it ended, without what it printed. The
// program has no ignored signals and cannot make the calls of
// backends/kernel/forbidden_calls.h. When it
// has ended, or its time is over, all other processes of the PID namespace are
// killed.
// Requires: this is the first process of its PID namespace, and no other
// process of the namespace is to live on.
CommandEnd RunUserCommand(const UserCommand& command);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_
