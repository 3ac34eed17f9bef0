// Shrinking the ops of a workload while it still does what it is kept for:
// what that is, a function says.

#ifndef POWERCUT_HARNESS_MINIMIZE_SHRINK_H_
#define POWERCUT_HARNESS_MINIMIZE_SHRINK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "model/pcut/pcut.h"

namespace powercut {

// Tries a smaller workload. Returns what is to be kept of it: all, or less
// where ops could not stay without those that were removed; nothing if it no
// longer does what it is kept for.
//
// Must give the same answer for the same workload.
using TryWorkload = std::function<std::optional<Pcut>(const Pcut&)>;

struct ShrinkRules {
  TryWorkload keep;
  // Asked before each try; true ends the shrinking. May be empty.
  std::function<bool()> stop;
  // Sizes that numbers may be rounded to: 0, 1, 16 and these.
  std::vector<uint64_t> round_sizes;
};

// Removes ops of `run`, then of `init`, then outcomes: in runs of half of them,
// a quarter, and so on down to single ones, the last ones first; then makes the
// numbers of the ops that are left smaller; all again until nothing changes.
//
// Unless it was stopped, the result is minimal in single steps: rules.keep()
// returned nothing for it without any one op, and with any one number made
// smaller in one of the ways of SmallerNumbers().
// Requires: rules.keep(pcut) would return `pcut`.
// Cost: O(n^2) tries for n ops at worst, O(n) where few must stay.
Pcut ShrinkWorkload(Pcut pcut, const ShrinkRules& rules);

// What a size, offset or length may become, the smallest first: 0, 1, 16, the
// round sizes, its half, and itself rounded down to 16 or a round size.
// All are smaller than `number`; ascending, no duplicates.
std::vector<uint64_t> SmallerNumbers(uint64_t number,
                                     const std::vector<uint64_t>& round_sizes);

// Ops of `init` and `run`; faults in front of them do not count.
size_t CountOps(const Pcut& pcut);

// Where in `pcut.statements` the op of this number is, from 1.
// Requires: number <= CountOps(pcut).
size_t PlaceOfOp(const Pcut& pcut, uint32_t number);

// Without the statement at `place`, and without an `init` that is empty then.
Pcut WithoutStatement(Pcut pcut, size_t place);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_SHRINK_H_
