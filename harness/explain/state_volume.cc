// A recorder's disk is the copy: it keeps the newest contents apart from the
// image. Its trace is dropped.

#include "harness/explain/state_volume.h"

#include <utility>

namespace powercut {

Result<StateVolume> StateVolume::Open(Backend& backend,
                                      const DiskGeometry& geometry,
                                      std::shared_ptr<const SparseImage> image,
                                      const std::vector<Op>& faults) {
  StateVolume volume;
  volume.disk_ = std::make_unique<RecordingDisk>(geometry, std::move(image));
  VirtualDisk* disk = volume.disk_.get();
  if (!FaultsIn(faults, FaultPhase::kRecovery).empty()) {
    volume.faulty_ = std::make_unique<FaultDisk>(*volume.disk_, faults,
                                                 FaultPhase::kRecovery);
    volume.faulty_->Arm();
    disk = volume.faulty_.get();
  }
  MountResult mounted = backend.Open(*disk);
  if (const auto lacks = backend.MissingResource()) return *lacks;
  volume.mount_ = std::move(mounted.mount);
  volume.failure_ = std::move(mounted.failure);
  return volume;
}

}  // namespace powercut
