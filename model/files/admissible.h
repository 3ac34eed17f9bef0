// AdmissibleObservations(): a list of everything that a crash may leave. The
// model is run forwards, as litmus tools run a memory model. The list is meant
// for workloads of a few ops.

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
// this moment, each once, in a fixed order. The list leaves out what the
// switches rename_leaves_temporary and stale_data admit in addition, since that
// has no end. Where the model admits any bytes, the list has kAnyByte. File ids
// are numbers of files in order of creation, log sequence numbers are record
// numbers, and there are no unreadable entries and no probe failures.
// Errors: kUnsupported if there are more than `limit` choices of versions.
// Cost: O(choices of versions), which grows exponentially with what is pending.
Result<std::vector<Observation>> AdmissibleObservations(const Model& model,
                                                        CrashKind kind,
                                                        size_t limit);

// Brings an observation into the form in which seen and listed observations can
// be compared:
// * A byte of a file becomes kAnyByte if versions from the floors on show it as
//   anything, in a file of the same size to which a name with the same last
//   part, in whichever directory, ever led.
// * File ids are renumbered in the order of the paths.
// * Log sequence numbers become record numbers where every record is known.
Observation Normalized(const Model& model, CrashKind kind,
                       Observation observation);

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_ADMISSIBLE_H_
