// ReadTree and ObservationCache against a list of certificates: bytes choose a
// trace, a recovery that reads as what it has read so far tells it, and what is
// cached and looked up. Every answer is that of the one certificate that the
// state agrees with; in the tree there is an answer whenever there is one, in
// the cache as long as nothing was dropped.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
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
          AddContradiction(state);
          break;
        default:
          Find(state);
          break;
      }
    }
  }

 private:
  // What the recovery reads of a state.
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
      now = prng.Next() ^ path.back();
    }
    return path;
  }

  bool Agrees(const CrashState& state, const Path& path) {
    return std::all_of(path.begin(), path.end(), [&](ContentId id) {
      return contents_.In(state, contents_.slot(id)) == id;
    });
  }

  // By looking at all of them.
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
    const auto [known, added] = certificates_.try_emplace(path, next);
    const auto number = tree_.Add(path);
    POWERCUT_CHECK(number && *number == known->second);
    POWERCUT_CHECK(tree_.run_count() == certificates_.size());
    CachedRun run;
    run.outcome = known->second;
    const CachedRun* cached = nullptr;
    const auto how = cache_.Insert(path, run, &cached);
    POWERCUT_CHECK(how != ObservationCache::Inserted::kConflict);
    POWERCUT_CHECK(cached != nullptr && cached->outcome == known->second);
    // It may be known, or have been dropped.
    if (added) POWERCUT_CHECK(how == ObservationCache::Inserted::kNew);
    Find(state);
  }

  // A run that ends before an earlier one with the same contents did, or goes
  // on behind it, is refused, and changes nothing.
  void AddContradiction(const CrashState& state) {
    Path path = PathOf(state);
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

  // States that end at the same place need the same run: what they would read
  // is alike up to there.
  void CheckMiss(const ReadTree::Lookup& lookup, const Path& path) {
    if (lookup.found || certificates_.empty()) return;
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
  // What was read before each miss, as long as no run is added.
  std::map<ReadTree::Miss, Path> missed_;
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
