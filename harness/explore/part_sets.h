// PartSets: sets of independent parts (model/files/independent_parts.h) as
// numbers, so that a state of a decision tree can name one with four bytes.

#ifndef POWERCUT_HARNESS_EXPLORE_PART_SETS_H_
#define POWERCUT_HARNESS_EXPLORE_PART_SETS_H_

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

namespace powercut {

// The number of a set in its PartSets.
using PartSetId = uint32_t;
inline constexpr PartSetId kAllParts = 0;
inline constexpr PartSetId kNoParts = 1;

// Not thread-safe.
class PartSets {
 public:
  // The parts are the numbers from 1 to `count`. If `count` is 0, the only sets
  // are kAllParts and kNoParts.
  explicit PartSets(uint32_t count);

  // The set of these parts. Requires: they ascend, and lie within 1 to `count`;
  // kNoParts if there are none.
  PartSetId Of(std::span<const uint32_t> parts);
  // What is in both sets, and what is in `a` and not in `b`.
  // Cost: O(parts) when two sets meet for the first time, then O(1).
  PartSetId Common(PartSetId a, PartSetId b);
  PartSetId Without(PartSetId a, PartSetId b);

 private:
  std::vector<std::vector<uint32_t>> sets_;
  std::map<std::vector<uint32_t>, PartSetId, std::less<>> ids_;
  // By the two sets, the first one in the upper half.
  std::unordered_map<uint64_t, PartSetId> common_;
  std::unordered_map<uint64_t, PartSetId> without_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_PART_SETS_H_
