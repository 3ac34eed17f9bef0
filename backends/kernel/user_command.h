// A program of the user's, run in a folder to its end.

#ifndef POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_
#define POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_

#include <string>
#include <vector>

#include "harness/backend.h"

namespace powercut {

struct UserCommand {
  std::vector<std::string> words;
  std::string folder;
  // NAME=VALUE, beside this process's own.
  std::vector<std::string> environment;
  // Gets what it prints; empty: it prints where this process does.
  std::string output;
};

// How it ended; with an output file, the last line there is added to what went
// wrong. Kills all that is left of it.
// Requires: this is the first process of its PID namespace, and nothing else of
// it runs.
CommandEnd RunUserCommand(const UserCommand& command);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_KERNEL_USER_COMMAND_H_
