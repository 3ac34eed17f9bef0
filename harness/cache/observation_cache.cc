#include "harness/cache/observation_cache.h"

#include <array>
#include <utility>

namespace powercut {

Hash128 CertificateKey(const BlockContents& contents,
                       std::span<const ContentId> path) {
  Hash128 key;
  for (const ContentId id : path) {
    // Zero contents of two blocks have one hash; the slot tells them apart.
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
      newer_{RunTree(contents), {}, 0},
      older_{RunTree(contents), {}, 0} {}

uint64_t ObservationCache::Half::bytes() const {
  return tree.bytes() + runs.size() * sizeof(FiledRun) + copies_bytes;
}

const FiledRun* ObservationCache::Find(const CrashState& state,
                                       std::vector<ContentId>& path,
                                       RunTree::Miss& miss) {
  const RunTree::Lookup newer = newer_.tree.Find(state, &path);
  if (newer.found) return &newer_.runs[newer.run];
  miss = newer.miss;
  if (older_.runs.empty()) return nullptr;
  const RunTree::Lookup older = older_.tree.Find(state, &path);
  if (!older.found) return nullptr;
  ++kept_of_older_;
  const FiledRun* kept = nullptr;
  File(path, older_.runs[older.run], &kept);
  return kept;
}

ObservationCache::Filed ObservationCache::File(std::span<const ContentId> path,
                                               FiledRun run,
                                               const FiledRun** filed) {
  if (filed != nullptr) *filed = nullptr;
  const std::optional<RunTree::RunNumber> number = newer_.tree.Add(path);
  if (!number) return Filed::kConflict;
  if (*number < newer_.runs.size()) {
    if (filed != nullptr) *filed = &newer_.runs[*number];
    return Filed::kKnown;
  }
  newer_.copies_bytes += run.copies.size() * sizeof(CopiedPiece) +
                         run.copied.size() * sizeof(Slot);
  newer_.runs.push_back(std::move(run));
  const Half& half = MakeRoom() ? older_ : newer_;
  if (filed != nullptr) *filed = &half.runs.back();
  return Filed::kNew;
}

bool ObservationCache::MakeRoom() {
  if (newer_.bytes() < bytes_max_ / 2) return false;
  evicted_ += older_.runs.size() - kept_of_older_;
  kept_of_older_ = 0;
  older_ = std::exchange(newer_, Half{RunTree(contents_), {}, 0});
  return true;
}

}  // namespace powercut
