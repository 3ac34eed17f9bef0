// Passes each op to the disk. What a device holds survives a crash of the
// system and not a loss of power, until a flush or the flag `fua` has carried
// it to the media.

#include "library/states/raw_disk_backend.h"

#include <memory>

namespace powercut {
namespace {

class RawDiskMount : public Mount {
 public:
  explicit RawDiskMount(VirtualDisk& disk) : disk_(disk) {}

  OpResult Apply(const Op& op, uint64_t, std::string_view content) override {
    return {Run(op, content) ? "" : "EIO"};
  }
  Observation Observe() override { return {}; }
  OpResult Shutdown() override { return {}; }

 private:
  Status Run(const Op& op, std::string_view content) {
    if (op.kind == OpKind::kDiskFlush) return disk_.Persist(Layer::kMedia);
    // What a sync of files would carry there is none of.
    if (op.kind == OpKind::kSyncfs) return disk_.Persist(Layer::kMedia);
    const SectorRange range{op.numbers.at(0), op.numbers.at(1)};
    if (op.kind == OpKind::kDiskDiscard) return disk_.Discard(range);
    POWERCUT_CHECK(op.kind == OpKind::kDiskWrite);
    POWERCUT_TRY(disk_.Write(range.first, AsBytes(content), Layer::kDevice));
    if (!op.HasFlag("fua")) return Ok{};
    SectorSet written;
    written.Add(range);
    return disk_.Persist(Layer::kMedia, &written);
  }

  VirtualDisk& disk_;
};

class RawDiskBackend : public Backend {
 public:
  RawDiskBackend() {
    traits_.name = "disk";
    traits_.description = "a raw disk, built in";
    traits_.profile = "spec-strict";
    traits_.crash_kinds = {CrashKind::kPower, CrashKind::kOs,
                           CrashKind::kProcess};
  }

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    return {std::make_unique<RawDiskMount>(disk), ""};
  }

 private:
  BackendTraits traits_;
};

}  // namespace

std::unique_ptr<Backend> MakeRawDiskBackend() {
  return std::make_unique<RawDiskBackend>();
}

}  // namespace powercut
