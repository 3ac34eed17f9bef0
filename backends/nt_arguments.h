// What the I/O manager of NT checks before a flush reaches a file system, for
// backends that map NT flushes to calls of another system.

#ifndef POWERCUT_BACKENDS_NT_ARGUMENTS_H_
#define POWERCUT_BACKENDS_NT_ARGUMENTS_H_

#include <string>

#include "model/words/op.h"

namespace powercut {

// What is known of the operand of the flush.
struct NtFlushTarget {
  bool is_directory = false;
  bool read_only_handle = false;
};

// The status with which nt_flush or flush_file_buffers fails whatever the file
// system does; empty if it is passed on.
// Source: NtFlushBuffersFileEx, parameters and return codes (A-04, A-05, A-08,
//
std::string NtFlushArgumentError(const Op& op, const NtFlushTarget& target);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_NT_ARGUMENTS_H_
