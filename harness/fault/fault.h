// Fault: a defect of the disk, from a `fault` line of a workload or from
// `--fault` (docs/pcut.md 8).
//
// A fault falls on requests of one type, its target. What each kind does to
// such a request:
//
// * error, on read, write, flush, discard: the request fails and has no effect.
// * full, on write: the same; the disk has no room left. The fault lasts unless
//   `times` is given.
// * lie, on flush: the request succeeds and carries no version, except that
//   sectors that a persist to the media names come to the device.
// * lose, on write, discard: the request succeeds and has no effect.
// * tear, on write, discard: the request succeeds, but only the first half of
//   its sectors, rounded down, is written. Requests of one sector are passed
//   over.
// * misdirect, on read, write, discard: the request succeeds, but on sectors
//   that are further by its own length; after the last sector of the disk comes
//   the first. Requests as long as the disk are passed over.
// * flip, on read, write: the request succeeds; the lowest bit of the first
//   byte of each sector (of each one in `sectors`, if given) is inverted.
// * delay, on write: the request succeeds, and reads see its data. The data
//   comes to the disk, at the device, with the first request after a flush to
//   the media that is no flush itself, so that this flush does not cover it.
//
// A flush is a persist request to the device or to the media.

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

// When a fault is armed: while the workload's `run` is recorded, or from the
// start of each recovery until it has been observed and used.
enum class FaultPhase : uint8_t { kRun, kRecovery };

// An argument `fault` is always an op of kind kFault.
FaultPhase PhaseOf(const Op& fault);
// The text that `--fault` takes: the line of the op without the word `fault`.
std::string FaultText(const Op& fault);
// Whether the live tree may not be what the ops made once this fault has
// fallen. This is so for every fault on a read, a write or a discard, except
// `delay`, since reads see delayed data.
bool SpoilsContent(const Op& fault);
// Whether the storage is told of the fault, because the request fails.
bool IsTold(const Op& fault);
// The faults of a phase, in their order.
std::vector<Op> FaultsIn(const std::vector<Op>& faults, FaultPhase phase);

// Whether the fault's kind can fall on its target.
// Errors: kUnsupported, with the targets of this kind and the reason.
Status CheckFaultIsOffered(const Op& fault);

// A fault in the form that FaultDisk works with.
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
  // Only requests that touch these sectors count; `std::nullopt` means all
  // sectors. A flush that names no sectors touches all.
  std::optional<SectorRange> sectors;
  // The first request that the fault falls on, counted from 1, and on how many
  // requests it falls in a row.
  uint64_t nth = 1;
  uint64_t times = 1;
  // The fault's number among all faults of the workload, from 1.
  uint32_t number = 0;
  // FaultText() of its line.
  std::string text;
};

// The faults of a phase, in their order. `faults` are all faults of the
// workload.
// Requires: CheckFaultIsOffered() succeeded for each.
std::vector<Fault> MakeFaults(std::span<const Op> faults, FaultPhase phase);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_FAULT_FAULT_H_
