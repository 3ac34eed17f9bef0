// ClfsBug: bugs that tests plant in the log to see that something finds each of
// them. Outside of tests no bug is ever planted.

#ifndef POWERCUT_BACKENDS_CLFS_CLFS_BUGS_H_
#define POWERCUT_BACKENDS_CLFS_CLFS_BUGS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace powercut {

enum class ClfsBug : uint8_t {
  kNone,

  // --- bugs while the log is in use ----------------------------------------

  // FlushLogBuffers() carries nothing.
  kFlushDoesNothing,
  // Flushes stop at the device: records survive a crash of the system, not the
  // loss of power.
  kFlushStopsAtDevice,
  // A flush to CLFS_LSN_NULL flushes nothing.
  kNullLsnIsNone,
  // FlushLogToLsn() leaves out the block of its target.
  kFlushToOneShort,
  // FlushLogBuffers() leaves out smaller LSNs of other areas.
  kFlushOwnAreaOnly,
  // FORCE_APPEND does nothing.
  kForceAppendIsNothing,
  // FORCE_FLUSH does what FORCE_APPEND does.
  kForceFlushIsForceAppend,
  // A restart area is flushed without the records before it.
  kRestartAlone,
  // The base of a restart area is written apart from its record.
  kRestartBaseApart,
  // A restart area does not carry the base and the tail that were set before.
  kRestartSkipsPointers,
  // Records of a new epoch are carried without the reset that began it.
  kFlushForgetsReset,
  // Control, base and tail of a log have one copy, which is overwritten in
  // place.
  kSingleControlCopy,

  // --- bugs of recovery ----------------------------------------------------

  // Recovery does not stop where a block is missing.
  kAcceptGap,
  // Neither signatures nor checksums are checked.
  kAcceptTorn,
  // A base counts without its record.
  kBaseBeyondEnd,
  // The next append goes to the place of the last record.
  kReuseLsn,
  // The next append goes right after the last record, where stale blocks lie,
  // and blocks are linked by LSN alone.
  kStaleResurface,
  // Records of earlier epochs count, too.
  kResetKeepsRecords,
  // The next append can get an LSN that a pointer still names.
  kReusePointerLsn,
};

// Every bug, without kNone, in order.
inline constexpr std::array kClfsBugs = {
    ClfsBug::kFlushDoesNothing,
    ClfsBug::kFlushStopsAtDevice,
    ClfsBug::kNullLsnIsNone,
    ClfsBug::kFlushToOneShort,
    ClfsBug::kFlushOwnAreaOnly,
    ClfsBug::kForceAppendIsNothing,
    ClfsBug::kForceFlushIsForceAppend,
    ClfsBug::kRestartAlone,
    ClfsBug::kRestartBaseApart,
    ClfsBug::kRestartSkipsPointers,
    ClfsBug::kFlushForgetsReset,
    ClfsBug::kSingleControlCopy,
    ClfsBug::kAcceptGap,
    ClfsBug::kAcceptTorn,
    ClfsBug::kBaseBeyondEnd,
    ClfsBug::kReuseLsn,
    ClfsBug::kStaleResurface,
    ClfsBug::kResetKeepsRecords,
    ClfsBug::kReusePointerLsn,
};

// Returns a short description for the messages of tests.
std::string_view ClfsBugName(ClfsBug bug);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_CLFS_CLFS_BUGS_H_
