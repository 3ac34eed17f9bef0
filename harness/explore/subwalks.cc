// The place of a request is the sequence of the contents of its settled blocks.
// A place is named by a hash that is carried on from content to content, so
// that the hashes of the places above it fall out on the way.
//
// Example: the requests [A old], [A new, B old] and [A old, C old] have two
// groups. The first and the third one are together, since the place [A old] is
// above [A old, C old].

#include "harness/explore/subwalks.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/base/bytes.h"
#include "harness/disk/content_hash.h"

namespace powercut {
namespace {

using Places = std::unordered_set<Hash128, Hash128Hasher>;

// The places above the request from the top, and its own as the last one.
std::vector<Hash128> PlacesOf(const StateRequest& request,
                              BlockContents& contents,
                              const ContextOf& context_of) {
  const uint64_t context = context_of ? context_of(request.state) : 0;
  Hash128 place{context, 0};
  std::vector<Hash128> places = {place};
  for (const SettledSlot& settled : request.settled.slots()) {
    const std::array<uint64_t, 3> words = {
        place.low, place.high,
        uint64_t{contents.In(request.state, settled.slot)} + 1};
    // Words that are all zero would have no hash, hence the 1 above.
    place = HashBytes(std::as_bytes(std::span(words)), 0);
    places.push_back(place);
  }
  return places;
}

}  // namespace

std::vector<RequestGroup> GroupsApart(std::vector<StateRequest> requests,
                                      BlockContents& contents,
                                      const ContextOf& context_of) {
  Places own;
  for (const StateRequest& request : requests) {
    own.insert(PlacesOf(request, contents, context_of).back());
  }
  std::vector<RequestGroup> groups;
  std::unordered_map<Hash128, size_t, Hash128Hasher> group_of;
  for (StateRequest& request : requests) {
    const std::vector<Hash128> places = PlacesOf(request, contents, context_of);
    const Hash128 top = *std::find_if(
        places.begin(), places.end(),
        [&](const Hash128& place) { return own.contains(place); });
    const auto [at, added] = group_of.try_emplace(top, groups.size());
    if (added) groups.emplace_back();
    RequestGroup& group = groups[at->second];
    const bool is_top = top == places.back();
    (is_top ? group.tops : group.others).push_back(std::move(request));
  }
  return groups;
}

std::vector<Subwalk> DealGroups(std::vector<RequestGroup> groups, size_t most) {
  std::vector<size_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(groups[b].size(), a) < std::pair(groups[a].size(), b);
  });
  std::vector<Subwalk> subwalks(std::min(most, groups.size()));
  for (const size_t at : order) {
    Subwalk& least = *std::min_element(
        subwalks.begin(), subwalks.end(),
        [](const Subwalk& a, const Subwalk& b) { return a.size() < b.size(); });
    for (auto* requests : {&groups[at].tops, &groups[at].others}) {
      std::move(requests->begin(), requests->end(), std::back_inserter(least));
    }
  }
  return subwalks;
}

}  // namespace powercut
