// What a crash may leave, by definition (docs/semantics.md 2.5): the
// specification as code, against which the model is held.
//
//   CAND     the effects of all ops that were called
//   MUST     the effects that a returned op promised for this kind of crash
//   IDEALS   the subsets of CAND that hold MUST and, with an effect, all that
//            the effect implies
//   ALLOWED  what is seen when the effects of an ideal are applied in order
//
// The ideals are listed one by one. This is exponential, and meant for
// workloads with up to about 16 effects that are not promised.
//
// An op that is expected to fail has no effects and promises nothing, unless
// the storage fails it (EIO). Effects of an op that failed so may be found, and
// a flush that failed so taints what it would have covered.
//
// The definition leaves out the switch `rename_leaves_temporary`, which belongs
// to ntfs-3g, and also logs, `remount`, symlinks and modes.

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

// An observation as text, with one line for each entry. The text is a key as
// well: it is the same for observations that differ in the values of their file
// ids alone.
std::string ObservationText(const Observation& observation);

// Observations by their text. Bytes that may be anything are kAnyByte
// (model/files/admissible.h).
using Observations = std::map<std::string, Observation>;

// ALLOWED after the events of `history`, for a crash of this kind;
// `std::nullopt` if there are more than `limit` ideals.
std::optional<Observations> DefinedObservations(
    const Workload& workload, const PromiseTable& table, const Profile& profile,
    std::span<const HistoryEvent> history, CrashKind kind, size_t limit);

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_H_
