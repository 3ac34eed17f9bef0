// Counts the fault marks of a recording. A mark names its fault by number, and
// holds its text, from which a count is made where the workload does not have
// the fault.

#include "harness/fault/fault_counts.h"

#include <map>

#include "harness/fault/fault.h"

namespace powercut {

std::vector<FaultCount> FaultCountsOf(
    const Workload& workload, const std::vector<HistoryEvent>& history) {
  std::vector<FaultCount> counts;
  for (const Op& fault : workload.faults) {
    counts.push_back({FaultText(fault), fault.line,
                      PhaseOf(fault) == FaultPhase::kRecovery, 0});
  }
  // For a recorded program: the index in `counts` of each fault by its number.
  std::map<uint32_t, size_t> of_program;
  const bool program = workload.init.empty() && workload.run.empty();
  for (const HistoryEvent& event : history) {
    if (event.kind != HistoryEvent::kFault) continue;
    size_t at = event.fault - 1;
    if (program) {
      at = of_program.try_emplace(event.fault, counts.size()).first->second;
      const std::string& text = event.fault_text;
      if (at == counts.size()) {
        // The mark's text is the fault, a colon, and what it did this time.
        counts.push_back({text.substr(0, text.find(": ")), 0, false, 0});
      }
    }
    ++counts.at(at).fired;
  }
  return counts;
}

}  // namespace powercut
