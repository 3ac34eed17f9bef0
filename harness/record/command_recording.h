// Records a program of the user's: it runs in a mounted volume, and every write
// of its storage is kept.

#ifndef POWERCUT_HARNESS_RECORD_COMMAND_RECORDING_H_
#define POWERCUT_HARNESS_RECORD_COMMAND_RECORDING_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/record/recording.h"

namespace powercut {

struct CommandRecording {
  Recording recording;
  // How the program ended. Empty if its exit status was 0.
  std::string ended;
  // The numbers of the faults that fell on a request, ascending.
  std::vector<uint32_t> faults_fired;
};

// Formats a disk, mounts it, and runs the program in it to its end. Lines that
// it writes to $POWERCUT_ACKS are marks (harness/trace/acks.h). Each mark
// stands before all that happens to the disk after the program's write of the
// line has returned.
//
// The trace goes on to the end of a clean unmount: what the program left
// unwritten reaches the disk there, with every ack in force.
//
// `faults` are armed from the program's start to its end, and each one that
// falls on a request leaves a mark.
// Requires: CheckFaultIsOffered() succeeds for each of `faults`.
//
// Self-check: the trace applied to the base is the live disk, byte for byte.
// Errors: kUnsupported if no program can run in this storage; kMissing if the
// program cannot be started; kMissing, kBadInput or kIo if the volume cannot be
// formatted, mounted, synced or unmounted; kIo if the process that ran the
// program is gone; kInternal if the self-check failed.
Result<CommandRecording> RecordCommand(Backend& backend,
                                       const DiskGeometry& geometry,
                                       const std::vector<std::string>& words,
                                       std::span<const Op> faults = {});

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_COMMAND_RECORDING_H_
