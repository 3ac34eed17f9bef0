// Salvage reads logs whose superblock does not say how many entries there are.
// Both known writers update the superblock only now and then, so that after a
// crash, or in a copy of a live log, it may be missing or count too few entries
// (docs/trace_file.md 2 and 5).

#ifndef POWERCUT_HARNESS_BLOCK_LOG_SALVAGE_H_
#define POWERCUT_HARNESS_BLOCK_LOG_SALVAGE_H_

#include <cstdint>

#include "harness/base/result.h"
#include "harness/block_log/block_log.h"

namespace powercut {

// Returns whether the superblock was never filled in: its fields are all zero,
// or it counts no entries. Any bytes are allowed.
bool IsUncounted(ByteSpan bytes);

// Reads entries from the first one on as far as they are sound, whatever the
// superblock counts. An entry is sound if it is well formed and lies on a disk
// of `disk_bytes`. The entries of an older log in the same file cannot be told
// from those of this log, so that the file must have been empty when the log
// began. If the superblock is zero, the sector size follows from where the
// first entry stands. The last lint line says where salvage ended and why.
// O(bytes). Errors: kBadInput if the superblock is neither zero nor sound, or
// if not one entry is sound.
Result<BlockLog> SalvageBlockLog(ByteSpan bytes, uint64_t disk_bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_SALVAGE_H_
