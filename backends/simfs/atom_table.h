// AtomTable: which space the atoms of a file have. Atoms that lie side by side
// take the memory of one, so that a table that is copied for each version of a
// file does not grow with the file.

#ifndef POWERCUT_BACKENDS_SIMFS_ATOM_TABLE_H_
#define POWERCUT_BACKENDS_SIMFS_ATOM_TABLE_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace powercut::simfs {

// Names a generation: the bytes of one atom of one file in one space. 0 is
// none.
using GenerationId = uint32_t;

// Contents that a truncation replaced with zeros. Where a crash leaves the old
// contents, only their first `cut` bytes show.
struct ZeroedOver {
  // Not 0 if the zeros went into a record as this version of the generation:
  // all older records of the generation, and whatever its sector holds, are
  // cut. 0 if the zeros went into the sector: the sector is cut as long as it
  // holds `content`, which is a ContentOf().
  uint32_t before_version = 0;
  uint64_t content = 0;
  uint16_t cut = 0;

  bool operator==(const ZeroedOver&) const = default;
};

// One generation as a shape shows it.
struct GenerationLayer {
  GenerationId generation = 0;
  // The sector that holds the bytes in place; 0 if they are in records alone.
  uint32_t sector = 0;
  // How many bytes show; zeros follow them.
  uint16_t cut = 512;
  std::vector<ZeroedOver> zeroed = {};

  bool operator==(const GenerationLayer&) const = default;
};

// The layers of one atom, the oldest first. The newest layer shows. If that one
// is in records alone and no record is there, the layer below it shows, as far
// as both cuts allow.
using AtomMap = std::vector<GenerationLayer>;
using AtomLayers = std::span<const GenerationLayer>;

// Adjacent plain atoms, which have one layer each and nothing cut. Their
// generations follow one another, and so do their sectors, unless all are in
// records alone.
struct AtomRun {
  uint64_t first = 0;
  uint32_t count = 0;
  GenerationId generation = 0;
  uint32_t sector = 0;

  uint64_t end() const { return first + count; }
  // The layer of an atom of the run.
  GenerationLayer LayerOf(uint64_t index) const;

  bool operator==(const AtomRun&) const = default;
};

// Equal atoms make equal tables.
class AtomTable {
 public:
  // The layers of an atom; none if it has no space. `plain` is used for what is
  // returned, which is valid as long as it and until the table changes.
  // O(log(runs)).
  AtomLayers Find(uint64_t index, GenerationLayer& plain) const;
  AtomMap At(uint64_t index) const;
  bool Has(uint64_t index) const;

  // Gives an atom these layers, or takes its space away if there are none.
  // O(runs), and O(1) at the end of the file.
  void Set(uint64_t index, AtomMap layers);
  // Gives all atoms of a run their space. Requires: run.end() does not
  // overflow.
  void SetRun(const AtomRun& run);
  // Takes away the space of all atoms from this one on.
  void EraseFrom(uint64_t index);

  // Calls `visit(index, layers)` for each atom that has space, from `first` on,
  // in order, until it returns false.
  template <class Visit>
  void ForEach(Visit visit, uint64_t first = 0) const {
    auto run = FirstRunEndingAfter(first);
    auto other = others_.lower_bound(first);
    while (run != runs_.end() || other != others_.end()) {
      const bool is_run = other == others_.end() ||
                          (run != runs_.end() && run->first < other->first);
      if (!is_run) {
        if (!visit(other->first, AtomLayers(other->second))) return;
        ++other;
        continue;
      }
      for (uint64_t at = run->first < first ? first : run->first;
           at < run->end(); ++at) {
        const GenerationLayer layer = run->LayerOf(at);
        if (!visit(at, AtomLayers(&layer, 1))) return;
      }
      ++run;
    }
  }

  // The plain atoms, in as few runs as there can be, and all other atoms.
  const std::vector<AtomRun>& runs() const { return runs_; }
  const std::map<uint64_t, AtomMap>& others() const { return others_; }

  bool operator==(const AtomTable&) const = default;

 private:
  using Runs = std::vector<AtomRun>;

  Runs::const_iterator FirstRunEndingAfter(uint64_t index) const;
  // Takes away the space of the atoms [first, end).
  void Erase(uint64_t first, uint64_t end);

  Runs runs_;
  std::map<uint64_t, AtomMap> others_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_ATOM_TABLE_H_
