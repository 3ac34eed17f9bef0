// SettledRules: looks for one choice of versions that explains an observation
// and obeys the rules between versions.

#ifndef POWERCUT_MODEL_FILES_SETTLED_RULES_H_
#define POWERCUT_MODEL_FILES_SETTLED_RULES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/files/chain.h"
#include "model/files/model_state.h"

namespace powercut {

// What an observation says of a chain that was looked at.
struct ChainVerdict {
  // The versions that explain what was seen, ascending.
  std::vector<uint32_t> versions;
  // For a name: the file that was seen, and those of the versions that explain
  // it by what the name led to before (O-LEFT), ascending.
  std::optional<uint32_t> file;
  std::vector<uint32_t> old_versions;
  // Whether a violation was reported for the chain; it then binds no other.
  bool reported = false;
  // Where the object was looked for.
  std::string path;
};
using ChainVerdicts = std::map<ChainId, ChainVerdict>;

// The search starts with the oldest version of each chain that explains the
// observation, and raises a chain only when a rule demands it. A raised choice
// only ever demands more, so that if the search fails, no choice works.
class SettledRules {
 public:
  // Both must outlive this object. Between two calls of Raise() a verdict may
  // become reported, and nothing else of them may change.
  SettledRules(const Model::State& state, CrashKind kind,
               const ChainVerdicts& verdicts)
      : s_(state), kind_(kind), verdicts_(verdicts) {}

  // Raises the choice until all rules hold. Returns a rule that cannot be made
  // to hold, and `nullptr` if there is none.
  // Cost: each rule that may say nothing (Implication::hidden_by and moved),
  // and that does not hold at first, can double the work.
  const Implication* Raise() { return Raise(chosen_); }

  // The version of the chain that is chosen now.
  uint32_t ChosenOf(ChainId chain) { return At(chosen_, chain); }

 private:
  // By chain, the version that is taken to be there.
  using Versions = std::map<ChainId, uint32_t>;

  const Implication* Raise(Versions& chosen) const;
  bool Holds(const Implication& rule, Versions& chosen) const;
  bool HoldsLater(const Implication& rule, Versions& chosen) const;
  bool IsFoundOld(const Implication& rule, Versions& chosen) const;
  uint32_t At(Versions& chosen, ChainId chain) const;
  bool IsReported(ChainId chain) const;
  bool Advance(ChainVersion least, uint32_t& chosen) const;

  const Model::State& s_;
  CrashKind kind_;
  const ChainVerdicts& verdicts_;
  Versions chosen_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_SETTLED_RULES_H_
