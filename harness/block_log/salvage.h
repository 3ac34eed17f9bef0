// Logs whose superblock does not tell how many entries there are. The kernel
// writes it only behind an FUA write or a mark, QEMU only at a flush: after a
// crash, or in a copy of a live log, it may be missing or count too few.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_SALVAGE_H_
#define POWERCUT_HARNESS_BLOCK_LOG_SALVAGE_H_

#include <cstdint>

#include "harness/base/result.h"
#include "harness/block_log/block_log.h"

namespace powercut {

// Whether the superblock was never written: all zero, or it counts no entry.
bool IsUncounted(ByteSpan bytes);

// Reads entries from the first on as far as they are sound: well formed, and on
// a disk of `disk_bytes`. What an older log left in the file cannot be told
// from this one's entries: the file must have been empty when it began. A
// sector size that no superblock tells follows from where the first entry
// stands. The lint says what was done.
// Errors: kBadInput: a superblock that is neither zero nor sound; not one sound
// entry.
Result<BlockLog> SalvageBlockLog(ByteSpan bytes, uint64_t disk_bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_SALVAGE_H_
