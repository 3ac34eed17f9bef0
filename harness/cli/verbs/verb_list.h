// The verbs of the tool.

#ifndef POWERCUT_HARNESS_CLI_VERBS_VERB_LIST_H_
#define POWERCUT_HARNESS_CLI_VERBS_VERB_LIST_H_

#include <memory>
#include <vector>

#include "harness/cli/input/flag_set.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {

using VerbList = std::vector<std::unique_ptr<Verb>>;

// Makes all verbs, in the order of --help, and adds them with their flags to
// the command line. The values of the flags live in the verbs, which must
// outlive the command line. Requires: AddEngineBackends() was called, if the
// backends of engines are to be there.
VerbList AddVerbs(CommandLine& command_line);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_VERB_LIST_H_
