// ExportBlockLog makes a plain dm-log-writes log of a trace, for tools that do
// not know powercut's marks: xfstests' replay-log and QEMU's blklogwrites.
// docs/trace_file.md 7 has the rules.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_EXPORT_H_
#define POWERCUT_HARNESS_BLOCK_LOG_EXPORT_H_

#include <string>
#include <vector>

#include "harness/block_log/block_log.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {

struct ExportedLog {
  BlockLog log;
  // What the log does not say, or says otherwise than the trace: one line for
  // each kind, with how often it occurs. Empty if the log says everything.
  std::vector<std::string> losses;
};

// Exports the events in the order of the trace, so that each prefix of the log
// gives a disk that was there. A base that is not all zeros comes first, as
// writes, a flush and the mark `powercut:base-end`. The last entry is the mark
// `dm-log-writes-end`. A write that is followed directly by a persist of its
// own sectors to the media becomes one FUA entry. Marks are cut to what one
// mark can hold, and marks that begin as powercut's own logs do are left out.
// O(size of base and data).
ExportedLog ExportBlockLog(const Trace& trace, const TraceAbout& about);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_EXPORT_H_
