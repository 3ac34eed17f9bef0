// Trace files: a dm-log-writes version 1 log, so that xfstests' replay-log and
// QEMU's blklogwrites read and write the same files. harness/trace_file.md is
// the byte grammar. What the format cannot say (layers, narrow persists, op
// marks) travels in marks that begin with `powercut:`.
//
// Source: Linux drivers/md/dm-log-writes.c and
// Documentation/admin-guide/device-mapper/log-writes.rst; xfstests
// src/log-writes; QEMU block/blklogwrites.c.

#ifndef POWERCUT_HARNESS_TRACE_FILE_H_
#define POWERCUT_HARNESS_TRACE_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/trace.h"

namespace powercut {

// One entry of a log as it stands in the file.
struct LogEntry {
  static constexpr uint64_t kFlush = 1;
  static constexpr uint64_t kFua = 2;
  static constexpr uint64_t kDiscard = 4;
  static constexpr uint64_t kMark = 8;
  static constexpr uint64_t kMetadata = 16;

  uint64_t sector = 0;
  uint64_t sector_count = 0;
  uint64_t flags = 0;
  uint64_t data_len = 0;
  // What follows the header: whole sectors of a write; empty for marks and
  // discards.
  Bytes payload;
  std::string mark_text;

  bool operator==(const LogEntry&) const = default;
};

struct Log {
  uint32_t sector_bytes = 512;
  std::vector<LogEntry> entries;
  // Oddities that do not stop reading, one line each.
  std::vector<std::string> lint;
};

// Reads the bytes of a log. Total on any bytes.
// Errors: kBadInput, "entry N at byte B: reason" (entries counted from 0).
Result<Log> ReadLog(ByteSpan bytes);

// The bytes of a log. WriteLog(*ReadLog(b)) reads back as the same entries.
Bytes WriteLog(const Log& log);

// A trace as a log and back. The base is written as entries in front of the
// mark `powercut:base-end`; the first mark is `powercut:trace` with the
// version and geometry; the last entry is `powercut:end entries=N xxh3=HEX`.
// `about` lines (backend, options, the .pcut text) are stored as marks
// `powercut:about KEY VALUE` in front.
struct TraceAbout {
  std::string backend;
  std::string pcut;  // text of the workload; empty if none

  bool operator==(const TraceAbout&) const = default;
};

Log LogOfTrace(const Trace& trace, const TraceAbout& about);

struct LoadedTrace {
  Trace trace;
  TraceAbout about;
  std::vector<std::string> lint;
};

// A log of powercut's own (first mark `powercut:trace`) gives back the trace
// exactly. Any other log is taken as the events of a device: writes at the
// device layer, FLUSH as persist of all to media, FUA as persist of its own
// sectors; origin and its rules are a matter of `import`.
// Errors: kBadInput: an own log without its end mark ("incomplete"), a wrong
// checksum or count, a mark that does not parse; entry number, byte offset and
// reason.
Result<LoadedTrace> TraceOfLog(const Log& log);

// Whole files. Saving writes `PATH.incomplete` and renames it when it is whole
// and synced; on failure nothing of it stays.
// Errors: kIo with the path and the system's reason; kBadInput as above, with
// the path in front.
Status SaveTrace(const Trace& trace, const TraceAbout& about,
                 const std::string& path);
Result<LoadedTrace> LoadTrace(const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_FILE_H_
