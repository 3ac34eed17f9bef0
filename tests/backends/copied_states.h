// CopiedStates: recovers random crash states of a recording, takes what was
// only copied, and holds what FillCopies() says of other contents of those
// blocks against running on them.

#ifndef POWERCUT_TESTS_BACKENDS_COPIED_STATES_H_
#define POWERCUT_TESTS_BACKENDS_COPIED_STATES_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "harness/base/prng.h"
#include "harness/record/recording.h"
#include "harness/recover/fill_copies.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_image.h"
#include "model/words/content.h"
#include "tests/harness/space/random_state.h"

namespace powercut {

struct CopyCounts {
  uint64_t states = 0;
  uint64_t derived = 0;  // outcomes held against a run
  uint64_t device = 0;   // pieces of the raw device
  uint64_t partial = 0;  // pieces that are no whole sectors
  // Blocks read that the crash left open and that hold file data in some
  // version, and how many of them were only copied.
  uint64_t data_blocks = 0;
  uint64_t copied_blocks = 0;
};

class CopiedStates {
 public:
  // All must outlive this object.
  CopiedStates(Backend& backend, const Workload& workload,
               const Recording& recording, uint32_t atomic_bytes,
               CopyCounts& counts)
      : backend_(backend),
        options_{false, PathsNamedBy(workload)},
        trace_(recording.trace),
        space_(recording.trace, atomic_bytes),
        counts_(counts) {
    for (Slot slot = 0; slot < space_.slot_count(); ++slot) {
      slots_[space_.block(slot)] = slot;
    }
    for (const HistoryEvent& event : recording.history) {
      if (event.kind == HistoryEvent::kRun) first_point_ = event.after;
    }
  }

  // One random state: its copied blocks all with random bytes, all zeros, and
  // each with each of its versions.
  void CheckOne(CrashKind kind, Prng& prng) {
    PointCursor cursor(space_, kind);
    // Where something is open, if that is found soon.
    for (int i = 0; i < 10 && cursor.open().empty(); ++i) {
      cursor.MoveTo(static_cast<EventNumber>(
          first_point_ + prng.Below(trace_.event_count() - first_point_ + 1)));
    }
    CrashImage image(space_, kind);
    image.Become(RandomState(cursor, prng));
    CrashDisk disk(image.bytes(), trace_.geometry(), space_.block_bytes(),
                   1'000'000);
    outcome_ = Recover(backend_, disk, options_);
    reads_ = disk.Reads(outcome_.observation);
    disk.Reset();
    ++counts_.states;
    Count(cursor);
    Contents random;
    Contents zeros;
    for (const CopiedPiece& piece : reads_.copies) {
      Bytes& bytes = random[piece.block];
      if (!bytes.empty()) continue;
      bytes.resize(space_.block_bytes());
      for (std::byte& byte : bytes) byte = std::byte(prng.Below(256));
      zeros[piece.block].resize(space_.block_bytes());
    }
    CheckContents(random, image.bytes(), disk);
    CheckContents(zeros, image.bytes(), disk);
    for (const auto& [block, unused] : zeros) {
      const auto slot = slots_.find(block);
      if (slot == slots_.end()) continue;
      for (VersionIndex v = cursor.floor(slot->second);
           v <= cursor.newest(slot->second); ++v) {
        const std::byte* version = space_.versions(slot->second)[v].content;
        const Bytes bytes(version, version + space_.block_bytes());
        CheckContents({{block, bytes}}, image.bytes(), disk);
      }
    }
  }

 private:
  using Contents = std::map<uint64_t, Bytes>;

  Bytes BlockOf(const SparseImage& image, uint64_t block) const {
    Bytes bytes(space_.block_bytes());
    image.Read(block * bytes.size(), bytes);
    return bytes;
  }

  static void Put(const Contents& contents, SparseImage& image) {
    for (const auto& [block, bytes] : contents) {
      image.Write(block * bytes.size(), bytes);
    }
  }

  void CheckContents(const Contents& contents, SparseImage& image,
                     CrashDisk& disk) {
    if (contents.empty()) return;
    ++counts_.derived;
    Contents before;
    for (const CopiedPiece& piece : reads_.copies) {
      before[piece.block] = BlockOf(image, piece.block);
    }
    const RecoveryOutcome derived =
        FillCopies(outcome_, reads_.copies, [&](uint64_t block) {
          const auto other = contents.find(block);
          return ByteSpan(other != contents.end() ? other->second
                                                  : before.at(block));
        });
    Put(contents, image);
    const RecoveryOutcome run = Recover(backend_, disk, options_);
    const RunReads reads = disk.Reads(run.observation);
    disk.Reset();
    Put(before, image);
    // Not EXPECT_EQ: the contents would be printed.
    EXPECT_TRUE(derived == run);
    EXPECT_TRUE(reads == reads_);
  }

  // Whether some version of some sector begins with a granule of a file.
  bool IsFileData(Slot slot) const {
    for (const BlockVersion& version : space_.versions(slot)) {
      const ByteSpan content(version.content, space_.block_bytes());
      for (size_t at = 0; at < content.size(); at += 512) {
        if (ReadGranule(AsText(content.subspan(at, kGranuleBytes)))) {
          return true;
        }
      }
    }
    return false;
  }

  void Count(const PointCursor& cursor) {
    std::set<uint64_t> copied;
    for (const CopiedPiece& piece : reads_.copies) {
      copied.insert(piece.block);
      if (piece.entry == CopiedPiece::kDevice) ++counts_.device;
      if (piece.size_bytes % trace_.geometry().sector_bytes != 0) {
        ++counts_.partial;
      }
    }
    std::set<uint64_t> read = copied;
    read.insert(reads_.blocks.begin(), reads_.blocks.end());
    for (const uint64_t block : read) {
      const auto slot = slots_.find(block);
      if (slot == slots_.end() || !cursor.open().contains(slot->second) ||
          !IsFileData(slot->second)) {
        continue;
      }
      ++counts_.data_blocks;
      counts_.copied_blocks += copied.count(block);
    }
  }

  Backend& backend_;
  RecoveryOptions options_;
  const Trace& trace_;
  CrashSpace space_;
  std::map<uint64_t, Slot> slots_;  // by block
  EventNumber first_point_ = 0;     // of `run`
  CopyCounts& counts_;
  // What the state that is being checked showed and read.
  RecoveryOutcome outcome_;
  RunReads reads_;
};

inline void PrintCounts(const char* backend, const CopyCounts& counts) {
  printf(
      "%s: %lu states, %lu derived outcomes, %lu of %lu open data blocks "
      "copied, %lu pieces of the device, %lu partial\n",
      backend, counts.states, counts.derived, counts.copied_blocks,
      counts.data_blocks, counts.device, counts.partial);
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_BACKENDS_COPIED_STATES_H_
