// Outcomes of recoveries, and what the runs read and wrote, as bytes: to cross
// from a worker to its parent, to be compared by hash, to be kept in a journal.
// The form is private to one build of powercut.

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

// Equal outcomes have equal bytes, different ones different bytes. The form is
// private to one build of powercut.
std::string EncodeOutcome(const RecoveryOutcome& outcome);
// Replaces what is in `bytes`, whose memory is used again.
void EncodeOutcome(const RecoveryOutcome& outcome, std::string& bytes);

// Errors: kInternal: not what EncodeOutcome() makes (a worker wrote wild).
Result<RecoveryOutcome> DecodeOutcome(std::string_view bytes);

struct RunAccess {
  RunReads reads;
  std::vector<RecoveryEvent> writes;

  bool operator==(const RunAccess&) const = default;
};

// Replaces what is in `out`, whose memory is used again. The form is private to
// one build of powercut.
void EncodeRunAccess(const RunAccess& access, std::string& out);

// The disk that a run was on.
struct RunDisk {
  DiskGeometry geometry;
  uint32_t block_bytes = 512;
};

// Whatever is returned fits the disk: blocks and pieces lie within it, and the
// writes can be appended to a Trace.
// Errors: kInternal: not what EncodeRunAccess() makes (a worker wrote wild).
Result<RunAccess> DecodeRunAccess(std::string_view bytes, const RunDisk& disk);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_OUTCOME_CODEC_H_
