// Outcomes of recoveries, and what the runs read and wrote, as bytes. In this
// form they cross from a worker to its parent, are compared by hash, and are
// kept in a journal. The form is private to one build of powercut.

#ifndef POWERCUT_HARNESS_RECOVER_OUTCOME_CODEC_H_
#define POWERCUT_HARNESS_RECOVER_OUTCOME_CODEC_H_

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/recover/recovery.h"
#include "harness/recover/run_reads.h"
#include "harness/trace/recovery_event.h"

namespace powercut {

// Equal outcomes have equal bytes, and different outcomes different ones.
std::string EncodeOutcome(const RecoveryOutcome& outcome);
// The same, in place of what is in `bytes`, whose memory is used again.
void EncodeOutcome(const RecoveryOutcome& outcome, std::string& bytes);

// The outcome that EncodeOutcome() wrote. Errors: kInternal if the bytes are
// not of this form, because the worker that sent them was damaged.
Result<RecoveryOutcome> DecodeOutcome(std::string_view bytes);

// What a run took from its disk and did to it.
struct RunAccess {
  RunReads reads;
  // What recovery did to the disk before the observation began.
  std::vector<RecoveryEvent> writes;

  bool operator==(const RunAccess&) const = default;
};

// Writes `access` in place of what is in `out`, whose memory is used again.
void EncodeRunAccess(const RunAccess& access, std::string& out);

// The disk that a run was on.
struct RunDisk {
  DiskGeometry geometry;
  uint32_t block_bytes = 512;
};

// The access that EncodeRunAccess() wrote. It fits the disk: blocks and pieces
// lie within it, and the writes can be appended to a Trace.
// Errors: kInternal if the bytes are not of this form or do not fit the disk,
// because the worker that sent them was damaged.
Result<RunAccess> DecodeRunAccess(std::string_view bytes, const RunDisk& disk);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_OUTCOME_CODEC_H_
