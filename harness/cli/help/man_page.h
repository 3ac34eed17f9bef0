// Man pages, made from the table of flags.

#ifndef POWERCUT_HARNESS_CLI_HELP_MAN_PAGE_H_
#define POWERCUT_HARNESS_CLI_HELP_MAN_PAGE_H_

#include <deque>
#include <string>

#include "harness/cli/input/flag_table.h"

namespace powercut {

// Returns powercut(1), which lists the verbs and has the topics of
// `powercut help` as sections, in the macros of man(7).
std::string ToolManPage(const std::deque<DeclaredVerb>& verbs);

// Returns powercut-VERB(1), with all flags.
std::string VerbManPage(const DeclaredVerb& verb);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_HELP_MAN_PAGE_H_
