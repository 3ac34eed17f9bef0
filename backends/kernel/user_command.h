// A program of the user's, run in a folder to its end.

#ifndef POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_
#define POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/backend.h"

namespace powercut::kernel {

struct UserCommand {
  std::vector<std::string> words;
  std::string folder;
  // NAME=VALUE, beside this process's own.
  std::vector<std::string> environment;
  // Gets what it prints; empty: it prints where this process does.
  std::string output;
  // Wall clock; 0: as long as it takes.
  uint32_t timeout_ms = 0;
};

// How it ended, without what it printed. Kills all that is left of it, behind
// its end or the end of its time.
// Requires: this is the first process of its PID namespace, and nothing else of
// it runs.
CommandEnd RunUserCommand(const UserCommand& command);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_
