// EncodeTrace makes a dm-log-writes log of a trace, and DecodeTrace makes the
// trace of such a log again. What the format cannot say (layers, persists of
// named sectors, marks of ops) travels in marks that begin with `powercut:`;
// docs/trace_file.md 3 has their grammar.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_TRACE_CODEC_H_
#define POWERCUT_HARNESS_BLOCK_LOG_TRACE_CODEC_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/block_log/block_log.h"
#include "harness/trace/trace.h"

namespace powercut {

// Where a trace comes from. Each field that is not empty is stored as a mark
// `powercut:about KEY VALUE` before the first event.
struct TraceAbout {
  // The name of the storage. Empty for an imported log.
  std::string backend;
  // The text of the workload. Empty if no workload was recorded.
  std::string pcut;
  // For an imported log, who wrote it and with which options it was read. Empty
  // for other traces.
  std::string origin{};
  // For a recorded program, the number of disk events when it had ended;
  // what follows is the unmount. `std::nullopt` for other traces.
  std::optional<EventNumber> program_end{};
  // For a recorded program, the schedule of writeback that `record` was asked
  // for. Empty if the kernel's own was taken, and for other traces.
  std::string writeback{};
  // The names that the volume showed at acks (AckLooks::text()). Empty if
  // nobody looked.
  std::string looks{};
  // For a program that was recorded on simfs, the profile that simfs behaved
  // as. Empty for other traces.
  std::string profile{};
  // For a program that was recorded on simfs, its calls
  // (programs/program_calls.h), as bytes. Empty for other traces.
  std::string calls{};

  bool operator==(const TraceAbout&) const = default;
};

// What loading or importing gives.
struct LoadedTrace {
  Trace trace;
  TraceAbout about;
  // What was odd but did not stop reading, one line each.
  std::vector<std::string> lint;
};

// Says why a trace, once stored, could not be loaded again. Empty if it could.
// O(events).
std::string StorageProblem(const Trace& trace);

// Stores a trace as a log. The first entry is the mark `powercut:trace` with
// the version and the geometry. The base follows as writes up to the mark
// `powercut:base-end`, then the events and marks. The last entry is the mark
// `powercut:end entries=N xxh3=HEX`. O(size of base and data).
// Requires: StorageProblem() has no objection, else DecodeTrace() will refuse
// the log.
BlockLog EncodeTrace(const Trace& trace, const TraceAbout& about);

// Returns exactly the trace that EncodeTrace() stored. Logs that do not begin
// with the mark `powercut:trace` are for ImportBlockLog(). O(bytes of the log).
// Errors: kBadInput with AtEntry()'s text if the log is not powercut's own, has
// no end mark ("incomplete"), has a wrong checksum or count, or has a mark or
// an entry that powercut does not write.
Result<LoadedTrace> DecodeTrace(const BlockLog& log);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_TRACE_CODEC_H_
