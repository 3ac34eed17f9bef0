// The definition, second part: which effects must survive. At every return of
// an op, the rules of flushing applied to the flat list of effects.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_PROMISES_H_
#define POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_PROMISES_H_

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "model/table/primitives.h"
#include "model/table/profile.h"
#include "model/words/workload.h"
#include "tests/exhaustive/definition_effects.h"

namespace powercut::definition {

class Promises {
 public:
  // All must outlive this object.
  Promises(const PromiseTable& table, const Profile& profile, Effects& effects)
      : table_(table), profile_(profile), effects_(effects) {}

  // An op was called, and is not refused; its effects are those from `first`.
  void Begin(const Op& op, Index first);
  // It returned.
  void End(const Op& op, bool ok);
  // Everything that returned with success is promised.
  void EndInit();

 private:
  // What one primitive will cover, as known when it was called.
  struct Call {
    Coverage row;
    std::set<Index> carried;  // stores, to the host
    std::set<Index> device;   // whatever reaches the device
  };
  struct OpRun {
    std::set<Index> own;
    std::vector<Call> calls;
    std::set<Index> at_device;  // whatever was, when it was called
  };

  Call CallOf(const Op& op, Primitive id, const std::set<Index>& own) const;
  void AddSpaceOfStores(Call& call) const;
  std::vector<Primitive> PrimitivesOf(const Op& op) const;
  Reach ReachOf(const Effect& effect, const Coverage& row) const;
  bool InScope(const Op& op, const Coverage& row, const Effect& effect,
               const std::set<Index>& names) const;
  bool InRange(const Op& op, const Effect& effect) const;
  bool InView(const Op& op, const Effect& effect) const;
  std::set<Index> NamesOf(Index file) const;
  bool Placed(Index effect) const;
  bool Coverable(const Effect& effect) const {
    return effect.returned && !effect.tainted;
  }

  void Keep(const Call& call, const OpRun& op_run);
  void Raise(Index effect, CrashKind upto);

  const PromiseTable& table_;
  const Profile& profile_;
  Effects& effects_;
  std::map<uint32_t, OpRun> op_runs_;  // by op
};

}  // namespace powercut::definition

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_PROMISES_H_
