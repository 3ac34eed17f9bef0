// A trace as a dm-log-writes log and back. docs/trace_file.md is
// the grammar of the marks in it: what the format cannot say (layers, narrow
// persists, op marks) travels in marks that begin with `powercut:`.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_TRACE_CODEC_H_
#define POWERCUT_HARNESS_BLOCK_LOG_TRACE_CODEC_H_

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/block_log/block_log.h"
#include "harness/trace/trace.h"

namespace powercut {

// `about` lines (backend, options, the .pcut text) are stored as marks
// `powercut:about KEY VALUE` in front.
struct TraceAbout {
  std::string backend;
  std::string pcut;  // text of the workload; empty if none
  // Of an imported log: who wrote it, and how it was read; else empty.
  std::string origin{};

  bool operator==(const TraceAbout&) const = default;
};

struct LoadedTrace {
  Trace trace;
  TraceAbout about;
  std::vector<std::string> lint;
};

// The reason why a trace could not be loaded again, or an empty string.
std::string StorageProblem(const Trace& trace);

// The base is written as entries in front of the mark `powercut:base-end`; the
// first mark is `powercut:trace` with the version and geometry; the last entry
// is `powercut:end entries=N xxh3=HEX`.
BlockLog EncodeTrace(const Trace& trace, const TraceAbout& about);

// Gives back the trace of a log of powercut's own (first mark `powercut:trace`)
// exactly. Logs of others are for ImportBlockLog().
// Errors: kBadInput: a log of another, an own one without its end mark
// ("incomplete"), a wrong checksum or count, a mark that does not parse; entry
// number, byte offset and reason.
Result<LoadedTrace> DecodeTrace(const BlockLog& log);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_TRACE_CODEC_H_
