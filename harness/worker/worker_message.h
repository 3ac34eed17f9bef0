// WorkerMessage: how what a worker found crosses the ring to its parent.

#ifndef POWERCUT_HARNESS_WORKER_WORKER_MESSAGE_H_
#define POWERCUT_HARNESS_WORKER_WORKER_MESSAGE_H_

#include <cstdint>
#include <string_view>

#include "harness/base/bytes.h"
#include "harness/disk/content_hash.h"

namespace powercut {

// One message: this; the outcome's bytes, unless the parent has them already;
// then what the run read and wrote, if anyone asked.
struct WorkerMessageHeader {
  // In place of an index: a block that the run under way has read.
  static constexpr uint32_t kReadOfRun = ~uint32_t{0};

  uint32_t index;  // which run of the part
  uint32_t outcome_size;
  uint32_t access_size;
  Hash128 outcome_hash;
  Hash128 access_hash;

  uint64_t size() const { return uint64_t{outcome_size} + access_size; }
};

inline Hash128 HashOfMessage(std::string_view bytes) {
  return HashBytes(AsBytes(bytes), 0);
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORKER_MESSAGE_H_
