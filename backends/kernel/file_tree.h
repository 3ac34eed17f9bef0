// What a mounted file system shows, through system calls.

#ifndef POWERCUT_BACKENDS_KERNEL_FILE_TREE_H_
#define POWERCUT_BACKENDS_KERNEL_FILE_TREE_H_

#include <string>

#include "model/words/observation.h"

namespace powercut::kernel {

// The tree below `root`. Times are not shown: those of a kernel are the
// clock's. The folder /lost+found is not shown while it is empty.
Observation ObserveFolder(const std::string& root);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_FILE_TREE_H_
