// Random workloads over every primitive of files and of the raw disk, each op
// with the result it must have.

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
  // Ops of `init`, before the crash can come, and of `run`.
  size_t init_ops = 3;
  size_t run_ops = 5;
  // Different names of files, from 1 to 4.
  size_t files = 2;
  // Of 100 ops of `run`, how many flush something.
  unsigned flush_percent = 35;
  // How many effects `run` has at most: of each op the atoms it writes, and
  // sizes, times and names it changes, counted without partial extension.
  size_t effects_max = 10;
  // Flushes that the storage fails, with EIO.
  bool failed_flushes = false;
  // Ops that must be refused, such as a write by a read-only handle.
  bool refused_ops = true;
  bool overlap = true;
  bool directories = true;
  bool views = true;
  bool handles = true;
  bool disk = true;  // raw sectors
  // Ops for which the rules can be read in more than one way: replacing a file
  // by itself; which of two errors a flush returns; under
  // `stale_set_end_of_file` ends of file set within an atom; valid data set
  // from within an atom.
  bool disputed_ops = false;
  // Of 100 ops of `run`, `focus_percent` are of these kinds; empty: no such
  // preference.
  std::vector<OpKind> focus;
  unsigned focus_percent = 50;
};

// The same choices, knobs and profile give the same workload. Its ops are those
// that Model::Plan() of this profile says succeed, or expect the error it
// names; ops that fail by the storage expect EIO. It prints as text that parses
// back to it (fuzz/draw/workload_text.h).
Workload RandomWorkload(Chooser& chooser, const RandomWorkloadKnobs& knobs,
                        const Profile& profile);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_RANDOM_WORKLOAD_H_
