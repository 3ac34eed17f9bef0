// Tests that an AtomTable holds what a plain map of atoms holds, in as few runs
// as there can be, whatever was set in whatever order.

#include "backends/simfs/atom_table.h"

#include <gtest/gtest.h>

#include <map>

#include "harness/base/prng.h"

namespace powercut::simfs {
namespace {

using PlainMap = std::map<uint64_t, AtomMap>;

PlainMap AtomsOf(const AtomTable& table, uint64_t first = 0) {
  PlainMap atoms;
  table.ForEach(
      [&](uint64_t index, AtomLayers layers) {
        atoms[index].assign(layers.begin(), layers.end());
        return true;
      },
      first);
  return atoms;
}

// The same atoms, set one by one in order.
AtomTable InOrder(const PlainMap& atoms) {
  AtomTable table;
  for (const auto& [index, layers] : atoms) table.Set(index, layers);
  return table;
}

AtomMap RandomLayers(uint64_t index, Prng& random) {
  // Often the layer that continues the atom before it.
  const auto place = static_cast<uint32_t>(index);
  const uint32_t sector = random.OneIn(4) ? 0 : 1000 + place;
  const GenerationId generation =
      random.OneIn(4) ? static_cast<GenerationId>(1 + random.Below(40))
                      : 100 + place;
  AtomMap layers{{.generation = generation, .sector = sector}};
  if (random.OneIn(6)) layers[0].cut = 100;
  if (random.OneIn(8)) layers[0].zeroed.push_back({.content = 7, .cut = 9});
  if (random.OneIn(8)) layers.push_back({.generation = 900, .sector = 0});
  return layers;
}

TEST(AtomTable, HoldsWhatAMapHolds) {
  constexpr uint64_t kAtoms = 24;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Prng random(seed);
    AtomTable table;
    PlainMap atoms;
    for (int step = 0; step < 60; ++step) {
      const uint64_t index = random.Below(kAtoms);
      switch (random.Below(8)) {
        case 0:
          table.EraseFrom(index);
          atoms.erase(atoms.lower_bound(index), atoms.end());
          break;
        case 1:
          table.Set(index, {});
          atoms.erase(index);
          break;
        case 2: {
          const auto place = static_cast<uint32_t>(index);
          const AtomRun run{index, static_cast<uint32_t>(random.Below(9)),
                            100 + place, random.OneIn(3) ? 0 : 1000 + place};
          table.SetRun(run);
          for (uint64_t at = run.first; at < run.end(); ++at) {
            atoms[at] = {run.LayerOf(at)};
          }
          break;
        }
        default:
          atoms[index] = RandomLayers(index, random);
          table.Set(index, atoms[index]);
      }
      ASSERT_EQ(AtomsOf(table), atoms) << "seed " << seed << " step " << step;
      ASSERT_EQ(table, InOrder(atoms)) << "seed " << seed << " step " << step;
      const uint64_t from = random.Below(kAtoms);
      ASSERT_EQ(AtomsOf(table, from),
                PlainMap(atoms.lower_bound(from), atoms.end()));
      for (uint64_t at = 0; at < kAtoms + 9; ++at) {
        const auto known = atoms.find(at);
        ASSERT_EQ(table.Has(at), known != atoms.end());
        ASSERT_EQ(table.At(at),
                  known == atoms.end() ? AtomMap() : known->second);
      }
    }
  }
}

TEST(AtomTable, AdjacentAtomsAreOneRun) {
  AtomTable table;
  for (const uint64_t index : {5u, 3u, 4u, 1u, 0u, 2u}) {
    const auto place = static_cast<uint32_t>(index);
    table.Set(index, {{.generation = 1 + place, .sector = 1032 + place}});
  }
  EXPECT_EQ(table.runs(), (std::vector<AtomRun>{{0, 6, 1, 1032}}));
  table.Set(3, {{.generation = 17, .sector = 1048}});
  EXPECT_EQ(table.runs(),
            (std::vector<AtomRun>{
                {0, 3, 1, 1032}, {3, 1, 17, 1048}, {4, 2, 5, 1036}}));
}

TEST(AtomTable, AWalkCanEndEarly) {
  AtomTable table;
  table.SetRun({2, 4, 1, 0});
  uint64_t visited = 0;
  table.ForEach([&](uint64_t, AtomLayers) { return ++visited < 2; });
  EXPECT_EQ(visited, 2u);
}

}  // namespace
}  // namespace powercut::simfs
