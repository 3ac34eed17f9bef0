// What a minimizer is held against: every workload that lacks some ops, run and
// explored whole. Shares nothing with the minimizer but Record() and Explore().

#ifndef POWERCUT_FUZZ_DRAW_FEWER_OPS_H_
#define POWERCUT_FUZZ_DRAW_FEWER_OPS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "harness/explore/explore.h"
#include "model/pcut/pcut.h"

namespace powercut {

// The causes that a workload shows in all of this space, those of `forbid`
// lines included; nothing if it does not parse, or an op does not end as it
// says.
std::optional<std::set<std::string>> CausesShown(Backend& backend,
                                                 const Pcut& pcut,
                                                 const ExplorationSpace& space);

// The workload with only the ops whose bit is set, the first op the lowest.
// Requires: at most 64 ops.
Pcut WithOps(const Pcut& pcut, uint64_t ops);

// A workload with one op less that shows the cause, too; nothing if there is
// none.
std::optional<Pcut> OneOpLess(Backend& backend, const Pcut& pcut,
                              const std::string& cause,
                              const ExplorationSpace& space);

// The fewest of its ops that show the cause, by trying all subsets, smaller
// ones first. Requires: at most 16 ops, which show it.
size_t FewestOps(Backend& backend, const Pcut& pcut, const std::string& cause,
                 const ExplorationSpace& space);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_FEWER_OPS_H_
