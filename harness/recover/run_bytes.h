// What a run read and wrote as bytes, to cross from a worker to its parent
// beside the outcome (harness/recover/outcome_bytes.h). Sent with every run, so
// it is small: a block read costs about one byte.

#ifndef POWERCUT_HARNESS_RECOVER_RUN_BYTES_H_
#define POWERCUT_HARNESS_RECOVER_RUN_BYTES_H_

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/recover/run_reads.h"
#include "harness/trace/recovery_event.h"

namespace powercut {

struct RunAccess {
  RunReads reads;
  std::vector<RecoveryEvent> writes;

  bool operator==(const RunAccess&) const = default;
};

// Replaces what is in `out`, whose memory is used again. The form is private to
// one build of powercut.
void RunBytes(const RunAccess& access, std::string& out);

// The disk that a run was on.
struct RunDisk {
  DiskGeometry geometry;
  uint32_t block_bytes = 512;
};

// Whatever is returned fits the disk: blocks and pieces lie within it, and the
// writes can be appended to a Trace.
// Errors: kInternal: not what RunBytes() makes (a worker wrote wild).
Result<RunAccess> RunAccessOfBytes(std::string_view bytes, const RunDisk& disk);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_RUN_BYTES_H_
