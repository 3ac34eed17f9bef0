// Bounds the memory with two halves in place of a list of uses. New runs go
// into the newer half. When it is full, it becomes the older half, and what the
// older half held is dropped. A run that is found in the older half is put into
// the newer one, so that only runs that were not used for a while are dropped.
// Each lookup costs at most two walks, and no run needs a time stamp.

#include "harness/cache/observation_cache.h"

#include <algorithm>
#include <array>
#include <utility>

namespace powercut {

Hash128 CertificateKey(const BlockContents& contents,
                       std::span<const ContentId> path) {
  Hash128 key;
  for (const ContentId id : path) {
    // All blocks of zeros have one hash, so that the slot must tell them apart.
    // Adding 1 keeps the words of slot 0 with zeros from being all zero, since
    // the hash of zeros is 0 and would vanish from the key.
    const std::array<uint64_t, 3> words = {uint64_t{contents.slot(id)} + 1,
                                           contents.hash(id).low,
                                           contents.hash(id).high};
    key ^= HashBytes(std::as_bytes(std::span(words)), 0);
  }
  return key;
}

ObservationCache::ObservationCache(BlockContents& contents, uint64_t bytes_max)
    : contents_(contents),
      bytes_max_(bytes_max),
      newer_{ReadTree(contents), {}, 0},
      older_{ReadTree(contents), {}, 0} {}

uint64_t ObservationCache::Half::bytes() const {
  return tree.bytes() + runs.size() * sizeof(CachedRun) + extra_bytes;
}

const CachedRun* ObservationCache::Find(const CrashState& state,
                                        std::vector<ContentId>& path,
                                        ReadTree::Miss& miss) {
  const ReadTree::Lookup newer = newer_.tree.Find(state, &path);
  if (newer.found) return &newer_.runs[newer.run];
  // New runs go into the newer half, so the miss in that half names the run
  // that is needed.
  miss = newer.miss;
  if (older_.runs.empty()) return nullptr;
  const ReadTree::Lookup older = older_.tree.Find(state, &path);
  if (!older.found) return nullptr;
  ++kept_of_older_;
  const CachedRun* kept = nullptr;
  const Inserted how = Insert(path, older_.runs[older.run], &kept);
  if (how != Inserted::kOutOfOrder) return kept;
  // The newer half asks in another order. Nothing was turned over, so that the
  // run is still there.
  CachedRun run = older_.runs[older.run];
  Arrange(state, path, run);
  Insert(path, std::move(run), &kept);
  return kept;
}

ObservationCache::Inserted ObservationCache::Insert(
    std::span<const ContentId> path, CachedRun run, const CachedRun** cached) {
  if (cached != nullptr) *cached = nullptr;
  const std::optional<ReadTree::RunNumber> number = newer_.tree.Add(path);
  if (!number) return Inserted::kOutOfOrder;
  // The tree numbers runs in the order of insertion, so that a number below the
  // count is that of an earlier run.
  if (*number < newer_.runs.size()) {
    if (cached != nullptr) *cached = &newer_.runs[*number];
    return Inserted::kKnown;
  }
  if (run.events != nullptr) {
    for (const RecoveryEvent& event : *run.events) {
      newer_.extra_bytes += sizeof(RecoveryEvent) + event.data.size();
    }
  }
  newer_.extra_bytes += run.copies.size() * sizeof(CopiedPiece) +
                        run.copied.size() * sizeof(Slot) +
                        run.parts.size() * sizeof(SlotPart);
  newer_.runs.push_back(std::move(run));
  // If the halves were turned over, the run is in the older one by now.
  const Half& half = MakeRoom() ? older_ : newer_;
  if (cached != nullptr) *cached = &half.runs.back();
  return Inserted::kNew;
}

void ObservationCache::Arrange(const CrashState& state,
                               std::vector<ContentId>& path,
                               CachedRun& run) const {
  newer_.tree.Arrange(state, path);
  std::erase_if(run.copied, [&](Slot slot) {
    return std::any_of(path.begin(), path.end(), [&](ContentId content) {
      return contents_.slot(content) == slot;
    });
  });
}

bool ObservationCache::MakeRoom() {
  if (newer_.bytes() < bytes_max_ / 2) return false;
  // Runs that were copied to the newer half are not lost.
  evicted_ += older_.runs.size() - kept_of_older_;
  kept_of_older_ = 0;
  older_ = std::exchange(newer_, Half{ReadTree(contents_), {}, 0});
  return true;
}

}  // namespace powercut
