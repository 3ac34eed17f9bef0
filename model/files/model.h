// Model: the reference for what a crash may leave of files.
//
// The model is fed the ops of a workload in the order in which they begin and
// return. It never sees the trace, the disk or the backend. At any moment it
// can judge an observation that was made after a crash at that moment.
//
// How it works. Everything an op can change is an *object* with a chain of
// versions in the order of their issue: each name of each directory (which file
// the name leads to), each file's shape (size, map, valid length), each atom
// (512 bytes) of each file's data, each file's times, each raw sector. A crash
// leaves each object at one of its versions. What an op promises when it
// returns is a row of one table (model/table/primitives.h). The row raises the
// *floor* of the objects that it covers: the oldest version that may still be
// found. An op that began may be found in part or in whole.
//
// Objects that belong together, such as the two names of a rename or the
// effects in a journal, are tied by rules of one form: if object X is found at
// version x or later, then object Y is found at version y or later. An
// observation is admissible if versions can be chosen that show what was
// observed, respect the floors and obey the rules. Since all rules have that
// form, it is enough to start from the oldest choice that shows what was
// observed and to raise what the rules demand: this finds a choice whenever
// there is one.
//
// Source: docs/semantics.md 2.2 to 2.5 (objects, promises, rules of order, what
// may be found). model/README.md lists the rules R-... with the function that
// holds each.

#ifndef POWERCUT_MODEL_FILES_MODEL_H_
#define POWERCUT_MODEL_FILES_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/crash_kind.h"
#include "model/table/primitives.h"
#include "model/table/profile.h"
#include "model/words/observation.h"
#include "model/words/violation.h"
#include "model/words/workload.h"

namespace powercut {

// What an op does if it is called now.
struct OpPlan {
  // The errno or STATUS_ name with which the op must fail. Empty if nothing in
  // the model makes it fail.
  std::string error;
  // Where a write, append, store or raw request goes: in the file, or on the
  // device.
  uint64_t offset_bytes = 0;
  // The bytes that the op writes. Empty for ops that bring no bytes, such as a
  // discard.
  std::string content;
};

class Model {
 public:
  // The model begins before the first op of `init`, with an empty tree.
  // Requires: `workload` and `profile` outlive this object and its copies.
  Model(const Workload& workload, const Profile& profile);
  // Judges by `promises` in place of the profile's own table, for tests that
  // change the table.
  Model(const Workload& workload, const Profile& profile,
        const PromiseTable& promises);
  // The copy and `other` do not affect each other.
  // Cost: O(all versions so far).
  Model(const Model& other);
  Model& operator=(const Model&) = delete;
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  // What the op would do now. Every op that began counts as done.
  OpPlan Plan(const Op& op) const;

  // Notes that the op with this number was called. What the op changes may be
  // found from now on.
  // Requires: ops begin in ascending order of their numbers, each once.
  void Begin(uint32_t number);

  // Notes that the op with this number returned, with success if `ok`. Success
  // raises floors: the op's own effects survive the process from now on, and a
  // flush promises what it covers of the effects that had returned before the
  // flush began. Returns whether anything was promised for power loss that was
  // not promised before.
  // The changes of a failed op may be found or not, for ever. What a failed
  // flush would have covered is covered by a later flush only if it was written
  // again, unless the profile has failed_flush_keeps_dirty.
  // An op that was begun by `start` ends just before its `wait` ends.
  // Requires: the op began and has not returned.
  bool End(uint32_t number, bool ok);

  // Notes the implicit sync at the end of `init`: everything so far is promised
  // for every kind of crash, except stores that no view flush carried and what
  // a failed flush left in doubt.
  // Requires: called once, before the first op of `run` begins.
  void EndInit();

  // Judges what was found after a crash of this kind at this moment. Returns
  // the violations in the order of their paths; empty if the observation is
  // admissible. If the observation can be read in several ways and none is
  // admissible, the reading with the fewest violations is returned.
  // Cost: O(names + observed bytes times the versions above their floors + open
  // rules times the rounds that settle them) for each reading. There is seldom
  // more than one reading; at most 1,024 are tried.
  std::vector<Violation> Check(const Observation& observation,
                               CrashKind kind) const;

  // Makes a violation of the whole volume at this moment: recovery died, hung,
  // or could not be completed. `found` says in words what happened.
  Violation VolumeViolation(ViolationKind kind, CrashKind crash,
                            const std::string& found) const;

  // Compares an observation that was made without any crash with the tree in
  // which every op that returned with success is done. Returns an empty string
  // if they agree, otherwise one line that says what differs. Changes of an op
  // that failed or has not returned may be there or not, as long as no later op
  // that succeeded changed the same object.
  // Cost: that of a copy and of Check().
  std::string CompareLive(const Observation& observation) const;

  // The state is for the parts of the model alone (model/files/model_state.h).
  struct State;
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_MODEL_H_
