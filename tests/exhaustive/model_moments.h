// What the random tests of the model share: a profile, and the moments of a
// workload.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_MODEL_MOMENTS_H_
#define POWERCUT_TESTS_EXHAUSTIVE_MODEL_MOMENTS_H_

#include <cstdint>
#include <map>

#include "fuzz/draw/chooser.h"
#include "model/files/model.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// A profile that exists, sometimes with some of its switches flipped.
inline Profile MixedProfile(Chooser& chooser) {
  Profile profile = Profiles()[chooser.Below(Profiles().size())];
  if (!chooser.OneIn(3)) return profile;
  for (const ProfileSwitch& s : ProfileSwitches()) {
    if (chooser.OneIn(4)) profile.*s.member = !(profile.*s.member);
  }
  profile.name = "mixed";
  return profile;
}

// Feeds the workload to the model, which is new, and calls `at` at each moment
// at which a crash may come: the end of `init`, and after each begin and each
// return in `run`.
template <class At>
void ForEachMoment(const Workload& workload, Model& model, const At& at) {
  // The op's number, by the N of `start N`.
  std::map<uint64_t, uint32_t> started;
  const auto step = [&](const Op& op, bool running) {
    model.Begin(op.number);
    if (running) at();
    const bool ok = op.expected.kind == ExpectedResult::kOk;
    if (op.kind == OpKind::kWait) {
      model.End(started.at(op.numbers.at(0)), true);
      started.erase(op.numbers.at(0));
    }
    if (op.start && ok) {
      started[*op.start] = op.number;
    } else {
      model.End(op.number, ok);
    }
    if (running) at();
  };
  for (const Op& op : workload.init) step(op, false);
  model.EndInit();
  at();
  for (const Op& op : workload.run) step(op, true);
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_MODEL_MOMENTS_H_
