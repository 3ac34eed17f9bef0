// Outcomes of recoveries that need not be run: where a block was only copied
// (harness/recover/run_reads.h), another version of it shows as other bytes of
// the observation, and changes nothing else.

#ifndef POWERCUT_HARNESS_RECOVER_FILL_COPIES_H_
#define POWERCUT_HARNESS_RECOVER_FILL_COPIES_H_

#include <functional>
#include <span>

#include "harness/base/bytes.h"
#include "harness/recover/recovery.h"
#include "harness/recover/run_reads.h"

namespace powercut {

// Returns all bytes that a block of the other state holds. They need to be
// valid only until the next call.
using BytesOfBlock = std::function<ByteSpan(uint64_t block)>;

// Whether each piece lies within the content that it names, or within the
// device. Only a damaged worker reports others.
bool CopiesFit(std::span<const CopiedPiece> copies,
               const RecoveryOutcome& outcome, uint64_t disk_bytes);

// The outcome of recovery on a state that differs from that of a finished run
// in blocks of `copies` only. `outcome` and `copies` are those of the finished
// run; `bytes_of` is called for each piece. O(bytes copied and observed).
// Requires: CopiesFit(copies, outcome, the bytes of the disk).
RecoveryOutcome FillCopies(RecoveryOutcome outcome,
                           std::span<const CopiedPiece> copies,
                           const BytesOfBlock& bytes_of);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_FILL_COPIES_H_
