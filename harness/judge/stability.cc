// Compares the outcomes of one recovery and of two as results: a number in what
// a check printed may differ. Where two outcomes differ, the parts of an
// outcome are gone through in the order of their weight, and the first part
// that differs is told for both.

#include "harness/judge/stability.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/fault/fault.h"

namespace powercut {
namespace {

// Where two outcomes came from.
struct Origins {
  std::string_view first;
  std::string_view second;

  std::string Both(std::string_view a, std::string_view b) const {
    return fmt::format("{}: {}; {}: {}", first, a, second, b);
  }
  std::string Differ(std::string_view what) const {
    return fmt::format("{}: one way {}, another way {}", what, first, second);
  }
};

// How a recovery with its check ended, in one line.
std::string EndInWords(const RecoveryOutcome& outcome) {
  const std::string& unreadable = outcome.observation.unreadable;
  if (outcome.kind == RecoveryOutcome::kDied) {
    return "recovery died: " + outcome.detail;
  }
  if (outcome.kind == RecoveryOutcome::kHung) {
    return "recovery hung: " + outcome.detail;
  }
  if (outcome.kind == RecoveryOutcome::kNotRun) {
    return "recovery did not run: " + outcome.detail;
  }
  if (!unreadable.empty()) return "the volume does not open: " + unreadable;
  if (!outcome.check.empty()) return "the check failed: " + outcome.check;
  if (!outcome.fsck.empty()) return "the checker found: " + outcome.fsck;
  return "the volume opens and no check failed";
}

std::string EntryInWords(const ObservedEntry* entry) {
  if (entry == nullptr) return "missing";
  if (!entry->unreadable.empty()) return "unreadable: " + entry->unreadable;
  if (entry->is_directory) return "a directory";
  return fmt::format("{} bytes", entry->size_bytes);
}

std::string EntriesInWords(const std::string& path, const ObservedEntry* a,
                           const ObservedEntry* b, const Origins& origins) {
  const std::string one = EntryInWords(a);
  const std::string two = EntryInWords(b);
  if (one != two || a == nullptr || b == nullptr) {
    return path + " " + origins.Both(one, two);
  }
  const auto at = std::mismatch(a->content.begin(), a->content.end(),
                                b->content.begin(), b->content.end());
  if (at.first == a->content.end()) {
    return origins.Differ(path + ": times, valid length or file");
  }
  return origins.Differ(fmt::format("{}: content from byte {} on", path,
                                    at.first - a->content.begin()));
}

// The first entry in which two observations differ. Empty if all are equal.
std::string EntryDifference(const Observation& earlier,
                            const Observation& later, const Origins& origins) {
  for (const ObservedEntry& entry : earlier.entries) {
    const ObservedEntry* other = later.Find(entry.path);
    if (other == nullptr || !(*other == entry)) {
      return EntriesInWords(entry.path, &entry, other, origins);
    }
  }
  for (const ObservedEntry& entry : later.entries) {
    if (earlier.Find(entry.path) != nullptr) continue;
    return EntriesInWords(entry.path, nullptr, &entry, origins);
  }
  return {};
}

}  // namespace

bool MustBeStable(const RecordedRun& run) {
  return run.backend.traits().recovery_idempotent &&
         CheckOf(run.setting.oracle) == nullptr &&
         FaultsIn(run.workload.faults, FaultPhase::kRecovery).empty();
}

std::optional<Violation> UnstableViolation(
    Judge& judge, OutcomeId once, OutcomeId twice, size_t history,
    CrashKind kind, const std::vector<Violation>& violations) {
  if (judge.Same(once, twice)) return std::nullopt;
  const bool broken_before = !judge.Violations(once, history, kind).empty();
  if (!violations.empty() && !broken_before) return std::nullopt;
  return judge.VolumeViolation(ViolationKind::kUnstable, history, kind,
                               "another result than without the second crash");
}

std::string DifferenceInWords(const RecoveryOutcome& a,
                              const RecoveryOutcome& b, std::string_view first,
                              std::string_view second) {
  const Origins origins{first, second};
  const std::string one = EndInWords(a);
  const std::string two = EndInWords(b);
  if (one != two) return origins.Both(one, two);
  const std::string entry =
      EntryDifference(a.observation, b.observation, origins);
  if (!entry.empty()) return entry;
  if (a.observation.logs != b.observation.logs) {
    return origins.Differ("the records of logs");
  }
  if (a.observation.device != b.observation.device) {
    return origins.Differ("the raw sectors");
  }
  return origins.Differ("the keys, the probe or the faults");
}

}  // namespace powercut
