// All that a crash may leave, listed: the model run forwards, as litmus tools
// run a memory model. For workloads of a few ops.

#ifndef POWERCUT_MODEL_FILES_ADMISSIBLE_H_
#define POWERCUT_MODEL_FILES_ADMISSIBLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "model/files/model.h"

namespace powercut {

// The byte that stands for "anything" in listed observations.
inline constexpr char kAnyByte = '\xa5';

// Every observation that model.Check() admits after a crash of this kind at
// this moment, each once, in a fixed order; but not what the switches
// rename_leaves_temporary and stale_data admit beside, which has no end. Where
// the model admits any bytes, they are kAnyByte. File ids are numbers of files
// in order of creation; unreadable entries and probes do not occur. Log
// sequence numbers are record numbers. Errors: kUnsupported: there are more
// than `limit` choices of versions.
Result<std::vector<Observation>> AdmissibleObservations(const Model& model,
                                                        CrashKind kind,
                                                        size_t limit);

// `observation` with every byte replaced by kAnyByte that some admissible
// state of this moment shows as "anything" in a file of that path and size;
// and file ids renumbered by path: what listed and seen observations are
// compared by.
Observation Normalized(const Model& model, CrashKind kind,
                       Observation observation);

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_ADMISSIBLE_H_
