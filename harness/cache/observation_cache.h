// ObservationCache: what finished runs showed, for every state that agrees with
// what they read (design.md section 5).
//
// A cached run is a certificate: the set of blocks that it read, each with its
// content. Every crash state, of any crash point and kind, that holds those
// contents has the run's outcome. Blocks that were only copied into the
// observation are not part of it: their bytes are filled in for each state.
//
// The context of a certificate is fixed for a cache: it serves one exploration
// of one backend under one setting.

#ifndef POWERCUT_HARNESS_CACHE_OBSERVATION_CACHE_H_
#define POWERCUT_HARNESS_CACHE_OBSERVATION_CACHE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "harness/cache/read_tree.h"
#include "harness/recover/outcome_table.h"
#include "harness/recover/run_reads.h"

namespace powercut {

struct CachedRun {
  OutcomeId outcome = 0;
  // Names the certificate, in whatever order it was read.
  Hash128 key;
  // The slots of blocks that were only copied, ascending.
  std::vector<Slot> copied;
  std::vector<CopiedPiece> copies;
  // What recovery itself did to the disk, if that was asked for.
  std::shared_ptr<const std::vector<RecoveryEvent>> events;
};

class ObservationCache {
 public:
  // `contents` must outlive this object. Holds about `bytes_max` at most: when
  // half of that is filled, what was not used since the half before is dropped.
  ObservationCache(BlockContents& contents, uint64_t bytes_max);

  // The run that decides this state; null if none is known. `path` gets the
  // contents of the blocks it read, in order; `miss`, if there is no run, where
  // the newer half of the cache ended. The pointer is valid until the next call
  // of Find() or Insert().
  const CachedRun* Find(const CrashState& state, std::vector<ContentId>& path,
                        ReadTree::Miss& miss);

  enum class Inserted : uint8_t {
    kNew,
    kKnown,     // it read the same as an earlier one
    kConflict,  // it read otherwise than an earlier one with the same contents
  };
  // Keeps a run that read `path`. `cached`, if not null, gets the run that is
  // kept for it, which is an earlier one if it is known; null on a conflict;
  // valid as that of Find().
  Inserted Insert(std::span<const ContentId> path, CachedRun run,
             const CachedRun** cached = nullptr);

  // Runs that were dropped for want of room.
  uint64_t evicted() const { return evicted_; }

 private:
  // Runs by their number in the tree.
  struct Half {
    ReadTree tree;
    std::vector<CachedRun> runs;
    uint64_t copies_bytes = 0;

    uint64_t bytes() const;
  };

  // True if it turned the halves over.
  bool MakeRoom();

  BlockContents& contents_;
  uint64_t bytes_max_;
  Half newer_;
  Half older_;
  uint64_t kept_of_older_ = 0;  // that are in the newer half now
  uint64_t evicted_ = 0;
};

// Names a set of contents.
Hash128 CertificateKey(const BlockContents& contents,
                       std::span<const ContentId> path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CACHE_OBSERVATION_CACHE_H_
