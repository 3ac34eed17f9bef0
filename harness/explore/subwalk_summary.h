// SubwalkSummary: what a process tells of the part of an exploration that it
// made.

#ifndef POWERCUT_HARNESS_EXPLORE_SUBWALK_SUMMARY_H_
#define POWERCUT_HARNESS_EXPLORE_SUBWALK_SUMMARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/explore/cause_groups.h"
#include "harness/explore/run_scheduler.h"
#include "harness/recover/outcome_table.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

struct SubwalkSummary {
  uint64_t states = 0;
  // By fault: FaultCount::fired of these states.
  std::vector<uint64_t> faults_fired;
  RunCounts counts;
  // WorkerPool::unexplained_deaths().
  uint64_t unexplained_deaths = 0;
  std::vector<CauseSummary> causes;
  // Whether the subwalk came to its end.
  bool finished = true;
  // Why it did not, as BoundWatch::Describe() says it; empty if it did, or if
  // it was asked to end.
  std::string bound;
  // An outcome that ends the exploration (OutcomeTable::AllRun()).
  std::optional<OutcomeId> not_run;
};

// The bytes hold each outcome that the summary names. They are private to one
// build.
// Requires: no state of a cause has crashes during its recovery.
std::string EncodeSubwalkSummary(const SubwalkSummary& summary,
                                 const OutcomeTable& outcomes);

// The summary that was encoded. Its outcomes are added to the table of `pool`,
// whose numbers it has then. `std::nullopt` if the bytes are damaged.
std::optional<SubwalkSummary> DecodeSubwalkSummary(std::string_view bytes,
                                                   WorkerPool& pool);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_SUBWALK_SUMMARY_H_
