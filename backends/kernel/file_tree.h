// Observes what a mounted file system shows, through system calls.

#ifndef POWERCUT_BACKENDS_KERNEL_FILE_TREE_H_
#define POWERCUT_BACKENDS_KERNEL_FILE_TREE_H_

#include <string>

#include "model/words/observation.h"

namespace powercut::kernel {

// Returns the tree below `root` with its contents, sorted by path. Times are
// left out, because a kernel takes them from the clock. The folder /lost+found
// is left out while it is empty. The walk ends on any tree, and a failure is
// part of the observation. The calls can wait for the device below the folder.
Observation ObserveFolder(const std::string& root);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_FILE_TREE_H_
