// The messages between the owner of a disk and the process that mounts it.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNTER_MESSAGES_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNTER_MESSAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backend.h"
#include "harness/disk/volume_map.h"
#include "model/words/op.h"

namespace powercut::kernel {

// The folders in the mount namespace of the owner and its mounter: all of them,
// the one with the FUSE file, and the mounted volume. Every Linux has /mnt, and
// few programs use it.
inline constexpr const char* kPlaceFolder = "/mnt";
inline constexpr const char* kShimFolder = "/mnt/shim";
inline constexpr const char* kVolumeFolder = "/mnt/volume";

// Stands for the block device, whose own name differs from run to run.
inline constexpr const char* kDeviceWord = "DEVICE";

// A request of the owner. The answer is one text: the name or the description
// of what failed (empty if nothing did), or what the comment of the kind says.
struct MounterRequest {
  enum Kind : uint8_t {
    // Puts a loop device on the FUSE file. `number` is the bytes of a sector.
    kAttach,
    // Mounts. `name` is the type of the file system, `text` the mount options.
    kMount,
    // Runs `op`. `number` is the offset in bytes, `text` the content.
    kApply,
    // Observes the volume. The answer is an outcome (EncodeOutcome()).
    kObserve,
    // Runs the program `words` in the volume, for at most `timeout_ms`. `text`
    // has the acks in force, `number` is 1 if the program is quiet. The answer
    // is a CommandEnd.
    kRun,
    // Runs the program `words` on the device, which kDeviceWord stands for, for
    // at most `timeout_ms`. The answer is a CommandEnd. If the program ended
    // with another status than 0, the detail is a line for how it ended and
    // then all that it printed, with kDeviceWord for the device.
    kRunOnDevice,
    // Maps the mounted volume (EncodeVolumeMap()). `name` is the type of the
    // file system.
    kMap,
    // Unmounts, and kills the processes that keep the volume busy.
    kUnmount,
  };
  Kind kind = kAttach;
  uint64_t number = 0;
  uint32_t timeout_ms = 0;
  std::string name;
  std::string text;
  // For kMount and kRunOnDevice: the block device. Empty means the one of
  // kAttach, whose pages are dropped before; those of any other device must
  // have been dropped by the owner.
  std::string device;
  std::vector<std::string> words;
  Op op;
  // For kRun: when the data of the program goes to the disk.
  WritebackSchedule writeback = WritebackSchedule::kKernel;
  uint64_t writeback_seed = 0;
  // For kRun: whether the standard output of the program goes to the acks.
  bool acks_from_stdout = false;
  // For kRun: what had been attempted, one a line.
  std::string attempted;
};

std::string EncodeMounterRequest(const MounterRequest& request);
// Requires: EncodeMounterRequest() made the bytes.
MounterRequest DecodeMounterRequest(std::string_view bytes);

std::string EncodeCommandEnd(const CommandEnd& end);
// Requires: EncodeCommandEnd() made the bytes.
CommandEnd DecodeCommandEnd(std::string_view bytes);

std::string EncodeVolumeMap(const VolumeMap& map);
// Errors: kInternal if EncodeVolumeMap() did not make the bytes.
Result<VolumeMap> DecodeVolumeMap(std::string_view bytes);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNTER_MESSAGES_H_
