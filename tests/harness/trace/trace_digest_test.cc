// Ids of states end in the digest of their recording, so that no two recordings
// that differ in anything but their marks may share one: the digests of traces
// that differ in one thing are compared, and each is the same however often the
// digest was asked for on the way.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/trace/trace.h"

namespace powercut {
namespace {

using Add = std::function<void(Trace&)>;

Add WriteOf(uint64_t first, uint64_t bytes, int content, Layer layer) {
  return [=](Trace& trace) {
    trace.AddWrite(first, Bytes(bytes, std::byte(content)), layer);
  };
}

Add PersistOf(Layer layer, std::vector<SectorRange> ranges,
              std::optional<EventNumber> upto = std::nullopt) {
  return [=](Trace& trace) {
    SectorSet scope;
    for (const SectorRange& range : ranges) scope.Add(range);
    trace.AddPersist(layer, ranges.empty() ? nullptr : &scope, upto);
  };
}

Add DiscardOf(uint64_t first, uint64_t count) {
  return [=](Trace& trace) { trace.AddDiscard({first, count}); };
}

struct Recipe {
  DiskGeometry geometry{.sector_bytes = 512, .sector_count = 1024};
  // By place: what the base holds there, in one byte.
  std::map<uint64_t, int> base = {{512, 7}, {8192, 9}};
  std::vector<Add> events = {WriteOf(3, 1024, 1, Layer::kHost),
                             PersistOf(Layer::kDevice, {{3, 2}}),
                             PersistOf(Layer::kMedia, {}), DiscardOf(3, 1)};

  Trace Made() const {
    Trace trace = Empty();
    for (const Add& add : events) add(trace);
    return trace;
  }

  Trace Empty() const {
    const auto image = std::make_shared<SparseImage>(geometry.size_bytes());
    for (const auto& [place, content] : base) {
      image->Write(place, Bytes(1, std::byte(content)));
    }
    return {geometry, image};
  }
};

TEST(TraceDigest, TellsApartWhatDiffersInOneThing) {
  std::vector<Recipe> recipes;
  const auto with = [&](const std::function<void(Recipe&)>& change) {
    change(recipes.emplace_back());
  };
  with([](Recipe&) {});
  with([](Recipe& r) { r.geometry.sector_count = 1032; });
  with([](Recipe& r) { r.geometry = {1024, 512}; });
  with([](Recipe& r) { r.base = {}; });
  with([](Recipe& r) { r.base = {{512, 7}}; });
  with([](Recipe& r) { r.base = {{512, 8}, {8192, 9}}; });
  with([](Recipe& r) { r.base = {{512, 7}, {12288, 9}}; });
  with([](Recipe& r) { r.base = {{513, 7}, {8192, 9}}; });
  for (const Add& write :
       {WriteOf(4, 1024, 1, Layer::kHost), WriteOf(3, 512, 1, Layer::kHost),
        WriteOf(3, 1024, 2, Layer::kHost), WriteOf(3, 1024, 1, Layer::kProcess),
        WriteOf(3, 1024, 1, Layer::kDevice)}) {
    with([&](Recipe& r) { r.events[0] = write; });
  }
  for (const Add& persist :
       {PersistOf(Layer::kHost, {{3, 2}}), PersistOf(Layer::kMedia, {{3, 2}}),
        PersistOf(Layer::kDevice, {}), PersistOf(Layer::kDevice, {{3, 1}}),
        PersistOf(Layer::kDevice, {{4, 2}}),
        PersistOf(Layer::kDevice, {{3, 2}}, 1),
        PersistOf(Layer::kDevice, {{3, 2}, {8, 1}}),
        PersistOf(Layer::kDevice, {{3, 1}, {8, 2}}),
        PersistOf(Layer::kDevice, {{3, 1}, {9, 2}})}) {
    with([&](Recipe& r) { r.events[1] = persist; });
  }
  for (const Add& discard :
       {DiscardOf(4, 1), DiscardOf(3, 2), WriteOf(3, 512, 0, Layer::kDevice)}) {
    with([&](Recipe& r) { r.events[3] = discard; });
  }
  with([](Recipe& r) { std::swap(r.events[1], r.events[2]); });
  with([](Recipe& r) { r.events.pop_back(); });
  with([](Recipe& r) { r.events.push_back(DiscardOf(3, 1)); });
  for (const DiskGeometry& geometry :
       {DiskGeometry{512, 64}, DiskGeometry{512, 128}, DiskGeometry{1024, 64},
        DiskGeometry{1024, 128}}) {
    with([&](Recipe& r) { r = {geometry, {}, {}}; });
  }
  std::map<uint32_t, size_t> digests;
  for (size_t i = 0; i < recipes.size(); ++i) {
    const auto [known, added] = digests.emplace(recipes[i].Made().Digest(), i);
    EXPECT_TRUE(added) << "recipes " << known->second << " and " << i;
  }
}

// Asking for the digest of a trace that grows changes nothing.
TEST(TraceDigest, IsThatOfTheEventsSoFar) {
  const Recipe recipe;
  Trace grown = recipe.Empty();
  Recipe prefix = recipe;
  prefix.events.clear();
  EXPECT_EQ(grown.Digest(), prefix.Made().Digest());
  for (const Add& add : recipe.events) {
    add(grown);
    prefix.events.push_back(add);
    EXPECT_EQ(grown.Digest(), prefix.Made().Digest()) << prefix.events.size();
  }
}

TEST(TraceDigest, ZerosThatWereWrittenAreNoDifference) {
  Recipe recipe;
  const uint32_t digest = recipe.Made().Digest();
  recipe.base[65536] = 0;
  EXPECT_EQ(recipe.Made().Digest(), digest);
}

}  // namespace
}  // namespace powercut
