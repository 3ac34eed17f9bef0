// ImportBlockLog makes a trace of a log that another tool wrote. The same
// entries promise different things depending on the writer; docs/trace_file.md
// 5 has the rules.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_IMPORT_H_
#define POWERCUT_HARNESS_BLOCK_LOG_IMPORT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/base/result.h"
#include "harness/block_log/origin.h"
#include "harness/block_log/trace_codec.h"
#include "harness/disk/sparse_image.h"

namespace powercut {

struct ImportOptions {
  // Who wrote the log. It is never guessed.
  BlockLogOrigin origin = BlockLogOrigin::kKernel;
  // The size of the disk in bytes, whole sectors. `std::nullopt` if the disk is
  // to be as big as the entries need.
  std::optional<uint64_t> disk_bytes;
  // What the disk held before the log began; `nullptr` if it was blank.
  // Requires: disk_bytes is its size.
  std::shared_ptr<const SparseImage> base;
  // The name of the mark, as FindMark() takes it, from which crashes are
  // explored. Empty if they are from the beginning.
  std::string from;
  // For QEMU only. A flush does not cover this many of the writes and discards
  // that stand last before it in its epoch: they may have completed while the
  // flush was under way.
  uint32_t race_window = 0;
  // For QEMU only. If the first write or discard after a flush, or of the log,
  // is a write, then it is durable once written. QEMU would leave no sign of
  // FUA there.
  bool assume_fua = false;
};

// Makes a trace of `log`. Writes and discards are at the device layer. A flush
// is a persist of all to the media, which comes before the data of the same
// entry; FUA is a persist of the sectors of its own entry. Marks stay, except
// powercut's own marks that are no acks. If the log begins with a base as
// ExportBlockLog() writes it, these writes become the base of the trace. The
// mark `run` follows the mark that `from` names. The lint is that of the log,
// then that of LintOf(). O(bytes of the log). Errors: kUsage if an option
// belongs to the other origin, or if disk_bytes is not whole sectors, too small
// for the entries or over 2 TiB; if there are two bases; or if there is no mark
// `from`. kBadInput with AtEntry()'s text if the log needs a disk that powercut
// does not have, holds marks of a trace of powercut's own, or has FUA entries
// that name too many sectors.
Result<LoadedTrace> ImportBlockLog(const BlockLog& log,
                                   const ImportOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_IMPORT_H_
