// The checks that the I/O manager of NT makes before a flush reaches a file
// system, for backends that map NT flushes to calls of another system.

#ifndef POWERCUT_BACKENDS_NT_ARGUMENTS_H_
#define POWERCUT_BACKENDS_NT_ARGUMENTS_H_

#include <string>

#include "model/words/op.h"

namespace powercut {

// What a backend knows of the operand of a flush. For a volume and for the word
// `null` both fields are false.
struct NtFlushTarget {
  bool is_directory = false;
  bool read_only_handle = false;
};

// Returns the status with which the op fails, whatever the file system does.
// Empty if the flush reaches the file system.
// Requires: `op` is an nt_flush or a flush_file_buffers.
// Source: NtFlushBuffersFileEx, parameters and return codes (A-04, A-05, A-08,
//
std::string NtFlushArgumentError(const Op& op, const NtFlushTarget& target);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_NT_ARGUMENTS_H_
