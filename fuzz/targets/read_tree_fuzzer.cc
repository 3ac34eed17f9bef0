// Compares ReadTree and ObservationCache with a plain list of certificates.
//
// The bytes choose a trace, a recovery, and a sequence of states to add or to
// look up. The recovery is a function: which slot it reads next, and whether it
// ends, follows from the contents that it has read so far. Its path in a state
// is the certificate of that state. The list holds the paths that were added,
// and a lookup in it compares the state with each path.
//
// For each lookup: at most one certificate agrees with the state. The tree
// finds a run if and only if there is one, and it is the right run with the
// right path. The cache does so, too, as long as nothing was dropped; later it
// may find less, but nothing wrong. Lookups that end in the same miss have read
// the same before. A run that is out of order, by ending too early or reading
// on, is refused and changes nothing. Once it is arranged it is the run that
// the tree has, if the tree has one, and would be added otherwise.
//
// An example: the recovery reads slot 2 first, and then slot 0 if it found
// content 5, and ends if it found content 6. States that hold 6 in slot 2 agree
// with the path [6], whatever slot 0 holds. The path [6, 1] contradicts it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fuzz/draw/chooser.h"
#include "fuzz/draw/chosen_trace.h"
#include "harness/base/check.h"
#include "harness/cache/observation_cache.h"

namespace powercut {
namespace {

constexpr uint64_t kEventsMax = 12;
constexpr size_t kCertificatesMax = 120;

using Path = std::vector<ContentId>;

// One input; Run() is called once. The cache has a random bound, so that some
// inputs turn its halves over.
class TreeFuzzer {
 public:
  TreeFuzzer(Chooser& chooser, const Trace& trace)
      : chooser_(chooser),
        space_(trace, 512u << chooser.Below(3)),
        contents_(space_),
        seed_(chooser.Below(1 << 16)),
        tree_(contents_),
        cache_(contents_, chooser.Below(8192)) {}

  void Run() {
    while (!chooser_.done() && certificates_.size() < kCertificatesMax) {
      const CrashState state = ChosenState(chooser_, contents_);
      switch (chooser_.Below(4)) {
        case 0:
          Add(state);
          break;
        case 1:
          AddOutOfOrder(state);
          break;
        default:
          Find(state);
          break;
      }
    }
  }

 private:
  // The contents that the recovery reads of a state, in order.
  Path PathOf(const CrashState& state) {
    Path path;
    std::vector<Slot> left(space_.slot_count());
    for (Slot slot = 0; slot < left.size(); ++slot) left[slot] = slot;
    uint64_t now = seed_;
    while (!left.empty()) {
      Prng prng(now);
      if (prng.OneIn(5)) break;
      const auto next =
          left.begin() + static_cast<ptrdiff_t>(prng.Below(left.size()));
      path.push_back(contents_.In(state, *next));
      left.erase(next);
      // What is read next follows from the content: without this line all runs
      // would read the same slots.
      now = prng.Next() ^ path.back();
    }
    return path;
  }

  bool Agrees(const CrashState& state, const Path& path) {
    return std::all_of(path.begin(), path.end(), [&](ContentId id) {
      return contents_.In(state, contents_.slot(id)) == id;
    });
  }

  // Looks the state up in the list. Two certificates that agree with one state
  // would mean that the recovery is no function.
  std::optional<ReadTree::RunNumber> Known(const CrashState& state) {
    std::optional<ReadTree::RunNumber> known;
    for (const auto& [path, number] : certificates_) {
      if (!Agrees(state, path)) continue;
      POWERCUT_CHECK(!known);
      known = number;
    }
    return known;
  }

  void Add(const CrashState& state) {
    const Path path = PathOf(state);
    const auto next = static_cast<ReadTree::RunNumber>(certificates_.size());
    // The list numbers runs as the tree does.
    const auto [known, added] = certificates_.try_emplace(path, next);
    const auto number = tree_.Add(path);
    POWERCUT_CHECK(number && *number == known->second);
    POWERCUT_CHECK(tree_.run_count() == certificates_.size());
    CachedRun run;
    run.outcome = known->second;
    const CachedRun* cached = nullptr;
    const auto how = cache_.Insert(path, run, &cached);
    POWERCUT_CHECK(how != ObservationCache::Inserted::kOutOfOrder);
    POWERCUT_CHECK(cached != nullptr && cached->outcome == known->second);
    // A run that was added before is known, or new again if it was dropped.
    if (added) POWERCUT_CHECK(how == ObservationCache::Inserted::kNew);
    Find(state);
  }

