// Model: the reference of what a crash may leave of files.
//
// It is fed the ops of a workload in the order in which they began and
// returned, and never sees the trace, the disk or the backend. At any moment
// it can judge an observation made after a crash at that moment.
//
// How it works. Everything an op can change is an *object* with a chain of
// versions in the order of their issue: each name of each directory (which file
// it leads to), each file's shape (size, map, valid length), each atom (512
// bytes) of each file's data, each file's times, each raw sector. A crash
// leaves each object at one of its versions. What an op promises when it
// returns is a row of one table (model/table/primitives.h); it raises the
// *floor* of the objects it covers: the oldest version that may still be found.
// An op that began may be found in part or in whole. What ties objects
// together, such as the two names of a rename or the order of a journal, is a
// rule of the form "if this object is at least at that version, then that one
// is at least at this", and an observation is admissible if versions can be
// chosen that show what was observed, respect the floors and obey the rules.
// Since all rules have that form, starting from the oldest possible choice and
// raising what the rules demand finds such a choice whenever there is one.
//
// Source: research/semantics.md sections 2.2 to 2.5 (effects, MUST and MAY,
// persist order). Rule numbers R-... are
// listed in model/README.md.

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
  // Why it must fail, as an errno name; empty if it must not.
  std::string error;
  // Where a write or append goes, and what it writes.
  uint64_t offset_bytes = 0;
  std::string content;
};

class Model {
 public:
  // `workload` and `profile` must outlive this object. Begins before the first
  // op of `init`, with an empty tree.
  Model(const Workload& workload, const Profile& profile);
  // Goes by another table than the profile's own: for tests that change it.
  Model(const Workload& workload, const Profile& profile,
        const PromiseTable& promises);
  Model(const Model& other);
  Model& operator=(const Model&) = delete;
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  // What the op would do now, all that began taken as done.
  OpPlan Plan(const Op& op) const;

  // The op with this number was called. What it changes may be found from now
  // on.
  // Requires: ops begin in order of number, each once.
  void Begin(uint32_t number);

  // It returned; `ok`: with success. A flush raises floors: of what had
  // returned before it began. Returns whether it promised anything for power
  // loss that was not promised before.
  // A failed op's changes may or may not be found, for ever; what a failed
  // flush would have covered is not covered by a later one unless it is written
  // again (failed_flush_keeps_dirty).
  // An op that was begun by `start` ends when its `wait` does, before it.
  // Requires: it began and did not yet return.
  bool End(uint32_t number, bool ok);

  // The sync behind `init`: everything so far is promised.
  void EndInit();

  // Judges what was found after a crash of this kind at this moment. Sorted by
  // path; empty if it is admissible.
  // Cost: O(entries, plus atoms of the files observed).
  std::vector<Violation> Check(const Observation& observation,
                               CrashKind kind) const;

  // A violation of the whole volume at this moment: recovery died, hung, or did
  // not come to anything.
  Violation VolumeViolation(ViolationKind kind, CrashKind crash,
                            const std::string& found) const;

  // Whether the tree with everything done is exactly what was observed, with no
  // crash at all; else a line that says what differs. What a failed op changed,
  // last of all, may be there or not.
  std::string CompareLive(const Observation& observation) const;

  // Internal to the model: model/files/model_state.h.
  struct State;
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_MODEL_H_
