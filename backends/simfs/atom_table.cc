// Keeps runs sorted and as long as they can be: a run that is set is joined
// with the one before it and with the one after it if they continue each other.
//
// Example: a file that was written by two writes of 4096 bytes has the run
// {first 0, count 16, generation 1, sector 1032}. A new space for atom 3 makes
// {0, 3, 1, 1032}, {3, 1, 17, 1048} and {4, 12, 5, 1036} of it.

#include "backends/simfs/atom_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace powercut::simfs {
namespace {

bool IsPlain(const AtomMap& atom) {
  return atom.size() == 1 && atom[0].cut == 512 && atom[0].zeroed.empty();
}

bool Continues(const AtomRun& run, const AtomRun& next) {
  const uint32_t sector = run.sector == 0 ? 0 : run.sector + run.count;
  return run.end() == next.first &&
         next.generation == run.generation + run.count && next.sector == sector;
}

// The part of a run from `first` to before `end`.
AtomRun Part(const AtomRun& run, uint64_t first, uint64_t end) {
  const auto skipped = static_cast<uint32_t>(first - run.first);
  return {first, static_cast<uint32_t>(end - first), run.generation + skipped,
          run.sector == 0 ? 0 : run.sector + skipped};
}

}  // namespace

GenerationLayer AtomRun::LayerOf(uint64_t index) const {
  const auto at = static_cast<uint32_t>(index - first);
  return {.generation = generation + at,
          .sector = sector == 0 ? 0 : sector + at};
}

AtomTable::Runs::const_iterator AtomTable::FirstRunEndingAfter(
    uint64_t index) const {
  return std::ranges::upper_bound(runs_, index, {}, &AtomRun::end);
}

AtomLayers AtomTable::Find(uint64_t index, GenerationLayer& plain) const {
  const auto run = FirstRunEndingAfter(index);
  if (run != runs_.end() && run->first <= index) {
    plain = run->LayerOf(index);
    return {&plain, 1};
  }
  const auto other = others_.find(index);
  return other == others_.end() ? AtomLayers() : AtomLayers(other->second);
}

AtomMap AtomTable::At(uint64_t index) const {
  GenerationLayer plain;
  const AtomLayers layers = Find(index, plain);
  return {layers.begin(), layers.end()};
}

bool AtomTable::Has(uint64_t index) const {
  const auto run = FirstRunEndingAfter(index);
  return (run != runs_.end() && run->first <= index) || others_.contains(index);
}

void AtomTable::Erase(uint64_t first, uint64_t end) {
  others_.erase(others_.lower_bound(first), others_.lower_bound(end));
  auto at = runs_.begin() + (FirstRunEndingAfter(first) - runs_.begin());
  if (at == runs_.end() || at->first >= end) return;
  const AtomRun head = *at;
  if (head.first < first) {
    *at = Part(head, head.first, first);
    ++at;
    if (head.end() > end) {
      runs_.insert(at, Part(head, end, head.end()));
      return;
    }
  }
  const auto kept =
      std::ranges::upper_bound(at, runs_.end(), end, {}, &AtomRun::end);
  if (kept != runs_.end() && kept->first < end) {
    *kept = Part(*kept, end, kept->end());
  }
  runs_.erase(at, kept);
}

void AtomTable::SetRun(const AtomRun& run) {
  if (run.count == 0) return;
  Erase(run.first, run.end());
  auto at = runs_.begin() + (FirstRunEndingAfter(run.first) - runs_.begin());
  if (at != runs_.begin() && Continues(*std::prev(at), run)) {
    --at;
    at->count += run.count;
  } else {
    at = runs_.insert(at, run);
  }
  const auto next = std::next(at);
  if (next == runs_.end() || !Continues(*at, *next)) return;
  at->count += next->count;
  runs_.erase(next);
}

void AtomTable::Set(uint64_t index, AtomMap layers) {
  if (IsPlain(layers)) {
    return SetRun({index, 1, layers[0].generation, layers[0].sector});
  }
  Erase(index, index + 1);
  if (!layers.empty()) others_[index] = std::move(layers);
}

void AtomTable::EraseFrom(uint64_t index) { Erase(index, ~uint64_t{0}); }

}  // namespace powercut::simfs