  // Adds a run that ends earlier than a known one with the same contents, or
  // that reads on where the known one ended. The tree must refuse it and stay
  // as it is. Arranged, it is the known run.
  void AddOutOfOrder(const CrashState& state) {
    const Path known = PathOf(state);
    Path path = known;
    if (!certificates_.contains(path) || path.empty()) return;
    const auto unread = [&](Slot slot) {
      return std::none_of(path.begin(), path.end(), [&](ContentId id) {
        return contents_.slot(id) == slot;
      });
    };
    if (chooser_.OneIn(2)) {
      path.pop_back();
    } else {
      Slot slot = 0;
      while (slot < space_.slot_count() && !unread(slot)) ++slot;
      if (slot == space_.slot_count()) return;
      path.push_back(contents_.In(state, slot));
    }
    POWERCUT_CHECK(!tree_.Add(path));
    POWERCUT_CHECK(tree_.run_count() == certificates_.size());
    Find(state);
    tree_.Arrange(state, path);
    POWERCUT_CHECK(path == known);
    AddShuffled();
  }

  // Adds what another state reads, in another order, to a copy of the tree.
  // The order of the tree must be found again.
  void AddShuffled() {
    const CrashState state = ChosenState(chooser_, contents_);
    Path path = PathOf(state);
    ReadTree tree = tree_;
    const bool known = tree.Find(state, nullptr).found;
    for (size_t i = path.size(); i > 1; --i) {
      std::swap(path[i - 1], path[chooser_.Below(i)]);
    }
    tree.Arrange(state, path);
    POWERCUT_CHECK(known || path.size() == PathOf(state).size());
    const auto number = tree.Add(path);
    POWERCUT_CHECK(number && (*number < tree_.run_count()) == known);
    Path found;
    POWERCUT_CHECK(tree.Find(state, &found).run == *number && found == path);
  }

  void Find(const CrashState& state) {
    const Path path = PathOf(state);
    const auto known = Known(state);
    Path walked;
    const ReadTree::Lookup lookup = tree_.Find(state, &walked);
    POWERCUT_CHECK(lookup.found == known.has_value());
    POWERCUT_CHECK(walked.size() <= path.size());
    POWERCUT_CHECK(std::equal(walked.begin(), walked.end(), path.begin()));
    if (known) POWERCUT_CHECK(lookup.run == *known && walked == path);
    CheckMiss(lookup, path);
    ReadTree::Miss miss;
    const CachedRun* run = cache_.Find(state, walked, miss);
    if (run != nullptr) POWERCUT_CHECK(known && run->outcome == *known);
    if (run != nullptr) POWERCUT_CHECK(walked == path);
    if (cache_.evicted() == 0)
      POWERCUT_CHECK((run != nullptr) == known.has_value());
  }

  // Checks that states whose lookups end in the same miss read the same up to
  // there, so that one run serves them all.
  void CheckMiss(const ReadTree::Lookup& lookup, const Path& path) {
    if (lookup.found || certificates_.empty()) return;
    // Misses are valid only until a run is added.
    if (missed_at_ != certificates_.size()) missed_.clear();
    missed_at_ = certificates_.size();
    const auto end = std::find(path.begin(), path.end(), lookup.miss.content);
    POWERCUT_CHECK(end != path.end());
    const Path before(path.begin(), end);
    const auto [place, added] = missed_.try_emplace(lookup.miss, before);
    POWERCUT_CHECK(added || place->second == before);
  }

  Chooser& chooser_;
  CrashSpace space_;
  BlockContents contents_;
  uint64_t seed_;
  ReadTree tree_;
  ObservationCache cache_;
  std::map<Path, ReadTree::RunNumber> certificates_;
  // What was read before each miss, since the last run was added.
  std::map<ReadTree::Miss, Path> missed_;
  // How many certificates there were then.
  size_t missed_at_ = 0;
};

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  powercut::BytesChooser chooser(std::as_bytes(std::span(data, size)));
  const powercut::Trace trace =
      powercut::ChosenTrace(chooser, powercut::kEventsMax);
  powercut::TreeFuzzer(chooser, trace).Run();
  return 0;
}
