// The minimizer is compared with the functions of this file: they record and
// explore every workload that lacks some ops. They share only Record() and
// Explore() with the minimizer.

#ifndef POWERCUT_FUZZ_DRAW_FEWER_OPS_H_
#define POWERCUT_FUZZ_DRAW_FEWER_OPS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "harness/explore/explore.h"
#include "model/pcut/pcut.h"

namespace powercut {

// Returns the causes that a workload shows in the whole of `space`, including
// those of `forbid` lines. `std::nullopt` if the workload cannot be recorded:
// it does not parse, or an op does not end as its line says.
std::optional<std::set<std::string>> CausesShown(Backend& backend,
                                                 const Pcut& pcut,
                                                 const ExplorationSpace& space);

// Returns the workload with only the ops whose bit is set; the first op has the
// lowest bit. Requires: at most 64 ops.
Pcut WithOps(const Pcut& pcut, uint64_t ops);

// Returns a workload with one op less that shows the cause, too. `std::nullopt`
// if there is none. Requires: at most 64 ops.
std::optional<Pcut> OneOpLess(Backend& backend, const Pcut& pcut,
                              const std::string& cause,
                              const ExplorationSpace& space);

// Returns how many ops are in the smallest subset of the workload's ops that
// shows the cause. It tries all subsets, smaller ones first, so that it makes
// up to 2^ops explorations. Requires: at most 16 ops, which show the cause.
size_t FewestOps(Backend& backend, const Pcut& pcut, const std::string& cause,
                 const ExplorationSpace& space);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_FEWER_OPS_H_
