// The backend `ntfs-3g`: puts the pieces of this folder together.
//
// A mount is a ByteDisk on the virtual disk, an NtfsVolume whose device calls
// end in this ByteDisk, and a session that turns ops into calls of the volume.
// A write of the library becomes a write event at the layer `host`. A sync
// becomes two persist events, from `host` to the device and from there to the
// media.
//
// Example: /f has 4 bytes, which lie in its MFT record. `write /f 0 1` makes
// three write events of 4096 bytes: the block of the record, the index block of
// the root directory, and the block of the record again. `fsync /f` adds the
// two persist events. A second `fsync /f` adds nothing, since the device is
// clean.

#include "backends/ntfs_3g/ntfs_3g_backend.h"

#include <errno.h>
#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "backends/ntfs_3g/mkntfs.h"
#include "backends/ntfs_3g/ntfs_loader.h"
#include "backends/ntfs_3g/ntfs_module.h"
#include "backends/ntfs_3g/ntfs_session.h"
#include "backends/ntfs_3g/ntfs_tree.h"
#include "backends/ops.h"
#include "harness/disk/byte_disk.h"
#include "harness/disk/virtual_environment.h"

namespace powercut::ntfs_3g {
namespace {

constexpr uint64_t kDefaultDiskBytes = 8u << 20;
// The seed of the random numbers that the library sees in each mount.
constexpr uint64_t kEnvironmentSeed = 1;

int ReadDisk(void* context, uint64_t offset_bytes, void* out, size_t size) {
  const MutableByteSpan bytes(static_cast<std::byte*>(out), size);
  return static_cast<ByteDisk*>(context)->Read(offset_bytes, bytes) ? 0 : EIO;
}

// The driver writes to its device as to a file, so that a write is in the page
// cache when it returns: at the layer `host`.
int WriteDisk(void* context, uint64_t offset_bytes, const void* data,
              size_t size) {
  const ByteSpan bytes(static_cast<const std::byte*>(data), size);
  const Status written =
      static_cast<ByteDisk*>(context)->Write(offset_bytes, bytes, Layer::kHost);
  if (written) return 0;
  return written.error().code == ErrorCode::kFull ? ENOSPC : EIO;
}

int SyncDisk(void* context) {
  return SyncWholeDisk(static_cast<ByteDisk*>(context)->disk()) ? 0 : EIO;
}

// An errno value as the result of an op.
OpResult ResultOf(int error) {
  return OpResult{error == 0 ? "" : ErrorName(error)};
}

class Ntfs3gMount : public Mount {
 public:
  Ntfs3gMount(const NtfsCalls& calls, VirtualDisk& disk)
      : calls_(calls), disk_(disk) {}
  ~Ntfs3gMount() override {
    // A mount that was not shut down ends as if the driver had been killed.
    if (volume_ != nullptr) calls_.abandon(volume_);
  }

  // Returns 0 or an errno value. No other call may follow a failure.
  int MountVolume() {
    const NtfsDisk disk = {.context = &disk_,
                           .size_bytes = disk_.size_bytes(),
                           .read = ReadDisk,
                           .write = WriteDisk,
                           .sync = SyncDisk};
    const int error = calls_.mount(&disk, &volume_);
    if (error == 0) session_.emplace(calls_, volume_);
    return error;
  }

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    POWERCUT_CHECK(volume_ != nullptr);
    return session_->Apply(op, offset_bytes, content);
  }

  Observation Observe() override {
    POWERCUT_CHECK(volume_ != nullptr);
    return ObserveTree(calls_, *volume_, disk_);
  }

  void AddUnlistedPaths(const std::vector<std::string>& paths,
                        Observation& observation) override {
    POWERCUT_CHECK(volume_ != nullptr);
    LookUpPaths(calls_, *volume_, paths, observation);
  }

  OpResult Shutdown() override {
    POWERCUT_CHECK(volume_ != nullptr);
    return ResultOf(calls_.unmount(std::exchange(volume_, nullptr)));
  }

 private:
  const NtfsCalls& calls_;
  ByteDisk disk_;
  NtfsVolume* volume_ = nullptr;
  std::optional<NtfsSession> session_;
};

BackendTraits MakeTraits(const std::string& library_version) {
  BackendTraits traits;
  traits.name = "ntfs-3g";
  traits.description =
      fmt::format("libntfs-3g {}, unmodified, in process", library_version);
  traits.profile = "ntfs-3g";
  traits.default_disk_bytes = kDefaultDiskBytes;
  traits.minimum_disk_bytes = kMkntfsMinimumBytes;
  traits.sector_sizes_bytes = {512, 1024, 2048, 4096};
  traits.crash_kinds = {CrashKind::kPower, CrashKind::kOs, CrashKind::kProcess};
  traits.ops = JoinOps(kFileOps, {OpKind::kReplaceFile});
  traits.repeatable = true;
  // The driver knows one flush, a sync of its whole device.
  traits.sync_covers_disk = true;
  return traits;
}

class Ntfs3gBackend : public Backend {
 public:
  explicit Ntfs3gBackend(const NtfsCalls& calls)
      : calls_(calls), traits_(MakeTraits(calls.library_version)) {}

  const BackendTraits& traits() const override { return traits_; }

  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    const DiskGeometry& geometry = spec.geometry;
    const auto key = std::pair(geometry.sector_bytes, geometry.sector_count);
    const auto cached = formatted_.find(key);
    if (cached != formatted_.end()) return cached->second;

    const std::vector<uint32_t>& sizes = traits_.sector_sizes_bytes;
    if (std::find(sizes.begin(), sizes.end(), geometry.sector_bytes) ==
        sizes.end()) {
      return Error{ErrorCode::kBadInput,
                   fmt::format("ntfs-3g: sectors of {} bytes are not offered; "
                               "take {}",
                               geometry.sector_bytes, fmt::join(sizes, ", "))};
    }
    if (geometry.size_bytes() < traits_.minimum_disk_bytes) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("ntfs-3g: a disk of {} bytes is too small; the minimum "
                      "is {}",
                      geometry.size_bytes(), traits_.minimum_disk_bytes)};
    }
    POWERCUT_ASSIGN(SparseImage image, RunMkntfs(geometry));
    std::shared_ptr<const SparseImage> shared =
        std::make_shared<const SparseImage>(std::move(image));
    formatted_.emplace(key, shared);
    return shared;
  }

  MountResult Open(VirtualDisk& disk) override {
    // Each mount sees the same clock and random numbers, whatever ran before it
    // in this process.
    ResetVirtualEnvironment(kEnvironmentSeed);
    auto mount = std::make_unique<Ntfs3gMount>(calls_, disk);
    MountResult result;
    const int error = mount->MountVolume();
    if (error == 0) {
      result.mount = std::move(mount);
    } else {
      const char* text = strerrordesc_np(error);
      result.failure = fmt::format("mount: {} ({})", ErrorName(error),
                                   text != nullptr ? text : "unknown");
    }
    return result;
  }

 private:
  const NtfsCalls& calls_;
  const BackendTraits traits_;
  // Freshly formatted disks, by bytes of a sector and number of sectors.
  std::map<std::pair<uint32_t, uint64_t>, std::shared_ptr<const SparseImage>>
      formatted_;
};

}  // namespace

Result<std::unique_ptr<Backend>> MakeNtfs3gBackend() {
  POWERCUT_ASSIGN(const NtfsCalls* calls, LoadNtfsModule());
  return std::unique_ptr<Backend>(std::make_unique<Ntfs3gBackend>(*calls));
}

}  // namespace powercut::ntfs_3g
