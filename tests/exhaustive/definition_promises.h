// The definition, second part: which effects must survive. When an op returns,
// the rules of flushing are applied to the flat list of effects.

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
  // Requires: all arguments outlive this object.
  Promises(const PromiseTable& table, const Profile& profile, Effects& effects)
      : table_(table), profile_(profile), effects_(effects) {}

  // Notes that an op was called. Its effects are those from `first` on.
  // Requires: the op is not refused.
  void Begin(const Op& op, Index first);
  // Notes that the op returned, with success if `ok`.
  // Requires: Begin() was called for the op.
  void End(const Op& op, bool ok);
  // Promises everything that returned with success.
  void EndInit();

 private:
  // What one primitive covers, as fixed when it was called.
  struct Call {
    Coverage row;
    std::set<Index> carried;  // The stores that are handed to the host.
    std::set<Index> device;   // The effects that are carried to the device.
  };
  struct OpRun {
    std::set<Index> own;
    std::vector<Call> calls;
    std::set<Index> at_device;  // What was at the device at the call.
    std::set<uint32_t> before;  // The ops that had returned at the call.
  };

  Call CallOf(const Op& op, Primitive id, const std::set<Index>& own) const;
  bool Covers(const Op& op, const Coverage& row, Index index,
              const std::set<Index>& own, const std::set<Index>& names) const;
  Index IndexOf(const Effect& effect) const;
  void AddSpaceOfStores(Call& call) const;
  std::vector<Primitive> PrimitivesOf(const Op& op) const;
  Reach ReachOf(const Effect& effect, const Coverage& row) const;
  bool InScope(const Op& op, const Coverage& row, const Effect& effect,
               const std::set<Index>& names) const;
  bool InRange(const Op& op, const Effect& effect) const;
  bool InView(const Op& op, const Effect& effect) const;
  std::set<Index> NamesFor(const Op& op, const Coverage& row) const;
  std::set<Index> NamesOf(Index file) const;
  std::set<Index> NamesAbove(Index directory, bool as_they_are) const;
  Index MadeBy(Index made) const;
  std::set<Index> RemovalsOf(Index file) const;
  bool Placed(Index effect) const;
  bool Coverable(const Effect& effect) const {
    return effect.returned && !effect.tainted;
  }

  void NoteSync(const Op& op, const Call& call);
  void LogChanges();
  void Commit(const std::set<uint32_t>& ops);
  void Keep(const Call& call, const OpRun& op_run);
  void KeepName(Index kept, Scope scope);
  void Taint(Index newest);
  void Raise(Index effect, CrashKind upto);

  const PromiseTable& table_;
  const Profile& profile_;
  Effects& effects_;
  std::map<uint32_t, OpRun> op_runs_;  // By the number of the op.
  std::set<uint32_t> over_;            // The ops that returned.
  // Under metadata_committed, by op: the file that it syncs.
  std::map<uint32_t, Index> syncs_;
};

}  // namespace powercut::definition

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_PROMISES_H_
