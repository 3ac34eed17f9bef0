// Bugs that can be planted into the log, for tests that each of them is found.
// None is ever on outside of tests.

#ifndef POWERCUT_BACKENDS_CLFS_CLFS_BUGS_H_
#define POWERCUT_BACKENDS_CLFS_CLFS_BUGS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace powercut {

enum class ClfsBug : uint8_t {
  kNone,
  // While running.
  kFlushDoesNothing,
  kFlushStopsAtDevice,  // survives the system, not the loss of power
  kNullLsnIsNone,       // a flush to CLFS_LSN_NULL flushes nothing
  kFlushToOneShort,     // leaves out the block of the target itself
  kFlushOwnAreaOnly,    // leaves out smaller LSNs of other areas
  kForceAppendIsNothing,
  kForceFlushIsForceAppend,
  kRestartAlone,          // a restart area goes out without what is before it
  kRestartBaseApart,      // ... and its base is written apart from it
  kRestartSkipsPointers,  // ... and base and tail set before stay behind
  kFlushForgetsReset,     // records of a new epoch go out without the reset
  kSingleControlCopy,     // control blocks are overwritten in place
  // In recovery.
  kAcceptGap,          // does not stop where a block is missing
  kAcceptTorn,         // neither signatures nor checksums are looked at
  kBaseBeyondEnd,      // a base counts without its record
  kReuseLsn,           // goes on at the last record's own place
  kStaleResurface,     // goes on right behind the end, links by LSN alone
  kResetKeepsRecords,  // records of the epochs before count too
  kReusePointerLsn,    // goes on at an LSN that a pointer still names
};

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

// For messages of tests.
std::string_view ClfsBugName(ClfsBug bug);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_CLFS_CLFS_BUGS_H_
