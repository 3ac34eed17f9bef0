// The checks of the arguments of NtFlushBuffersFileEx. Their order is part of
// the contract: a call with two mistakes fails with the status of the first
// check.

#include "backends/nt_arguments.h"

#include <bit>
#include <cstdint>

namespace powercut {
namespace {

// FLUSH_FLAGS_* of ntifs.h.
constexpr uint64_t kFileDataOnly = 1;
constexpr uint64_t kNoSync = 2;
constexpr uint64_t kFileDataSyncOnly = 4;

// A workload gives the flags by name, or as a number to try invalid ones.
uint64_t FlagsOf(const Op& op) {
  uint64_t flags = op.KeyNumber("flags").value_or(0);
  if (op.HasFlag("file_data_only")) flags |= kFileDataOnly;
  if (op.HasFlag("no_sync")) flags |= kNoSync;
  if (op.HasFlag("file_data_sync_only")) flags |= kFileDataSyncOnly;
  return flags;
}

}  // namespace

std::string NtFlushArgumentError(const Op& op, const NtFlushTarget& target) {
  constexpr const char* kInvalid = "STATUS_INVALID_PARAMETER";
  if (op.names[0] == "null") return "STATUS_INVALID_HANDLE";
  if (op.HasFlag("null_status")) return "STATUS_ACCESS_VIOLATION";
  if (op.KeyNumber("parameters").value_or(0) != 0) return kInvalid;
  if (op.KeyNumber("parameters_size").value_or(0) != 0) return kInvalid;
  const uint64_t flags = FlagsOf(op);
  // The flags exclude one another, and 4 is the highest.
  if (flags > kFileDataSyncOnly || std::popcount(flags) > 1) return kInvalid;
  if (op.names[0] == "volume" && flags != 0) return kInvalid;
  if (target.is_directory && flags == kFileDataSyncOnly) return kInvalid;
  return target.read_only_handle ? "STATUS_ACCESS_DENIED" : "";
}

}  // namespace powercut
