// The search goes over the rules until all hold. A rule that does not hold
// raises the version of its conclusion. One that may say nothing, because a
// later version of its premise hides it or the file that it moved is found at a
// name that it led to before, holds in other ways, which are tried first, on a
// copy of the choice.

#include "model/files/settled_rules.h"

#include <algorithm>
#include <span>
#include <utility>

namespace powercut {

const Implication* SettledRules::Raise(Versions& chosen) const {
  const std::span<const Implication> rules = s_.chains.open_rules();
  // Each round raises a choice, so that the loop ends.
  for (bool changed = true; changed;) {
    changed = false;
    for (const Implication& rule : rules) {
      if (Holds(rule, chosen)) continue;
      changed = true;
      if (HoldsLater(rule, chosen)) return nullptr;
      const ChainVersion& asked = rule.conclusion;
      if (!Advance(asked, chosen[asked.chain])) return &rule;
    }
  }
  return nullptr;
}

// Whether all rules hold if a version is raised with which this one says
// nothing.
bool SettledRules::HoldsLater(const Implication& rule, Versions& chosen) const {
  std::vector<ChainVersion> ways;
  if (rule.hidden_by != Implication::kNeverHidden) {
    ways.push_back({rule.premise.chain, rule.hidden_by});
  }
  for (const auto& [chain, verdict] : verdicts_) {
    if (!rule.moved || verdict.file != rule.moved) continue;
    for (const uint32_t version : verdict.old_versions) {
      ways.push_back({chain, version});
    }
  }
  for (const ChainVersion& way : ways) {
    Versions later = chosen;
    if (At(later, way.chain) >= way.version) continue;
    if (Advance(way, later[way.chain]) && Raise(later) == nullptr) {
      chosen = std::move(later);
      return true;
    }
  }
  return false;
}

bool SettledRules::Holds(const Implication& rule, Versions& chosen) const {
  return IsReported(rule.premise.chain) || IsReported(rule.conclusion.chain) ||
         !rule.BindsAt(At(chosen, rule.premise.chain)) ||
         At(chosen, rule.conclusion.chain) >= rule.conclusion.version ||
         IsFoundOld(rule, chosen);
}

// Whether the file that the premise of the rule moved is found at a name that
// it led to before.
bool SettledRules::IsFoundOld(const Implication& rule, Versions& chosen) const {
  if (!rule.moved) return false;
  return std::ranges::any_of(verdicts_, [&](const auto& entry) {
    const auto& [chain, verdict] = entry;
    return verdict.file == rule.moved &&
           std::ranges::binary_search(verdict.old_versions, At(chosen, chain));
  });
}

uint32_t SettledRules::At(Versions& chosen, ChainId id) const {
  const auto known = chosen.find(id);
  if (known != chosen.end()) return known->second;
  const auto verdict = verdicts_.find(id);
  // An object that was not looked at, such as the times of a file that is
  // not there, may be at any version.
  const uint32_t least =
      verdict == verdicts_.end() || verdict->second.versions.empty()
          ? s_.chains[id].floor(kind_).version
          : verdict->second.versions.front();
  chosen.emplace(id, least);
  return least;
}

bool SettledRules::IsReported(ChainId id) const {
  const auto verdict = verdicts_.find(id);
  return verdict != verdicts_.end() && verdict->second.reported;
}

// Raises the choice to the first version from `least.version` on that
// explains what was observed. Returns false if there is none.
bool SettledRules::Advance(ChainVersion least, uint32_t& chosen) const {
  const auto verdict = verdicts_.find(least.chain);
  if (verdict == verdicts_.end()) {
    chosen = least.version;
    return true;
  }
  const auto& versions = verdict->second.versions;
  const auto next =
      std::lower_bound(versions.begin(), versions.end(), least.version);
  if (next == versions.end()) return false;
  chosen = *next;
  return true;
}

}  // namespace powercut
