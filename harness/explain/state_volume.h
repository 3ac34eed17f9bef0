// StateVolume: the volume of a disk image, mounted in this process on a copy,
// so that it can be looked at, mapped, or handed to a program. A recovery in a
// worker (harness/recover/recovery.h) judges; this one only shows.

#ifndef POWERCUT_HARNESS_EXPLAIN_STATE_VOLUME_H_
#define POWERCUT_HARNESS_EXPLAIN_STATE_VOLUME_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/fault/fault_disk.h"
#include "harness/trace/recording_disk.h"

namespace powercut {

class StateVolume {
 public:
  // Mounts a copy of `image`, whose size is that of the geometry. `faults` are
  // those in=recovery of the workload, which are armed from the mount on. What
  // is written to the volume goes to the copy, and is lost with this object.
  // Requires: `backend` has no mount, and outlives this object.
  // Errors: the error of Backend::MissingResource() if there is one.
  static Result<StateVolume> Open(Backend& backend,
                                  const DiskGeometry& geometry,
                                  std::shared_ptr<const SparseImage> image,
                                  const std::vector<Op>& faults = {});
  StateVolume(StateVolume&&) = default;
  StateVolume& operator=(StateVolume&&) = delete;
  // Unmounts.
  ~StateVolume() = default;

  // `nullptr` if the volume did not mount.
  Mount* mount() { return mount_.get(); }
  // Why the volume did not mount, in one line; empty if it did.
  const std::string& failure() const { return failure_; }

 private:
  StateVolume() = default;

  // The mount uses the disks, so that it stands last and ends first.
  std::unique_ptr<RecordingDisk> disk_;
  std::unique_ptr<FaultDisk> faulty_;
  std::unique_ptr<Mount> mount_;
  std::string failure_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_STATE_VOLUME_H_
