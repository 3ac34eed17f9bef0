// Example:
//
//   worlds of s.trace
//     posix-minimal   violation  lost: 2 of 3   in 40 states, 1 more cause
//                                powercut replay s.trace --at ...
//     ext4-ordered    ok         all 2^14.0 crash states, 401 recoveries

#include "harness/cli/report/worlds_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/cli/report/baseline.h"
#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

// The first of the findings that lost fewest blocks, among those that are not
// in the baseline; `nullptr` if there is none. `causes` is set to how many
// there are.
const Finding* FirstOf(const CheckedWorkload& checked,
                       const std::set<std::string>& baseline, size_t& causes) {
  const Finding* first = nullptr;
  causes = checked.exploration.unshown.size();
  for (const Finding& finding : checked.exploration.findings) {
    if (IsKnown(baseline, finding.violation.cause)) continue;
    if (first == nullptr || finding.lost_blocks < first->lost_blocks) {
      first = &finding;
    }
    ++causes;
  }
  return first;
}

std::string CoveredText(const CheckedWorkload& checked) {
  const Exploration& e = checked.exploration;
  const bool all =
      e.exhausted && checked.space.mode == ExplorationSpace::kExhaustive;
  const std::string states =
      all ? fmt::format("all 2^{:.1f} crash states", ShownLog2(e.space_log2))
          : fmt::format("{} of 2^{:.1f} crash states ({})", e.states,
                        ShownLog2(e.space_log2),
                        ExplorationSpaceText(checked.space));
  return fmt::format("{}, {} recoveries{}", states, e.runs,
                     e.bound.empty() ? "" : "; " + e.bound);
}

std::string Row(const CheckedWorkload& checked,
                const std::set<std::string>& baseline) {
  size_t causes = 0;
  const Finding* const first = FirstOf(checked, baseline, causes);
  const std::string head =
      fmt::format("  {:<15} {:<10} ", checked.profile, checked.verdict);
  if (first == nullptr) return head + CoveredText(checked) + "\n";
  const std::string more = causes < 2
                               ? ""
                               : fmt::format(", {} more cause{}", causes - 1,
                                             causes == 2 ? "" : "s");
  const std::string& file =
      checked.replay_file.empty() ? checked.file : checked.replay_file;
  std::string row =
      fmt::format("{}{}   in {} state{}{}\n", head, first->violation.found,
                  first->count, first->count == 1 ? "" : "s", more);
  for (const std::string& sync : first->missing) {
    row += fmt::format("{:29}missing: {}\n", "", sync);
  }
  return row + fmt::format("{:29}powercut replay {} --at {}{}\n", "",
                           FileWord(file), ShellWord(first->id),
                           checked.replay_flags);
}

}  // namespace

std::string WorldsText(const std::vector<CheckedWorkload>& workloads,
                       const std::set<std::string>& baseline) {
  // A file is explored under all its profiles before the next file is.
  std::string text;
  for (auto begin = workloads.begin(); begin != workloads.end();) {
    const auto end =
        std::find_if(begin, workloads.end(), [&](const CheckedWorkload& other) {
          return other.file != begin->file;
        });
    if (end - begin > 1) {
      text += fmt::format("worlds of {}\n", begin->file);
      for (auto row = begin; row != end; ++row) text += Row(*row, baseline);
    }
    begin = end;
  }
  return text;
}

}  // namespace powercut
