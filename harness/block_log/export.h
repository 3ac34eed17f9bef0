// A trace as a plain dm-log-writes log, for tools that know nothing of
// powercut's marks: xfstests' replay-log, QEMU's blklogwrites.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_EXPORT_H_
#define POWERCUT_HARNESS_BLOCK_LOG_EXPORT_H_

#include <string>
#include <vector>

#include "harness/block_log/block_log.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {

struct ExportedLog {
  BlockLog log;
  // What the log does not say or says otherwise than the trace, one line each,
  // with counts.
  std::vector<std::string> losses;
};

// The base is written first, behind it a flush and the mark
// `powercut:base-end`; the last entry is the mark `dm-log-writes-end`. A write
// and the persist of its own sectors behind it are one FUA entry. Marks are cut
// to what one can hold.
ExportedLog ExportBlockLog(const Trace& trace, const TraceAbout& about);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_EXPORT_H_
