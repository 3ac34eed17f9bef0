// RandomWorkload draws workloads over every primitive of files and of the raw
// disk, each op with the result that it must have.

#ifndef POWERCUT_FUZZ_DRAW_RANDOM_WORKLOAD_H_
#define POWERCUT_FUZZ_DRAW_RANDOM_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz/draw/chooser.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

struct RandomWorkloadKnobs {
  // How many ops `init` has, in which nothing crashes, and how many `run` has.
  size_t init_ops = 3;
  size_t run_ops = 5;
  // How many different names of files in the root there are, from 1 to 4.
  size_t files = 2;
  // How many of 100 ops of `run` flush something.
  unsigned flush_percent = 35;
  // How many effects `run` has at most. The effects of an op are the atoms that
  // it writes and the sizes, times and names that it changes, counted without
  // partial extension.
  size_t effects_max = 10;
  // Whether there are flushes that the storage fails with EIO.
  bool failed_flushes = false;
  // Whether ops are drawn that must be refused, such as a write through a
  // read-only handle.
  bool refused_ops = true;
  // Whether an op may be under way beside others.
  bool overlap = true;
  // Whether there are ops on directories, views and handles.
  bool directories = true;
  bool views = true;
  bool handles = true;
  // Whether there are ops on raw sectors.
  bool disk = true;
  // Whether ops are drawn for which the rules can be read in more than one way:
  // replacing a file by itself; flushes for which two errors apply; under
  // `stale_set_end_of_file`, an end of file that is set within an atom; valid
  // data that is set from within an atom.
  bool disputed_ops = false;
  // Kinds of which `focus_percent` of 100 ops of `run` are. Empty if no kinds
  // are preferred.
  std::vector<OpKind> focus;
  unsigned focus_percent = 50;
};

// Returns a workload in which each op expects what Model::Plan() says under
// this profile: that it succeeds, or the error that it returns. Ops that the
// storage is to fail expect EIO. There may be fewer ops than the knobs say. The
// same choices, knobs and profile give the same workload. It prints as text
// that parses back to it (fuzz/draw/workload_text.h).
Workload RandomWorkload(Chooser& chooser, const RandomWorkloadKnobs& knobs,
                        const Profile& profile);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_RANDOM_WORKLOAD_H_
