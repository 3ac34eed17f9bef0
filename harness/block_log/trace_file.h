// Trace files: traces on disk, as docs/trace_file.md has them.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_TRACE_FILE_H_
#define POWERCUT_HARNESS_BLOCK_LOG_TRACE_FILE_H_

#include <string>

#include "harness/base/result.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {

// Whole files. A trace has its name when it is whole and synced
// (harness/system/atomic_file.h); on failure nothing of it stays.
// Errors: kIo with the path and the system's reason; kBadInput as
// ReadBlockLog() and DecodeTrace(), with the path in front.
Status SaveTrace(const Trace& trace, const TraceAbout& about,
                 const std::string& path);
Result<LoadedTrace> LoadTrace(const std::string& path);

// Parses the trace in `bytes`, the content of a file that was read already;
// `path` names the file in errors.
// Errors: kBadInput as LoadTrace().
Result<LoadedTrace> ParseTraceFile(std::string bytes, const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_TRACE_FILE_H_
