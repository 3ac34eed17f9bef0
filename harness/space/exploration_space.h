// ExplorationSpace: which part of the crash space to explore, as written after
// `space` or `--space`: `prefix`, `epoch:K`, `sample:N`, `exhaustive`, each
// optionally with `+torn:T`.

#ifndef POWERCUT_HARNESS_SPACE_EXPLORATION_SPACE_H_
#define POWERCUT_HARNESS_SPACE_EXPLORATION_SPACE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace powercut {

struct ExplorationSpace {
  enum Mode : uint8_t {
    kPrefix,      // every block at its newest version
    kEpoch,       // at most `count` items away from newest, or from the floor
    kSample,      // `count` random states at each crash point
    kExhaustive,  // all states
    kDefault,     // not said: exhaustive where that is cheap, else epoch:1
  };

  Mode mode = kEpoch;
  uint32_t count = 1;
  // Up to this many blocks of a state torn at a sector.
  uint32_t torn = 0;

  bool operator==(const ExplorationSpace&) const = default;
};

// Errors: kUsage, with the forms that exist.
Result<ExplorationSpace> ParseExplorationSpace(std::string_view text);

std::string ExplorationSpaceText(const ExplorationSpace& spec);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_EXPLORATION_SPACE_H_
