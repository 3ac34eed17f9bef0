// RecoveriesToCrash: the recoveries of an exploration in which to crash again,
// kept until some of them are explored together.

#ifndef POWERCUT_HARNESS_EXPLORE_RECOVERIES_TO_CRASH_H_
#define POWERCUT_HARNESS_EXPLORE_RECOVERIES_TO_CRASH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "harness/explore/nested_crashes.h"

namespace powercut {

class RecoveriesToCrash {
 public:
  // Called with each nested state; `point_index` is that of the first crash.
  using Visit = std::function<void(uint32_t point_index,
                                   const NestedCrashes::Visited& visited)>;

  // All must outlive this object. With `options.depth` 0, no recovery is kept.
  RecoveriesToCrash(Backend& backend, const CrashSpace& space,
                    BlockContents& contents, NestedOptions options,
                    Visit visit);

  // Keeps the recovery of a state that was visited.
  void Add(const StateRequest& request, const StateOutcome& outcome);

  // Explores the kept recoveries: all of them, or only if there are many. False
  // if a bound ended it.
  bool CrashAll();
  bool CrashIfMany();

  // How many recoveries nested states took so far; runs() are those that were
  // needed.
  const RecoveryCounts& counts() const { return counts_; }
  uint64_t runs() const { return counts_.needed; }
  // NestedCrashes::contradiction() of all calls.
  const std::optional<NestedContradiction>& contradiction() const {
    return contradiction_;
  }

 private:
  Backend& backend_;
  const CrashSpace& space_;
  BlockContents& contents_;
  NestedOptions options_;
  Visit visit_;
  // With the index of the crash point.
  std::vector<std::pair<uint32_t, InterruptedRecovery>> kept_;
  // How many bytes the kept recoveries wrote; shared ones count each time.
  uint64_t kept_bytes_ = 0;
  RecoveryCounts counts_;
  std::optional<NestedContradiction> contradiction_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_RECOVERIES_TO_CRASH_H_
