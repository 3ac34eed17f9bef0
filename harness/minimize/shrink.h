// Makes a workload smaller while a function of the caller accepts it. This is
// delta debugging over the ops and the numbers of a `.pcut` file.

#ifndef POWERCUT_HARNESS_MINIMIZE_SHRINK_H_
#define POWERCUT_HARNESS_MINIMIZE_SHRINK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "model/pcut/pcut.h"

namespace powercut {

// Tries a smaller workload. Returns the part of it that is to be kept: all of
// it, or less if some ops cannot stay without the removed ones. Returns
// `std::nullopt` if the workload no longer shows what it is kept for.
// Requires: the answer for a workload is always the same.
using TryWorkload = std::function<std::optional<Pcut>(const Pcut&)>;

struct ShrinkRules {
  // Called with each candidate.
  TryWorkload keep;
  // Asked before each try; true ends the shrinking. May be empty.
  std::function<bool()> stop;
  // Sizes that numbers may become or be rounded down to, besides those that
  // SmallerNumbers() tries anyway. None is 0.
  std::vector<uint64_t> round_sizes;
};

// Removes ops of `run`, then of `init`, then outcomes: all of them, half of
// them in a row, a quarter, and so on down to single ones, the last ones first.
// Then makes the numbers of the ops that are left smaller. Repeats all this
// until nothing changes.
//
// Unless it was stopped, the result is minimal in single steps: rules.keep()
// refused it with any one op or outcome removed, and with any one number made
// smaller in one of the ways of SmallerNumbers().
// Requires: rules.keep(pcut) would return `pcut`.
// Cost: O(n^2) tries for n ops at worst, O(n) where few must stay.
Pcut ShrinkWorkload(Pcut pcut, const ShrinkRules& rules);

// Returns what a size, offset or length may become: 0, 1, 16, the round sizes,
// its half, and itself rounded down to a multiple of 16 or of a round size. All
// are smaller than `number`. Ascending, without duplicates.
// Requires: no round size is 0.
std::vector<uint64_t> SmallerNumbers(uint64_t number,
                                     const std::vector<uint64_t>& round_sizes);

// Returns the number of ops of `init` and `run`. Faults before the first
// section do not count. O(statements).
size_t CountOps(const Pcut& pcut);

// Returns the index in `pcut.statements` of the op with this number. Ops are
// numbered from 1, those of `init` first. O(statements).
// Requires: number is at least 1, and at most CountOps(pcut).
size_t PlaceOfOp(const Pcut& pcut, uint32_t number);

// Returns the workload after the statement at the index `place` is removed, and
// also `init` if it has no ops then.
Pcut WithoutStatement(Pcut pcut, size_t place);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_SHRINK_H_
