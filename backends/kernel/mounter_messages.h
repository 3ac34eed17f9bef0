// What the owner of a disk and the process that mounts it say to each other.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNTER_MESSAGES_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNTER_MESSAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backend.h"
#include "model/words/op.h"

namespace powercut::kernel {

// Where things are in the mount namespace of the owner and its mounter. Every
// Linux has /mnt, and few use it.
inline constexpr const char* kPlaceFolder = "/mnt";
inline constexpr const char* kShimFolder = "/mnt/shim";
inline constexpr const char* kVolumeFolder = "/mnt/volume";

// Stands for the block device, whose name differs from run to run.
inline constexpr const char* kDeviceWord = "DEVICE";

struct MounterRequest {
  enum Kind : uint8_t {
    kAttach,   // `number`: sector bytes; puts a loop device on the shim's file
    kMount,    // `name`: the file system's type; `text`: mount options
    kApply,    // `op`, `number`: offset, `text`: content
    kObserve,  // answered with the bytes of an outcome
    // `words`: a program; `text`: the acks in force; `number`: quiet;
    // `timeout_ms`; answered with the bytes of its end
    kRun,
    // `words`: a program, kDeviceWord among them; `timeout_ms`; answered with
    // the bytes of its end, behind a line for how it ended all that it printed,
    // kDeviceWord for the device
    kRunOnDevice,
    kUnmount,  // ends whatever uses the volume
  };
  Kind kind = kAttach;
  uint64_t number = 0;
  uint32_t timeout_ms = 0;
  std::string name;
  std::string text;
  std::vector<std::string> words;
  Op op;
};

// The other way goes one text: what failed, or the bytes of what came of it.

std::string EncodeMounterRequest(const MounterRequest& request);
// Requires: the bytes are those of a request.
MounterRequest DecodeMounterRequest(std::string_view bytes);

std::string EncodeCommandEnd(const CommandEnd& end);
// Requires: the bytes are those of an end.
CommandEnd DecodeCommandEnd(std::string_view bytes);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNTER_MESSAGES_H_
