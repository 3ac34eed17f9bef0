// MutateWorkload changes the ops of a workload, and not its bytes, so that a
// fuzzer's corpus stays readable `.pcut` text.

#ifndef POWERCUT_FUZZ_DRAW_WORKLOAD_MUTATOR_H_
#define POWERCUT_FUZZ_DRAW_WORKLOAD_MUTATOR_H_

#include <string>
#include <string_view>

#include "harness/base/prng.h"

namespace powercut {

// Returns a workload for ntfs-3g that differs from `text` by a few ops: ops are
// added, removed, repeated, moved between the sections, or get another operand.
// Text that does not parse is replaced by a small workload. Only the ops of
// `text` are kept, without the results that they expect.
//
// The result always parses, and the model expects every op to succeed: ops that
// cannot, such as one on a missing file, are taken out. If no op of `run` is
// left, `syncfs` or `mkdir /new` is added. The result has at most
// kMutatedOpsMax + 1 ops. Equal texts and equal states of `prng` give equal
// results.
inline constexpr size_t kMutatedOpsMax = 32;
std::string MutateWorkload(std::string_view text, Prng& prng);

// Returns a workload with the `init` of `a` and ops of the `run` of both,
// repaired as MutateWorkload() does.
std::string CrossWorkloads(std::string_view a, std::string_view b, Prng& prng);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_WORKLOAD_MUTATOR_H_
