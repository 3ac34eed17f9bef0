// Recording a program of the user's: it runs in a mounted volume, and every
// write of its storage is kept.

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
  // How the program ended; empty: with status 0.
  std::string ended;
  // The faults that fell on a request, by their number, ascending.
  std::vector<uint32_t> faults_fired;
};

// Formats a disk, mounts it, and runs the program in it to its end. Lines that
// it writes to $POWERCUT_ACKS are marks (harness/trace/acks.h), each in front
// of all that happened to the disk after the write of the line began to return.
//
// The trace goes on to the end of a clean unmount: what the program left
// unwritten reaches the disk there, with every ack in force.
//
// `faults`: of the disk, from the program's start to its end; each that fell is
// a mark. Requires: offered, and of the run.
//
// Self-check: the trace applied to the base is the live disk byte for byte.
// Errors: kUnsupported: no program can run in this storage; kMissing: the
// program cannot be started; kMissing, kBadInput, kIo: it cannot be formatted
// or mounted; kIo: what ran the program is gone; kInternal: the self-check
// failed.
Result<CommandRecording> RecordCommand(Backend& backend,
                                       const DiskGeometry& geometry,
                                       const std::vector<std::string>& words,
                                       std::span<const Op> faults = {});

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_COMMAND_RECORDING_H_
