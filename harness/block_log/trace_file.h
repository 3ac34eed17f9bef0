// Saves a trace as a file and loads it again. docs/trace_file.md describes the
// format of the file.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_TRACE_FILE_H_
#define POWERCUT_HARNESS_BLOCK_LOG_TRACE_FILE_H_

#include <string>

#include "harness/base/result.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {

// Writes the trace to `path`, in place of a file that is there. The file gets
// its name when it is whole and synced (harness/system/atomic_file.h); if
// writing fails, no part of it is left under that name.
// Errors: kBadInput if StorageProblem() names a problem; kIo. Messages have the
// path and the reason.
Status SaveTrace(const Trace& trace, const TraceAbout& about,
                 const std::string& path);

// The bytes that SaveTrace() writes to `path`, which is named in errors only.
// Errors: kBadInput if StorageProblem() names a problem.
Result<Bytes> TraceBytes(const Trace& trace, const TraceAbout& about,
                         const std::string& path);

// Reads the trace at `path`. The file is held in memory as a whole.
// Errors: those of ReadWholeFile(), ReadBlockLog() and DecodeTrace(). Each
// message begins with the path.
Result<LoadedTrace> LoadTrace(const std::string& path);

// Parses the trace in `bytes`, the content of a file that was read already;
// `path` names the file in errors.
// Errors: kBadInput as LoadTrace().
Result<LoadedTrace> ParseTraceFile(std::string bytes, const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_TRACE_FILE_H_
