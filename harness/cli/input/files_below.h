// FilesBelow(): arguments that name files, or folders with files in them.

#ifndef POWERCUT_HARNESS_CLI_INPUT_FILES_BELOW_H_
#define POWERCUT_HARNESS_CLI_INPUT_FILES_BELOW_H_

#include <string>
#include <vector>

#include "harness/base/result.h"

namespace powercut {

// Returns the places in their order, with each folder replaced by the files
// anywhere below it whose names end in one of `extensions` (such as `.pcut`),
// in the order of their paths. A place that is no folder stays as it is, also
// if it does not exist.
// Errors: kUsage if no such file lies below a folder.
Result<std::vector<std::string>> FilesBelow(
    const std::vector<std::string>& places,
    const std::vector<std::string>& extensions);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_FILES_BELOW_H_
