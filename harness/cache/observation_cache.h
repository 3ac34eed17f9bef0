// ObservationCache answers states from finished runs, if they agree with what a
// run read (docs/crash_model.md 5).
//
// A cached run is a certificate: the set of blocks that it read, each with its
// content. Every crash state that holds these contents has the run's outcome,
// whatever its crash point and kind. Blocks that were only copied into the
// observation are not part of the certificate; their bytes are filled in for
// each state.
//
// One cache serves one exploration of one backend under one setting.
// Certificates are not valid beyond it.

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

// A block that a run read for one part of the observation.
struct SlotPart {
  Slot slot = 0;
  uint32_t part = 0;

  auto operator<=>(const SlotPart&) const = default;
};

// What is kept of a run, beside the contents that it read.
struct CachedRun {
  OutcomeId outcome = 0;
  // The name of the certificate, which does not depend on the order of reading.
  Hash128 key;
  // The slots of blocks that were only copied, ascending.
  std::vector<Slot> copied;
  // The copied pieces of these blocks, in the order of reading.
  std::vector<CopiedPiece> copies;
  // The parts for which blocks were read or copied (RunReads::parts),
  // ascending.
  std::vector<SlotPart> parts;
  // What recovery itself did to the disk. `nullptr` if that was not asked for.
  std::shared_ptr<const std::vector<RecoveryEvent>> events;
};

// Not thread-safe.
class ObservationCache {
 public:
  // `contents` must outlive this object. The cache takes about `bytes_max`
  // bytes at most. The memory has two halves: when the newer one is full, the
  // runs of the older one that were not used meanwhile are dropped.
  ObservationCache(BlockContents& contents, uint64_t bytes_max);

  // Returns the run that decides `state`; `nullptr` if none is known. If there
  // is a run, `path` becomes the contents of the blocks that it read, in order.
  // If there is none, `miss` becomes the place where the lookup in the newer
  // half ended, and `path` has no meaning. The pointer is valid until the next
  // call of Find() or Insert(). Cost: O(blocks read) lookups of contents.
  const CachedRun* Find(const CrashState& state, std::vector<ContentId>& path,
                        ReadTree::Miss& miss);

  enum class Inserted : uint8_t {
    // The run is kept.
    kNew,
    // An earlier run read the same contents; it stays.
    kKnown,
    // The run read other blocks than an earlier run although it had read the
    // same contents before. It is not kept; Arrange() helps.
    kOutOfOrder,
  };
  // Keeps a run that read `path`. If `cached` is not `nullptr`, it becomes the
  // run that the cache now holds for this path, which is the earlier one if the
  // run is known, or `nullptr` if the run is out of order. The pointer is valid
  // as long as one of Find().
  Inserted Insert(std::span<const ContentId> path, CachedRun run,
                  const CachedRun** cached = nullptr);

  // Puts what a run of `state` read into the order of the tree that Insert()
  // adds to (ReadTree::Arrange()). Blocks that the run only copied and that the
  // tree asks for are no longer among those that were only copied. The key of
  // the run stays. O(path + copied).
  void Arrange(const CrashState& state, std::vector<ContentId>& path,
               CachedRun& run) const;

  // The memory in use, approximately.
  uint64_t bytes() const { return newer_.bytes() + older_.bytes(); }
  // How many runs were dropped to make room.
  uint64_t evicted() const { return evicted_; }
  // How many runs are kept.
  uint64_t runs() const {
    return newer_.runs.size() + older_.runs.size() - kept_of_older_;
  }

 private:
  struct Half {
    ReadTree tree;
    // The runs by their number in the tree.
    std::vector<CachedRun> runs;
    // The memory that the copies and events of the runs take.
    uint64_t extra_bytes = 0;

    // The memory in use, approximately.
    uint64_t bytes() const;
  };

  // Makes the newer half the older one if it is full. Returns whether it did.
  bool MakeRoom();

  BlockContents& contents_;
  uint64_t bytes_max_;
  Half newer_;
  Half older_;
  // How many runs of the older half are in the newer one, too.
  uint64_t kept_of_older_ = 0;
  uint64_t evicted_ = 0;
};

// A hash that names a set of contents, each of another slot. The order of
// `path` does not matter. O(size of the path).
Hash128 CertificateKey(const BlockContents& contents,
                       std::span<const ContentId> path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CACHE_OBSERVATION_CACHE_H_
