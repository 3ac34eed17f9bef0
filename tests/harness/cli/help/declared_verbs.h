// The table of the tool's verbs and flags, for tests that go through all.

#ifndef POWERCUT_TESTS_HARNESS_CLI_HELP_DECLARED_VERBS_H_
#define POWERCUT_TESTS_HARNESS_CLI_HELP_DECLARED_VERBS_H_

#include <deque>

#include "harness/cli/input/flag_set.h"
#include "harness/cli/verbs/verb_list.h"

namespace powercut {

inline const std::deque<DeclaredVerb>& DeclaredVerbs() {
  // The verbs hold what the command line parses.
  static CommandLine command_line;
  static const VerbList list = AddVerbs(command_line);
  return command_line.verbs();
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_HELP_DECLARED_VERBS_H_
