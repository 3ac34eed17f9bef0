// Each set is kept once, as its parts in ascending order, and results of two
// sets are remembered. Explorations meet few different sets: nearly every block
// is read for one part or for all.

#include "harness/explore/part_sets.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

uint64_t PairOf(PartSetId a, PartSetId b) { return uint64_t{a} << 32 | b; }

}  // namespace

PartSets::PartSets(uint32_t count) : sets_(2) {
  sets_[kAllParts].resize(count);
  std::iota(sets_[kAllParts].begin(), sets_[kAllParts].end(), 1);
  ids_.emplace(sets_[kNoParts], kNoParts);
  if (count > 0) ids_.emplace(sets_[kAllParts], kAllParts);
}

PartSetId PartSets::Of(std::span<const uint32_t> parts) {
  std::vector<uint32_t> set(parts.begin(), parts.end());
  POWERCUT_CHECK(std::ranges::includes(sets_[kAllParts], set));
  const auto [at, added] =
      ids_.try_emplace(std::move(set), static_cast<PartSetId>(sets_.size()));
  if (added) sets_.push_back(at->first);
  return at->second;
}

PartSetId PartSets::Common(PartSetId a, PartSetId b) {
  if (a == b || b == kAllParts) return a;
  if (a == kAllParts) return b;
  const auto known = common_.find(PairOf(a, b));
  if (known != common_.end()) return known->second;
  std::vector<uint32_t> both;
  std::ranges::set_intersection(sets_[a], sets_[b], std::back_inserter(both));
  const PartSetId id = Of(both);
  common_.emplace(PairOf(a, b), id);
  return id;
}

PartSetId PartSets::Without(PartSetId a, PartSetId b) {
  if (a == b || b == kAllParts) return kNoParts;
  if (b == kNoParts) return a;
  const auto known = without_.find(PairOf(a, b));
  if (known != without_.end()) return known->second;
  std::vector<uint32_t> left;
  std::ranges::set_difference(sets_[a], sets_[b], std::back_inserter(left));
  const PartSetId id = Of(left);
  without_.emplace(PairOf(a, b), id);
  return id;
}

}  // namespace powercut
