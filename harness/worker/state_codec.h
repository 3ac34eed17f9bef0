// Crash states as packed bytes, for messages between processes of one build.

#ifndef POWERCUT_HARNESS_WORKER_STATE_CODEC_H_
#define POWERCUT_HARNESS_WORKER_STATE_CODEC_H_

#include "harness/space/crash_state.h"
#include "harness/system/packed_bytes.h"

namespace powercut {

// Small numbers take one byte, which keeps the bytes of a usual state few.
void WriteState(PackedWriter& out, const CrashState& state);

// Reads what WriteState() wrote. Damaged bytes give any state; then the reader
// says that they are damaged (PackedReader::Finished()).
CrashState ReadState(PackedReader& in);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_STATE_CODEC_H_
