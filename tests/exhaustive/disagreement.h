// Where two witnesses of what a crash may leave do not agree: the difference of
// their sets, and the smallest workload that shows one.

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

// What one of the two says and the other does not, with one observation of each
// such kind; empty if they agree.
std::string Difference(const Witness& a, const Witness& b);

// The model run forwards, by text. Nothing if there are more than `limit`.
std::optional<Observations> ModelObservations(const Model& model,
                                              CrashKind kind, size_t limit);

// What is wrong with a workload; empty if nothing is.
using Trial = std::function<std::string(const Workload& workload)>;

// Takes ops out of a workload for which the trial fails, one by one, as long as
// it still fails. Returns the profile, the text of what is left and what the
// trial says of it.
std::string Shrunk(Workload workload, const Profile& profile,
                   const Trial& trial);

// "after op N began", "after op N returned".
std::string MomentText(const Workload& workload,
                       const std::vector<HistoryEvent>& history, size_t moment);

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DISAGREEMENT_H_
