// What to report when two witnesses of what a crash may leave do not agree: the
// difference of their sets, and a small workload that shows a difference.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_DISAGREEMENT_H_
#define POWERCUT_TESTS_EXHAUSTIVE_DISAGREEMENT_H_

#include <functional>
#include <string>
#include <string_view>

#include "model/files/admissible.h"
#include "model/files/model.h"
#include "tests/exhaustive/definition.h"

namespace powercut {

struct Witness {
  std::string_view name;
  const Observations& says;
};

// How many observations only one of the two has, and one example from each
// side; empty if the witnesses agree.
std::string Difference(const Witness& a, const Witness& b);

// Everything that the model admits, by text; `std::nullopt` if there are more
// than `limit` choices of versions.
std::optional<Observations> ModelObservations(const Model& model,
                                              CrashKind kind, size_t limit);

// What is wrong with a workload; empty if nothing is.
using Trial = std::function<std::string(const Workload& workload)>;

// Takes ops out of a workload for which the trial fails, one by one, as long as
// it still fails. Returns the text of what is left, with the profile, and what
// the trial says about it.
// Requires: the trial fails for `workload`.
std::string Shrunk(Workload workload, const Profile& profile,
                   const Trial& trial);

// The moment after the first `moment` events of the history, in words such as
// "after op 3, fsync /f, returned".
std::string MomentText(const Workload& workload,
                       const std::vector<HistoryEvent>& history, size_t moment);

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DISAGREEMENT_H_
