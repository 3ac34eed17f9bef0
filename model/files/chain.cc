// Chains: versions are appended, floors rise, and implications carry a raised
// floor on to the chains they name. The implications stay in the order in which
// they were added, which is the order of issue, so that those already settled
// form a prefix that no later pass looks at again.

#include "model/files/chain.h"

#include "harness/base/check.h"

namespace powercut {

std::string_view OrderRuleName(OrderRule rule) {
  switch (rule) {
    case OrderRule::kRenameNeither:
      return "rename_leaves_neither";
    case OrderRule::kRenameBoth:
      return "rename_leaves_both";
    case OrderRule::kMetadata:
      return "metadata_ordered";
    case OrderRule::kCommit:
      return "metadata_committed";
    case OrderRule::kReplaceData:
      return "replace_brings_data";
    case OrderRule::kBarrier:
      return "barrier_fsync";
    case OrderRule::kPreflush:
      return "preflush";
  }
  return "";
}

ChainId Chains::Add(ChainKind kind, uint32_t op) {
  Chain& chain = chains_.emplace_back();
  chain.kind = kind;
  chain.versions.push_back({op, 0, false});
  return size() - 1;
}

ChainVersion Chains::Append(ChainId chain, uint32_t op, uint32_t view) {
  chains_[chain].versions.push_back({op, view, false});
  return {chain, chains_[chain].newest()};
}

void Chains::Imply(ChainVersion premise, ChainVersion conclusion,
                   OrderRule rule, std::optional<uint32_t> moved) {
  POWERCUT_CHECK(premise.chain < size() && conclusion.chain < size());
  // Every chain is at version 0 or later, so that such a rule would only cost.
  if (conclusion.version == 0) return;
  rules_.push_back(
      {premise, conclusion, rule, Implication::kNeverHidden, moved});
  chains_[premise.chain].ruled = true;
  chains_[conclusion.chain].ruled = true;
}

void Chains::Lift(ChainId conclusion, const std::set<ChainVersion>& premises) {
  size_t kept = 0;
  size_t settled = settled_;
  for (size_t i = 0; i < rules_.size(); ++i) {
    const Implication& rule = rules_[i];
    if (rule.conclusion.chain == conclusion &&
        premises.contains(rule.premise)) {
      lifted_.push_back(rule);
      if (i < settled_) --settled;
    } else {
      rules_[kept++] = rule;
    }
  }
  rules_.resize(kept);
  settled_ = settled;
}

void Chains::HideGroup(const std::set<ChainVersion>& premises, uint32_t by) {
  for (size_t i = settled_; i < rules_.size(); ++i) {
    Implication& rule = rules_[i];
    const bool group = rule.rule == OrderRule::kRenameNeither ||
                       rule.rule == OrderRule::kRenameBoth;
    if (group && premises.contains(rule.premise)) rule.hidden_by = by;
  }
}

bool Chains::Raise(ChainVersion to, CrashKind crash, uint32_t promised_by) {
  Chain& chain = chains_[to.chain];
  Floor& floor = chain.floor(crash);
  const bool higher = to.version > floor.version;
  if (!higher) {
    // The version that was there from the start could not get lost before, but
    // a violation should name the first flush that covered it.
    if (to.version == floor.version && !floor.promised_by) {
      floor.promised_by = promised_by;
    }
    return false;
  }
  if (crash == CrashKind::kPower) chain.earlier_floor = floor.version;
  floor = {to.version, promised_by};
  return true;
}

void Chains::CloseFloors(uint32_t promised_by, const std::set<uint32_t>& old) {
  for (const CrashKind crash : kCrashKinds) {
    for (bool changed = true; changed;) {
      changed = false;
      // The conclusion of a rule is older than its premise, except for the
      // source of a rename, which is appended after the target. One pass from
      // the last rule to the first is therefore nearly always enough.
      for (size_t i = rules_.size(); i-- > settled_;) {
        const Implication& rule = rules_[i];
        // The version that hides the rule may be found in any case.
        if (rule.hidden_by != Implication::kNeverHidden) continue;
        if (rule.moved && old.contains(*rule.moved)) continue;
        const Chain& premise = chains_[rule.premise.chain];
        if (premise.floor(crash).version < rule.premise.version) continue;
        changed = Raise(rule.conclusion, crash, promised_by) || changed;
      }
    }
  }
  // The prefix ends at the first rule that can still be broken. Settled rules
  // after it are looked at again, which costs time but changes nothing.
  while (settled_ < rules_.size()) {
    const ChainVersion& held = rules_[settled_].conclusion;
    const Chain& chain = chains_[held.chain];
    if (chain.floor(CrashKind::kPower).version < held.version) break;
    ++settled_;
  }
}

}  // namespace powercut
