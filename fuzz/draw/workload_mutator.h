// Mutating workloads by ops, so that a fuzzer's corpus stays readable `.pcut`
// text.

#ifndef POWERCUT_FUZZ_DRAW_WORKLOAD_MUTATOR_H_
#define POWERCUT_FUZZ_DRAW_WORKLOAD_MUTATOR_H_

#include <string>
#include <string_view>

#include "harness/base/prng.h"

namespace powercut {

// A workload that differs from `text` by a few ops: added, removed, moved,
// repeated, or with another operand. Text that does not parse is replaced by a
// small workload. The result always parses, and every op in it can succeed: ops
// that could not (a missing file, an existing name) are taken out.
// At most kMutatedOpsMax ops. Deterministic.
inline constexpr size_t kMutatedOpsMax = 32;
std::string MutateWorkload(std::string_view text, Prng& prng);

// Two workloads crossed: the `init` of one, ops of both.
std::string CrossWorkloads(std::string_view a, std::string_view b, Prng& prng);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_WORKLOAD_MUTATOR_H_
