// AuditSyncs: which syncs of a run are needed. Each is left out in turn, and
// the crashes are explored again with the same oracle. The audit of the library
// (library/states/loop_audit.cc) and `powercut audit` ask it.

#ifndef POWERCUT_HARNESS_EXPLORE_SYNC_AUDIT_H_
#define POWERCUT_HARNESS_EXPLORE_SYNC_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"

namespace powercut {

// What a sync is needed for.
enum class SyncNeed : uint8_t {
  kNeeded,     // Without it, some state is refused.
  kGroup,      // One of several is enough.
  kRedundant,  // It makes nothing durable that was not durable anyway.
  kUnseen,     // Without it less is durable, and the oracle does not notice.
  kUnknown,    // A bound came before an answer.
};

// What an exploration without some syncs came to.
struct SyncTrial {
  // Whether a state was refused, or all were looked at.
  bool known = false;
  // A state that was refused; `std::nullopt` if none was.
  std::optional<Finding> refused;

  bool Holds() const { return known && !refused; }
};

struct AuditedNeed {
  SyncNeed need = SyncNeed::kUnknown;
  // For kNeeded: a state that shows it.
  std::optional<Finding> shown;
  // For kNeeded: whether the next weaker form of the sync is enough.
  bool weaker_is_enough = false;
};

// How the syncs of a run are tried. Syncs are numbered from 0.
struct SyncTrials {
  size_t syncs = 0;
  // Explores without the syncs of these numbers.
  std::function<SyncTrial(const std::vector<size_t>& left_out)> without;
  // Whether just as much is durable without this one, whatever the oracle sees.
  std::function<bool(size_t sync)> as_durable_without;
  // Explores with the next weaker form of a sync in its place; `std::nullopt`
  // if only nothing is weaker. May be empty.
  std::function<std::optional<SyncTrial>(size_t sync)> with_weaker;
  // Once this returns true, the audit ends.
  std::function<bool()> stopping;
};

// Returns what each sync is needed for, in the order of their numbers. Empty if
// the audit was stopped.
//
// The syncs that can be left out alone are left out one after the other as long
// as the rest still holds; one that must stay then, and those that can take its
// place, are a group.
// Cost: O(syncs) explorations, and O(syncs squared) if there are groups.
// Requires: with all syncs, no state is refused.
std::vector<AuditedNeed> AuditSyncs(const SyncTrials& trials);

// How many blocks are open for a loss of power after each of these numbers of
// disk events: what a crash may take then. Requires: ascending numbers.
std::vector<size_t> OpenBlocksAfter(const RecordedRun& run,
                                    const std::vector<EventNumber>& events);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_SYNC_AUDIT_H_
