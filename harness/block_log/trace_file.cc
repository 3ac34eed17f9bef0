// A trace file is a log that EncodeTrace() made, written as a whole. This file
// only chains the steps: trace, log, bytes, file, and back. It puts the path
// before each message.

#include "harness/block_log/trace_file.h"

#include <span>
#include <utility>

#include "harness/block_log/block_log.h"
#include "harness/system/atomic_file.h"

namespace powercut {
namespace {

Error WithPath(const std::string& path, const Error& error) {
  return {error.code, path + ": " + error.message};
}

// `Buffer` is Bytes or std::string.
template <class Buffer>
Result<LoadedTrace> ParseWhole(Buffer bytes, const std::string& path) {
  const Result<BlockLog> log = ReadBlockLog(std::as_bytes(std::span(bytes)));
  if (!log) return WithPath(path, log.error());
  // The log holds a copy of everything, and DecodeTrace() makes another one:
  // without this line a large trace would be in memory three times.
  Buffer().swap(bytes);
  Result<LoadedTrace> trace = DecodeTrace(*log);
  if (!trace) return WithPath(path, trace.error());
  return trace;
}

}  // namespace

Result<Bytes> TraceBytes(const Trace& trace, const TraceAbout& about,
                         const std::string& path) {
  // What would be refused on loading is refused now, while the recording can
  // still be made again.
  const std::string fault = StorageProblem(trace);
  if (!fault.empty()) {
    return WithPath(path, {ErrorCode::kBadInput, fault});
  }
  return WriteBlockLog(EncodeTrace(trace, about));
}

Status SaveTrace(const Trace& trace, const TraceAbout& about,
                 const std::string& path) {
  POWERCUT_ASSIGN(const Bytes bytes, TraceBytes(trace, about, path));
  return WriteWholeFile(path, bytes);
}

Result<LoadedTrace> LoadTrace(const std::string& path) {
  POWERCUT_ASSIGN(Bytes bytes, ReadWholeFile(path));
  return ParseWhole(std::move(bytes), path);
}

Result<LoadedTrace> ParseTraceFile(std::string bytes, const std::string& path) {
  return ParseWhole(std::move(bytes), path);
}

}  // namespace powercut
