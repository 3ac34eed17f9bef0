// RecoveryCounts: how many recoveries an exploration ran, by what they were
// for.

#ifndef POWERCUT_HARNESS_EXPLORE_RECOVERY_COUNTS_H_
#define POWERCUT_HARNESS_EXPLORE_RECOVERY_COUNTS_H_

#include <cstdint>

namespace powercut {

// These numbers do not depend on the number of workers. Not counted is what
// runs once more because a worker died, since a worker may be killed from
// outside. Runs that a journal held count as if they were made.
struct RecoveryCounts {
  // Recoveries that no earlier one decides.
  uint64_t needed = 0;
  // Recoveries that turned out to read the same as an earlier one: they ran
  // before that one was known, or the earlier one was forgotten, or another
  // part of a walk had made it (harness/explore/subwalks.h).
  uint64_t repeated = 0;
  // The first state of each batch once more, at the end of the batch.
  uint64_t canaries = 0;
  // Cached answers that were run for real, too.
  uint64_t doublechecks = 0;
  // The shown state of each cause, alone in a fresh process, twice.
  uint64_t confirmations = 0;

  uint64_t all() const {
    return needed + repeated + canaries + doublechecks + confirmations;
  }

  RecoveryCounts& operator+=(const RecoveryCounts& more) {
    needed += more.needed;
    repeated += more.repeated;
    canaries += more.canaries;
    doublechecks += more.doublechecks;
    confirmations += more.confirmations;
    return *this;
  }

  bool operator==(const RecoveryCounts&) const = default;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_RECOVERY_COUNTS_H_
