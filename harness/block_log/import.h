// A log of another tool as a trace. Who wrote it decides what its entries say;
// docs/trace_file.md has the rules.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_IMPORT_H_
#define POWERCUT_HARNESS_BLOCK_LOG_IMPORT_H_

#include <cstdint>
#include <optional>

#include "harness/base/result.h"
#include "harness/block_log/origin.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {

struct ImportOptions {
  BlockLogOrigin origin = BlockLogOrigin::kKernel;
  // Nothing: the disk is as big as the entries need.
  std::optional<uint64_t> disk_bytes;
  // Of QEMU only. A flush does not cover the last so many writes and discards
  // in front of it: they may have been completed while it was under way.
  uint32_t race_window = 0;
  // Of QEMU only. The first write behind a flush, and behind the log's
  // beginning, is durable once written: QEMU logs no sign of FUA there.
  bool assume_fua = false;
};

// Writes and discards at the device layer; a flush is a persist of all to the
// media, in front of the entry's own data; FUA a persist of its own sectors.
// Marks stay, but for powercut's own that are no acks. What a log of powercut's
// own export begins with is the base again. The lint is the log's and
// LintOf()'s. Errors: kUsage: options of another origin; a disk too small for
// the entries. kBadInput: entry number, byte offset and reason.
Result<LoadedTrace> ImportBlockLog(const BlockLog& log,
                                   const ImportOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_IMPORT_H_
