// ExplorationSpace: which part of the crash space is explored, as `space` and
// `--space` name it: `prefix`, `epoch:K`, `sample:N` or `exhaustive`, each
// optionally with `+torn:T` (docs/crash_model.md 5, Spaces).

#ifndef POWERCUT_HARNESS_SPACE_EXPLORATION_SPACE_H_
#define POWERCUT_HARNESS_SPACE_EXPLORATION_SPACE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace powercut {

struct ExplorationSpace {
  enum Mode : uint8_t {
    kPrefix,      // Every block at its newest version.
    kEpoch,       // At most `count` items away from newest, or from the floor.
    kSample,      // `count` random states at each crash point.
    kExhaustive,  // All states.
    // No space was named: exhaustive if the space is small enough, and epoch:1
    // otherwise (BackendTraits::default_exhaustive_log2_max).
    kDefault,
  };

  Mode mode = kEpoch;
  // K or N; 0 for the other modes.
  uint32_t count = 1;
  // T, the most blocks of a state that are torn at a sector.
  uint32_t torn = 0;

  bool operator==(const ExplorationSpace&) const = default;
};

// The space that a text names.
// Errors: kUsage, with the forms that exist.
Result<ExplorationSpace> ParseExplorationSpace(std::string_view text);

// The text that names a space, or `default` for kDefault, which is no text that
// ParseExplorationSpace() takes.
std::string ExplorationSpaceText(const ExplorationSpace& spec);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_EXPLORATION_SPACE_H_
