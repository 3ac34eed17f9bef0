// Delta debugging on the statements of a file. Chunks of ops are removed, from
// all of a part down to single ones, and the back of the file is tried first;
// then each number tries smaller values in ascending order. Both repeat until a
// whole pass changes nothing, so that no single step is left that the caller
// would accept.
//
// Example: a run has ops 1 to 4, and 1 and 4 are needed. All four cannot go;
// {3, 4} cannot, {1, 2} cannot; then 4 stays, 3 goes, 2 goes, 1 stays. The next
// pass changes nothing.
//
// The invariant is that `pcut_` is always a workload that rules.keep()
// returned, or the one that was given.

#include "harness/minimize/shrink.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

// The three lists from which statements can be removed.
enum class Part : uint8_t { kInit, kRun, kOutcomes };

// Returns the indices of the statements of a part, ascending.
std::vector<size_t> PlacesOf(const Pcut& pcut, Part part) {
  std::vector<size_t> places;
  Statement::Kind section = Statement::kVersion;
  for (size_t i = 0; i < pcut.statements.size(); ++i) {
    const Statement::Kind kind = pcut.statements[i].kind;
    if (kind == Statement::kInit || kind == Statement::kRun) section = kind;
    // A fault is an op, too, but stands before the first section.
    const bool in_part =
        part == Part::kOutcomes
            ? kind == Statement::kOutcome
            : kind == Statement::kOp &&
                  section == (part == Part::kInit ? Statement::kInit
                                                  : Statement::kRun);
    if (in_part) places.push_back(i);
  }
  return places;
}

void DropEmptyInit(Pcut& pcut) {
  if (!PlacesOf(pcut, Part::kInit).empty()) return;
  std::erase_if(pcut.statements, [](const Statement& statement) {
    return statement.kind == Statement::kInit;
  });
}

// Returns which of an op's numbers are sizes, offsets and lengths, as indices.
// A mode is none, and neither is the number by which a `wait` names its
// `start`.
std::vector<size_t> SizesOf(const Op& op) {
  std::vector<size_t> sizes;
  if (op.kind == OpKind::kWait) return sizes;
  size_t index = 0;
  for (const char letter : SignatureOf(op.kind).operands) {
    if (letter == 'N') sizes.push_back(index);
    if (letter == 'N' || letter == 'M') ++index;
  }
  return sizes;
}

// The workload so far, and the steps that make it smaller.
class Shrinker {
 public:
  Shrinker(Pcut pcut, const ShrinkRules& rules)
      : pcut_(std::move(pcut)), rules_(rules) {}

  Pcut Shrink() {
    // Ops that were needed for others may go once those are gone, so that only
    // a pass in which nothing changes shows that the result is minimal.
    do {
      changed_ = false;
      for (const Part part : {Part::kRun, Part::kInit, Part::kOutcomes}) {
        RemoveFrom(part);
      }
      MakeNumbersSmaller();
    } while (changed_ && !Stopped());
    return std::move(pcut_);
  }

 private:
  bool Stopped() const { return rules_.stop && rules_.stop(); }

  // Makes the candidate, or what can stay of it, the workload. Returns whether
  // it was accepted.
  bool Take(const Pcut& candidate) {
    if (Stopped()) return false;
    std::optional<Pcut> kept = rules_.keep(candidate);
    if (!kept) return false;
    pcut_ = std::move(*kept);
    changed_ = true;
    return true;
  }

  void RemoveFrom(Part part) {
    // All at once are tried first, since often none of `init` is needed.
    size_t chunk = PlacesOf(pcut_, part).size();
    for (; chunk > 0 && !Stopped(); chunk /= 2) RemoveChunks(part, chunk);
  }

  void RemoveChunks(Part part, size_t chunk) {
    std::vector<size_t> places = PlacesOf(pcut_, part);
    // Later ops depend on earlier ones, so that the last ones go most easily.
    size_t end = places.size();
    while (end > 0) {
      const size_t begin = end - std::min(end, chunk);
      if (Take(Without(places, begin, end))) {
        places = PlacesOf(pcut_, part);
      }
      // Orphans may have gone, too, so that there may be fewer places than
      // `begin`.
      end = std::min(begin, places.size());
    }
  }

  // Returns the workload after the statements at places[begin] to
  // places[end - 1] are removed.
  Pcut Without(const std::vector<size_t>& places, size_t begin,
               size_t end) const {
    Pcut candidate = pcut_;
    // From the back, so that the indices that remain stay right.
    for (size_t i = end; i > begin; --i) {
      candidate.statements.erase(candidate.statements.begin() +
                                 static_cast<ptrdiff_t>(places[i - 1]));
    }
    DropEmptyInit(candidate);
    return candidate;
  }

  void MakeNumbersSmaller() {
    for (uint32_t number = 1; number <= CountOps(pcut_); ++number) {
      const Op& op = pcut_.statements[PlaceOfOp(pcut_, number)].op;
      for (const size_t index : SizesOf(op)) {
        while (MakeSmaller(number, index)) {
        }
      }
    }
  }

  // Makes one number of an op smaller by one step. Returns whether it did.
  bool MakeSmaller(uint32_t number, size_t index) {
    // The step before may have removed ops, so that another op may have this
    // number now, or none.
    if (number > CountOps(pcut_)) return false;
    const size_t place = PlaceOfOp(pcut_, number);
    const Op& op = pcut_.statements[place].op;
    if (index >= op.numbers.size()) return false;
    const std::vector<uint64_t> smaller =
        SmallerNumbers(op.numbers[index], rules_.round_sizes);
    // They ascend, so that the first that is accepted is the smallest.
    return std::any_of(smaller.begin(), smaller.end(), [&](uint64_t value) {
      Pcut candidate = pcut_;
      candidate.statements[place].op.numbers[index] = value;
      return Take(candidate);
    });
  }

  Pcut pcut_;
  const ShrinkRules& rules_;
  bool changed_ = false;
};

}  // namespace

Pcut ShrinkWorkload(Pcut pcut, const ShrinkRules& rules) {
  return Shrinker(std::move(pcut), rules).Shrink();
}

std::vector<uint64_t> SmallerNumbers(uint64_t number,
                                     const std::vector<uint64_t>& round_sizes) {
  std::vector<uint64_t> smaller = {0, 1, 16, number / 2, number / 16 * 16};
  for (const uint64_t size : round_sizes) {
    smaller.push_back(size);
    smaller.push_back(number / size * size);
  }
  std::erase_if(smaller, [&](uint64_t value) { return value >= number; });
  std::sort(smaller.begin(), smaller.end());
  smaller.erase(std::unique(smaller.begin(), smaller.end()), smaller.end());
  return smaller;
}

size_t CountOps(const Pcut& pcut) {
  return PlacesOf(pcut, Part::kInit).size() + PlacesOf(pcut, Part::kRun).size();
}

size_t PlaceOfOp(const Pcut& pcut, uint32_t number) {
  const std::vector<size_t> init = PlacesOf(pcut, Part::kInit);
  const std::vector<size_t> run = PlacesOf(pcut, Part::kRun);
  POWERCUT_CHECK(number >= 1 && number <= init.size() + run.size());
  return number <= init.size() ? init[number - 1]
                               : run[number - 1 - init.size()];
}

Pcut WithoutStatement(Pcut pcut, size_t place) {
  pcut.statements.erase(pcut.statements.begin() +
                        static_cast<ptrdiff_t>(place));
  DropEmptyInit(pcut);
  return pcut;
}

}  // namespace powercut
