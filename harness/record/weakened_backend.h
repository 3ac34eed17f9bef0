// WeakenedBackend: storage that does some syncs of a workload less strongly
// than it is asked to, or not at all, and says that it did them. What the
// workload's syncs promise is then not kept, which tells what each of them is
// for.

#ifndef POWERCUT_HARNESS_RECORD_WEAKENED_BACKEND_H_
#define POWERCUT_HARNESS_RECORD_WEAKENED_BACKEND_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "model/words/workload.h"

namespace powercut {

// What is done in the place of a sync: another op, or nothing.
struct WeakerSync {
  // For instance `fdatasync`, `nothing` or, for a commit, `nosync`.
  std::string name;
  std::optional<Op> op;
};

// Returns the weaker forms of an op of the workload, the strongest first; empty
// if the op is no sync. The last form is `nothing`, except for a commit.
std::vector<WeakerSync> WeakerFormsOf(const Workload& workload, const Op& op);

// By the number of the op.
using WeakerSyncs = std::map<uint32_t, WeakerSync>;

// Returns `below` with these syncs weakened. It has the traits of `below`.
std::unique_ptr<Backend> MakeWeakenedBackend(std::unique_ptr<Backend> below,
                                             WeakerSyncs weaker);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_WEAKENED_BACKEND_H_
