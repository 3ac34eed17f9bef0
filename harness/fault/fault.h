// Fault: one `fault` line of a workload, as the disk takes it.
//
// What each kind does, to a request of the kind that it names:
//
// * error, on read, write, flush, discard: it fails, and nothing is done.
// * full, on write: the same; the disk has no room left. Lasts, unless `times`
//   is said.
// * lie, on flush: it succeeds, and nothing is carried: to the media named
//   sectors come only to the device.
// * lose, on write, discard: it succeeds, and nothing is done.
// * tear, on write, discard: it succeeds; only the first half of its sectors,
//   rounded down, is done. Of requests of two sectors or more.
// * misdirect, on read, write, discard: it succeeds, as many sectors further as
//   it is long; behind the last sector comes the first. Of requests shorter
//   than the disk.
// * flip, on read, write: it succeeds; the lowest bit of the first byte of each
//   sector (of `sectors`, if said) is turned over.
// * delay, on write: it succeeds, and reads see it; it comes to the disk, at
//   the device, with the first request behind a flush to the media that is no
//   flush: that flush does not carry it.
//
// A flush is a persist request to the device or the media.

#ifndef POWERCUT_HARNESS_FAULT_FAULT_H_
#define POWERCUT_HARNESS_FAULT_FAULT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/disk/sector_set.h"
#include "model/words/op.h"

namespace powercut {

// When a fault is armed: while the workload's `run` is recorded, or while a
// crash state recovers and is looked at, from the start of each recovery on.
enum class FaultPhase : uint8_t { kRun, kRecovery };

FaultPhase PhaseOf(const Op& fault);
// As the command line takes it: without the word `fault`.
std::string FaultText(const Op& fault);
// Whether the storage answers wrongly, now or later, without a request having
// failed or a flush: then the live tree is not what the ops made.
bool SpoilsContent(const Op& fault);
// Whether the storage is told: the request fails.
bool IsTold(const Op& fault);
// Those of a phase, in order.
std::vector<Op> FaultsIn(const std::vector<Op>& faults, FaultPhase phase);

// Whether a fault line is offered; else why not, and what is.
// Errors: kUnsupported.
Status CheckFaultIsOffered(const Op& fault);

struct Fault {
  enum Kind : uint8_t {
    kError,
    kFull,
    kLie,
    kLose,
    kTear,
    kMisdirect,
    kFlip,
    kDelay
  };
  enum Target : uint8_t { kRead, kWrite, kFlush, kDiscard };

  Kind kind = kError;
  Target target = kFlush;
  // Only requests that touch these; nothing: any. A flush of no named sectors
  // touches all.
  std::optional<SectorRange> sectors;
  // The first request that it falls on, counted from 1, and on how many.
  uint64_t nth = 1;
  uint64_t times = 1;
  uint32_t number = 0;  // of its line among the workload's faults, from 1
  std::string text;
};

// The faults of a phase, in order. Requires: each is offered.
std::vector<Fault> MakeFaults(std::span<const Op> faults, FaultPhase phase);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_FAULT_FAULT_H_
