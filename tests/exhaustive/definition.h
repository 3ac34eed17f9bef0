// What a crash may leave, by definition (research/semantics.md 2.5): the
// specification as code, to hold the model against.
//
//   CAND    = the effects of all ops that were called
//   MUST    = those that a returned op promised for this kind of crash
//   IDEALS  = { I in CAND: MUST in I; with an effect, I has all it implies }
//   ALLOWED = { what is seen when the effects of I are applied in order }
//
// The sets are listed one by one. It is exponential and for workloads with up
// to about 16 effects that are not promised.
//
// An op that is expected to fail has no effects and promises nothing, unless
// what fails it is the storage (EIO): a flush that fails so taints what it
// would have covered.
//
// Not defined: the switches `rename_leaves_temporary` and `stale_data`, which
// belong to ntfs-3g; logs; `remount`; symlinks and modes.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_H_
#define POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_H_

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "harness/base/crash_kind.h"
#include "harness/trace/op_history.h"
#include "model/table/primitives.h"
#include "model/table/profile.h"
#include "model/words/observation.h"
#include "model/words/workload.h"

namespace powercut {

// An observation as a key and for the reader: equal for observations that
// differ in their file ids alone, if those lead the same names to the same
// files. A line an entry.
std::string ObservationText(const Observation& observation);

// ALLOWED, by text. Bytes that may be anything are kAnyByte
// (model/files/admissible.h).
using Observations = std::map<std::string, Observation>;

// After the events of `history`, for a crash of this kind. Nothing if there are
// more than `limit` ideals.
std::optional<Observations> DefinedObservations(
    const Workload& workload, const PromiseTable& table, const Profile& profile,
    std::span<const HistoryEvent> history, CrashKind kind, size_t limit);

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_H_
