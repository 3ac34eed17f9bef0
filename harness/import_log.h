// A log that another tool wrote, as a trace.

#ifndef POWERCUT_HARNESS_IMPORT_LOG_H_
#define POWERCUT_HARNESS_IMPORT_LOG_H_

#include "harness/base/result.h"
#include "harness/trace_log.h"

namespace powercut {

// The events of a device: writes at the device layer, FLUSH as persist of all
// to media, FUA as persist of its own sectors.
// Errors: kBadInput: entry number, byte offset and reason.
Result<LoadedTrace> ImportLog(const Log& log);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_IMPORT_LOG_H_
