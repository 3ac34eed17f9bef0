// Completions for shells, made from the table of flags. They complete verbs,
// flags and values (KnownValues()), and leave files to the shell.

#ifndef POWERCUT_HARNESS_CLI_HELP_COMPLETIONS_H_
#define POWERCUT_HARNESS_CLI_HELP_COMPLETIONS_H_

#include <deque>
#include <string>

#include "harness/cli/input/flag_table.h"

namespace powercut {

// A script that bash 4.4 or newer sources. It needs no package.
std::string BashCompletion(const std::deque<DeclaredVerb>& verbs);

// A function file `_powercut` for the $fpath of zsh 5 or newer.
std::string ZshCompletion(const std::deque<DeclaredVerb>& verbs);

// A script for a folder of fish 3 or newer.
std::string FishCompletion(const std::deque<DeclaredVerb>& verbs);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_HELP_COMPLETIONS_H_
