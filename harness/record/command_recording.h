// Records a program of the user's: it runs in a mounted volume, and every write
// of its storage is kept.

#ifndef POWERCUT_HARNESS_RECORD_COMMAND_RECORDING_H_
#define POWERCUT_HARNESS_RECORD_COMMAND_RECORDING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/record/recording.h"

namespace powercut {

// What is recorded, and how.
struct CommandToRecord {
  // The program and its arguments. Not empty.
  std::vector<std::string> words;
  // Faults of the disk while the program runs.
  std::vector<Op> faults;
  // Whether what the program prints to standard output are acks. It is printed
  // all the same.
  bool acks_from_stdout = false;
  // Wall clock that the program may take; 0 means no limit.
  uint32_t timeout_ms = 0;
  // When the kernel writes out what the program left dirty.
  WritebackSchedule writeback = WritebackSchedule::kKernel;
  uint64_t writeback_seed = 0;
};

struct CommandRecording {
  Recording recording;
  // How the program ended. A program whose time was over was killed, and what
  // it did until then is the recording. Never kNotStarted.
  CommandEnd end;
  // The number of disk events when the program had ended. The unmount follows.
  EventNumber program_end = 0;
  // How often the program wrote the line `powercut:start` (kStartLine). Crashes
  // begin at the first one.
  uint64_t starts = 0;
  // The numbers of the faults that fell on a request, ascending.
  std::vector<uint32_t> faults_fired;
};

// Formats a disk, mounts it, and runs the program in it to its end. Lines that
// it writes to $POWERCUT_ACKS are marks (harness/trace/acks.h). Each mark
// stands before all that happens to the disk after the program's write of the
// line has returned.
//
// Crashes begin where the program starts, after a sync of the mount, or at the
// line `powercut:start` if the program writes it. That line syncs nothing: what
// the program left dirty then may be lost afterwards.
//
// The trace goes on to the end of a clean unmount: what the program left
// unwritten reaches the disk there, with every ack in force.
//
// `faults` are armed from the program's start to its end, and each one that
// falls on a request leaves a mark.
// Requires: CheckFaultIsOffered() succeeds for each of them.
//
// Self-check: the trace applied to the base is the live disk, byte for byte.
// Errors: kUnsupported if no program can run in this storage; kMissing if the
// program cannot be started; kMissing, kBadInput or kIo if the volume cannot be
// formatted, mounted, synced or unmounted; kIo if the process that ran the
// program is gone; kInternal if the self-check failed.
Result<CommandRecording> RecordCommand(Backend& backend,
                                       const DiskGeometry& geometry,
                                       const CommandToRecord& program);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_COMMAND_RECORDING_H_
